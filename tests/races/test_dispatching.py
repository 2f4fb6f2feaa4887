"""Every event reaches its handler once and in order, whoever dispatches and whatever is poison."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from jobs.dispatch import PARK_AFTER, Subscribed, dispatch_events, subscribed
from kernel.access import CLOCK
from kernel.cities import City
from kernel.events import Delivery
from kernel.organisations import District
from kernel.unit_of_work import UnitOfWork, unit_of_work
from tests.build import MONDAY, at_work
from tests.conftest import city_at
from tests.figures import Say, rounds
from tests.races.pairs import all_at_once
from vouchers.events import BookletPrinted

pytestmark = pytest.mark.serial

SUBJECTS, EACH = 10, 10
POISON = (3, 4)  # the fifth event of the fourth subject


def test_one_poison_event_among_a_hundred_holds_up_nobody_for_good(city: City, figure: Say) -> None:
    subjects = [UUID(int=n + 1) for n in range(SUBJECTS)]
    _record(city, subjects)
    got: dict[UUID, list[int]] = defaultdict(list)

    def handle(_uow: UnitOfWork, event: BookletPrinted) -> None:
        if event.booklet_id == subjects[POISON[0]] and event.cheques == POISON[1]:
            raise ValueError("poison")
        got[event.booklet_id].append(event.cheques)

    only = subscribed({BookletPrinted: [handle]}, {})
    moments = [MONDAY + timedelta(hours=n) for n in range(PARK_AFTER[True] + 1)]
    assert dispatch_events(city, moments[0], only) == SUBJECTS * EACH - (EACH - POISON[1])
    with capture_logs() as said:
        brought = sum(dispatch_events(city, moment, only) for moment in moments[1:])
    assert brought == EACH - POISON[1] - 1, "what waits behind the poison comes once it is parked"
    whole = list(range(EACH))
    for number, subject in enumerate(subjects):
        ill = number == POISON[0]
        assert got[subject] == ([n for n in whole if n != POISON[1]] if ill else whole)
    alarms = [line for line in said if line["log_level"] == "error"]
    assert [line["event"] for line in alarms] == ["delivery parked"]
    with at_work(city) as uow:
        rows = uow.session.scalars(select(Delivery))
        ends = Counter("done" if row.done_at else f"parked after {row.attempts}" for row in rows)
    assert ends == {"done": SUBJECTS * EACH - 1, f"parked after {PARK_AFTER[True]}": 1}
    figure("E1", "1 poison of 100: 99 delivered in order per subject, 1 parked with an alarm")


def test_two_dispatchers_at_once_bring_each_event_once(
    city: City, other: City, figure: Say
) -> None:
    """An inside handler that cannot be repeated: what it adds is there once for each event."""
    subjects = [UUID(int=n + 1) for n in range(SUBJECTS)]
    only = subscribed({BookletPrinted: [_add_a_row]}, {})
    for number in range(rounds(50)):
        _record(city, subjects)
        all_at_once([partial(_until_it_ends, where, only) for where in (city, other)])
        with at_work(city) as uow:
            assert len(list(uow.session.scalars(select(District.id)))) == (number + 1) * 100
            wrong = Delivery.done_at.is_(None) | (Delivery.attempts != 1)
            assert list(uow.session.scalars(select(Delivery.id).where(wrong))) == []
    figure("E1 two", f"{rounds(50) * 100} events, two dispatchers at once: each handled once")


@pytest.fixture
def other(database_url: str) -> Iterator[City]:
    """The same city as another process sees it."""
    same = city_at(database_url)
    yield same
    same.database.dispose()


def _record(city: City, subjects: list[UUID]) -> None:
    """Write down ten events of each subject, turn by turn, with their number as their cheques."""
    with unit_of_work(city, CLOCK, writes=True, now=MONDAY) as uow:
        for number in range(EACH):
            for subject in subjects:
                uow.record(BookletPrinted(booklet_id=subject, cheques=number))


def _add_a_row(uow: UnitOfWork, event: BookletPrinted) -> None:
    uow.session.add(District(name=f"{event.booklet_id} {event.cheques} {uuid4()}"))


def _until_it_ends(city: City, only: Mapping[str, Subscribed]) -> None:
    """Dispatch tick after tick, as the clock does, until one brings nothing and loses no race."""
    for _ in range(100):
        try:
            if not dispatch_events(city, MONDAY, only):
                return
        except IntegrityError:
            continue
    raise AssertionError("a dispatcher found no end")
