"""A batch of blank booklets is asked for once, made whole, or cancelled whole."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from kernel.cities import City
from kernel.errors import Forbidden, Invalid, NotFound
from kernel.events import RecordedEvent
from tests import build
from tests.build import MONDAY, Person, at_work
from vouchers.batching import AT_ONCE, ask_batch, batches_wait, cancel_batch, make_some
from vouchers.errors import BatchReady, IdempotencyMismatch
from vouchers.events import BookletBlocked, BookletPrinted
from vouchers.models import Batch, Booklet, Cheque


def test_a_batch_is_made_a_few_at_a_time_and_counts_them(city: City, regie: Person) -> None:
    batch_id = asked(city, regie, 12)
    counted = []
    while step(city):
        there = booklets(city, batch_id)["printed"]
        with at_work(city) as uow:
            batch = uow.session.get_one(Batch, batch_id)
            counted.append((batch.made, batch.state, there))
    assert counted == [(5, "making", 5), (10, "making", 10), (12, "ready", 12)]
    with at_work(city) as uow:
        assert uow.session.get_one(Batch, batch_id).finished_at == MONDAY
        assert not batches_wait(uow)
        assert uow.session.scalar(select(func.count()).select_from(Cheque)) == 120


def test_each_booklet_is_blank_with_its_outer_limit_and_an_event(city: City, regie: Person) -> None:
    build.rule(city, "vouchers.stock_months", 6)
    batch_id = build.batch(city, regie, 3)
    with at_work(city) as uow:
        blanks = uow.session.scalars(select(Booklet).where(Booklet.batch_id == batch_id)).all()
        assert {b.state for b in blanks} == {"printed"}
        assert {str(b.outer_limit) for b in blanks} == {"2027-03-07"}
        assert {b.printed_by for b in blanks} == {regie.actor.account_id}
        assert {b.valid_until for b in blanks} == {None}
        told = uow.session.scalars(
            select(RecordedEvent.subject_id).where(RecordedEvent.name == BookletPrinted.name)
        )
        assert set(told) == {b.id for b in blanks}


def test_the_same_form_twice_is_one_batch(city: City, regie: Person) -> None:
    first, again = (asked(city, regie, 10, key="k") for _ in range(2))
    assert first == again
    with pytest.raises(IdempotencyMismatch):
        asked(city, regie, 11, key="k")
    other = build.regie(city)
    assert asked(city, other, 10, key="k") != first, "another one's key is another key"


@pytest.mark.parametrize("wanted", [0, -1, 51])
def test_a_batch_has_one_to_fifty_booklets(city: City, regie: Person, wanted: int) -> None:
    with pytest.raises(Invalid) as refused:
        asked(city, regie, wanted)
    assert refused.value.fields == {"booklets": ["Vraag 1 tot 50 boekjes."]}


def test_batches_are_made_in_the_order_in_which_they_were_asked(city: City, regie: Person) -> None:
    second = asked(city, regie, 1, now=MONDAY + timedelta(minutes=1))
    first = asked(city, regie, AT_ONCE)
    step(city)
    assert booklets(city, first) == {"printed": AT_ONCE}
    assert booklets(city, second) == {}


def test_a_cancelled_batch_blocks_what_was_made_and_makes_no_more(
    city: City, regie: Person
) -> None:
    batch_id = asked(city, regie, 12)
    step(city)
    for _ in range(2):  # a second click finds it cancelled
        with at_work(city, regie.actor) as uow:
            assert cancel_batch(uow, batch_id=batch_id).state == "cancelled"
    assert step(city) == 0
    assert booklets(city, batch_id) == {"blocked_error": 5}
    with at_work(city) as uow:
        told = uow.session.scalars(
            select(RecordedEvent.payload).where(RecordedEvent.name == BookletBlocked.name)
        ).all()
    assert [payload["reason"] for payload in told] == ["cancelled"] * 5


def test_a_batch_that_waits_is_cancelled_before_anything_is_made(city: City, regie: Person) -> None:
    batch_id = asked(city, regie, 12)
    with at_work(city, regie.actor) as uow:
        cancel_batch(uow, batch_id=batch_id)
    assert step(city) == 0
    assert booklets(city, batch_id) == {}


def test_a_batch_that_is_ready_is_not_cancelled(city: City, regie: Person) -> None:
    batch_id = build.batch(city, regie, 3)
    with pytest.raises(BatchReady), at_work(city, regie.actor) as uow:
        cancel_batch(uow, batch_id=batch_id)
    assert booklets(city, batch_id) == {"printed": 3}


def test_only_the_regie_asks_and_cancels(city: City, regie: Person) -> None:
    referrer, batch_id = build.referrer(city), asked(city, regie, 3)
    with pytest.raises(Forbidden):
        asked(city, referrer, 3)
    with pytest.raises(Forbidden), at_work(city, referrer.actor) as uow:
        cancel_batch(uow, batch_id=batch_id)
    with pytest.raises(NotFound), at_work(city, regie.actor) as uow:
        cancel_batch(uow, batch_id=regie.organisation_id)


def asked(
    city: City, by: Person, wanted: int, *, key: str | None = None, now: datetime = MONDAY
) -> UUID:
    with at_work(city, by.actor, now) as uow:
        return ask_batch(uow, wanted=wanted, idempotency_key=key).batch.id


def step(city: City) -> int:
    """Let the clock make the next few."""
    with at_work(city) as uow:
        return make_some(uow)


def booklets(city: City, batch_id: UUID) -> dict[str, int]:
    """Give how many booklets of a batch are in which state."""
    with at_work(city) as uow:
        rows = uow.session.execute(
            select(Booklet.state, func.count())
            .where(Booklet.batch_id == batch_id)
            .group_by(Booklet.state)
        )
        return {state: count for state, count in rows}  # noqa: C416 — rows are not pairs to mypy


@pytest.fixture
def regie(city: City) -> Person:
    return build.regie(city)
