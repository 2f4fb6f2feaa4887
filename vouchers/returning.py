"""Blank booklets come back from a referrer to the desk, unused."""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update

from kernel.access import Role, allowed
from kernel.accounts import Account
from kernel.events import RecordedEvent
from kernel.unit_of_work import UnitOfWork
from vouchers.asking_stock import ask_anew
from vouchers.delivering import hand_over
from vouchers.errors import NothingToUndo
from vouchers.events import BookletDelivered, BookletTakenBack
from vouchers.models import Booklet, BookletState
from vouchers.staying import Bound, check_all, check_moved
from vouchers.typed_numbers import Meant, booklets_by_id, meant_booklets

_TO_DESK = Bound(to=BookletState.PRINTED)


class BackReason(StrEnum):
    """Why a blank booklet came back to the desk."""

    UNDONE = "undone"
    RETURNED = "returned"


@allowed(Role.REGIE)
def take_back_booklets(
    uow: UnitOfWork,
    *,
    numbers: str = "",
    booklet_ids: Sequence[UUID] = (),
    reason: BackReason = BackReason.RETURNED,
) -> tuple[Booklet, ...]:
    """Take unused blank booklets back to the desk: nobody holds them any more.

    Refuses all of them when one is not with a referrer, with a sentence for each that stays.
    """
    wanted = [*meant_booklets(uow, numbers), *booklets_by_id(uow, booklet_ids)]
    booklets = check_all(uow, wanted, _TO_DESK)
    for booklet in booklets:
        _take_back(uow, booklet, reason)
    return tuple(booklets)


@allowed(Role.REGIE)
def undo_delivery(uow: UnitOfWork, *, delivery_id: UUID) -> tuple[Booklet, ...]:
    """Undo a delivery on its own day: each booklet is again where it was before.

    That is at the desk, or with the one it was passed on from; and who had asked for booklets
    waits for them again. Refuses one that was undone before or of another day, and one of which a
    booklet went on: with a sentence for each of those.
    """
    made = uow.session.scalars(select(Booklet).where(Booklet.delivery_id == delivery_id)).all()
    if not made or any(booklet.delivered_on != uow.today for booklet in made):
        raise NothingToUndo
    holder_id = made[0].holder_id
    assert holder_id is not None
    wanted = [Meant(booklet.number, booklet) for booklet in made]
    came_from = _came_from(uow, made)
    for booklet in check_all(uow, wanted, _TO_DESK):
        if booklet.id in came_from:
            hand_over(uow, booklet, uow.session.get_one(Account, came_from[booklet.id]), None)
        else:
            _take_back(uow, booklet, BackReason.UNDONE)
    ask_anew(uow, holder_id)
    return tuple(made)


def _came_from(uow: UnitOfWork, booklets: Sequence[Booklet]) -> dict[UUID, UUID]:
    """Give for each booklet that was passed on last by whom: the last event tells."""
    told = uow.session.execute(
        select(RecordedEvent.subject_id, RecordedEvent.payload)
        .where(
            RecordedEvent.subject_id.in_([booklet.id for booklet in booklets]),
            RecordedEvent.name == BookletDelivered.name,
        )
        .order_by(RecordedEvent.number)
    )
    last = {booklet_id: payload["from_id"] for booklet_id, payload in told}
    return {booklet_id: UUID(account_id) for booklet_id, account_id in last.items() if account_id}


def _take_back(uow: UnitOfWork, booklet: Booklet, reason: BackReason) -> None:
    held_by = booklet.holder_id
    assert held_by is not None
    moved = uow.session.execute(
        update(Booklet)
        .where(
            Booklet.id == booklet.id,
            Booklet.state == BookletState.DELIVERED,
            Booklet.holder_id == held_by,
        )
        .values(
            state=BookletState.PRINTED,
            organisation_id=None,
            holder_id=None,
            delivered_on=None,
            delivery_id=None,
        )
        .execution_options(synchronize_session=False)
    )
    check_moved(uow, booklet, moved.rowcount, _TO_DESK)  # type: ignore[attr-defined]
    uow.record(BookletTakenBack(booklet_id=booklet.id, holder_id=held_by, reason=reason))
