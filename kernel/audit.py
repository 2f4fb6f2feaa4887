"""Every look into a family's file leaves a row that the house itself cannot change."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Index, insert
from sqlalchemy.orm import Mapped, mapped_column

from kernel.access import Actor
from kernel.cities import City
from kernel.database import Base
from kernel.events import Number


class AuditRow(Base):
    """Who looked at whose file, when, and through what; ids only. Append-only by a trigger."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "subject_id", "number"), Index(None, "account_id", "number"))

    number: Mapped[int] = mapped_column(Number, primary_key=True, init=False)
    at: Mapped[datetime]
    account_id: Mapped[UUID]
    what: Mapped[str]
    subject_id: Mapped[UUID]


def note_reading(city: City, actor: Actor, *, what: str, subject_ids: list[UUID]) -> None:
    """Write down that the actor reads these families' files, before the answer leaves.

    A transaction of its own: without the row no answer.
    """
    if not subject_ids:
        return
    with city.database.transaction(writes=True) as session:
        now = datetime.now(UTC)
        session.execute(
            insert(AuditRow),
            [
                {"at": now, "account_id": actor.account_id, "what": what, "subject_id": subject}
                for subject in subject_ids
            ],
        )
