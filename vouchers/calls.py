"""Whom to call today, and why."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true

from kernel.access import Role, allowed
from kernel.calendar import end_of_day, working_day_after
from kernel.organisations import Location, Organisation
from kernel.people import Family
from kernel.rules import rules_on
from kernel.tasks import Task, close_task, put_off_task, reopen_task, resume_task, task_of
from kernel.unit_of_work import UnitOfWork
from vouchers.choices import CALL_TRIES
from vouchers.models import Appointment, Booklet


class CallOutcome(StrEnum):
    """What came of a call (the long list of barriers comes with follow-up)."""

    WILL_GO = "will-go"
    NOT_REACHED = "not-reached"
    NEEDS_HELP = "needs-help"
    DOES_NOT_WANT = "does-not-want"


OVERTAKEN = "overtaken"  # the outcome of a call whose place was taken by a newer one


@dataclass(frozen=True, kw_only=True)
class Call:
    """A task to call a family, with what one needs on the phone."""

    task_id: UUID
    rule: str
    booklet_id: UUID
    size: int
    good_news_consent: bool
    family_id: UUID
    reference: str
    name: str | None
    phone: str | None
    language: str
    organisation: str
    due_on: date
    handed_out_on: date
    valid_until: date
    visit_on: date | None
    visit_at: str | None
    visit_company: str | None
    opened_at: datetime
    not_before: date | None
    tries: int
    closed_at: datetime | None
    outcome: str | None

    def days_silent(self, on: date) -> int:
        """How many days the family has had its booklet."""
        return (on - self.handed_out_on).days


@allowed(Role.REFERRER, Role.REGIE)
def read_calls(uow: UnitOfWork) -> list[Call]:
    """Give the calls to make today: a visit that is still to come first, then the longest waiting.

    A referrer gets those of its own organisation, its own first; the regie every one. Who reads
    this, or one of the two below, reads families' files: the door leaves audit rows.
    """
    mine = Task.account_id == uow.actor.account_id
    soon = case((Appointment.day >= uow.today, 0), else_=1)  # tomorrow it is too late to call
    ready = _calls(uow, _ready(uow))
    return _read(uow, ready.order_by(mine.desc(), soon, Task.due_on, Booklet.handed_out_on))


@allowed(Role.REFERRER, Role.REGIE)
def read_waiting_calls(uow: UnitOfWork) -> list[Call]:
    """Give the calls that were tried in vain and come back on a later day, the first day first."""
    waiting = and_(Task.closed_at.is_(None), Task.not_before > uow.today)
    return _read(uow, _calls(uow, waiting).order_by(Task.not_before, Task.due_on))


@allowed(Role.REFERRER, Role.REGIE)
def read_closed_calls(uow: UnitOfWork) -> list[Call]:
    """Give the calls that were closed today, by somebody or by a first use, the latest first."""
    this_morning = end_of_day(date.fromordinal(uow.today.toordinal() - 1))
    closed = and_(Task.closed_at >= this_morning, Task.outcome != OVERTAKEN)
    return _read(uow, _calls(uow, closed).order_by(Task.closed_at.desc()))


@allowed(Role.REFERRER, Role.REGIE)
def count_calls(uow: UnitOfWork) -> int:
    """Give how many calls the own organisation has today (the regie: how many there are)."""
    statement = select(func.count(Task.id)).where(_ready(uow), _own(uow))
    return uow.session.scalar(statement) or 0


@allowed(Role.REFERRER, Role.REGIE)
def note_call(uow: UnitOfWork, *, task_id: UUID, outcome: CallOutcome) -> Task:
    """Write down what came of a call, which closes its task.

    A family that was not reached comes back on the next working day, until it was tried as often
    as the city chose (three times; product/cheques.md 5 "three reminders at most").
    Refuses another organisation's task, and one that is closed or put off already.
    """
    most = rules_on(uow.session, uow.today)[CALL_TRIES]
    if outcome == CallOutcome.NOT_REACHED and task_of(uow, task_id).tries + 1 < most:
        return put_off_task(uow, task_id=task_id, until=working_day_after(uow.today))
    return close_task(uow, task_id=task_id, outcome=outcome)


@allowed(Role.REFERRER, Role.REGIE)
def take_back_call(uow: UnitOfWork, *, task_id: UUID) -> Task:
    """Undo what was written down of a call: today, by the same person; else refuse."""
    if task_of(uow, task_id).closed_at is None:
        return resume_task(uow, task_id=task_id)
    return reopen_task(uow, task_id=task_id)


def _calls(uow: UnitOfWork, which: ColumnElement[bool]) -> Select[Any]:
    holds = and_(Appointment.booklet_id == Booklet.id, Appointment.replaced_at.is_(None))
    return (
        select(*_CALL)
        .join(Booklet, Booklet.id == Task.subject_id)
        .join(Family, Family.id == Booklet.family_id)
        .join(Organisation, Organisation.id == Task.organisation_id)
        .outerjoin(Appointment, holds)
        .outerjoin(Location, Location.id == Appointment.location_id)
        .where(which, _own(uow))
    )


_CALL: tuple[Any, ...] = (
    Task.id.label("task_id"),
    Task.rule,
    Booklet.id.label("booklet_id"),
    Booklet.size,
    Booklet.good_news_consent,
    Family.id.label("family_id"),
    Family.reference,
    Family.name,
    Family.phone,
    Family.language,
    Organisation.name.label("organisation"),
    Task.due_on,
    Booklet.handed_out_on,
    Booklet.valid_until,
    Appointment.day.label("visit_on"),
    Location.name.label("visit_at"),
    Appointment.company.label("visit_company"),
    Task.opened_at,
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


def _own(uow: UnitOfWork) -> ColumnElement[bool]:
    if uow.actor.is_any(Role.REGIE):
        return true()
    return Task.organisation_id == uow.actor.organisation_id
