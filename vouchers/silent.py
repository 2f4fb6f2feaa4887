"""Which booklets are silent: for each rule the one statement that finds them, by an index."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Select,
    and_,
    bindparam,
    exists,
    null,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from kernel.calendar import working_day_after
from kernel.rules import Rules
from vouchers.call_reasons import SilenceRule
from vouchers.choices import EXPIRING_DAYS, NO_FIRST_USE_DAYS, SILENCE_DAYS, USED_UP_DAYS
from vouchers.in_reach import in_reach, not_flagged, said_no, same_day
from vouchers.models import Appointment, Booklet, Continuation, DropOff, Going, Redemption
from vouchers.open_days import LONGEST, calendar_before, open_days_since
from vouchers.replacing import family_began

_TOO_LATE = timedelta(days=90)  # a booklet that was used up longer ago is no reason to call
_VISIT = and_(Appointment.booklet_id == Booklet.id, Appointment.replaced_at.is_(None))

Finds = Select[*tuple[Any, ...]]


@cache
def silent_booklets() -> Mapping[SilenceRule, Finds]:
    """Give for each rule the statement that finds its booklets, with what tells the spell.

    They take the days of `days_of`. Nobody is called about training, a blocked or expired booklet,
    a family that was removed, or one that said no (or moved, or has a place) and used no cheque
    since. Made once: SQLAlchemy then compiles each once.
    """
    today = _day("today")
    return {
        SilenceRule.NO_FIRST_USE: _never_used(),
        SilenceRule.SILENCE: _fell_silent(),
        SilenceRule.EXPIRING: _expiring(),
        SilenceRule.USED_UP: _used_up(),
        # A visit is missed once its day is over: seen on the first working day after it.
        SilenceRule.VISIT_MISSED: _visit(SilenceRule.VISIT_MISSED, Appointment.day < today),
        SilenceRule.VISIT_NEAR: _visit(
            SilenceRule.VISIT_NEAR,
            and_(Appointment.day > today, Appointment.day <= _day("next_working_day")),
        ),
    }


def days_of(today: date, rules: Rules) -> dict[str, Any]:
    """Give the days that the statements take, by the city's rules of today."""

    def back(days: int) -> date:
        return today - timedelta(days=days)

    return {
        "today": today,
        "next_working_day": working_day_after(today),
        "handed_out_until": back(rules[NO_FIRST_USE_DAYS]),
        "open_days": rules[SILENCE_DAYS],
        "quiet_since": back(rules[SILENCE_DAYS]),
        "quiet_too_long": today - LONGEST,
        "expires_until": today + timedelta(days=rules[EXPIRING_DAYS]),
        "used_up_since": today - _TOO_LATE,
        "used_up_until": back(rules[USED_UP_DAYS]),
        **calendar_before(today),
    }


def _day(name: str) -> BindParameter[date]:
    return bindparam(name, type_=Date)


def _unused() -> ColumnElement[bool]:
    """A new booklet in the place of a lost one is no new beginning."""
    in_time = Booklet.valid_until >= _day("today")
    return and_(in_reach(), Booklet.used_count == 0, in_time, ~family_began())


def _never_used() -> Finds:
    return select(Booklet.id, null()).where(
        _unused(),
        Booklet.handed_out_on <= _day("handed_out_until"),
        ~exists().where(_VISIT),
        not_flagged(SilenceRule.NO_FIRST_USE, DropOff.visit_id.is_(None)),
    )


def _visit(rule: SilenceRule, when: ColumnElement[bool]) -> Finds:
    return (
        select(Booklet.id, Appointment.id)
        .join(Appointment, _VISIT)
        .where(_unused(), when, not_flagged(rule, DropOff.visit_id == Appointment.id))
    )


def _fell_silent() -> Finds:
    quiet = (
        select(Booklet.id, Booklet.last_used_on, _last_place().label("location_id"))
        .where(
            in_reach(),
            Booklet.valid_until >= _day("today"),
            Booklet.used_count > 0,
            Booklet.used_count < Booklet.size,
            Booklet.last_used_on <= _day("quiet_since"),
            not_flagged(SilenceRule.SILENCE, same_day(Booklet.last_used_on)),
            ~said_no(),
        )
        .cte("quiet")
    )
    open_days = open_days_since(quiet.c.last_used_on, quiet.c.location_id)
    return select(quiet.c.id, quiet.c.last_used_on).where(
        or_(
            quiet.c.last_used_on <= _day("quiet_too_long"),
            open_days >= bindparam("open_days"),
        )
    )


def _last_place() -> ColumnElement[Any]:
    return (
        select(Redemption.location_id)
        .where(Redemption.booklet_id == Booklet.id, Redemption.annulled_at.is_(None))
        .order_by(Redemption.care_date.desc(), Redemption.redeemed_at.desc())
        .limit(1)
        .scalar_subquery()
    )


def _expiring() -> Finds:
    return select(Booklet.id, Booklet.valid_until).where(
        in_reach(),
        Booklet.valid_until >= _day("today"),
        Booklet.valid_until <= _day("expires_until"),
        Booklet.used_count < Booklet.size,
        not_flagged(SilenceRule.EXPIRING, same_day(Booklet.valid_until)),
        ~said_no(),
    )


def _used_up() -> Finds:
    """Find those of whom nobody told, at the last cheque or later, whether the child goes on."""
    newer = aliased(Booklet)
    told = exists().where(
        Continuation.booklet_id == Booklet.id,
        Continuation.moment != "eighth",
        Continuation.answer != Going.UNKNOWN,
    )
    return select(Booklet.id, Booklet.last_used_on).where(
        in_reach(),
        Booklet.used_count == Booklet.size,
        Booklet.last_used_on >= _day("used_up_since"),
        Booklet.last_used_on <= _day("used_up_until"),
        ~told,
        ~exists().where(newer.family_id == Booklet.family_id, newer.ordinal > Booklet.ordinal),
        not_flagged(SilenceRule.USED_UP, same_day(Booklet.last_used_on)),
        ~said_no(),
    )
