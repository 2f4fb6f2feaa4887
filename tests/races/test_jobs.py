"""The clock does everything once: run twice, by two at once, killed half-way, off for days."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import count

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from jobs.clock import due_day, run_daily
from jobs.dispatch import dispatch_events, dispatch_inside
from jobs.leading import Leader
from jobs.schedule import JOBS, Job
from kernel.accounts import SignInAttempt
from kernel.calendar import is_working_day
from kernel.cities import City
from kernel.errors import Refusal
from kernel.events import Delivery, PendingEvent, RecordedEvent
from kernel.jobs import JobRun
from kernel.tasks import Task
from tests import build, build_care
from tests.build import MONDAY, Paper, at_work
from tests.conftest import city_at
from tests.figures import Say, rounds
from tests.races.dumping import changed, dump
from tests.races.dying import dies_before
from tests.races.pairs import all_at_once
from vouchers.batching import ask_batch
from vouchers.drop_off import flag_drop_offs
from vouchers.events import DropOffFlagged
from vouchers.models import DropOff
from vouchers.redeeming import redeem_cheque

FLAG = next(job for job in JOBS if job.name == "flag-drop-offs")
LATER = MONDAY + timedelta(days=15)  # a Tuesday, when two weeks of silence are over


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_job_run_twice_changes_nothing_the_second_time(city: City, job: Job, figure: Say) -> None:
    _something_of_everything(city)
    before = dump(city)
    _run(city, job, LATER)
    once = dump(city)
    assert changed(before, once), "the job had nothing to do: this would prove nothing"
    _run(city, job, LATER)
    assert changed(once, dump(city)) == []
    figure(f"S1 {job.name}", f"run twice: the first changed {', '.join(changed(before, once))}")


def test_two_clocks_at_once_flag_each_case_once(city: City, other_clock: City, figure: Say) -> None:
    """Without the leader lock: the unique keys hold alone, and neither is stopped by the other."""
    referrer, errors, flagged = build.referrer(city), Counter[str](), 0
    for day in _working_days(LATER, rounds(50)):
        silent = [build.handed_out(city, referrer, now=day - timedelta(days=14)) for _ in range(3)]
        flagged += len(silent)
        both = all_at_once([partial(_ticks, where, day) for where in (city, other_clock)])
        errors.update(name for raised in both for name in raised)
        for where in (city, other_clock):
            assert _ticks(where, day) == [], "a clock that was stopped goes on at its next tick"
        for paper in silent:
            assert _about(city, paper) == (1, 1, 1)
    assert _owed(city) == (0, 0)
    told = f"{errors.total()} ticks lost a race and were run again"
    figure(
        "S2", f"{rounds(50)} rounds, two clocks: {flagged} cases, one flag and task each; {told}"
    )


def test_a_second_clock_waits_until_the_first_steps_down(city: City, other_clock: City) -> None:
    first, second = Leader(city), Leader(other_clock)
    try:
        assert (first.leads(), second.leads(), first.leads(), second.leads()) == (
            True,
            False,
            True,
            False,
        )
        first.step_down()
        assert (second.leads(), first.leads()) == (True, False)
        second.step_down()
        assert first.leads()
    finally:
        first.step_down()
        second.step_down()


def test_a_job_killed_half_way_is_completed_by_the_next_run(
    city: City, database_url: str, figure: Say
) -> None:
    """The clock is killed before each of its statements in turn, and started again."""
    referrer = build.referrer(city)
    papers = [build.handed_out(city, referrer) for _ in range(3)]
    killed = 0
    for statement in count(1):
        if not dies_before(database_url, statement, lambda where: _work(where, LATER)):
            break
        killed += 1
        assert {_about(city, paper)[0] for paper in papers} in ({0}, {1}), "all, or none"
    assert killed > 10
    assert [_about(city, paper) for paper in papers] == [(1, 1, 1)] * len(papers)
    assert _owed(city) == (0, 0)
    figure("S3", f"killed before each statement and COMMIT, {killed} times: complete, no double")


def test_a_kill_at_each_statement_of_one_run_leaves_a_whole_day_to_do(
    city: City, database_url: str
) -> None:
    """A day's cases are flagged together, and the day counts as done only after them."""
    referrer = build.referrer(city)
    for day in _working_days(LATER, 3):
        paper = build.handed_out(city, referrer, now=day - timedelta(days=14))
        for statement in count(1):
            day_s_run = partial(run_daily, job=FLAG, now=day)
            alive = not dies_before(database_url, statement, day_s_run)
            with at_work(city) as uow:
                done = uow.session.get(JobRun, (FLAG.name, day.date())) is not None
            assert not done or _about(city, paper)[0] == 1
            if alive:
                break
        assert done


def test_a_clock_that_was_off_for_three_days_catches_up_once(city: City, figure: Say) -> None:
    referrer = build.referrer(city)
    days = list(_working_days(LATER, 5))
    missed = [build.handed_out(city, referrer, now=day - timedelta(days=14)) for day in days[1:4]]
    assert run_daily(city, FLAG, days[0])
    assert [_about(city, paper)[0] for paper in missed] == [0, 0, 0]
    back = days[3].replace(hour=13)
    assert due_day(FLAG, back.replace(hour=4)) is None, "not before its hour"
    assert due_day(FLAG, back) == back, "but at any hour after it"
    assert [run_daily(city, FLAG, back), run_daily(city, FLAG, back)] == [True, False]
    dispatch_events(city, back)
    assert [_about(city, paper) for paper in missed] == [(1, 1, 1)] * 3
    with at_work(city) as uow:
        ran = uow.session.scalars(select(JobRun.day).order_by(JobRun.day))
        assert list(ran) == [days[0].date(), back.date()]
    assert run_daily(city, FLAG, days[4])
    assert [_about(city, paper) for paper in missed] == [(1, 1, 1)] * 3
    figure("S4", "off for three days: 3 missed cases caught up by one run, once")


@pytest.fixture
def other_clock(database_url: str) -> Iterator[City]:
    """The same city as another process sees it."""
    same = city_at(database_url)
    yield same
    same.database.dispose()


def _something_of_everything(city: City) -> None:
    """A silent booklet, one that was flagged and used since, a batch, a letter, waiting events."""
    build.letter(city, build.referrer(city))
    dispatch_inside(city, LATER - timedelta(days=1))
    with at_work(city) as uow:
        uow.session.add(SignInAttempt(address_hash="x", at=MONDAY))  # older than a week
    with at_work(city, build.regie(city).actor) as uow:
        ask_batch(uow, wanted=7)
    referrer, provider = build.referrer(city), build.provider(city)
    build.handed_out(city, referrer)
    with at_work(city, now=LATER - timedelta(days=1)) as uow:
        assert len(flag_drop_offs(uow)) == 1
    used = build.handed_out(city, referrer)
    with at_work(city, provider.actor, LATER) as uow:
        redeem_cheque(uow, code=used.codes[0], idempotency_key="a")
    build.handed_out(city, referrer)
    build.handed_out(city, referrer, now=LATER - timedelta(days=60))  # of a month that is over
    build_care.placed(city, build.regie(city), since=LATER.date() - timedelta(days=130))


def _run(city: City, job: Job, now: datetime) -> None:
    if job.daily is None:
        job.run(city, now)
    else:
        run_daily(city, job, now)
        job.run(city, now)  # also by hand, for a day that was done already


def _work(city: City, now: datetime) -> None:
    run_daily(city, FLAG, now)
    dispatch_events(city, now)


def _ticks(city: City, now: datetime) -> list[str]:
    """Do what a clock does at a tick, whatever a job before it came to; name what was raised."""
    raised = []
    for job in (partial(run_daily, job=FLAG), dispatch_events):
        try:
            job(city, now=now)
        except (Refusal, SQLAlchemyError) as error:  # as jobs/clock.py goes on after them
            raised.append(type(error).__name__)
    return raised


def _about(city: City, paper: Paper) -> tuple[int, int, int]:
    """Give how many flags, events of a flag and tasks there are about a booklet."""
    told = (RecordedEvent.subject_id == paper.id, RecordedEvent.name == DropOffFlagged.name)
    with at_work(city) as uow:
        counts = [
            uow.session.scalar(select(func.count()).where(DropOff.booklet_id == paper.id)),
            uow.session.scalar(select(func.count()).where(*told)),
            uow.session.scalar(select(func.count()).where(Task.subject_id == paper.id)),
        ]
    flags, events, tasks = (each or 0 for each in counts)
    return flags, events, tasks


def _owed(city: City) -> tuple[int, int]:
    """Give how many events wait for their deliveries, and how many deliveries are not done."""
    with at_work(city) as uow:
        waiting = uow.session.scalar(select(func.count()).select_from(PendingEvent))
        undone = uow.session.scalar(select(func.count()).where(Delivery.done_at.is_(None)))
    return waiting or 0, undone or 0


def _working_days(start: datetime, how_many: int) -> Iterator[datetime]:
    day = start
    for _ in range(how_many):
        while not is_working_day(day.date()):
            day += timedelta(days=1)
        yield day
        day += timedelta(days=1)
