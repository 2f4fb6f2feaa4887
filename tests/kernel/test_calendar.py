"""A month's period ends where people expect it, in Brussels, on any day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.calendar import BRUSSELS, add_months, day_of, end_of_day, last_day, working_day_after
from tests.figures import Say

CARE_TABLE = [  # product/care.md 3
    (date(2027, 1, 15), date(2027, 7, 14), date(2027, 5, 15), date(2027, 6, 15)),
    (date(2026, 8, 31), date(2027, 2, 28), date(2026, 12, 31), date(2027, 1, 31)),
    (date(2026, 9, 1), date(2027, 2, 28), date(2027, 1, 1), date(2027, 2, 1)),
    (date(2026, 10, 31), date(2027, 4, 30), date(2027, 2, 28), date(2027, 3, 31)),
    (date(2027, 8, 30), date(2028, 2, 29), date(2027, 12, 30), date(2028, 1, 30)),
    (date(2026, 12, 31), date(2027, 6, 30), date(2027, 4, 30), date(2027, 5, 31)),
    (date(2028, 2, 29), date(2028, 8, 28), date(2028, 6, 29), date(2028, 7, 29)),
]
TEN_YEARS = [date(2023, 1, 1) + timedelta(days=n) for n in range(3653)]  # 2023 to 2032


@pytest.mark.parametrize(("start", "last", "four", "five"), CARE_TABLE)
def test_six_months_and_its_signals_are_those_of_the_table(
    start: date, last: date, four: date, five: date
) -> None:
    assert (last_day(start, 6), add_months(start, 4), add_months(start, 5)) == (last, four, five)


def test_each_start_of_ten_years_ends_where_walking_day_by_day_ends(figure: Say) -> None:
    """T1, by an oracle that knows no month lengths: it walks the days and counts the firsts."""
    assert TEN_YEARS[-1] == date(2032, 12, 31)
    wrong = [
        (start, months)
        for start in TEN_YEARS
        for months in (4, 5, 6, 12)
        if (add_months(start, months), last_day(start, months)) != walked(start, months)
    ]
    assert wrong == []
    figure(
        "T1",
        f"{len(TEN_YEARS)} starts of 2023 to 2032: the last day of 6 and of 12 months and the "
        f"signals at 4 and 5 equal an oracle that walks the days; {len(CARE_TABLE)} of "
        f"{len(CARE_TABLE)} rows of the table",
    )


def test_the_oracle_itself_gives_the_table() -> None:
    for start, last, four, five in CARE_TABLE:
        assert (walked(start, 6)[1], walked(start, 4)[0], walked(start, 5)[0]) == (last, four, five)


@given(st.dates(date(2000, 1, 1), date(2099, 1, 1)), st.integers(1, 36))
def test_a_period_is_whole_months_to_the_day(start: date, months: int) -> None:
    following = last_day(start, months) + timedelta(days=1)
    clamped = add_months(start, months).day != start.day
    assert following == add_months(start, months) + timedelta(days=clamped)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2027-01-31T23:30:00+00:00", date(2027, 2, 1)),
        ("2026-06-30T22:00:00+00:00", date(2026, 7, 1)),
        ("2026-06-30T21:59:59+00:00", date(2026, 6, 30)),
    ],
)
def test_a_day_is_that_of_brussels(moment: str, day: date) -> None:
    assert day_of(datetime.fromisoformat(moment)) == day


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2027, 3, 28), 23), (date(2026, 10, 25), 25), (date(2026, 9, 7), 24)]
)
def test_a_day_lasts_23_24_or_25_hours(day: date, hours: int) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=BRUSSELS)
    assert end_of_day(day) - start.astimezone(UTC) == timedelta(hours=hours)


def test_after_easter_friday_comes_tuesday() -> None:
    assert working_day_after(date(2027, 3, 26)) == date(2027, 3, 30)


def walked(start: date, months: int) -> tuple[date, date]:
    """Walk day by day: past `months` firsts of a month, then to the same number or the month's end.

    Gives that day, and the last day of the period: the day before, unless the month was too short.
    """
    day, firsts = start, 0
    while firsts < months:
        day += timedelta(days=1)
        firsts += day.day == 1
    while day.day < start.day and (day + timedelta(days=1)).day != 1:
        day += timedelta(days=1)
    return day, day if day.day < start.day else day - timedelta(days=1)
