"""On how many days a place was open: by its own hours and closing days where they are known."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Integer,
    and_,
    bindparam,
    column,
    exists,
    func,
    or_,
    select,
    text,
)

from kernel.calendar import is_holiday
from kernel.organisations import ClosingDay, OpeningHours

LONGEST = timedelta(days=120)  # farther back nobody counts: long enough, whatever was closed
_FRIDAY = 4
_NEVER = -1  # in the place of the weekday of a public holiday


def open_days_since(since: Any, location_id: Any) -> ColumnElement[int]:
    """Count the days after `since`, and before today, that a place was open.

    Takes a column of days and one of locations; the statement takes `calendar_before` today. A
    public holiday is never open, nor is a closing day; a weekday is when the place has hours on
    it, and where no hours are known every day from Monday to Friday is. Counts at most the last
    120 days.
    """
    days = _days()
    its_own = OpeningHours.location_id == location_id
    valid = and_(
        OpeningHours.valid_from <= days.c.day,
        or_(OpeningHours.valid_until.is_(None), OpeningHours.valid_until >= days.c.day),
    )
    # Each asks about the row of the statement around the count, which SQLAlchemy would not see.
    on_weekday = OpeningHours.weekday == days.c.weekday
    has_hours = exists().where(its_own, valid, on_weekday).correlate_except(OpeningHours)
    is_known = exists().where(its_own, valid).correlate_except(OpeningHours)
    is_closed = (ClosingDay.location_id == location_id, ClosingDay.day == days.c.day)
    closed = exists().where(*is_closed).correlate_except(ClosingDay)
    return (
        select(func.count())
        .select_from(days)
        .where(
            days.c.day > since,
            days.c.weekday > _NEVER,
            ~closed,
            or_(has_hours, and_(~is_known, days.c.weekday <= _FRIDAY)),
        )
        .scalar_subquery()
    )


def calendar_before(today: date) -> dict[str, Any]:
    """Give the days before today with their weekdays, as the count takes them."""
    told: dict[str, Any] = {}
    for back in range(1, LONGEST.days):
        day = today - timedelta(days=back)
        told[f"past_day_{back}"] = day
        told[f"past_weekday_{back}"] = _NEVER if is_holiday(day) else day.weekday()
    return told


def _days() -> CTE:
    """Give the days as a table: written as text, so that it is compiled once, whatever they are."""
    backs = range(1, LONGEST.days)
    first = "SELECT :past_day_1 AS day, :past_weekday_1 AS weekday"
    rest = ", ".join(f"(:past_day_{back}, :past_weekday_{back})" for back in backs[1:])
    typed = [
        bound
        for back in backs
        for bound in (
            bindparam(f"past_day_{back}", type_=Date),
            bindparam(f"past_weekday_{back}", type_=Integer),
        )
    ]
    written = text(f"{first} UNION ALL VALUES {rest}").bindparams(*typed)
    return written.columns(column("day", Date), column("weekday", Integer)).cte("days")
