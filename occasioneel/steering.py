"""A purchase on its way: paused, taken up again, paid differently, wound down, ended."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update

from kernel.access import Role, allowed
from kernel.errors import Invalid
from kernel.unit_of_work import UnitOfWork
from occasioneel.errors import AmountExists, ChildrenStay, IllegalMove
from occasioneel.events import (
    PurchaseEnded,
    PurchaseResumed,
    PurchaseSuspended,
    PurchaseWindingDown,
)
from occasioneel.models import (
    MOVES,
    BoughtPlace,
    DayAmount,
    PlaceDay,
    Placement,
    Purchase,
    PurchaseState,
    WindingDown,
)
from occasioneel.purchasing import agree_amounts, check_move, locked

_RUNS = {PurchaseState.ACTIVE, PurchaseState.SUSPENDED, PurchaseState.WINDING_DOWN}


@allowed(Role.REGIE)
def suspend_purchase(uow: UnitOfWork, *, purchase_id: UUID) -> Purchase:
    """Let no new children come for a while; those who are there stay."""
    purchase = locked(uow, purchase_id)
    check_move(purchase, PurchaseState.SUSPENDED)
    purchase.state = PurchaseState.SUSPENDED
    uow.record(PurchaseSuspended(purchase_id=purchase.id))
    return purchase


@allowed(Role.REGIE)
def resume_purchase(uow: UnitOfWork, *, purchase_id: UUID) -> Purchase:
    """Let new children come again."""
    purchase = locked(uow, purchase_id)
    check_move(purchase, PurchaseState.ACTIVE, only_from=PurchaseState.SUSPENDED)
    purchase.state = PurchaseState.ACTIVE
    uow.record(PurchaseResumed(purchase_id=purchase.id))
    return purchase


@allowed(Role.REGIE)
def wind_down_purchase(
    uow: UnitOfWork, *, purchase_id: UUID, reason: WindingDown, last_day: date | None = None
) -> Purchase:
    """Stop buying for a reason: no new children come, those who are there finish.

    `last_day` is the day that is meant to be the last; nothing ends by itself on it.
    Refuses one that lies before today or before the purchase began.
    """
    purchase = locked(uow, purchase_id)
    check_move(purchase, PurchaseState.WINDING_DOWN)
    if last_day is not None and last_day < max(uow.today, purchase.begins_on):
        raise Invalid(fields={"lastDay": ["Kies een dag vanaf vandaag, of laat dit leeg."]})
    purchase.state, purchase.winding_down_reason = PurchaseState.WINDING_DOWN, reason
    purchase.ends_on = last_day
    uow.record(PurchaseWindingDown(purchase_id=purchase.id, reason=reason, last_day=last_day))
    return purchase


@allowed(Role.REGIE)
def end_purchase(uow: UnitOfWork, *, purchase_id: UUID, last_day: date) -> Purchase:
    """End a purchase that was wound down: its places, and what is paid for them, end with it.

    Refuses a last day that is still to come or before it began, and while children are on its
    places after that day: a person moves them, or ends their placement, first.
    """
    purchase = locked(uow, purchase_id)
    check_move(purchase, PurchaseState.ENDED)
    if not purchase.begins_on <= last_day <= uow.today:
        raise Invalid(fields={"lastDay": ["Kies een dag van deze aankoop, tot en met vandaag."]})
    _check_empty(uow, purchase.id, last_day)
    purchase.state, purchase.ends_on = PurchaseState.ENDED, last_day
    uow.session.execute(
        update(BoughtPlace)
        .where(BoughtPlace.purchase_id == purchase.id)
        .values(valid_until=last_day)
    )
    own = DayAmount.purchase_id == purchase.id
    uow.session.execute(delete(DayAmount).where(own, DayAmount.valid_from > last_day))
    goes_on = or_(DayAmount.valid_until.is_(None), DayAmount.valid_until > last_day)
    uow.session.execute(update(DayAmount).where(own, goes_on).values(valid_until=last_day))
    uow.record(
        PurchaseEnded(purchase_id=purchase.id, location_id=purchase.location_id, last_day=last_day)
    )
    return purchase


@allowed(Role.REGIE)
def set_day_amounts(
    uow: UnitOfWork, *, purchase_id: UUID, since: date, amounts: Mapping[PlaceDay, int]
) -> Purchase:
    """Pay another amount for a place and a day, from a day on.

    The period before ends the day before. Of a draft, the amounts are simply replaced. Refuses a
    day that is past, as it would rewrite what was agreed, one before the purchase begins, and one
    after which another amount is agreed already.
    """
    purchase = locked(uow, purchase_id)
    if purchase.state == PurchaseState.DRAFT:
        uow.session.execute(delete(DayAmount).where(DayAmount.purchase_id == purchase.id))
        agree_amounts(uow, purchase, amounts, since=purchase.begins_on)
        return purchase
    if purchase.state not in _RUNS:
        allowed_now = sorted(MOVES[PurchaseState(purchase.state)])
        raise IllegalMove(state=purchase.state, allowed=allowed_now)
    if since < max(uow.today, purchase.begins_on):
        raise Invalid(fields={"since": ["Kies vandaag of een latere dag: wat was, blijft zo."]})
    _close_former(uow, purchase, since, amounts)
    return purchase


def _close_former(
    uow: UnitOfWork, purchase: Purchase, since: date, amounts: Mapping[PlaceDay, int]
) -> None:
    own = DayAmount.purchase_id == purchase.id
    later = uow.session.scalar(
        select(func.min(DayAmount.valid_from)).where(own, DayAmount.valid_from > since)
    )
    if later is not None:
        said = f"Vanaf {later:%d/%m/%Y} is al een ander bedrag afgesproken. Kies die dag of later."
        raise AmountExists(said, since=later)
    uow.session.execute(delete(DayAmount).where(own, DayAmount.valid_from == since))
    uow.session.execute(
        update(DayAmount)
        .where(own, DayAmount.valid_until.is_(None))
        .values(valid_until=since - timedelta(days=1))
    )
    agree_amounts(uow, purchase, amounts, since=since)


def _check_empty(uow: UnitOfWork, purchase_id: UUID, last_day: date) -> None:
    """Refuse while a child is on one of the places after a day; their rows are kept meanwhile."""
    places = list(
        uow.session.scalars(
            select(BoughtPlace.id)
            .where(BoughtPlace.purchase_id == purchase_id)
            .order_by(BoughtPlace.id)
            .with_for_update()
        )
    )
    stays = or_(Placement.valid_until.is_(None), Placement.valid_until > last_day)
    children = uow.session.scalar(
        select(func.count(Placement.id)).where(Placement.bought_place_id.in_(places), stays)
    )
    if children:
        raise ChildrenStay(children=children)
