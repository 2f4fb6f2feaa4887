"""Every rule of silence asks for one call: in ten runs, by two clocks, killed, off for days."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import count

import pytest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from jobs.clock import run_daily
from jobs.dispatch import dispatch_events
from jobs.schedule import JOBS
from kernel.calendar import working_day_after
from kernel.cities import City
from kernel.errors import Refusal
from kernel.tasks import Task
from tests import build
from tests.build import MONDAY, at_work, scanned
from tests.conftest import city_at
from tests.figures import Say, rounds
from tests.races.dumping import changed, dump
from tests.races.dying import dies_before
from tests.races.pairs import all_at_once
from vouchers.call_reasons import SilenceRule
from vouchers.models import DropOff

FLAG = next(job for job in JOBS if job.name == "flag-drop-offs")
TUESDAY = MONDAY + timedelta(days=15)
EACH_ONCE = {str(rule): 1 for rule in SilenceRule}


def test_ten_runs_of_every_rule_leave_the_same_tasks(city: City, figure: Say) -> None:
    one_of_each(city, Town(city), TUESDAY)
    work(city, TUESDAY)
    assert (flags(city), tasks(city)) == (EACH_ONCE, EACH_ONCE)
    once = dump(city)
    for _ in range(9):
        FLAG.run(city, TUESDAY)
        dispatch_events(city, TUESDAY)
    assert changed(once, dump(city)) == []
    figure("S1 ten runs", f"{len(EACH_ONCE)} rules: one task each, the same after ten runs")


def test_two_clocks_at_once_ask_for_each_call_once(
    city: City, other_clock: City, figure: Say
) -> None:
    town, errors, days = Town(city), Counter[str](), rounds(30)
    for day in (TUESDAY + timedelta(days=7 * week) for week in range(days)):
        one_of_each(city, town, day)
        both = all_at_once([partial(ticks, where, day) for where in (city, other_clock)])
        errors.update(name for raised in both for name in raised)
        for where in (city, other_clock):
            assert ticks(where, day) == []
    assert set(flags(city)) == set(EACH_ONCE)
    assert min(flags(city).values()) >= days
    assert sum(tasks(city).values()) == sum(flags(city).values()), "one task for each flag"
    assert most_open(city) == 1
    told = f"{errors.total()} ticks lost a race and were run again"
    figure("S2 rules", f"{days} rounds of two clocks over every rule: one task a flag; {told}")


def test_a_clock_killed_at_any_statement_is_completed(
    city: City, database_url: str, figure: Say
) -> None:
    one_of_each(city, Town(city), TUESDAY)
    killed = 0
    for statement in count(1):
        if not dies_before(database_url, statement, lambda where: work(where, TUESDAY)):
            break
        killed += 1
        assert flags(city) in ({}, EACH_ONCE), "all, or none"
    assert killed > 20
    assert (flags(city), tasks(city)) == (EACH_ONCE, EACH_ONCE)
    figure("S3 rules", f"killed {killed} times over every rule: complete, no double")


def test_a_clock_that_was_off_for_three_days_asks_for_each_call_once(
    city: City, figure: Say
) -> None:
    """A visit that was near meanwhile is over: it is asked after, as one that was missed."""
    one_of_each(city, Town(city), TUESDAY)
    back = TUESDAY + timedelta(days=3)
    for _ in range(2):
        work(city, back)
    late = EACH_ONCE | {"visit-missed": 2}
    late.pop("visit-near")
    assert (flags(city), tasks(city)) == (late, late)
    figure("S4 rules", "off for three days: every rule catches up once")


@pytest.fixture
def other_clock(database_url: str) -> Iterator[City]:
    """The same city as another process sees it."""
    same = city_at(database_url)
    yield same
    same.database.dispose()


class Town:
    """Who hands out and who cares for children."""

    def __init__(self, city: City) -> None:
        self.referrer, self.provider = build.referrer(city), build.provider(city)


def one_of_each(city: City, town: Town, day: datetime) -> None:
    """Write down for each rule one booklet that it finds on a day, and that no other rule does."""

    def used(given: int, *uses: int) -> None:
        paper = build.handed_out(city, town.referrer, now=ago(given))
        for code, back in zip(paper.codes, uses, strict=False):
            scanned(city, town.provider, code, now=ago(back))

    def ago(days: int) -> datetime:
        return day - timedelta(days=days)

    def visited(given: int, on: datetime) -> None:
        visit = {"location_id": town.provider.location_id, "day": on.date()}
        build.handed_out(city, town.referrer, now=ago(given), appointment=visit)

    used(20)
    used(100, 60)
    used(345, 2)
    used(40, *range(30, 20, -1))
    visited(9, ago(1))
    near = working_day_after(day.date())
    visited(2, day.replace(year=near.year, month=near.month, day=near.day))
    dispatch_events(city, ago(0) - timedelta(hours=1))


def work(city: City, now: datetime) -> None:
    run_daily(city, FLAG, now)
    dispatch_events(city, now)


def ticks(city: City, now: datetime) -> list[str]:
    """Do what a clock does at a tick, whatever a job before it came to; name what was raised."""
    raised = []
    for job in (partial(run_daily, job=FLAG), dispatch_events):
        try:
            job(city, now=now)
        except (Refusal, SQLAlchemyError) as error:
            raised.append(type(error).__name__)
    return raised


def flags(city: City) -> dict[str, int]:
    with at_work(city) as uow:
        return dict(Counter(uow.session.scalars(select(DropOff.rule))))


def tasks(city: City) -> dict[str, int]:
    with at_work(city) as uow:
        return dict(Counter(uow.session.scalars(select(Task.rule))))


def most_open(city: City) -> int:
    """Give how many open calls the booklet with the most has."""
    with at_work(city) as uow:
        still = uow.session.scalars(select(Task.subject_id).where(Task.closed_at.is_(None)))
        return max(Counter(still).values())
