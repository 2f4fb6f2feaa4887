"""Jobs that are due at once are done in the order of their hours, and a failing one stops none."""

from datetime import time, timedelta

import pytest
from sqlalchemy import select

import jobs.clock
from jobs.clock import Clock, jobs_before
from jobs.schedule import JOBS, Job
from kernel.cities import Cities, City
from kernel.errors import Unavailable
from kernel.jobs import JobRun
from tests.build import MONDAY, at_work
from tests.conftest import city_at

LATE = MONDAY.replace(hour=13)
DAY = timedelta(days=1)


def works(_city: City, _now: object) -> object:
    return 0


def fails(_city: City, _now: object) -> object:
    raise Unavailable


NIGHT = Job(name="night", what="", run=works, daily=time(3))
ILL = Job(name="ill", what="", run=fails, daily=time(5))
OTHERS = Job(name="others", what="", run=works, daily=time(5), programme="occasioneel")
MAIL = Job(name="mail", what="", run=works, daily=time(8))


@pytest.fixture
def clock(city: City, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock with a short table of jobs."""
    monkeypatch.setattr(jobs.clock, "JOBS", (MAIL, NIGHT, ILL))
    return Clock(Cities([city]))


def test_a_job_waits_for_those_of_earlier_hours(clock: Clock, city: City) -> None:
    clock.take_turn(city, MAIL, LATE)
    assert ran(city) == set()
    for job in (NIGHT, ILL, MAIL):
        try_(clock, city, job)
    assert ran(city) == {"night", "mail"}, "the ill one held it up for its first try only"


def test_what_was_tried_yesterday_is_tried_again_before_todays_mail(
    clock: Clock, city: City
) -> None:
    for job in (NIGHT, ILL, MAIL):
        try_(clock, city, job)
    with at_work(city) as uow:
        uow.session.query(JobRun).delete()
    clock.take_turn(city, MAIL, LATE + DAY)
    assert ran(city) == set()


def test_no_city_waits_for_a_job_of_a_programme_that_it_does_not_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs.clock, "JOBS", (MAIL, OTHERS))
    both = city_at("sqlite://")
    alone = city_at("sqlite://", programmes=frozenset({"vouchers"}))
    assert (jobs_before(both, MAIL), jobs_before(alone, MAIL)) == (["others"], [])


def test_the_mail_of_the_morning_waits_for_what_the_night_finds() -> None:
    mail = next(job for job in JOBS if job.name == "send-morning-mail")
    assert "flag-drop-offs" in jobs_before(city_at("sqlite://"), mail)


def try_(clock: Clock, city: City, job: Job) -> None:
    """Take a turn, and go on after a failure, as the clock does."""
    try:
        clock.take_turn(city, job, LATE)
    except Unavailable:
        assert job == ILL


def ran(city: City) -> set[str]:
    with at_work(city) as uow:
        return set(uow.session.scalars(select(JobRun.job)))
