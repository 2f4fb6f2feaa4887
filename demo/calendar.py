"""The working days around a moment, by number, so that a story can be told in working days."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from kernel.calendar import BRUSSELS, day_of, is_working_day

FLAG_AT = time(5)  # when the clock looks for silent booklets
_BACK, _AHEAD = timedelta(days=640), timedelta(days=40)


@dataclass(frozen=True)
class WorkingDays:
    """The working days from long before `now` until a month after it."""

    now: datetime

    @cached_property
    def days(self) -> tuple[date, ...]:
        """Every working day, in order."""
        today = day_of(self.now)
        span = (_BACK + _AHEAD).days
        every = (today - _BACK + timedelta(days=n) for n in range(span))
        return tuple(day for day in every if is_working_day(day))

    @cached_property
    def last_flagged(self) -> int:
        """The number of the last working day on which the clock has looked already."""
        looked = [n for n, day in enumerate(self.days) if at(day, FLAG_AT) <= self.now]
        return looked[-1]

    @cached_property
    def last_busy(self) -> int:
        """The number of the last working day of which the morning is over."""
        over = [n for n, day in enumerate(self.days) if at(day, time(11)) <= self.now]
        return over[-1]

    def ago(self, days: int) -> int:
        """Give the number of the last working day that is at least so many days ago."""
        until = day_of(self.now) - timedelta(days=days)
        return max(n for n, day in enumerate(self.days) if day <= until)


def at(day: date, hour: time) -> datetime:
    """Give a moment in Brussels."""
    return datetime.combine(day, hour, BRUSSELS)
