"""Whom to call today, and why."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from kernel.access import Role, allowed
from kernel.calendar import end_of_day
from kernel.organisations import Location, Organisation
from kernel.people import Family
from kernel.tasks import Task, task_of
from kernel.unit_of_work import UnitOfWork
from vouchers.models import Appointment, Booklet, Redemption
from vouchers.outcomes import OVERTAKEN
from vouchers.past_calls import of_own


@dataclass(frozen=True, kw_only=True)
class Call:
    """A task to call a family, with what one needs on the phone."""

    task_id: UUID
    rule: str
    booklet_id: UUID
    size: int
    used_count: int
    last_used_on: date | None
    last_used_at: str | None
    good_news_consent: bool
    family_id: UUID
    reference: str
    name: str | None
    phone: str | None
    language: str
    organisation: str
    taken_over: bool
    due_on: date
    handed_out_on: date
    valid_until: date
    visit_on: date | None
    visit_at: str | None
    visit_company: str | None
    opened_at: datetime
    first_shown_at: datetime | None
    not_before: date | None
    tries: int
    closed_at: datetime | None
    outcome: str | None

    def days_silent(self, on: date) -> int:
        """How many days the family has had its booklet, or has used nothing from it."""
        return (on - (self.last_used_on or self.handed_out_on)).days


@allowed(Role.REFERRER, Role.REGIE)
def read_calls(uow: UnitOfWork) -> list[Call]:
    """Give the calls to make today: a visit that is still to come first, then the longest waiting.

    A referrer gets those of its own organisation, its own first; the regie every one. Who reads
    this, or one of the three below, reads families' files: the door leaves audit rows.
    """
    mine = case((Task.account_id == uow.actor.account_id, 0), else_=1)  # of nobody: not mine
    soon = case((Appointment.day >= uow.today, 0), else_=1)  # tomorrow it is too late to call
    ready = _calls(uow, _ready(uow))
    return _read(uow, ready.order_by(mine, soon, Task.due_on, Booklet.handed_out_on))


@allowed(Role.REFERRER, Role.REGIE)
def read_waiting_calls(uow: UnitOfWork) -> list[Call]:
    """Give the calls that were made and come back on a later day, the first day first."""
    waiting = and_(Task.closed_at.is_(None), Task.not_before > uow.today)
    return _read(uow, _calls(uow, waiting).order_by(Task.not_before, Task.due_on))


@allowed(Role.REFERRER, Role.REGIE)
def read_closed_calls(uow: UnitOfWork) -> list[Call]:
    """Give the calls that were closed today, by somebody or by a first use, the latest first."""
    this_morning = end_of_day(date.fromordinal(uow.today.toordinal() - 1))
    closed = and_(Task.closed_at >= this_morning, Task.outcome != OVERTAKEN)
    return _read(uow, _calls(uow, closed).order_by(Task.closed_at.desc()))


@allowed(Role.REFERRER, Role.REGIE)
def read_call(uow: UnitOfWork, *, task_id: UUID) -> Call | None:
    """Give one call, waiting or closed too; refuse another organisation's as if it were not there.

    None where the task is not about a booklet, or its family was removed.
    """
    task_of(uow, task_id)
    return next(iter(_read(uow, _calls(uow, Task.id == task_id))), None)


@allowed(Role.REFERRER, Role.REGIE)
def count_calls(uow: UnitOfWork) -> int:
    """Give how many calls the own organisation has today (the regie: how many there are)."""
    ready = _calls(uow, _ready(uow)).with_only_columns(func.count(Task.id))
    return uow.session.scalar(ready) or 0


def _calls(uow: UnitOfWork, which: ColumnElement[bool]) -> Select[Any]:
    holds = and_(Appointment.booklet_id == Booklet.id, Appointment.replaced_at.is_(None))
    return (
        select(*_CALL)
        .join(Booklet, Booklet.id == Task.subject_id)
        .join(Family, Family.id == Booklet.family_id)
        .join(Organisation, Organisation.id == Booklet.organisation_id)
        .outerjoin(Appointment, holds)
        .outerjoin(Location, Location.id == Appointment.location_id)
        .where(which, Family.removed_at.is_(None), of_own(uow, Task.organisation_id))
    )


_LAST_PLACE = (
    select(Location.name)
    .join(Redemption, Redemption.location_id == Location.id)
    .where(Redemption.booklet_id == Booklet.id, Redemption.annulled_at.is_(None))
    .order_by(Redemption.care_date.desc(), Redemption.redeemed_at.desc())
    .limit(1)
    .correlate(Booklet)
    .scalar_subquery()
)
_CALL: tuple[Any, ...] = (
    Task.id.label("task_id"),
    Task.rule,
    Booklet.id.label("booklet_id"),
    Booklet.size,
    Booklet.used_count,
    Booklet.last_used_on,
    _LAST_PLACE.label("last_used_at"),
    Booklet.good_news_consent,
    Family.id.label("family_id"),
    Family.reference,
    Family.name,
    Family.phone,
    Family.language,
    Organisation.name.label("organisation"),
    (Task.organisation_id != Booklet.organisation_id).label("taken_over"),
    Task.due_on,
    Booklet.handed_out_on,
    Booklet.valid_until,
    Appointment.day.label("visit_on"),
    Location.name.label("visit_at"),
    Appointment.company.label("visit_company"),
    Task.opened_at,
    Task.first_shown_at,
    Task.not_before,
    Task.tries,
    Task.closed_at,
    Task.outcome,
)


def _read(uow: UnitOfWork, statement: Select[Any]) -> list[Call]:
    return [Call(**dict(row)) for row in uow.session.execute(statement).mappings()]


def _ready(uow: UnitOfWork) -> ColumnElement[bool]:
    put_off = or_(Task.not_before.is_(None), Task.not_before <= uow.today)
    return and_(Task.closed_at.is_(None), put_off)
