"""The regie asks for a batch of blank booklets, and the clock makes them while it works on."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, select, update

from kernel.access import Role, allowed
from kernel.accounts import Account
from kernel.calendar import add_months
from kernel.errors import Invalid, NotFound
from kernel.rules import rules_on
from kernel.unit_of_work import UnitOfWork
from vouchers.choices import BOOKLET_SIZE, STOCK_MONTHS
from vouchers.discarding import block_at_desk
from vouchers.errors import BatchReady, IdempotencyMismatch
from vouchers.events import BookletPrinted
from vouchers.issuing import new_booklet
from vouchers.models import Batch, BatchState, BlockReason

USUAL, MOST = 10, 50  # booklets in a batch
AT_ONCE = 5  # booklets made in one transaction: between two of them somebody may cancel

_UNFINISHED = Batch.state.in_((BatchState.WAITING, BatchState.MAKING))


@dataclass(frozen=True)
class AskedBatch:
    """The batch that was asked for, and whether this was a retry."""

    batch: Batch
    replayed: bool = False


@allowed(Role.REGIE)
def ask_batch(
    uow: UnitOfWork, *, wanted: int = USUAL, idempotency_key: str | None = None
) -> AskedBatch:
    """Ask for 1 to 50 blank booklets; the clock makes them within seconds.

    The same `idempotency_key` gives the first batch again. Refuses another number of booklets, and
    a key that was used for another number. Rule: product/cheques.md 2.
    """
    if not 1 <= wanted <= MOST:
        raise Invalid(fields={"booklets": [f"Vraag 1 tot {MOST} boekjes."]})
    me = Account.id == uow.actor.account_id  # kept until the end: the same form twice takes turns
    uow.session.execute(select(Account.id).where(me).with_for_update())
    first = idempotency_key and uow.session.scalar(
        select(Batch).where(
            Batch.asked_by == uow.actor.account_id, Batch.idempotency_key == idempotency_key
        )
    )
    if not first:
        batch = Batch(
            asked_by=uow.actor.account_id,
            asked_at=uow.now,
            wanted=wanted,
            idempotency_key=idempotency_key,
        )
        uow.session.add(batch)
        uow.session.flush()
        return AskedBatch(batch)
    if first.wanted != wanted:
        raise IdempotencyMismatch
    return AskedBatch(first, replayed=True)


@allowed(Role.CLOCK)
def batches_wait(uow: UnitOfWork) -> bool:
    """Say whether there is something to make: a look that keeps nobody waiting."""
    return bool(uow.session.scalar(select(exists().where(_UNFINISHED))))


@allowed(Role.CLOCK)
def make_some(uow: UnitOfWork) -> int:
    """Make the next few booklets of the batch that waits longest; give how many (0: all is made).

    The batch's row moves first, conditionally: two clocks and somebody who cancels take turns, and
    what is counted is there.
    """
    batch = uow.session.scalar(
        select(Batch).where(_UNFINISHED).order_by(Batch.asked_at, Batch.id).limit(1)
    )
    if batch is None:
        return 0
    uow.session.refresh(batch, with_for_update=True)
    some = min(AT_ONCE, batch.wanted - batch.made)
    if not _move(uow, batch, some):
        return 0
    rules = rules_on(uow.session, uow.today)
    for _ in range(some):
        booklet = new_booklet(uow, size=rules[BOOKLET_SIZE])
        booklet.printed_by, booklet.batch_id = batch.asked_by, batch.id
        booklet.outer_limit = add_months(uow.today, rules[STOCK_MONTHS])
        uow.record(BookletPrinted(booklet_id=booklet.id, cheques=booklet.size))
    return some


def _move(uow: UnitOfWork, batch: Batch, some: int) -> bool:
    """Count a few more booklets on the batch's row; False when somebody else came between."""
    is_last = batch.made + some == batch.wanted
    moved = uow.session.execute(
        update(Batch)
        .where(Batch.id == batch.id, _UNFINISHED, Batch.made == batch.made)
        .values(
            made=batch.made + some,
            state=BatchState.READY if is_last else BatchState.MAKING,
            finished_at=uow.now if is_last else None,
        )
        .execution_options(synchronize_session=False)
    )
    return bool(moved.rowcount == 1)  # type: ignore[attr-defined]


@allowed(Role.REGIE)
def cancel_batch(uow: UnitOfWork, *, batch_id: UUID) -> Batch:
    """Stop a batch that is being made: what was made of it is blocked, and no more is made.

    A second time gives the cancelled batch again. Refuses one that is ready.
    """
    cancelled = uow.session.execute(
        update(Batch)
        .where(Batch.id == batch_id, _UNFINISHED)
        .values(state=BatchState.CANCELLED, finished_at=uow.now)
        .execution_options(synchronize_session=False)
    )
    batch = uow.session.scalar(
        select(Batch).where(Batch.id == batch_id).execution_options(populate_existing=True)
    )
    if batch is None:
        raise NotFound
    if batch.state == BatchState.READY:
        raise BatchReady
    if cancelled.rowcount == 1:  # type: ignore[attr-defined]
        block_at_desk(uow, batch.id, BlockReason.CANCELLED)
    return batch
