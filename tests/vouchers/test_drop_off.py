"""A silent booklet becomes one call for whoever handed it out, and a first use ends it."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from jobs.dispatch import dispatch_events
from kernel.access import CLOCK
from kernel.calendar import BRUSSELS, is_working_day
from kernel.cities import City
from kernel.tasks import Task
from tests import build
from tests.build import MONDAY, Paper, Person, at_work, scanned
from vouchers.annulling import annul_redemption
from vouchers.drop_off import SilenceRule, flag_drop_offs
from vouchers.replacing import replace_lost_booklet


def test_two_weeks_without_a_first_use_is_one_call(city: City) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    assert flagged(city, MONDAY + timedelta(days=13)) == []
    assert flagged(city, MONDAY + timedelta(days=14)) == [(paper.id, SilenceRule.NO_FIRST_USE)]
    assert flagged(city, MONDAY + timedelta(days=14)) == []
    assert flagged(city, MONDAY + timedelta(days=15)) == []
    [task] = tasks(city)
    assert (task.subject_id, task.account_id) == (paper.id, referrer.actor.account_id)
    assert (task.due_on, task.closed_at) == (date(2026, 9, 21), None)


def test_after_how_many_days_is_the_citys_choice(city: City) -> None:
    build.rule(city, "vouchers.no_first_use_days", 7)
    build.handed_out(city, build.referrer(city))
    assert len(flagged(city, MONDAY + timedelta(days=7))) == 1


def test_no_flag_falls_on_a_weekend_or_a_holiday(city: City) -> None:
    referrer = build.referrer(city)
    build.handed_out(city, referrer, now=brussels(2026, 12, 11))  # two weeks on: Christmas
    for day in (25, 26, 27):
        assert flagged(city, brussels(2026, 12, day)) == []
    assert len(flagged(city, brussels(2026, 12, 28))) == 1


def test_with_a_first_visit_the_call_comes_the_working_day_before(city: City) -> None:
    paper = with_visit(city, date(2026, 9, 14))  # a Monday
    assert flagged(city, brussels(2026, 9, 10)) == []
    assert flagged(city, brussels(2026, 9, 11)) == [(paper.id, SilenceRule.VISIT_NEAR)]
    assert flagged(city, brussels(2026, 9, 11)) == []


def test_a_missed_visit_is_asked_after_on_the_next_working_day(city: City) -> None:
    paper = with_visit(city, date(2026, 9, 11))  # a Friday
    flagged(city, brussels(2026, 9, 10))
    assert flagged(city, brussels(2026, 9, 11)) == []
    assert flagged(city, brussels(2026, 9, 12)) == []
    assert flagged(city, brussels(2026, 9, 14)) == [(paper.id, SilenceRule.VISIT_MISSED)]
    assert flagged(city, brussels(2026, 9, 15)) == []


def test_with_a_first_visit_two_weeks_of_silence_is_no_second_call(city: City) -> None:
    with_visit(city, date(2026, 10, 30))
    assert flagged(city, MONDAY + timedelta(days=14)) == []


def test_a_visit_that_was_moved_is_a_new_spell(city: City) -> None:
    referrer = build.referrer(city)
    provider = build.provider(city)
    paper = with_visit(city, date(2026, 9, 9), referrer=referrer, provider=provider)
    flagged(city, brussels(2026, 9, 10))
    from vouchers.visiting import agree_first_visit  # noqa: PLC0415

    assert provider.location_id is not None
    with at_work(city, referrer.actor, brussels(2026, 9, 10)) as uow:
        agree_first_visit(
            uow, booklet_id=paper.id, location_id=provider.location_id, day=date(2026, 9, 16)
        )
    assert flagged(city, brussels(2026, 9, 15)) == [(paper.id, SilenceRule.VISIT_NEAR)]
    assert flagged(city, brussels(2026, 9, 17)) == [(paper.id, SilenceRule.VISIT_MISSED)]


def test_a_used_a_blocked_an_expired_and_a_training_booklet_are_left_alone(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    used, lost = build.handed_out(city, referrer), build.handed_out(city, referrer)
    scanned(city, provider, used.codes[0])
    with at_work(city, referrer.actor, MONDAY + timedelta(days=13)) as uow:
        replace_lost_booklet(uow, booklet_id=lost.id)
    training = build.handed_out(city, referrer)
    with at_work(city) as uow:
        from vouchers.models import Booklet  # noqa: PLC0415

        uow.session.get_one(Booklet, training.id).training = True
    assert flagged(city, MONDAY + timedelta(days=14)) == []
    build.handed_out(city, referrer, now=brussels(2020, 1, 6))
    assert flagged(city, MONDAY + timedelta(days=15)) == []


def test_a_new_booklet_for_a_family_that_came_before_is_not_silent(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    came, never = build.handed_out(city, referrer), build.handed_out(city, referrer)
    scanned(city, provider, came.codes[0])
    with at_work(city, referrer.actor) as uow:
        replace_lost_booklet(uow, booklet_id=came.id)
        new = replace_lost_booklet(uow, booklet_id=never.id).id
    assert flagged(city, MONDAY + timedelta(days=14)) == [(new, SilenceRule.NO_FIRST_USE)]


def test_a_first_use_closes_the_call_and_an_undone_one_opens_it_again(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    later = MONDAY + timedelta(days=14)
    flagged(city, later)
    scan = scanned(city, provider, paper.codes[0], now=later)
    dispatch_events(city, later)
    [task] = tasks(city)
    assert (task.outcome, task.closed_at) == ("first-use", later)
    with at_work(city, provider.actor, later) as uow:
        annul_redemption(uow, redemption_id=scan)
    dispatch_events(city, later)
    [task] = tasks(city)
    assert (task.outcome, task.closed_at) == (None, None)


def test_a_use_and_its_undoing_heard_late_leave_the_call_open(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    later = MONDAY + timedelta(days=14)
    flagged(city, later)
    scan = scanned(city, provider, paper.codes[0], now=later)
    with at_work(city, provider.actor, later) as uow:
        annul_redemption(uow, redemption_id=scan)
    dispatch_events(city, later)
    assert [task.closed_at for task in tasks(city)] == [None]


def test_a_use_before_the_flag_arrives_opens_no_call(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    later = MONDAY + timedelta(days=14)
    with at_work(city, CLOCK, later) as uow:
        assert len(flag_drop_offs(uow)) == 1
    scanned(city, provider, paper.codes[0], now=later)
    dispatch_events(city, later)
    assert tasks(city) == []


def test_a_lost_booklet_closes_its_call(city: City) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    later = MONDAY + timedelta(days=14)
    flagged(city, later)
    with at_work(city, referrer.actor, later) as uow:
        replace_lost_booklet(uow, booklet_id=paper.id)
    dispatch_events(city, later)
    assert [task.outcome for task in tasks(city)] == ["blocked"]


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 7, 21), False),
        (date(2026, 5, 25), False),  # Whit Monday
        (date(2026, 4, 6), False),  # Easter Monday
        (date(2026, 7, 11), False),  # a Saturday
        (date(2025, 7, 11), True),  # the Flemish holiday is no public one
        (date(2026, 9, 7), True),
    ],
)
def test_working_days_are_those_of_flemish_offices(day: date, *, works: bool) -> None:
    assert is_working_day(day) is works


def flagged(city: City, now: datetime) -> list[tuple[object, str]]:
    with at_work(city, CLOCK, now) as uow:
        found = flag_drop_offs(uow)
    dispatch_events(city, now)
    return [(silent.booklet_id, silent.rule) for silent in found]


def tasks(city: City) -> list[Task]:
    with at_work(city) as uow:
        found = list(uow.session.scalars(select(Task)))
        uow.session.expunge_all()
        return found


def with_visit(
    city: City, day: date, *, referrer: Person | None = None, provider: Person | None = None
) -> Paper:
    where = provider or build.provider(city)
    visit = {"location_id": where.location_id, "day": day}
    return build.handed_out(city, referrer or build.referrer(city), appointment=visit)


def brussels(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 6, tzinfo=BRUSSELS)
