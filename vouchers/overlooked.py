"""Which families nobody calls: the regie sees it, and takes over where it must."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, null, or_, select
from sqlalchemy.orm import aliased

from kernel.access import Role, allowed
from kernel.accounts import Account
from kernel.calendar import end_of_day, is_working_day
from kernel.organisations import Organisation
from kernel.people import Family
from kernel.rules import Rules, rules_on
from kernel.tasks import Task
from kernel.unit_of_work import UnitOfWork
from vouchers.call_reasons import SilenceRule
from vouchers.choices import CALL_TRIES, NEVER_SHOWN_DAYS, NOT_CALLED_DAYS
from vouchers.models import Booklet, BookletState, FollowUp, Redemption
from vouchers.outcomes import COMES_BACK, UNREACHABLE

_REMEMBERED = timedelta(days=60)  # what came to nothing longer ago is history


class Why(StrEnum):
    """Why the regie should know of a call."""

    NEVER_SHOWN = "never-shown"  # nobody of the organisation has opened the page since
    NOT_CALLED = "not-called"  # it was seen, and nobody called
    UNREACHABLE = "unreachable"  # called as often as the city chose, and no cheque was used


@dataclass(frozen=True, kw_only=True)
class Overlooked:
    """A family that nobody follows up: by its reference, never by a name."""

    task_id: UUID
    why: Why
    rule: str
    booklet_id: UUID
    reference: str
    organisation_id: UUID
    organisation: str
    person: str | None  # who should have called; None: the organisation as a whole
    due_on: date
    first_shown_at: datetime | None
    called_at: datetime | None
    outcome: str | None


@allowed(Role.REGIE)
def read_overlooked(uow: UnitOfWork, *, organisation_id: UUID | None = None) -> list[Overlooked]:
    """Give the families that nobody follows up, by why, the longest waiting first.

    Open for more than five working days and never shown; shown and not called for more than seven
    days, or come back and not called for so long; tried as often as the city chose, in the last
    sixty days, without a cheque since. The numbers are rules. Takes one organisation, or all of
    them. What the regie took over itself is not in it.
    """
    statement = _overlooked(uow.now, uow.today, rules_on(uow.session, uow.today))
    if organisation_id is not None:
        statement = statement.where(Booklet.organisation_id == organisation_id)
    return [Overlooked(**dict(row)) for row in uow.session.execute(statement).mappings()]


@allowed(Role.REGIE)
def count_overlooked(uow: UnitOfWork) -> int:
    """Give how many families nobody follows up."""
    statement = _overlooked(uow.now, uow.today, rules_on(uow.session, uow.today))
    counted = select(func.count()).select_from(statement.order_by(None).subquery())
    return uow.session.scalar(counted) or 0


def most_overlooked(found: Sequence[Overlooked]) -> list[tuple[UUID, str, int]]:
    """Give the organisations with how many they have, the most first."""
    counts = Counter((each.organisation_id, each.organisation) for each in found)
    told = [(home, name, count) for (home, name), count in counts.items()]
    return sorted(told, key=lambda each: (-each[2], each[1]))


def _overlooked(now: datetime, today: date, rules: Rules) -> Select[Any]:
    why = _why(now, today, rules)
    called = (
        select(func.max(FollowUp.made_at))
        .where(FollowUp.task_id == Task.id, FollowUp.taken_back_at.is_(None))
        .scalar_subquery()
    )
    return (
        select(
            Task.id.label("task_id"),
            why.label("why"),
            Task.rule,
            Booklet.id.label("booklet_id"),
            Family.reference,
            Booklet.organisation_id,
            Organisation.name.label("organisation"),
            Account.name.label("person"),
            Task.due_on,
            Task.first_shown_at,
            called.label("called_at"),
            Task.outcome,
        )
        .join(Booklet, Booklet.id == Task.subject_id)
        .join(Family, Family.id == Booklet.family_id)
        .join(Organisation, Organisation.id == Booklet.organisation_id)
        .outerjoin(Account, Account.id == Task.account_id)
        .where(
            why.is_not(None),
            Task.organisation_id == Booklet.organisation_id,
            Family.removed_at.is_(None),
            Booklet.state == BookletState.HANDED_OUT,
        )
        .order_by(case({w: n for n, w in enumerate(Why)}, value=why), Task.due_on, Task.id)
    )


def _why(now: datetime, today: date, rules: Rules) -> ColumnElement[Any]:
    is_open = Task.closed_at.is_(None)
    unseen = and_(
        is_open,
        Task.first_shown_at.is_(None),
        Task.tries == 0,
        Task.due_on < working_days_before(today, rules[NEVER_SHOWN_DAYS]),
    )
    days = timedelta(days=rules[NOT_CALLED_DAYS])
    never_called = and_(Task.not_before.is_(None), Task.first_shown_at < now - days)
    not_again = Task.not_before < today - days
    return case(
        (unseen, Why.NEVER_SHOWN.value),
        (and_(is_open, or_(never_called, not_again)), Why.NOT_CALLED.value),
        (_in_vain(today, rules), Why.UNREACHABLE.value),
        else_=null(),
    )


def _in_vain(today: date, rules: Rules) -> ColumnElement[bool]:
    """Say of a closed call whether it came to nothing, and nothing came after it."""
    newer = aliased(Task)
    asked_again = exists().where(
        newer.subject_id == Task.subject_id, newer.opened_at > Task.opened_at
    )
    used_since = exists().where(
        Redemption.booklet_id == Booklet.id,
        Redemption.annulled_at.is_(None),
        Redemption.redeemed_at > Task.closed_at,
    )
    gave_up = and_(
        Task.outcome.in_([str(outcome) for outcome in COMES_BACK]),
        Task.tries >= rules[CALL_TRIES],
    )
    return and_(
        Task.closed_at >= end_of_day(today - _REMEMBERED),
        Task.rule.in_([str(rule) for rule in SilenceRule]),
        or_(Task.outcome == UNREACHABLE, gave_up),
        ~asked_again,
        ~used_since,
    )


def working_days_before(today: date, days: int) -> date:
    """Give the day before which a task was open for more than so many working days."""
    day = today
    while days > 0:
        day -= timedelta(days=1)
        days -= is_working_day(day)
    return day
