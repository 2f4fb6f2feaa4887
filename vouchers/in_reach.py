"""Whom one may call about a booklet: a family that has it, and did not say that it is no use."""

from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, exists, literal_column

from kernel.people import Family
from vouchers.call_reasons import SilenceRule
from vouchers.models import Booklet, DropOff, FollowUp, Redemption
from vouchers.outcomes import FINAL

# Written out, so that the databases see that a partial index holds these rows.
_IN_HAND = Booklet.state == literal_column("'handed_out'")


def in_reach() -> ColumnElement[bool]:
    """Say of a booklet whether it is in the hands of a family that may be called; no training."""
    there = exists().where(Family.id == Booklet.family_id, Family.removed_at.is_(None))
    return and_(_IN_HAND, Booklet.training.is_(False), there)


def said_no() -> ColumnElement[bool]:
    """Say whether the last thing that was heard, since the last cheque, was that none is needed."""
    later = (
        exists()
        .where(
            Redemption.booklet_id == Booklet.id,
            Redemption.annulled_at.is_(None),
            Redemption.redeemed_at > FollowUp.made_at,
        )
        .correlate_except(Redemption)
    )  # the booklet's row is two statements away
    return exists().where(
        FollowUp.booklet_id == Booklet.id,
        FollowUp.outcome.in_([str(outcome) for outcome in FINAL]),
        FollowUp.taken_back_at.is_(None),
        ~later,
    )


def same_day(day: Any) -> ColumnElement[bool]:
    """Say of a flag whether its spell is the one of this day."""
    return DropOff.period == cast(day, String)


def not_flagged(rule: SilenceRule, same_spell: ColumnElement[bool]) -> ColumnElement[bool]:
    """Say of a booklet that this rule did not flag it before, in the same spell."""
    same = and_(DropOff.booklet_id == Booklet.id, DropOff.rule == str(rule), same_spell)
    return ~exists().where(same)
