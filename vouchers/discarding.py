"""A blank booklet is lost or thrown away: nobody can use it any more, and why is kept."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update

from kernel.access import Role, allowed
from kernel.errors import Conflict, Invalid, NotFound
from kernel.unit_of_work import UnitOfWork
from vouchers.errors import BatchNotReady, IllegalMove
from vouchers.events import BookletBlocked
from vouchers.models import MOVES, Batch, BatchState, BlockReason, Booklet, BookletState
from vouchers.replacing import own_booklet

LOST = (BlockReason.NOT_FOUND, BlockReason.STOLEN, BlockReason.NOT_ARRIVED)
THROWN_AWAY = (BlockReason.MISPRINT, BlockReason.DAMAGED, BlockReason.OUTDATED)
_BLANK = (BookletState.PRINTED, BookletState.DELIVERED)


@allowed(Role.REFERRER, Role.REGIE)
def lose_blank_booklet(uow: UnitOfWork, *, booklet_id: UUID, reason: BlockReason) -> Booklet:
    """Block a blank booklet that is lost: whoever finds it cannot use it.

    A referrer says so of its own organisation's; the regie of any. Refuses one that a family has
    (`replace_lost_booklet` gives that family another one), and a reason that is not of a loss.
    """
    _check(reason, LOST)
    booklet = own_booklet(uow, booklet_id)
    _block(uow, booklet, BookletState.BLOCKED_LOST, reason)
    return booklet


@allowed(Role.REGIE)
def throw_away_booklet(uow: UnitOfWork, *, booklet_id: UUID, reason: BlockReason) -> Booklet:
    """Block a blank booklet of which the paper is thrown away, at the desk or at a referrer's."""
    _check(reason, THROWN_AWAY)
    booklet = own_booklet(uow, booklet_id)
    _block(uow, booklet, BookletState.BLOCKED_ERROR, reason)
    return booklet


@allowed(Role.REGIE)
def throw_away_rest(uow: UnitOfWork, *, batch_id: UUID, reason: BlockReason) -> Sequence[UUID]:
    """Block every booklet of a batch that still lies at the desk; gives which.

    Refuses a batch that is not ready (cancel it), and one of which nothing lies at the desk.
    """
    _check(reason, THROWN_AWAY)
    batch = uow.session.scalar(select(Batch).where(Batch.id == batch_id))
    if batch is None:
        raise NotFound
    if batch.state != BatchState.READY:
        raise BatchNotReady
    blocked = block_at_desk(uow, batch_id, reason)
    if not blocked:
        raise Conflict("Van deze reeks ligt er geen boekje meer op het bureau.")
    return blocked


def block_at_desk(uow: UnitOfWork, batch_id: UUID, reason: BlockReason) -> Sequence[UUID]:
    """Block what lies at the desk of a batch, in the order in which everybody takes rows."""
    lying = (Booklet.batch_id == batch_id, Booklet.state == BookletState.PRINTED)
    uow.session.execute(select(Booklet.id).where(*lying).order_by(Booklet.id).with_for_update())
    blocked = uow.session.scalars(
        update(Booklet)
        .where(*lying)
        .values(state=BookletState.BLOCKED_ERROR)
        .returning(Booklet.id)
        .execution_options(synchronize_session=False)
    ).all()
    for booklet_id in blocked:
        _record(uow, booklet_id, BookletState.BLOCKED_ERROR, reason)
    return blocked


def _check(reason: BlockReason, among: tuple[BlockReason, ...]) -> None:
    if reason not in among:
        raise Invalid(fields={"reason": ["Kies een reden uit de lijst."]})


def _block(uow: UnitOfWork, booklet: Booklet, to: BookletState, reason: BlockReason) -> None:
    """Move the booklet's row, conditionally, so that it takes turns with every hand-out."""
    moved = uow.session.execute(
        update(Booklet)
        .where(Booklet.id == booklet.id, Booklet.state.in_(_BLANK))
        .values(state=to)
        .execution_options(synchronize_session=False)
    )
    uow.session.refresh(booklet)
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        state = BookletState(booklet.state)
        raise IllegalMove(state=state, allowed=sorted(MOVES[state]))
    _record(uow, booklet.id, to, reason)


def _record(uow: UnitOfWork, booklet_id: UUID, to: BookletState, reason: BlockReason) -> None:
    uow.record(BookletBlocked(booklet_id=booklet_id, state=to, reason=reason))
