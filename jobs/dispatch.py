"""Every event reaches every handler that waits for it, in order for each handler and subject.

What is done in our own database and what goes outside are two lines of work: a mail server that
hangs holds up nothing but other mail.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import structlog
from sqlalchemy import Integer, Select, bindparam, delete, exists, insert, select, update
from sqlalchemy.orm import Session, aliased

import kernel.reactions
import occasioneel.reactions
import vouchers.reactions
from kernel.access import CLOCK
from kernel.cities import City
from kernel.events import (
    Delivery,
    Event,
    Handler,
    Hopeless,
    PendingEvent,
    RecordedEvent,
    Subscriptions,
    from_payload,
)
from kernel.unit_of_work import UnitOfWork, unit_of_work

log = structlog.get_logger(__name__)

AT_ONCE = 100
OUTSIDE_AT_ONCE = 4
OUTSIDE_IN_LINE = 8  # so few that what happened meanwhile does not wait long for its turn
PARK_AFTER = {True: 5, False: 12}  # tries, for inside and outside handlers
_WAIT = {True: 2, False: 4}  # seconds, to the power of the tries: half a minute, or a day and more
_LONGEST_WAIT = timedelta(hours=6)
_LEASE = timedelta(minutes=1)  # longer than a call may take; a killed dispatcher's come back then


@dataclass(frozen=True)
class Subscribed:
    """A handler under its name, with the kind of event it takes.

    An inside handler works in our own database and is done exactly once. An outside one reads
    first and gives back the call to make, which is then made with no transaction open: at least
    once.
    """

    name: str
    kind: type[Event]
    handler: Handler
    inside: bool


def handler_name(handler: Handler) -> str:
    """Give the name under which deliveries to a handler are kept."""
    return f"{handler.__module__}.{handler.__qualname__}"


def subscribed(inside: Subscriptions, outside: Subscriptions) -> Mapping[str, Subscribed]:
    """Give every handler by its name."""
    return {
        handler_name(handler): Subscribed(handler_name(handler), kind, handler, is_inside)
        for is_inside, table in ((True, inside), (False, outside))
        for kind, handlers in table.items()
        for handler in handlers
    }


Handlers = Mapping[str, Subscribed]
HANDLERS = subscribed(
    {**kernel.reactions.INSIDE, **vouchers.reactions.INSIDE, **occasioneel.reactions.INSIDE},
    {**kernel.reactions.OUTSIDE, **vouchers.reactions.OUTSIDE, **occasioneel.reactions.OUTSIDE},
)


def dispatch_events(city: City, now: datetime | None = None, handlers: Handlers = HANDLERS) -> int:
    """Bring everything that is due, inside and then outside. Gives how many were brought."""
    moment = now or datetime.now(UTC)
    brought = dispatch_inside(city, moment, handlers)
    while batch := _batch(city, moment, handlers, inside=False):
        brought += _bring(city, moment, batch, handlers)
    return brought


def dispatch_inside(city: City, now: datetime | None = None, handlers: Handlers = HANDLERS) -> int:
    """Make the deliveries of what happened, and do what is due in our own database.

    Goes on with what happens by that. Gives how many were brought.
    """
    moment = now or datetime.now(UTC)
    brought = 0
    while batch := _owed_inside(city, moment, handlers):
        done = _bring(city, moment, batch, handlers)
        brought += done
        if not done:
            break
    return brought


def _owed_inside(city: City, now: datetime, handlers: Handlers) -> list[int]:
    """Give what is due in our own database, with what follows from what just happened."""
    with city.database.transaction(writes=False) as session:
        waiting = session.scalar(_WAITING)
        due = _due(session, now, handlers, inside=True)
    if not waiting:
        return due
    _fan_out(city, now, handlers)
    return _batch(city, now, handlers, inside=True)


def dispatch_outside(city: City, now: datetime | None = None, handlers: Handlers = HANDLERS) -> int:
    """Make the next few calls to the world outside. Gives how many were answered well."""
    moment = now or datetime.now(UTC)
    batch = _batch(city, moment, handlers, inside=False)
    return _bring(city, moment, batch, handlers) if batch else 0


def _fan_out(city: City, now: datetime, handlers: Handlers) -> None:
    """Turn pending events into one delivery for each handler, in one transaction."""
    names: dict[str, list[str]] = {}
    for known in handlers.values():
        names.setdefault(known.kind.name, []).append(known.name)
    with city.database.transaction(writes=True) as session:
        events = session.execute(
            select(RecordedEvent.number, RecordedEvent.name, RecordedEvent.subject_id)
            .join(PendingEvent, PendingEvent.event_number == RecordedEvent.number)
            .order_by(RecordedEvent.number)
        ).all()
        rows = [
            {
                "event_number": number,
                "handler": handler,
                "subject_id": subject_id,
                "next_try_at": now,
                "attempts": 0,
            }
            for number, name, subject_id in events
            for handler in names.get(name, ())
        ]
        if rows:
            session.execute(insert(Delivery), rows)
        for some in _in_hundreds([number for number, _, _ in events]):
            session.execute(delete(PendingEvent).where(PendingEvent.event_number.in_(some)))


def _due_of(*, inside: bool) -> Select[Any]:
    """Build the question of what is due: not behind an earlier one of its handler and subject."""
    earlier = aliased(Delivery)
    blocked = exists().where(
        earlier.handler == Delivery.handler,
        earlier.subject_id == Delivery.subject_id,
        earlier.event_number < Delivery.event_number,
        earlier.done_at.is_(None),
        earlier.parked_at.is_(None),
    )
    goes_outside = Delivery.handler.in_(bindparam("outside", expanding=True))
    return (
        select(Delivery.id)
        .where(
            ~goes_outside if inside else goes_outside,
            Delivery.done_at.is_(None),
            Delivery.parked_at.is_(None),
            Delivery.next_try_at <= bindparam("now"),
            ~blocked,
        )
        .order_by(Delivery.event_number)
        .limit(bindparam("at_most", type_=Integer))
    )


_WAITING = select(exists().select_from(PendingEvent))
_DUE = {inside: _due_of(inside=inside) for inside in (True, False)}  # asked all day: built once


def _due(session: Session, now: datetime, handlers: Handlers, *, inside: bool) -> list[int]:
    outside = [each.name for each in handlers.values() if not each.inside]
    at_most = AT_ONCE if inside else OUTSIDE_IN_LINE
    given = {"outside": outside, "now": now, "at_most": at_most}
    return list(session.scalars(_DUE[inside], given))


def _batch(city: City, now: datetime, handlers: Handlers, *, inside: bool) -> list[int]:
    with city.database.transaction(writes=False) as session:
        return _due(session, now, handlers, inside=inside)


def _bring(city: City, now: datetime, ids: list[int], handlers: Handlers) -> int:
    with city.database.transaction(writes=False) as session:
        rows = session.execute(
            select(Delivery.id, Delivery.handler, RecordedEvent.payload)
            .join(RecordedEvent, RecordedEvent.number == Delivery.event_number)
            .where(Delivery.id.in_(ids))
            .order_by(Delivery.event_number)
        ).all()
    owed = [(row[0], handlers.get(row[1]), row[2]) for row in rows]
    inside = [(i, s, p) for i, s, p in owed if s is not None and s.inside]
    outside = [(i, s, p) for i, s, p in owed if s is not None and not s.inside]
    for i, known, _ in owed:
        if known is None:
            _failed(city, i, now, "no such handler", inside=True)
    done = _bring_inside(city, now, inside) if inside else 0
    if outside:
        with ThreadPoolExecutor(OUTSIDE_AT_ONCE) as pool:
            done += sum(pool.map(lambda each: _bring_outside(city, now, *each), outside))
    return done


def _bring_inside(city: City, now: datetime, owed: list[tuple[int, Subscribed, Any]]) -> int:
    """Let many handlers work in one transaction, a savepoint each, with their marks.

    Each delivery is marked before its handler works: another dispatcher then waits, and passes it.
    """
    failed: list[tuple[int, str]] = []
    done = 0
    with unit_of_work(city, CLOCK, writes=True, now=now) as uow:
        for delivery_id, known, payload in owed:
            try:
                with uow.session.begin_nested():
                    if _mark_done(uow, delivery_id):
                        known.handler(uow, from_payload(known.kind, payload))
                        uow.session.flush()
                        done += 1
            except Exception as error:  # noqa: BLE001 — one handler never stops the others
                log.warning("delivery failed", handler=known.name, error=type(error).__name__)
                failed.append((delivery_id, type(error).__name__))
    for delivery_id, name in failed:
        _failed(city, delivery_id, now, name, inside=True)
    return done


def _bring_outside(
    city: City, now: datetime, delivery_id: int, known: Subscribed, payload: Any
) -> int:
    """Take and read it in one transaction, call with none open, mark in another."""
    try:
        with unit_of_work(city, CLOCK, writes=True, now=now) as uow:
            if not _take(uow, delivery_id):
                return 0
            call = known.handler(uow, from_payload(known.kind, payload))
        if callable(call):
            call()
    except Exception as error:  # noqa: BLE001 — one handler never stops the others
        said = _said(error)
        log.warning("delivery failed", handler=known.name, error=said)
        _failed(city, delivery_id, now, said, inside=False, hopeless=isinstance(error, Hopeless))
        return 0
    with unit_of_work(city, CLOCK, writes=True, now=now) as uow:
        _mark_done(uow, delivery_id)
    return 1


def _take(uow: UnitOfWork, delivery_id: int) -> bool:
    """Take a delivery for as long as a call may last; another dispatcher meanwhile passes it."""
    taken = uow.session.execute(
        update(Delivery)
        .where(
            Delivery.id == delivery_id,
            Delivery.done_at.is_(None),
            Delivery.parked_at.is_(None),
            Delivery.next_try_at <= uow.now,
        )
        .values(next_try_at=uow.now + _LEASE)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return taken.scalar_one_or_none() is not None


def _mark_done(uow: UnitOfWork, delivery_id: int) -> bool:
    """Mark a delivery; says whether it was still owed."""
    marked = uow.session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.done_at.is_(None), Delivery.parked_at.is_(None))
        .values(done_at=uow.now, attempts=Delivery.attempts + 1)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return marked.scalar_one_or_none() is not None


def _said(error: Exception) -> str:
    """Name what went wrong, with a mail server's code; never its words: they quote addresses."""
    return f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".strip()


def _failed(
    city: City, delivery_id: int, now: datetime, error: str, *, inside: bool, hopeless: bool = False
) -> None:
    """Try again later, each time later; park it with an alarm when it never works."""
    with city.database.transaction(writes=True) as session:
        delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
        if delivery.done_at is not None:  # another dispatcher brought it meanwhile
            return
        delivery.attempts += 1
        delivery.last_error = error
        wait = timedelta(seconds=_WAIT[inside] ** delivery.attempts)
        delivery.next_try_at = now + min(wait, _LONGEST_WAIT)
        if hopeless or delivery.attempts >= PARK_AFTER[inside]:
            delivery.parked_at = now
            log.error("delivery parked", handler=delivery.handler, delivery=delivery_id)


def _in_hundreds(numbers: list[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while some := list(islice(rest, AT_ONCE)):
        yield some
