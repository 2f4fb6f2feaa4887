"""A child's four and five months are told once: by two clocks, a killed one, one that was off."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import count

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from jobs.clock import run_daily
from jobs.dispatch import dispatch_events
from jobs.schedule import JOBS
from kernel.cities import City
from kernel.errors import Refusal
from kernel.events import Delivery, PendingEvent, RecordedEvent
from kernel.tasks import Task
from occasioneel.events import LimitNeared
from occasioneel.models import LimitSignal, Placement
from tests import build, build_care
from tests.build import MONDAY, Person, at_work
from tests.conftest import city_at
from tests.figures import Say, rounds
from tests.races.dying import dies_before
from tests.races.pairs import all_at_once

SIGNAL = next(job for job in JOBS if job.name == "signal-limits")
FOUR_MONTHS = timedelta(days=123)


def test_two_clocks_at_once_signal_each_child_once(
    city: City, other_clock: City, figure: Say
) -> None:
    """Without the leader lock: the unique keys hold alone, and neither is stopped by the other."""
    regie, errors, signalled = build.regie(city), Counter[str](), 0
    for number in range(rounds(50)):
        day = MONDAY + timedelta(days=7 * (number % 4))
        children = nearing(city, regie, 3, day)
        signalled += len(children)
        both = all_at_once([partial(_ticks, where, day) for where in (city, other_clock)])
        errors.update(name for raised in both for name in raised)
        for where in (city, other_clock):
            assert _ticks(where, day) == [], "a clock that was stopped goes on at its next tick"
        assert [about(city, child) for child in children] == [(1, 1, 1)] * len(children)
    assert owed(city) == (0, 0)
    told = f"{errors.total()} ticks lost a race and were run again"
    figure(
        "S2 signal-limits",
        f"{rounds(50)} rounds, two clocks: {signalled} children, one signal and card each; {told}",
    )


def test_a_clock_killed_half_way_is_completed_by_the_next_run(
    city: City, database_url: str, figure: Say
) -> None:
    """The clock is killed before each of its statements in turn, and started again."""
    children = nearing(city, build.regie(city), 3, MONDAY)
    dispatch_events(city, MONDAY)
    killed = 0
    for statement in count(1):
        if not dies_before(database_url, statement, lambda where: _work(where, MONDAY)):
            break
        killed += 1
        assert {about(city, child)[0] for child in children} in ({0}, {1}), "all, or none"
    assert killed > 10
    assert [about(city, child) for child in children] == [(1, 1, 1)] * len(children)
    assert owed(city) == (0, 0)
    figure(
        "S3 signal-limits",
        f"killed before each statement and COMMIT, {killed} times: complete, no double",
    )


def test_a_clock_that_was_off_for_three_days_catches_up_once(city: City, figure: Say) -> None:
    regie = build.regie(city)
    days = [MONDAY + timedelta(days=n) for n in range(5)]
    missed = [nearing(city, regie, 1, day)[0] for day in days[1:4]]
    assert run_daily(city, SIGNAL, days[0])
    assert [about(city, child)[0] for child in missed] == [0, 0, 0]
    back = days[3].replace(hour=13)
    assert [run_daily(city, SIGNAL, back), run_daily(city, SIGNAL, back)] == [True, False]
    dispatch_events(city, back)
    assert [about(city, child) for child in missed] == [(1, 1, 1)] * 3
    assert run_daily(city, SIGNAL, days[4])
    dispatch_events(city, days[4])
    assert [about(city, child) for child in missed] == [(1, 1, 1)] * 3
    figure("S4 signal-limits", "off for three days: 3 missed children caught up by one run, once")


@pytest.fixture
def other_clock(database_url: str) -> Iterator[City]:
    """The same city as another process sees it."""
    same = city_at(database_url)
    yield same
    same.database.dispose()


def nearing(city: City, by: Person, how_many: int, day: datetime) -> list[Placement]:
    """Place children who reach four months on a day."""
    bought = build_care.bought(city, by)
    since = (day - FOUR_MONTHS).date()
    return [
        build_care.placed(city, by, at=bought.location_id, since=since) for _ in range(how_many)
    ]


def _work(city: City, now: datetime) -> None:
    run_daily(city, SIGNAL, now)
    dispatch_events(city, now)


def _ticks(city: City, now: datetime) -> list[str]:
    """Do what a clock does at a tick, whatever a job before it came to; name what was raised."""
    raised = []
    for job in (SIGNAL.run, dispatch_events):
        try:
            job(city, now)
        except (Refusal, SQLAlchemyError) as error:  # as jobs/clock.py goes on after them
            raised.append(type(error).__name__)
    return raised


def about(city: City, child: Placement) -> tuple[int, int, int]:
    """Give how many signals, events of a signal and cards there are about a child."""
    episode = child.episode_id
    told = (RecordedEvent.subject_id == episode, RecordedEvent.name == LimitNeared.name)
    with at_work(city) as uow:
        counts = [
            uow.session.scalar(select(func.count()).where(LimitSignal.child_id == child.child_id)),
            uow.session.scalar(select(func.count()).where(*told)),
            uow.session.scalar(select(func.count()).where(Task.subject_id == episode)),
        ]
    signals, events, cards = (each or 0 for each in counts)
    return signals, events, cards


def owed(city: City) -> tuple[int, int]:
    """Give how many events wait for their deliveries, and how many deliveries are not done."""
    with at_work(city) as uow:
        waiting = uow.session.scalar(select(func.count()).select_from(PendingEvent))
        undone = uow.session.scalar(select(func.count()).where(Delivery.done_at.is_(None)))
    return waiting or 0, undone or 0
