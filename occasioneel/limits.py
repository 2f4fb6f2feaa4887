"""How long a child stays on a bought place: six months, told at four and at five of them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.calendar import add_months, last_day
from kernel.rules import DatedRule, Rule
from occasioneel.choices import FIRST_SIGNAL_MONTHS, LAST_SIGNAL_MONTHS, LIMIT_MONTHS
from occasioneel.models import Signal

_RULES = (LIMIT_MONTHS, FIRST_SIGNAL_MONTHS, LAST_SIGNAL_MONTHS)


class Standing(StrEnum):
    """How near its limit a child is, as people say it."""

    AMPLE = "ample"
    FIRST = "first"  # past the first signal: two months are left
    LAST = "last"  # past the last signal: one month is left
    OVER = "over"  # the last day is over, and the child is still there


@dataclass(frozen=True)
class Limit:
    """A child's limit, from the day on which its months began to count (product/care.md 3)."""

    clock_from: date
    months: int
    first: int
    last: int

    @property
    def last_day(self) -> date:
        """The last day within the limit."""
        return last_day(self.clock_from, self.months)

    def days_left(self, on: date) -> int:
        """How many days are left after a day: 0 on the last one, below 0 beyond the limit."""
        return (self.last_day - on).days

    def signal_day(self, signal: Signal) -> date:
        """From which day on a signal is due, counted from the original start."""
        return add_months(self.clock_from, self.first if signal == Signal.FOUR else self.last)

    def signal(self, on: date) -> Signal | None:
        """The latest signal that is due on a day, or None."""
        due = [signal for signal in Signal if self.signal_day(signal) <= on]
        return due[-1] if due else None

    def standing(self, on: date) -> Standing:
        """How near the limit is on a day."""
        if self.days_left(on) < 0:
            return Standing.OVER
        signal = self.signal(on)
        if signal is None:
            return Standing.AMPLE
        return Standing.LAST if signal == Signal.FIVE else Standing.FIRST

    @property
    def days(self) -> int:
        """How many days the whole period counts."""
        return (self.last_day - self.clock_from).days + 1


class Limits:
    """Every limit that the city chose, read in one statement."""

    def __init__(self, session: Session) -> None:
        """Read what the city chose."""
        names = [rule.name for rule in _RULES]
        self._chosen = list(session.scalars(select(DatedRule).where(DatedRule.name.in_(names))))

    def of(self, clock_from: date) -> Limit:
        """Give the limit of a child: the rule of the day from which its months count."""
        return Limit(clock_from, *(self._value(rule, clock_from) for rule in _RULES))

    def _value(self, rule: Rule[int], day: date) -> int:
        for chosen in self._chosen:
            holds = chosen.valid_until is None or chosen.valid_until >= day
            if chosen.name == rule.name and chosen.valid_from <= day and holds:
                return int(chosen.value)
        return rule.default
