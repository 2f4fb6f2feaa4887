"""A day is a Brussels day: at its two ends, at a month's, and when the clock changes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from kernel.calendar import BRUSSELS, day_of, end_of_day
from kernel.cities import City
from kernel.tasks import Task, TooLateToUndo, close_task, open_task, reopen_task
from kernel.unit_of_work import unit_of_work
from tests import build
from tests.build import Paper, Person, at_work
from tests.figures import Say
from vouchers.annulling import annul_redemption
from vouchers.errors import Expired, UndoTooLate
from vouchers.models import Redemption, undo_until
from vouchers.redeeming import redeem_cheque
from vouchers.uptake import uptake

LAST_HALF_HOUR = datetime(2027, 1, 31, 23, 30, tzinfo=UTC)  # 1 February, half past midnight
JANUARY, FEBRUARY = date(2027, 1, 1), date(2027, 2, 1)


def test_31_january_half_past_eleven_utc_is_february(city: City, figure: Say) -> None:
    """For the day of care, the month that it is paid in, and the family's month of beginning."""
    provider = build.provider(city)
    paper = build.handed_out(city, build.referrer(city), now=LAST_HALF_HOUR)
    redemption = _scan(city, provider, paper, LAST_HALF_HOUR)
    assert redemption.care_date == FEBRUARY
    assert redemption.redeemed_at == LAST_HALF_HOUR
    with unit_of_work(city, build.regie(city).actor, writes=False, now=LAST_HALF_HOUR) as uow:
        year = uptake(uow, since=JANUARY, until=date(2027, 12, 31))
        january = uptake(uow, since=JANUARY, until=date(2027, 1, 31))
    assert [cohort.month for cohort in year.cohorts] == [FEBRUARY]
    assert january.cohorts == ()
    earlier = LAST_HALF_HOUR - timedelta(hours=1)
    assert day_of(earlier) == date(2027, 1, 31)
    figure(
        "T2",
        "31 January 23:30 UTC is February; 8 scans where the clock changes; 4 last days",
    )


@pytest.mark.parametrize(
    ("scanned", "until"),
    [
        ("2027-03-28T00:30:00Z", "2027-03-28T22:00:00Z"),  # the day of 23 hours
        ("2027-03-28T00:59:59Z", "2027-03-28T22:00:00Z"),  # the last second before the absent hour
        ("2027-03-28T01:00:00Z", "2027-03-28T22:00:00Z"),  # and the first after it
        ("2027-10-31T00:30:00Z", "2027-10-31T23:00:00Z"),  # 2:30, the first time
        ("2027-10-31T01:30:00Z", "2027-10-31T23:00:00Z"),  # 2:30, the second time
        ("2027-10-30T21:59:59Z", "2027-10-30T23:59:59Z"),  # before the day of 25 hours: two hours
        ("2027-03-27T22:30:00Z", "2027-03-28T00:30:00Z"),  # into the night of the absent hour
        ("2026-12-31T22:59:59Z", "2027-01-01T00:59:59Z"),  # into the new year
    ],
)
def test_a_scan_can_be_undone_until_its_day_ends_and_two_hours_at_least(
    city: City, scanned: str, until: str
) -> None:
    at, end = (datetime.fromisoformat(each) for each in (scanned, until))
    assert undo_until(at) == end
    provider = build.provider(city)
    paper = build.handed_out(city, build.referrer(city), now=at)
    redemption = _scan(city, provider, paper, at)
    assert redemption.undo_until == end
    assert redemption.care_date == at.astimezone(BRUSSELS).date()
    with (
        pytest.raises(UndoTooLate),
        at_work(city, provider.actor, end + timedelta(microseconds=1)) as uow,
    ):
        annul_redemption(uow, redemption_id=redemption.id)
    with at_work(city, provider.actor, end) as uow:
        assert annul_redemption(uow, redemption_id=redemption.id).annulled_at == end


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2027, 3, 28), 23), (date(2027, 10, 31), 25), (date(2027, 2, 28), 24)],
)
def test_a_day_is_as_long_as_it_is(day: date, hours: int) -> None:
    ends, begins = end_of_day(day), end_of_day(day - timedelta(days=1))
    assert ends - begins == timedelta(hours=hours)
    seconds = range(0, hours * 3600, 1800)
    assert {day_of(begins + timedelta(seconds=second)) for second in seconds} == {day}
    assert day_of(ends) == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("handed_out", "last"),
    [
        (datetime(2027, 1, 31, 9, tzinfo=BRUSSELS), date(2028, 1, 30)),
        (datetime(2028, 2, 29, 9, tzinfo=BRUSSELS), date(2029, 2, 28)),
        (datetime(2026, 3, 29, 9, tzinfo=BRUSSELS), date(2027, 3, 28)),  # ends in summer time
        (datetime(2026, 11, 1, 9, tzinfo=BRUSSELS), date(2027, 10, 31)),  # ends in winter time
    ],
)
def test_the_last_day_passes_at_23_59_and_fails_at_midnight(
    city: City, handed_out: datetime, last: date
) -> None:
    provider = build.provider(city)
    paper = build.handed_out(city, build.referrer(city), now=handed_out)
    midnight = end_of_day(last)
    with pytest.raises(Expired) as refused:
        _scan(city, provider, paper, midnight)
    assert refused.value.about["valid_until"] == last
    before = midnight - timedelta(microseconds=1)
    assert _scan(city, provider, paper, before).care_date == last
    late = _scan(city, provider, paper, midnight, care_date=last, same_day_reason="secondChild")
    assert late.care_date == last, "care of the last day may be told a little later"


def test_a_call_is_taken_back_on_the_brussels_day_on_which_it_was_closed(city: City) -> None:
    referrer = build.referrer(city)
    closed = datetime(2027, 1, 31, 22, 30, tzinfo=UTC)  # half past eleven in the evening
    with at_work(city, now=closed) as uow:
        open_task(
            uow,
            rule="a rule",
            subject_id=referrer.organisation_id,
            period="once",
            organisation_id=referrer.organisation_id,
            account_id=None,
            due_on=JANUARY,
        )
    with at_work(city, referrer.actor, closed) as uow:
        task_id = uow.session.scalars(select(Task.id)).one()
        close_task(uow, task_id=task_id, outcome="reached")
    midnight = datetime(2027, 1, 31, 23, 0, tzinfo=UTC)
    with pytest.raises(TooLateToUndo), at_work(city, referrer.actor, midnight) as uow:
        reopen_task(uow, task_id=task_id)
    with at_work(city, referrer.actor, midnight - timedelta(seconds=1)) as uow:
        assert reopen_task(uow, task_id=task_id).closed_at is None


def _scan(city: City, by: Person, paper: Paper, now: datetime, **more: object) -> Redemption:
    code = paper.codes[1 if more else 0]
    with at_work(city, by.actor, now) as uow:
        return redeem_cheque(
            uow,
            code=code,
            idempotency_key=f"{now} {sorted(more)}",
            **more,  # type: ignore[arg-type]
        ).redemption
