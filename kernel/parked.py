"""What was given up after too many tries, for whoever looks after the house."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from kernel.cities import City
from kernel.events import Delivery, RecordedEvent

_PARKED = (Delivery.parked_at.is_not(None), Delivery.done_at.is_(None))


def parked_deliveries(city: City) -> list[dict[str, Any]]:
    """Give what was given up in a city, the oldest first: of which event, for whom, and why."""
    with city.database.transaction(writes=False) as session:
        rows = session.execute(
            select(Delivery, RecordedEvent)
            .join(RecordedEvent, RecordedEvent.number == Delivery.event_number)
            .where(*_PARKED)
            .order_by(Delivery.event_number)
        ).all()
        return [
            {
                "delivery": delivery.id,
                "handler": delivery.handler,
                "parkedAt": str(delivery.parked_at),
                "tries": delivery.attempts,
                "error": delivery.last_error,
                "event": event.name,
                **event.payload,
            }
            for delivery, event in rows
        ]


def try_parked_again(city: City, *, now: datetime) -> int:
    """Let everything that was given up be tried anew, from its first try on; gives how much."""
    with city.database.transaction(writes=True) as session:
        again = session.execute(
            update(Delivery)
            .where(*_PARKED)
            .values(parked_at=None, attempts=0, next_try_at=now)
            .returning(Delivery.id)
            .execution_options(synchronize_session=False)
        )
        return len(again.all())
