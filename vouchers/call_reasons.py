"""Why a family should be called about its booklet, and whether that still holds."""

from datetime import date
from enum import StrEnum

from vouchers.models import Booklet, BookletState
from vouchers.outcomes import ALL_USED, FIRST_USE, USE_UNDONE, USED_AGAIN


class SilenceRule(StrEnum):
    """Why somebody should call a family. The later one overtakes the earlier on one day."""

    NO_FIRST_USE = "no-first-use"  # no visit agreed, and two weeks of silence
    SILENCE = "silence"  # used before, and no cheque for thirty days that the place was open
    EXPIRING = "expiring"  # a month to go, and cheques left
    USED_UP = "used-up"  # all cheques used, and nobody knows whether the child goes on
    VISIT_MISSED = "visit-missed"  # the day of the visit is over, and no cheque was used
    VISIT_NEAR = "visit-near"  # the first visit is on the next working day, or before it


BEFORE_USE = frozenset({SilenceRule.NO_FIRST_USE, SilenceRule.VISIT_MISSED, SilenceRule.VISIT_NEAR})
# What closes a call that is about what a scan changed.
CLOSED_BY_USE = {
    SilenceRule.NO_FIRST_USE: FIRST_USE,
    SilenceRule.VISIT_MISSED: FIRST_USE,
    SilenceRule.VISIT_NEAR: FIRST_USE,
    SilenceRule.SILENCE: USED_AGAIN,
    SilenceRule.EXPIRING: ALL_USED,
    SilenceRule.USED_UP: USE_UNDONE,
}


def holds(booklet: Booklet, rule: SilenceRule, period: str) -> bool:
    """Say whether the reason to call still holds for a booklet as it is now.

    `period` is the spell that was flagged: the last use, or the last day, as it was then.
    """
    if booklet.state != BookletState.HANDED_OUT:
        return False
    if rule in BEFORE_USE:
        return booklet.used_count == 0
    if rule == SilenceRule.EXPIRING:
        return booklet.used_count < booklet.size and period == _told(booklet.valid_until)
    used_up = booklet.used_count == booklet.size
    is_same = period == _told(booklet.last_used_on)
    return is_same and used_up == (rule == SilenceRule.USED_UP)


def _told(day: date | None) -> str:
    return day.isoformat() if day else ""
