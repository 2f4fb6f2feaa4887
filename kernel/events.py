"""What happened, written down in the same transaction as the change it tells of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, ClassVar, get_args, get_type_hints
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base

Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts by itself on INTEGER only


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact, told by ids, dates and cents; never by a name, a birth date or a cheque's code.

    `subject` names the field whose id orders events: the handlers of one subject take turns.
    """

    name: ClassVar[str]
    subject: ClassVar[str]

    @property
    def subject_id(self) -> UUID:
        """The id of what this happened to."""
        value = getattr(self, self.subject)
        assert isinstance(value, UUID)
        return value


class RecordedEvent(Base):
    """The row of an event. Append-only: a trigger refuses every change."""

    __tablename__ = "event"
    __table_args__ = (Index(None, "subject_id", "number"),)

    number: Mapped[int] = mapped_column(Number, primary_key=True, init=False)
    id: Mapped[UUID] = mapped_column(unique=True, default_factory=uuid4)
    name: Mapped[str]
    subject_id: Mapped[UUID]
    payload: Mapped[dict[str, Any]]
    occurred_at: Mapped[datetime]
    actor_id: Mapped[UUID]


class PendingEvent(Base):
    """An event whose deliveries are still to be made; the dispatcher deletes the row with them."""

    __tablename__ = "event_pending"

    event_number: Mapped[int] = mapped_column(
        Number, ForeignKey("event.number"), primary_key=True, autoincrement=False
    )


class Delivery(Base):
    """One event owed to one handler: done together with the handler's own work, or owed still."""

    __tablename__ = "event_delivery"
    __table_args__ = (
        UniqueConstraint("event_number", "handler"),
        Index(
            "ix_event_delivery_owed",
            "next_try_at",
            sqlite_where=text("done_at IS NULL AND parked_at IS NULL"),
            postgresql_where=text("done_at IS NULL AND parked_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True, init=False)
    event_number: Mapped[int] = mapped_column(Number, ForeignKey("event.number"))
    handler: Mapped[str]
    subject_id: Mapped[UUID]
    next_try_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(default=None)
    parked_at: Mapped[datetime | None] = mapped_column(default=None)
    last_error: Mapped[str | None] = mapped_column(Text, default=None)


class Hopeless(Exception):
    """Raised by what a handler does when trying again will not help: it is parked at once."""


Handler = Callable[[Any, Any], Any]  # gives nothing inside, and outside the call to make
Subscriptions = Mapping[type[Event], Sequence[Handler]]


def to_payload(event: Event) -> dict[str, Any]:
    """Give an event's fields as JSON can hold them."""
    return {one.name: _plain(getattr(event, one.name)) for one in fields(event)}


def from_payload(kind: type[Event], payload: Mapping[str, Any]) -> Event:
    """Give back the event that `to_payload` wrote; a field the class no longer has is left out."""
    hints = get_type_hints(kind)
    return kind(**{name: _read(hints[name], payload[name]) for name in payload if name in hints})


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _read(hint: Any, value: Any) -> Any:
    for kind, reader in _READERS.items():
        if value is not None and (hint is kind or kind in get_args(hint)):
            return reader(value)
    return value


_READERS: Mapping[type, Callable[[Any], Any]] = {
    UUID: UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}
