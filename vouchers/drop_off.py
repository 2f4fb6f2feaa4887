"""A booklet that nobody uses is followed up: most families are lost before their first cheque."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from kernel.access import Role, allowed
from kernel.calendar import is_working_day
from kernel.rules import rules_on
from kernel.tasks import Task
from kernel.unit_of_work import UnitOfWork
from vouchers.call_reasons import SilenceRule
from vouchers.events import DropOffFlagged
from vouchers.models import Booklet, DropOff
from vouchers.outcomes import EXPIRED
from vouchers.silent import days_of, silent_booklets

__all__ = ["SilenceRule", "Silent", "flag_drop_offs"]


@dataclass(frozen=True)
class Silent:
    """A booklet found silent: by which rule, in which spell, and for a visit's by which visit."""

    booklet_id: UUID
    rule: SilenceRule
    period: str
    visit_id: UUID | None = None


@allowed(Role.CLOCK)
def flag_drop_offs(uow: UnitOfWork) -> list[Silent]:
    """Flag each silent booklet once for each rule and spell; a second run flags nothing.

    Flags nothing on a weekend or a holiday: the next working day finds the same booklets. Of a
    booklet whose last day is over no call stays open. The rules are product/cheques.md 5; their
    numbers are the city's (vouchers/choices.py), each rule is one statement (vouchers/silent.py).
    """
    if not is_working_day(uow.today):
        return []
    _close_expired(uow)
    days = days_of(uow.today, rules_on(uow.session, uow.today))
    found = [
        _silent(rule, *row)
        for rule, statement in silent_booklets().items()
        for row in uow.session.execute(statement, days)
    ]
    for silent in found:
        _flag(uow, silent)
    return found


def _silent(rule: SilenceRule, booklet_id: UUID, spell: date | UUID | None) -> Silent:
    """Tell this spell from another: each visit is one, each last use, each last day."""
    if isinstance(spell, UUID):
        return Silent(booklet_id, rule, str(spell), spell)
    return Silent(booklet_id, rule, spell.isoformat() if spell else "since-hand-out")


def _flag(uow: UnitOfWork, silent: Silent) -> None:
    uow.session.execute(
        insert(DropOff),
        {
            "id": uuid4(),
            "booklet_id": silent.booklet_id,
            "rule": silent.rule,
            "period": silent.period,
            "visit_id": silent.visit_id,
            "flagged_on": uow.today,
        },
    )
    uow.record(
        DropOffFlagged(
            booklet_id=silent.booklet_id,
            rule=silent.rule,
            period=silent.period,
            flagged_on=uow.today,
        )
    )


def _close_expired(uow: UnitOfWork) -> None:
    """Close what was asked about booklets that work no more, but for those that are used up."""
    over = select(Booklet.id).where(Booklet.valid_until < uow.today, Booklet.id == Task.subject_id)
    uow.session.execute(
        update(Task)
        .where(
            Task.closed_at.is_(None),
            Task.rule.in_([str(rule) for rule in SilenceRule if rule != SilenceRule.USED_UP]),
            over.exists(),
        )
        .values(closed_at=uow.now, outcome=EXPIRED)
        .execution_options(synchronize_session=False)
    )
