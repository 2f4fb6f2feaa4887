"""Through whose hands a booklet went: each change with its moment, a person and a reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from kernel.access import CLOCK, Role, allowed
from kernel.accounts import Account
from kernel.events import RecordedEvent
from kernel.organisations import Organisation
from kernel.unit_of_work import UnitOfWork
from vouchers.events import (
    BatchDownloaded,
    BookletBlocked,
    BookletDelivered,
    BookletExtended,
    BookletHandedOut,
    BookletPrinted,
    BookletReplaced,
    BookletTakenBack,
    ExtensionTakenBack,
)
from vouchers.models import Batch, Booklet
from vouchers.replacing import own_booklet

_OF_BOOKLET = (
    BookletPrinted,
    BookletDelivered,
    BookletTakenBack,
    BookletHandedOut,
    BookletBlocked,
    BookletReplaced,
    BookletExtended,
    ExtensionTakenBack,
)


@dataclass(frozen=True, kw_only=True)
class CustodyLine:
    """One change: when, what (the event's own word), by whom, who has it then, and why.

    `holder` is the person with the organisation; for what came back it is who had it. Never a
    family: who got the booklet stands in its file.
    """

    at: datetime
    what: str
    by: str | None
    holder: str | None = None
    reason: str | None = None


@allowed(Role.REFERRER, Role.REGIE)
def read_custody(uow: UnitOfWork, *, booklet_id: UUID) -> list[CustodyLine]:
    """Give every change of a booklet, the latest first; refuse another organisation's.

    Read from what was written down at the time. That somebody downloaded its batch is a change.
    """
    booklet = own_booklet(uow, booklet_id)
    rows = _told(uow, booklet)
    names = _people(uow, _everybody(rows, booklet))
    asked_by = _asked_by(uow, booklet)
    return [
        CustodyLine(
            at=row.occurred_at,
            what=row.name.partition(".")[2],
            by=names.get(asked_by if row.actor_id == CLOCK.account_id else row.actor_id),
            holder=names.get(_holder(row.payload)),
            reason=row.payload.get("reason") or row.payload.get("state"),
        )
        for row in rows
    ]


def _told(uow: UnitOfWork, booklet: Booklet) -> list[RecordedEvent]:
    own = RecordedEvent.subject_id == booklet.id
    of_batch = RecordedEvent.subject_id == booklet.batch_id
    return list(
        uow.session.scalars(
            select(RecordedEvent)
            .where(
                or_(
                    own & RecordedEvent.name.in_([kind.name for kind in _OF_BOOKLET]),
                    of_batch & (RecordedEvent.name == BatchDownloaded.name),
                )
            )
            .order_by(RecordedEvent.number.desc())
        )
    )


def _holder(payload: dict[str, Any]) -> UUID | None:
    return UUID(payload["holder_id"]) if payload.get("holder_id") else None


def _asked_by(uow: UnitOfWork, booklet: Booklet) -> UUID | None:
    """Give who asked for the batch: the clock that made it is nobody."""
    return uow.session.scalar(select(Batch.asked_by).where(Batch.id == booklet.batch_id))


def _everybody(rows: Iterable[RecordedEvent], booklet: Booklet) -> set[UUID]:
    people = {booklet.printed_by}
    for row in rows:
        people |= {row.actor_id, _holder(row.payload) or row.actor_id}
    return people


def _people(uow: UnitOfWork, ids: set[UUID]) -> dict[UUID | None, str]:
    rows = uow.session.execute(
        select(Account.id, Account.name, Organisation.name)
        .join(Organisation, Organisation.id == Account.organisation_id)
        .where(Account.id.in_(ids))
    )
    return {account_id: f"{name}, {home}" for account_id, name, home in rows}
