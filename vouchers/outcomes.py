"""What can come of a call to a family, and what then happens with the call."""

from collections.abc import Mapping
from enum import StrEnum

from kernel.rules import Rule
from vouchers.choices import NEEDS_HELP_DAYS, WILL_GO_DAYS
from vouchers.models import Barrier


class CallOutcome(StrEnum):
    """What somebody writes down of a call."""

    WILL_GO = "will-go"
    NEEDS_HELP = "needs-help"
    DOES_NOT_WANT = "does-not-want"
    IN_CARE = "in-care"
    MOVED = "moved"
    NOT_REACHED = "not-reached"


VISIT_AGREED = "visit-agreed"  # a day for the first visit was agreed, on the phone or elsewhere
UNREACHABLE = "unreachable"  # tried as often as the city chose, and never reached
OVERTAKEN = "overtaken"  # a newer reason to call took its place
FIRST_USE = "first-use"  # the family came by itself
USED_AGAIN = "used-again"  # a cheque was used after a silence
ALL_USED = "all-used"  # nothing is left that could expire
USE_UNDONE = "use-undone"  # the booklet is not used up after all
CONTINUES = "continues"  # somebody told that the child goes on in care
STOPPED = "stopped"  # somebody told that it does not
BLOCKED = "blocked"  # the booklet works no more
EXTENDED = "extended"  # the booklet got more time
EXPIRED = "expired"  # its last day is over

# After these the family is asked again: after how many days, unless another day is chosen.
COMES_BACK: Mapping[CallOutcome, Rule[int]] = {
    CallOutcome.WILL_GO: WILL_GO_DAYS,
    CallOutcome.NEEDS_HELP: NEEDS_HELP_DAYS,
}
# After these nobody needs to call about this booklet any more.
FINAL = (CallOutcome.DOES_NOT_WANT, CallOutcome.IN_CARE, CallOutcome.MOVED)
# What some words say about the barrier by themselves.
MEANS: Mapping[CallOutcome, Barrier] = {
    CallOutcome.IN_CARE: Barrier.IN_CARE,
    CallOutcome.MOVED: Barrier.MOVED,
}
