"""A batch is made once and whole: by two clocks, killed half-way, or cancelled meanwhile."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from jobs.schedule import JOBS
from kernel.cities import City
from kernel.events import RecordedEvent
from tests import build
from tests.build import MONDAY, Person, at_work
from tests.conftest import city_at
from tests.figures import Say, rounds
from tests.races.dying import dies_before
from tests.races.pairs import all_at_once, outcome, race
from vouchers.batching import ask_batch, cancel_batch
from vouchers.delivering import deliver_booklets
from vouchers.errors import BatchReady, BookletsStay
from vouchers.events import BookletPrinted
from vouchers.models import Batch, Booklet, BookletState, Cheque

MAKE = next(job for job in JOBS if job.name == "make-batches")
WANTED = 7
CANCELS, STATEMENTS = 20, 80  # rounds; and more statements than making a batch takes


def test_two_clocks_at_once_make_each_batch_once(
    city: City, other_clock: City, regie: Person, figure: Say
) -> None:
    """Without the leader lock: the batch's own row lets them take turns."""
    for round_ in range(rounds(50)):
        batch_id = asked(city, regie)
        all_at_once([partial(MAKE.run, where, MONDAY) for where in (city, other_clock)])
        MAKE.run(city, MONDAY)  # at the next tick, where one stood back for the other
        assert told(city, batch_id) == ("ready", WANTED, WANTED, WANTED * 10, WANTED), round_
    figure("S2 make-batches", f"{rounds(50)} rounds, two clocks: {WANTED} booklets in each batch")


def test_a_batch_whose_clock_is_killed_half_way_is_completed_by_the_next(
    city: City, database_url: str, regie: Person, figure: Say
) -> None:
    """The clock is killed before each of its statements and COMMITs in turn, and started again."""
    batch_id, killed = asked(city, regie), 0
    for statement in count(1):
        if not dies_before(database_url, statement, lambda where: MAKE.run(where, MONDAY)):
            break
        killed += 1
        _, made, there, cheques, events = told(city, batch_id)
        assert (made, cheques, events) == (there, 10 * there, there), "what is counted is there"
    assert killed > 10
    assert told(city, batch_id) == ("ready", WANTED, WANTED, WANTED * 10, WANTED)
    figure("S3 make-batches", f"killed before each statement and COMMIT, {killed} times: whole")


def test_a_clock_that_was_off_makes_what_was_asked_meanwhile_once(
    city: City, regie: Person, figure: Say
) -> None:
    batches = [asked(city, regie, day=day) for day in range(3)]
    back = MONDAY + timedelta(days=3)
    assert [MAKE.run(city, back), MAKE.run(city, back)] == [3 * WANTED, 0]
    assert {told(city, one)[:3] for one in batches} == {("ready", WANTED, WANTED)}
    figure("S4 make-batches", "off for three days: 3 batches made by one run, once")


def test_a_cancelled_batch_is_blocked_whole_and_a_ready_one_is_there_whole(
    city: City, regie: Person, figure: Say
) -> None:
    """The clock is held before one of its statements, another one each round, and cancelled."""
    ended = Counter[str]()
    for round_ in range(CANCELS):
        batch_id = asked(city, regie)
        _, refused = race(
            city,
            partial(MAKE.run, city, MONDAY),
            partial(cancel, city, regie, batch_id),
            held_at=1 + round_ * STATEMENTS // CANCELS,
        )
        MAKE.run(city, MONDAY)
        state, made, there, _, _ = told(city, batch_id)
        ended[state] += 1
        assert made == there
        if state == "ready":
            assert isinstance(refused, BatchReady)
            assert states(city, batch_id) == {BookletState.PRINTED: WANTED}
        else:
            assert state == "cancelled"
            assert set(states(city, batch_id)) <= {BookletState.BLOCKED_ERROR}
    assert set(ended) == {"ready", "cancelled"}
    figure(
        "S3 cancel",
        f"{CANCELS} rounds against the clock: {ended['cancelled']} cancelled and blocked "
        f"whole, {ended['ready']} ready and there whole",
    )


def test_two_deliveries_of_the_same_booklets_at_once_are_one(city: City, regie: Person) -> None:
    for _ in range(rounds(20)):
        batch_id, people = build.batch(city, regie, 4), [build.referrer(city) for _ in range(2)]
        numbers = ",".join(paper.number for paper in build.lying(city, batch_id))
        given = all_at_once(
            [partial(deliver, city, regie, to=to, numbers=numbers) for to in people]
        )
        assert sum(isinstance(each, BookletsStay) for each in given) == 1
        with at_work(city) as uow:
            held = set(
                uow.session.scalars(select(Booklet.holder_id).where(Booklet.batch_id == batch_id))
            )
        assert len(held) == 1, "one of them has all, the other none"


def test_the_same_delivery_form_twice_at_once_is_one_delivery(city: City, regie: Person) -> None:
    """The first is held before each of its first statements: the batch's row makes both wait."""
    referrer = build.referrer(city)
    for held_at in range(1, 8):
        batch_id, key = build.batch(city, regie, 4), uuid4()
        twice = partial(
            deliver, city, regie, to=referrer, batch_id=batch_id, count=2, delivery_id=key
        )
        race(city, twice, twice, held_at=held_at)
        assert states(city, batch_id) == {"delivered": 2, "printed": 2}, held_at


def test_the_same_batch_asked_twice_at_once_is_one_batch(city: City, regie: Person) -> None:
    for n in range(rounds(20)):
        both = all_at_once([partial(asked, city, regie, key=f"k{n}")] * 2)
        assert both[0] == both[1]


def asked(city: City, regie: Person, *, day: int = 0, key: str | None = None) -> UUID:
    with at_work(city, regie.actor, MONDAY + timedelta(days=day)) as uow:
        return ask_batch(uow, wanted=WANTED, idempotency_key=key).batch.id


def cancel(city: City, regie: Person, batch_id: UUID) -> None:
    with at_work(city, regie.actor) as uow:
        cancel_batch(uow, batch_id=batch_id)


def deliver(city: City, regie: Person, *, to: Person, **which: Any) -> Any:
    def deed() -> None:
        with at_work(city, regie.actor) as uow:
            deliver_booklets(uow, holder_id=to.actor.account_id, **which)

    return outcome(deed)


def told(city: City, batch_id: UUID) -> tuple[str, int, int, int, int]:
    """Give a batch's state and count; its booklets, their cheques and their events."""
    of_batch = select(Booklet.id).where(Booklet.batch_id == batch_id)
    printed = (RecordedEvent.name == BookletPrinted.name, RecordedEvent.subject_id.in_(of_batch))
    with at_work(city) as uow:
        batch = uow.session.get_one(Batch, batch_id)
        counts = [
            uow.session.scalar(select(func.count()).where(Booklet.batch_id == batch_id)),
            uow.session.scalar(select(func.count()).where(Cheque.booklet_id.in_(of_batch))),
            uow.session.scalar(select(func.count()).where(*printed)),
        ]
        there, cheques, events = (each or 0 for each in counts)
        return batch.state, batch.made, there, cheques, events


def states(city: City, batch_id: UUID) -> dict[str, int]:
    with at_work(city) as uow:
        of_batch = select(Booklet.state).where(Booklet.batch_id == batch_id)
        return dict(Counter(uow.session.scalars(of_batch)))


@pytest.fixture
def other_clock(database_url: str) -> Iterator[City]:
    """The same city as another process sees it."""
    same = city_at(database_url)
    yield same
    same.database.dispose()


@pytest.fixture
def regie(city: City) -> Person:
    return build.regie(city)
