"""Days as Flanders counts them: Brussels dates, months that clamp, and working days."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")

_SATURDAY = 5


def day_of(moment: datetime) -> date:
    """Give the Brussels date of an instant: 31 January 23:30 UTC is 1 February here."""
    return moment.astimezone(BRUSSELS).date()


def end_of_day(day: date) -> datetime:
    """Give the instant at which a Brussels day ends; 23, 24 or 25 hours after it began."""
    return datetime.combine(day + timedelta(days=1), time(), BRUSSELS).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """Give the same day `months` later, or that month's last day where it has no such day."""
    month0 = day.month - 1 + months
    year, month = day.year + month0 // 12, month0 % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def last_day(start: date, months: int) -> date:
    """Give the last day of a period of `months` that begins on `start`.

    That is the day before the same day, or the month's last day where the day had to be clamped
    (product/care.md 3; the cheques' twelve months use the same function).
    """
    same = add_months(start, months)
    return same if same.day != start.day else same - timedelta(days=1)


@cache
def _holidays(year: int) -> frozenset[date]:
    import holidays  # noqa: PLC0415 — a slow import, needed by the clock alone

    return frozenset(holidays.country_holidays("BE", years=year))


def is_holiday(day: date) -> bool:
    """Say whether a day is a public holiday in Belgium."""
    return day in _holidays(day.year)


def is_working_day(day: date) -> bool:
    """Say whether offices in Flanders are open: no weekend, no public holiday."""
    return day.weekday() < _SATURDAY and not is_holiday(day)


def working_day_after(day: date) -> date:
    """Give the first working day after `day`."""
    following = day + timedelta(days=1)
    while not is_working_day(following):
        following += timedelta(days=1)
    return following
