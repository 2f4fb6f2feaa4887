"""Whom to call today, and why."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from kernel.access import Role, allowed
from kernel.organisations import Location, Organisation
from kernel.people import Family
from kernel.tasks import Task
from kernel.unit_of_work import UnitOfWork
from vouchers.models import Appointment, Booklet


class CallOutcome(StrEnum):
    """What came of a call (the long list of barriers comes with follow-up)."""

    WILL_GO = "will-go"
    NOT_REACHED = "not-reached"
    NEEDS_HELP = "needs-help"
    DOES_NOT_WANT = "does-not-want"


@dataclass(frozen=True, kw_only=True)
class Call:
    """A task to call a family, with what one needs on the phone."""

    task_id: UUID
    rule: str
    booklet_id: UUID
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
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None

    def days_silent(self, on: date) -> int:
        """How many days the family has had its booklet."""
        return (on - self.handed_out_on).days


@allowed(Role.REFERRER, Role.REGIE)
def read_calls(uow: UnitOfWork, *, closed_since: datetime | None = None) -> list[Call]:
    """Give the open calls, the longest waiting first.

    A referrer gets those of its own organisation, its own first; the regie every one. With
    `closed_since` those closed after that moment instead, the latest first. Who reads this reads
    families' files: the door leaves audit rows.
    """
    statement = (
        select(
            Task.id.label("task_id"),
            Task.rule,
            Booklet.id.label("booklet_id"),
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
            Task.opened_at,
            Task.closed_at,
            Task.outcome,
        )
        .join(Booklet, Booklet.id == Task.subject_id)
        .join(Family, Family.id == Booklet.family_id)
        .join(Organisation, Organisation.id == Task.organisation_id)
        .outerjoin(
            Appointment,
            and_(Appointment.booklet_id == Booklet.id, Appointment.replaced_at.is_(None)),
        )
        .outerjoin(Location, Location.id == Appointment.location_id)
    )
    if not uow.actor.is_any(Role.REGIE):
        statement = statement.where(Task.organisation_id == uow.actor.organisation_id)
    if closed_since is None:
        mine = Task.account_id == uow.actor.account_id
        statement = statement.where(Task.closed_at.is_(None)).order_by(
            mine.desc(), Task.due_on, Booklet.handed_out_on
        )
    else:
        statement = statement.where(Task.closed_at >= closed_since).order_by(Task.closed_at.desc())
    rows = uow.session.execute(statement)
    return [Call(**row._mapping) for row in rows]  # noqa: SLF001


@allowed(Role.REFERRER, Role.REGIE)
def count_calls(uow: UnitOfWork) -> int:
    """Give how many calls are open for the own organisation (the regie: for all)."""
    own = or_(
        Task.organisation_id == uow.actor.organisation_id,
        uow.actor.is_any(Role.REGIE),  # type: ignore[arg-type]
    )
    counted = uow.session.scalar(select(func.count(Task.id)).where(Task.closed_at.is_(None), own))
    return counted or 0
