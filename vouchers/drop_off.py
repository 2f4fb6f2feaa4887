"""A booklet that nobody uses is followed up: most families are lost before their first cheque."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, and_, exists, insert, null, select

from kernel.access import Role, allowed
from kernel.calendar import is_working_day, working_day_after
from kernel.rules import rules_on
from kernel.unit_of_work import UnitOfWork
from vouchers.choices import NO_FIRST_USE_DAYS
from vouchers.events import DropOffFlagged
from vouchers.models import Appointment, Booklet, BookletState, DropOff
from vouchers.replacing import family_began


class SilenceRule(StrEnum):
    """Why somebody should call a family."""

    VISIT_NEAR = "visit-near"  # the first visit is on the next working day, or before it
    VISIT_MISSED = "visit-missed"  # the day of the visit is over, and no cheque was used
    NO_FIRST_USE = "no-first-use"  # no visit agreed, and two weeks of silence


@dataclass(frozen=True)
class Silent:
    """A booklet found silent: by which rule, and for a visit's rules by which visit."""

    booklet_id: UUID
    rule: SilenceRule
    visit_id: UUID | None

    @property
    def period(self) -> str:
        """What tells this spell from another: each visit is one, the silence before it is one."""
        return str(self.visit_id) if self.visit_id else "since-hand-out"


@allowed(Role.CLOCK)
def flag_drop_offs(uow: UnitOfWork) -> list[Silent]:
    """Flag each silent booklet once for each rule and spell; a second run flags nothing.

    Flags nothing on a weekend or a holiday: the next working day finds the same booklets. With a
    first visit the referrer calls the day before ("bel of ga mee") and the working day after
    without a scan; without one after fourteen days, a rule (product/cheques.md 5).
    """
    if not is_working_day(uow.today):
        return []
    after = rules_on(uow.session, uow.today)[NO_FIRST_USE_DAYS]
    found = [
        Silent(booklet_id, rule, visit_id)
        for rule, statement in _silent(uow.today, after).items()
        for booklet_id, visit_id in uow.session.execute(statement)
    ]
    for silent in found:
        _flag(uow, silent)
    return found


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


def _silent(today: date, after: int) -> dict[SilenceRule, Select[*tuple[Any, ...]]]:
    """Give for each rule the one statement that finds its booklets, and the visit it is about."""
    visit = and_(Appointment.booklet_id == Booklet.id, Appointment.replaced_at.is_(None))
    unused = and_(
        Booklet.state == BookletState.HANDED_OUT,
        Booklet.used_count == 0,
        Booklet.valid_until >= today,
        Booklet.training.is_(False),
        ~family_began(),  # a new booklet in the place of a lost one is no new beginning
    )
    visits = select(Booklet.id, Appointment.id).join(Appointment, visit).where(unused)
    without = select(Booklet.id, null()).where(unused, ~exists().where(visit))
    if_near = Appointment.day.between(today + timedelta(days=1), working_day_after(today))
    if_long = Booklet.handed_out_on <= today - timedelta(days=after)
    return {
        SilenceRule.VISIT_NEAR: visits.where(
            if_near, _not_flagged(SilenceRule.VISIT_NEAR, DropOff.visit_id == Appointment.id)
        ),
        # A visit is missed once its day is over: seen on the first working day after it.
        SilenceRule.VISIT_MISSED: visits.where(
            Appointment.day < today,
            _not_flagged(SilenceRule.VISIT_MISSED, DropOff.visit_id == Appointment.id),
        ),
        SilenceRule.NO_FIRST_USE: without.where(
            if_long, _not_flagged(SilenceRule.NO_FIRST_USE, DropOff.visit_id.is_(None))
        ),
    }


def _not_flagged(rule: SilenceRule, same_spell: ColumnElement[bool]) -> ColumnElement[bool]:
    same = and_(DropOff.booklet_id == Booklet.id, DropOff.rule == str(rule), same_spell)
    return ~exists().where(same)
