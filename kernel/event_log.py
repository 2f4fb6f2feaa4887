"""What happened last, for whoever looks after the house."""

from typing import Any

from sqlalchemy import select

from kernel.cities import City
from kernel.events import RecordedEvent


def last_events(city: City, *, count: int) -> list[dict[str, Any]]:
    """Give the last `count` events of a city, the newest last: ids, days and cents."""
    with city.database.transaction(writes=False) as session:
        rows = session.execute(
            select(
                RecordedEvent.number,
                RecordedEvent.name,
                RecordedEvent.occurred_at,
                RecordedEvent.payload,
            )
            .order_by(RecordedEvent.number.desc())
            .limit(count)
        ).all()
    return [
        {"number": number, "name": name, "occurredAt": at.isoformat(), **payload}
        for number, name, at, payload in reversed(rows)
    ]
