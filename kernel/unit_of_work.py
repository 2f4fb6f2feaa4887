"""One transaction, by one actor, at one moment, in one city."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import uuid4

from sqlalchemy import Connection, insert
from sqlalchemy.orm import Session

from kernel.access import Actor
from kernel.calendar import day_of
from kernel.cities import City
from kernel.database import table_of
from kernel.events import Event, PendingEvent, RecordedEvent, to_payload

_EVENT = table_of(RecordedEvent)
_RECORD = insert(_EVENT).returning(_EVENT.c.number)
_OWE = insert(table_of(PendingEvent))


@dataclass(frozen=True, kw_only=True)
class UnitOfWork:
    """What a deed works with: the session, who acts, when, and where."""

    session: Session
    actor: Actor
    now: datetime
    city: City

    @property
    def today(self) -> date:
        """The Brussels date of this moment."""
        return day_of(self.now)

    @property
    def connection(self) -> Connection:
        """The same transaction, for the few paths that write rows by Core.

        Mapped objects that wait in the session are written first.
        """
        self.session.flush()
        connection = self.session.get_bind()
        assert isinstance(connection, Connection)
        return connection

    def record(self, event: Event) -> None:
        """Write down what happened; everything that follows, follows from this row."""
        connection = self.connection
        number = connection.execute(
            _RECORD,
            {
                "id": uuid4(),
                "name": event.name,
                "subject_id": event.subject_id,
                "payload": to_payload(event),
                "occurred_at": self.now,
                "actor_id": self.actor.account_id,
            },
        ).scalar_one()
        connection.execute(_OWE, {"event_number": number})


@contextmanager
def unit_of_work(
    city: City, actor: Actor, *, writes: bool, now: datetime | None = None
) -> Iterator[UnitOfWork]:
    """Open the one transaction of a request or a job.

    Takes `writes=False` for what only looks (it then cannot write on PostgreSQL), and `now` as an
    aware instant where time is given. Everything is kept at the end, or nothing.
    """
    with city.database.transaction(writes=writes) as session:
        yield UnitOfWork(session=session, actor=actor, now=now or datetime.now(UTC), city=city)
