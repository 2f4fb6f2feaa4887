"""On how many days a place was open: by its own hours and closing days where they are known."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, and_, column, exists, func, or_, select, values

from kernel.calendar import is_holiday
from kernel.organisations import ClosingDay, OpeningHours

LONGEST = timedelta(days=120)  # farther back nobody counts: long enough, whatever was closed
_SATURDAY = 5


def open_days_since(since: Any, location_id: Any, today: date) -> ColumnElement[int]:
    """Count the days after `since`, and before today, that a place was open.

    Takes a column of days and one of locations. A public holiday is never open, nor is a closing
    day; a weekday is when the place has hours on it, and where no hours are known every day from
    Monday to Friday is. Counts at most the last 120 days.
    """
    days = (
        values(column("day", Date), column("weekday", Integer), name="days")
        .data([(day, day.weekday()) for day in _days_before(today)])
        .cte("days")
    )
    its_own = OpeningHours.location_id == location_id
    valid = and_(
        OpeningHours.valid_from <= days.c.day,
        or_(OpeningHours.valid_until.is_(None), OpeningHours.valid_until >= days.c.day),
    )
    has_hours = exists().where(its_own, valid, OpeningHours.weekday == days.c.weekday)
    is_known = exists().where(its_own, valid)
    closed = exists().where(ClosingDay.location_id == location_id, ClosingDay.day == days.c.day)
    return (
        select(func.count())
        .select_from(days)
        .where(
            days.c.day > since,
            ~closed,
            or_(has_hours, and_(~is_known, days.c.weekday < _SATURDAY)),
        )
        .scalar_subquery()
    )


def _days_before(today: date) -> list[date]:
    every = (today - timedelta(days=back) for back in range(1, LONGEST.days))
    return [day for day in every if not is_holiday(day)]
