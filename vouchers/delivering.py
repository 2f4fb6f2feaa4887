"""Blank booklets go from the desk to a referrer, or on from one to another."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import select, update

from kernel.access import Role, allowed
from kernel.accounts import Account, AccountRole
from kernel.errors import Invalid
from kernel.unit_of_work import UnitOfWork
from vouchers.events import BookletDelivered, StockAnswered
from vouchers.models import Batch, Booklet, BookletState
from vouchers.staying import Bound, check_all, check_moved
from vouchers.typed_numbers import Meant, booklets_by_id, meant_booklets


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What went to whom; `replayed` when the same delivery had been made before."""

    delivery_id: UUID
    holder_id: UUID
    booklets: tuple[Booklet, ...]
    replayed: bool = False


@allowed(Role.REGIE)
def deliver_booklets(
    uow: UnitOfWork,
    *,
    holder_id: UUID,
    numbers: str = "",
    booklet_ids: Sequence[UUID] = (),
    batch_id: UUID | None = None,
    count: int = 0,
    pass_on: bool = False,
    delivery_id: UUID | None = None,
) -> Delivered:
    """Give a referrer blank booklets to hand out.

    Takes who gets them, and which: numbers as they were typed or scanned, ids, or the first
    `count` of a batch that lie at the desk. `pass_on` also takes those that somebody else holds.
    The same `delivery_id` gives the first delivery again. Refuses whoever is no referrer; and all
    of the booklets when one of them cannot go, with a sentence for each.
    """
    delivery_id = delivery_id or uuid4()
    to = _receiver(uow, holder_id)
    if batch_id is not None:  # the batch's row is kept: two deliveries of its first ten take turns
        uow.session.execute(select(Batch.id).where(Batch.id == batch_id).with_for_update())
    made = uow.session.scalars(select(Booklet).where(Booklet.delivery_id == delivery_id)).all()
    if made:
        return Delivered(
            delivery_id=delivery_id, holder_id=to.id, booklets=tuple(made), replayed=True
        )
    wanted = [
        *meant_booklets(uow, numbers),
        *booklets_by_id(uow, booklet_ids),
        *(_first_of(uow, batch_id, count) if batch_id else ()),
    ]
    bound = Bound(to=BookletState.DELIVERED, holder=to, from_others=pass_on)
    booklets = check_all(uow, wanted, bound)
    for booklet in booklets:
        hand_over(uow, booklet, to, delivery_id)
    uow.record(StockAnswered(holder_id=to.id, booklets=len(booklets)))
    return Delivered(delivery_id=delivery_id, holder_id=to.id, booklets=tuple(booklets))


def _receiver(uow: UnitOfWork, holder_id: UUID) -> Account:
    account = uow.session.scalar(
        select(Account)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(Account.id == holder_id, AccountRole.role == Role.REFERRER)
    )
    if account is None or account.disabled_at is not None:
        raise Invalid(fields={"accountId": ["Kies een toeleider uit de lijst."]})
    return account


def _first_of(uow: UnitOfWork, batch_id: UUID, count: int) -> list[Meant]:
    """Give the first booklets of a batch at the desk: by number, as they lie on the pile."""
    lying = uow.session.scalars(
        select(Booklet)
        .where(Booklet.batch_id == batch_id, Booklet.state == BookletState.PRINTED)
        .order_by(Booklet.number)
        .limit(max(count, 0))
    ).all()
    if len(lying) < count or count < 1:
        there = len(lying)
        said = f"Er liggen er nog {there} van deze reeks op het bureau." if there else ""
        raise Invalid(fields={"count": [said or "Van deze reeks ligt er geen op het bureau."]})
    return [Meant(booklet.number, booklet) for booklet in lying]


def hand_over(uow: UnitOfWork, booklet: Booklet, to: Account, delivery_id: UUID | None) -> None:
    """Move the booklet's row, conditionally: of two deliveries at once one finds it gone."""
    before = booklet.holder_id if booklet.state == BookletState.DELIVERED else None
    moved = uow.session.execute(
        update(Booklet)
        .where(
            Booklet.id == booklet.id,
            Booklet.state == booklet.state,
            Booklet.holder_id.is_not_distinct_from(booklet.holder_id),
        )
        .values(
            state=BookletState.DELIVERED,
            organisation_id=to.organisation_id,
            holder_id=to.id,
            delivered_on=uow.today,
            delivery_id=delivery_id,
        )
        .execution_options(synchronize_session=False)
    )
    bound = Bound(to=BookletState.DELIVERED, holder=to, from_others=True)
    check_moved(uow, booklet, moved.rowcount, bound)  # type: ignore[attr-defined]
    uow.record(
        BookletDelivered(
            booklet_id=booklet.id,
            organisation_id=to.organisation_id,
            holder_id=to.id,
            from_id=before,
        )
    )
