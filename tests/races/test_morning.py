"""The morning's letter is written once, whatever happens to the clock that writes it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from jobs.clock import due_day, jobs_before, run_daily
from jobs.dispatch import dispatch_inside
from jobs.schedule import JOBS
from kernel.calendar import is_working_day, working_day_after
from kernel.cities import City
from kernel.errors import Refusal
from kernel.letters import Letter, LetterKind, ToldTask
from kernel.tasks import Task, open_task
from tests import build
from tests.build import MONDAY, Person, at_work
from tests.conftest import city_at
from tests.figures import Say, rounds
from tests.races.dying import dies_before
from tests.races.pairs import all_at_once

BY_NAME = {job.name: job for job in JOBS}
MAIL, FLAG = BY_NAME["send-morning-mail"], BY_NAME["flag-drop-offs"]
EIGHT = MONDAY.replace(hour=8)


def test_two_clocks_at_once_write_each_letter_once(
    city: City, other_clock: City, figure: Say
) -> None:
    people, errors, mornings = [build.referrer(city) for _ in range(3)], 0, rounds(50)
    for morning in _working_days(EIGHT, mornings):
        for person in people:
            _task(city, person, morning - timedelta(hours=1))
        both = all_at_once([partial(_tick, where, morning) for where in (city, other_clock)])
        errors += sum(both)
        assert not any(_tick(where, morning) for where in (city, other_clock))
        assert _letters(city, morning) == dict.fromkeys([p.actor.account_id for p in people], 1)
        assert _untold(city) == 0
    told = f"{errors} ticks lost a race and were run again"
    figure("S2 mail", f"{mornings} mornings, two clocks: one letter each for 3 people; {told}")


def test_a_clock_killed_half_way_writes_what_is_left_and_nothing_twice(
    city: City, database_url: str, figure: Say
) -> None:
    people = [build.referrer(city) for _ in range(3)]
    for person in people:
        _task(city, person, EIGHT - timedelta(hours=1))
    killed = 0
    for statement in count(1):
        if not dies_before(database_url, statement, partial(run_daily, job=MAIL, now=EIGHT)):
            break
        killed += 1
        assert _letters(city, EIGHT).total() in {0, 3}, "all of them, or none"
    assert killed > 10
    assert _letters(city, EIGHT) == dict.fromkeys([p.actor.account_id for p in people], 1)
    assert (_untold(city), run_daily(city, MAIL, EIGHT)) == (0, False)
    figure("S3 mail", f"killed before each of {killed} statements: 3 letters, none twice")


def test_a_clock_that_was_off_for_three_days_tells_it_all_once(city: City, figure: Say) -> None:
    ann = build.referrer(city)
    mornings = list(_working_days(EIGHT, 5))
    assert run_daily(city, MAIL, mornings[0])
    for morning in mornings[1:4]:
        _task(city, ann, morning - timedelta(hours=1))
    back = mornings[3].replace(hour=13)
    assert due_day(MAIL, back.replace(hour=7)) is None
    assert due_day(MAIL, back) == back
    assert [run_daily(city, MAIL, back), run_daily(city, MAIL, back)] == [True, False]
    assert run_daily(city, MAIL, mornings[4])
    with at_work(city) as uow:
        assert list(uow.session.scalars(select(Letter.subject))) == ["Opstap Genk: 3 nieuwe taken"]
    figure("S4 mail", "off for three days: 3 tasks told in one letter, once")


def test_what_the_night_found_is_a_task_before_the_morning_is_told(city: City) -> None:
    """A clock that starts late does both jobs one after the other, and nothing falls between."""
    build.handed_out(city, build.referrer(city), now=EIGHT - timedelta(days=14))
    late = EIGHT.replace(hour=13)
    assert FLAG.name in jobs_before(city, MAIL)
    run_daily(city, FLAG, late)
    run_daily(city, MAIL, late)
    assert _letters(city, late).total() == 1


@pytest.fixture
def other_clock(database_url: str) -> Iterator[City]:
    """The same city as another process sees it."""
    same = city_at(database_url)
    yield same
    same.database.dispose()


def _tick(city: City, morning: datetime) -> bool:
    """Do what a clock does at a tick; says whether it was stopped, as jobs/clock.py goes on."""
    try:
        run_daily(city, MAIL, morning)
        dispatch_inside(city, morning)
    except (Refusal, SQLAlchemyError):
        return True
    return False


def _task(city: City, of: Person, opened_at: datetime) -> None:
    with at_work(city, now=opened_at) as uow:
        open_task(
            uow,
            rule="no-first-use",
            subject_id=uuid4(),
            period="",
            organisation_id=of.organisation_id,
            account_id=of.actor.account_id,
            due_on=uow.today,
        )


def _letters(city: City, morning: datetime) -> Counter[object]:
    """Give how many letters of this morning each account has."""
    of_today = Letter.kind == LetterKind.MORNING, Letter.period == morning.date().isoformat()
    with at_work(city) as uow:
        return Counter(uow.session.scalars(select(Letter.account_id).where(*of_today)))


def _untold(city: City) -> int:
    told = select(ToldTask.task_id)
    with at_work(city) as uow:
        return uow.session.scalar(select(func.count()).where(Task.id.not_in(told))) or 0


def _working_days(start: datetime, how_many: int) -> Iterator[datetime]:
    day = start
    assert is_working_day(day.date())
    for _ in range(how_many):
        yield day
        day = day.combine(working_day_after(day.date()), day.timetz())
