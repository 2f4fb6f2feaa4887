"""The batches of blank booklets: how far each is, what is left of it, and who took the paper."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import case, func, select

from kernel.access import Role, allowed
from kernel.accounts import Account
from kernel.errors import NotFound
from kernel.events import RecordedEvent
from kernel.unit_of_work import UnitOfWork
from vouchers.booklet_pdf import PrintedBooklet, Sender
from vouchers.errors import BatchNotReady, IllegalMove
from vouchers.events import BatchDownloaded
from vouchers.models import Batch, BatchState, Booklet, BookletState
from vouchers.printing import booklet_for_print
from vouchers.stock import ends_soon

SHOWN = 30  # batches on a page: those that still have booklets first
_UNFINISHED = (BatchState.WAITING, BatchState.MAKING)
_STOCK = (BookletState.PRINTED, BookletState.DELIVERED)


@dataclass(frozen=True, kw_only=True)
class BatchRow:
    """A batch in the list."""

    id: UUID
    asked_at: datetime
    asked_by: str
    wanted: int
    made: int
    state: str
    finished_at: datetime | None
    at_desk: int
    first_limit: date | None  # of those at the desk

    @property
    def is_unfinished(self) -> bool:
        """Say whether the clock is still to make, or making, its booklets."""
        return self.state in _UNFINISHED

    @property
    def is_ready(self) -> bool:
        """Say whether all of its booklets are there."""
        return self.state == BatchState.READY

    def ends_soon(self, on: date) -> bool:
        """Say whether the first of those at the desk must be handed out within sixty days."""
        return ends_soon(self.first_limit, on)


@dataclass(frozen=True, kw_only=True)
class Download:
    """Somebody took the paper of a batch."""

    at: datetime
    by: str


@allowed(Role.REGIE)
def read_batches(uow: UnitOfWork, *, batch_id: UUID | None = None) -> list[BatchRow]:
    """Give the batches (or just one): unfinished and with booklets at the desk first, then new."""
    at_desk = func.coalesce(
        func.sum(case((Booklet.state == BookletState.PRINTED, 1), else_=0)), 0
    ).label("at_desk")
    limit = case((Booklet.state == BookletState.PRINTED, Booklet.outer_limit))
    urgent = case((Batch.state.in_(_UNFINISHED), 0), (at_desk > 0, 1), else_=2)
    rows = (
        select(
            Batch.id,
            Batch.asked_at,
            Account.name.label("asked_by"),
            Batch.wanted,
            Batch.made,
            Batch.state,
            Batch.finished_at,
            at_desk,
            func.min(limit).label("first_limit"),
        )
        .join(Account, Account.id == Batch.asked_by)
        .outerjoin(Booklet, Booklet.batch_id == Batch.id)
        .group_by(Batch.id, Account.name)
        .order_by(urgent, Batch.asked_at.desc())
        .limit(SHOWN)
    )
    if batch_id is not None:
        rows = rows.where(Batch.id == batch_id)
    return [BatchRow(**row) for row in uow.session.execute(rows).mappings()]


@allowed(Role.REGIE)
def read_batch(uow: UnitOfWork, *, batch_id: UUID) -> BatchRow:
    """Give how far one batch is."""
    rows = read_batches(uow, batch_id=batch_id)
    if not rows:
        raise NotFound
    return rows[0]


@allowed(Role.REGIE)
def read_downloads(uow: UnitOfWork, *, batch_ids: Iterable[UUID]) -> dict[UUID, list[Download]]:
    """Give for each batch who took its paper and when, the latest first."""
    found: dict[UUID, list[Download]] = {}
    rows = uow.session.execute(
        select(RecordedEvent.subject_id, RecordedEvent.occurred_at, Account.name)
        .join(Account, Account.id == RecordedEvent.actor_id)
        .where(
            RecordedEvent.subject_id.in_(list(batch_ids)),
            RecordedEvent.name == BatchDownloaded.name,
        )
        .order_by(RecordedEvent.number.desc())
    )
    for batch_id, at, name in rows:
        found.setdefault(batch_id, []).append(Download(at=at, by=name))
    return found


@allowed(Role.REGIE)
def batch_for_print(uow: UnitOfWork, *, batch_id: UUID) -> tuple[list[PrintedBooklet], Sender]:
    """Give what the paper of a batch shows: its booklets that are still in stock, by number.

    Refuses a batch that is not ready, and one of which no booklet is in stock: what a family has
    must not be printed twice.
    """
    if not read_batch(uow, batch_id=batch_id).is_ready:
        raise BatchNotReady
    ids = uow.session.scalars(
        select(Booklet.id)
        .where(Booklet.batch_id == batch_id, Booklet.state.in_(_STOCK))
        .order_by(Booklet.number)
    ).all()
    if not ids:
        raise IllegalMove("Van deze reeks is er geen boekje meer in voorraad om te drukken.")
    printed = [booklet_for_print(uow, booklet_id=booklet_id) for booklet_id in ids]
    return [booklet for booklet, _ in printed], printed[0][1]


@allowed(Role.REGIE)
def note_download(uow: UnitOfWork, *, batch_id: UUID, booklets: int) -> None:
    """Write down that somebody takes the paper of a batch: it is worth money from now on."""
    uow.record(BatchDownloaded(batch_id=batch_id, booklets=booklets))
