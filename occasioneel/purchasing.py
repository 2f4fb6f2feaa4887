"""The city buys up to four places of a starter, from a day on."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from kernel.access import Role, allowed
from kernel.calendar import add_months
from kernel.errors import Invalid, NotFound
from kernel.organisations import Location
from kernel.standing import note_standing
from kernel.unit_of_work import UnitOfWork
from occasioneel.errors import CapReached, IllegalMove
from occasioneel.events import (
    DayAmountSet,
    PurchaseActivated,
    PurchaseCancelled,
    PurchaseDrafted,
)
from occasioneel.licences import cap_on, check_location
from occasioneel.models import (
    MOVES,
    BoughtPlace,
    DayAmount,
    PlaceDay,
    Purchase,
    PurchaseState,
)

_BACK, _AHEAD = 60, 12  # months: agreements that run already are written down too


@allowed(Role.REGIE)
def draft_purchase(
    uow: UnitOfWork,
    *,
    location_id: UUID,
    begins_on: date,
    places: int,
    parents_share: str,
    amounts: Mapping[PlaceDay, int],
    standing: dict[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Purchase:
    """Prepare to buy one to four places of a location from a day on.

    `amounts` are cents for each kind of day. `standing` writes down the licence first, where it
    was not known. The same `idempotency_key` gives the first draft again. Refuses a location that
    is not in step 0 or 1 on that day, has too small a licence, or has four places already.
    """
    _take_turns(uow, location_id)
    if first := _made_before(uow, idempotency_key):
        return first
    if not add_months(uow.today, -_BACK) <= begins_on <= add_months(uow.today, _AHEAD):
        raise Invalid(fields={"beginsOn": ["Kijk het jaar van deze dag na."]})
    if standing:
        note_standing(uow, location_id=location_id, **standing)
    check_location(uow.session, location_id, on=begins_on, places=places)
    purchase = Purchase(
        location_id=location_id,
        begins_on=begins_on,
        places=places,
        parents_share=parents_share,
        made_at=uow.now,
        made_by=uow.actor.account_id,
        idempotency_key=idempotency_key,
    )
    uow.session.add(purchase)
    uow.session.flush()
    uow.record(
        PurchaseDrafted(
            purchase_id=purchase.id,
            location_id=location_id,
            begins_on=begins_on,
            places=places,
            parents_share=parents_share,
        )
    )
    agree_amounts(uow, purchase, amounts, since=begins_on)
    return purchase


@allowed(Role.REGIE)
def activate_purchase(uow: UnitOfWork, *, purchase_id: UUID) -> Purchase:
    """Buy the places of a draft: from its first day on each is a row, with the lowest free number.

    Refuses what is not a draft, a location that may not be bought at (its licence can have changed
    since), and a fifth place: which the database refuses by itself too.
    """
    purchase = uow.session.get(Purchase, purchase_id)
    if purchase is None:
        raise NotFound
    _take_turns(uow, purchase.location_id)
    uow.session.refresh(purchase, with_for_update=True)
    check_move(purchase, PurchaseState.ACTIVE, only_from=PurchaseState.DRAFT)
    begins_on, location_id = purchase.begins_on, purchase.location_id
    check_location(uow.session, location_id, on=begins_on, places=purchase.places)
    numbers = _free_numbers(uow, location_id, begins_on)[: purchase.places]
    if len(numbers) < purchase.places:
        raise CapReached
    purchase.state = PurchaseState.ACTIVE
    uow.session.add_all(
        BoughtPlace(
            purchase_id=purchase.id, location_id=location_id, number=number, valid_from=begins_on
        )
        for number in numbers
    )
    uow.record(
        PurchaseActivated(
            purchase_id=purchase.id,
            location_id=location_id,
            begins_on=begins_on,
            numbers=" ".join(map(str, numbers)),
        )
    )
    return purchase


@allowed(Role.REGIE)
def cancel_purchase(uow: UnitOfWork, *, purchase_id: UUID) -> Purchase:
    """Let a draft come to nothing; refuse a purchase that was active."""
    purchase = locked(uow, purchase_id)
    check_move(purchase, PurchaseState.CANCELLED)
    purchase.state = PurchaseState.CANCELLED
    uow.record(PurchaseCancelled(purchase_id=purchase.id))
    return purchase


def locked(uow: UnitOfWork, purchase_id: UUID) -> Purchase:
    """Give a purchase, whose row is kept until the end of the work; refuse an unknown one."""
    purchase = uow.session.get(Purchase, purchase_id, with_for_update=True, populate_existing=True)
    if purchase is None:
        raise NotFound
    return purchase


def check_move(
    purchase: Purchase, to: PurchaseState, *, only_from: PurchaseState | None = None
) -> None:
    """Refuse a move that a purchase cannot make, with the moves that it can."""
    can = MOVES[PurchaseState(purchase.state)]
    if to not in can or (only_from is not None and purchase.state != only_from):
        raise IllegalMove(state=purchase.state, allowed=sorted(can))


def agree_amounts(
    uow: UnitOfWork, purchase: Purchase, amounts: Mapping[PlaceDay, int], *, since: date
) -> None:
    """Begin a period of day amounts, of each kind of day, and write that down."""
    uow.session.add_all(
        DayAmount(purchase_id=purchase.id, kind=kind, cents=amounts[kind], valid_from=since)
        for kind in PlaceDay
    )
    uow.record(
        DayAmountSet(
            purchase_id=purchase.id,
            since=since,
            occupied_cents=amounts[PlaceDay.OCCUPIED],
            absent_cents=amounts[PlaceDay.ABSENT],
            empty_cents=amounts[PlaceDay.EMPTY],
            closed_cents=amounts[PlaceDay.CLOSED],
        )
    )


def _take_turns(uow: UnitOfWork, location_id: UUID) -> None:
    """Let the purchases at one location follow each other: the counts below then hold."""
    uow.session.execute(select(Location.id).where(Location.id == location_id).with_for_update())


def _made_before(uow: UnitOfWork, key: str | None) -> Purchase | None:
    if key is None:
        return None
    return uow.session.scalar(
        select(Purchase).where(
            Purchase.made_by == uow.actor.account_id, Purchase.idempotency_key == key
        )
    )


def _free_numbers(uow: UnitOfWork, location_id: UUID, since: date) -> list[int]:
    """Give the numbers that no place of the location has on or after a day."""
    goes_on = or_(BoughtPlace.valid_until.is_(None), BoughtPlace.valid_until >= since)
    taken = set(
        uow.session.scalars(
            select(BoughtPlace.number).where(BoughtPlace.location_id == location_id, goes_on)
        )
    )
    return [n for n in range(1, cap_on(uow.session, since) + 1) if n not in taken]
