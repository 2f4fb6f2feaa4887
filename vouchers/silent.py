"""Which booklets are silent: for each rule the one statement that finds them, by an index."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    exists,
    literal_column,
    null,
    select,
)
from sqlalchemy.orm import aliased

from kernel.calendar import working_day_after
from kernel.people import Family
from kernel.rules import Rules
from vouchers.call_reasons import SilenceRule
from vouchers.choices import EXPIRING_DAYS, NO_FIRST_USE_DAYS, SILENCE_DAYS, USED_UP_DAYS
from vouchers.models import Appointment, Booklet, Continuation, DropOff, FollowUp, Going, Redemption
from vouchers.open_days import LONGEST, open_days_since
from vouchers.outcomes import FINAL
from vouchers.replacing import family_began

_TOO_LATE = timedelta(days=90)  # a booklet that was used up longer ago is no reason to call
# Written out, so that the databases see that a partial index holds these rows.
_IN_HAND = Booklet.state == literal_column("'handed_out'")
_VISIT = and_(Appointment.booklet_id == Booklet.id, Appointment.replaced_at.is_(None))

Finds = Select[*tuple[Any, ...]]


def silent_booklets(today: date, rules: Rules) -> Mapping[SilenceRule, Finds]:
    """Give for each rule the statement that finds its booklets, with what tells the spell.

    Nobody is called about training, a blocked or expired booklet, a family that was removed, or
    one that said no (or moved, or has a place) and used no cheque since.
    """
    return {
        SilenceRule.NO_FIRST_USE: _never_used(today, rules[NO_FIRST_USE_DAYS]),
        SilenceRule.SILENCE: _fell_silent(today, rules[SILENCE_DAYS]),
        SilenceRule.EXPIRING: _expiring(today, rules[EXPIRING_DAYS]),
        SilenceRule.USED_UP: _used_up(today, rules[USED_UP_DAYS]),
        SilenceRule.VISIT_MISSED: _visit(
            SilenceRule.VISIT_MISSED, today, Appointment.day < today
        ),  # its day is over: seen on the first working day after it
        SilenceRule.VISIT_NEAR: _visit(
            SilenceRule.VISIT_NEAR,
            today,
            Appointment.day.between(today + timedelta(days=1), working_day_after(today)),
        ),
    }


def _unused(today: date) -> ColumnElement[bool]:
    """A new booklet in the place of a lost one is no new beginning."""
    return and_(_callable(), Booklet.used_count == 0, Booklet.valid_until >= today, ~family_began())


def _never_used(today: date, days: int) -> Finds:
    return select(Booklet.id, null()).where(
        _unused(today),
        Booklet.handed_out_on <= today - timedelta(days=days),
        ~exists().where(_VISIT),
        _not_flagged(SilenceRule.NO_FIRST_USE, DropOff.visit_id.is_(None)),
    )


def _visit(rule: SilenceRule, today: date, when: ColumnElement[bool]) -> Finds:
    return (
        select(Booklet.id, Appointment.id)
        .join(Appointment, _VISIT)
        .where(_unused(today), when, _not_flagged(rule, DropOff.visit_id == Appointment.id))
    )


def _fell_silent(today: date, days: int) -> Finds:
    quiet = (
        select(Booklet.id, Booklet.last_used_on, _last_place().label("location_id"))
        .where(
            _callable(),
            Booklet.valid_until >= today,
            Booklet.used_count > 0,
            Booklet.used_count < Booklet.size,
            Booklet.last_used_on <= today - timedelta(days=days),
            _not_flagged(SilenceRule.SILENCE, _same_day(Booklet.last_used_on)),
            ~_said_no(),
        )
        .cte("quiet")
    )
    open_days = open_days_since(quiet.c.last_used_on, quiet.c.location_id, today)
    return select(quiet.c.id, quiet.c.last_used_on).where(
        (quiet.c.last_used_on <= today - LONGEST) | (open_days >= days)
    )


def _last_place() -> ColumnElement[Any]:
    return (
        select(Redemption.location_id)
        .where(Redemption.booklet_id == Booklet.id, Redemption.annulled_at.is_(None))
        .order_by(Redemption.care_date.desc(), Redemption.redeemed_at.desc())
        .limit(1)
        .scalar_subquery()
    )


def _expiring(today: date, days: int) -> Finds:
    return select(Booklet.id, Booklet.valid_until).where(
        _callable(),
        Booklet.valid_until.between(today, today + timedelta(days=days)),
        Booklet.used_count < Booklet.size,
        _not_flagged(SilenceRule.EXPIRING, _same_day(Booklet.valid_until)),
        ~_said_no(),
    )


def _used_up(today: date, days: int) -> Finds:
    """Find those of whom nobody told, at the last cheque or later, whether the child goes on."""
    newer = aliased(Booklet)
    told = exists().where(
        Continuation.booklet_id == Booklet.id,
        Continuation.moment != "eighth",
        Continuation.answer != Going.UNKNOWN,
    )
    return select(Booklet.id, Booklet.last_used_on).where(
        _callable(),
        Booklet.used_count == Booklet.size,
        Booklet.last_used_on.between(today - _TOO_LATE, today - timedelta(days=days)),
        ~told,
        ~exists().where(newer.family_id == Booklet.family_id, newer.ordinal > Booklet.ordinal),
        _not_flagged(SilenceRule.USED_UP, _same_day(Booklet.last_used_on)),
        ~_said_no(),
    )


def _callable() -> ColumnElement[bool]:
    there = exists().where(Family.id == Booklet.family_id, Family.removed_at.is_(None))
    return and_(_IN_HAND, Booklet.training.is_(False), there)


def _said_no() -> ColumnElement[bool]:
    """Say whether the last thing that was heard, since the last cheque, was that none is needed."""
    later = exists().where(
        Redemption.booklet_id == Booklet.id,
        Redemption.annulled_at.is_(None),
        Redemption.redeemed_at > FollowUp.made_at,
    )
    return exists().where(
        FollowUp.booklet_id == Booklet.id,
        FollowUp.outcome.in_([str(outcome) for outcome in FINAL]),
        FollowUp.taken_back_at.is_(None),
        ~later,
    )


def _same_day(day: Any) -> ColumnElement[bool]:
    return DropOff.period == cast(day, String)


def _not_flagged(rule: SilenceRule, same_spell: ColumnElement[bool]) -> ColumnElement[bool]:
    same = and_(DropOff.booklet_id == Booklet.id, DropOff.rule == str(rule), same_spell)
    return ~exists().where(same)
