"""Which bought place is free: the one that was asked for, or the first one at a location."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from kernel.errors import NotFound
from kernel.unit_of_work import UnitOfWork
from occasioneel.errors import (
    LicenceChanged,
    NoNewChildren,
    NoPlaceFree,
    OutsidePurchase,
    PlaceTaken,
)
from occasioneel.licences import bought_on, standing_fault
from occasioneel.models import BoughtPlace, Placement, Purchase, PurchaseState

AHEAD = timedelta(days=62)  # how far ahead a day can be planned


def choose_place(
    uow: UnitOfWork, *, bought_place_id: UUID | None, location_id: UUID | None, since: date
) -> BoughtPlace:
    """Give the place asked for, or the location's first free one, free from a day on.

    The rows of the places are kept until the end of the work, in one order, so that requests for
    the last place take turns. Refuses a place that is not bought on that day, one of a purchase
    that takes no new children, and one that another child has.
    """
    places = _locked(uow, bought_place_id, location_id)
    bought = [place for place in places if _is_bought(place, since)]
    if not bought:
        raise OutsidePurchase(fields={"since": [OutsidePurchase.sentence]})
    active = _active(uow, bought)
    if not active:
        raise NoNewChildren
    where = active[0].location_id
    in_all = bought_on(uow.session, where, since)
    if standing_fault(uow.session, where, on=since, places=in_all) is not None:
        raise LicenceChanged
    taken = _taken(uow, active, since)
    free = [place for place in active if place.id not in taken]
    if not free:
        raise PlaceTaken if bought_place_id else NoPlaceFree
    return free[0]


def occupies(since: date) -> ColumnElement[bool]:
    """Give the condition of a placement that has its place on a day or after it."""
    return or_(Placement.valid_until.is_(None), Placement.valid_until >= since)


def _locked(
    uow: UnitOfWork, bought_place_id: UUID | None, location_id: UUID | None
) -> list[BoughtPlace]:
    which = (
        BoughtPlace.id == bought_place_id
        if bought_place_id
        else BoughtPlace.location_id == location_id
    )
    rows = uow.session.scalars(
        select(BoughtPlace)
        .where(which)
        .order_by(BoughtPlace.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = sorted(rows, key=lambda place: place.number)
    if not found:
        raise NotFound
    return found


def _is_bought(place: BoughtPlace, since: date) -> bool:
    return place.valid_from <= since and place.valid_until is None


def _active(uow: UnitOfWork, places: list[BoughtPlace]) -> list[BoughtPlace]:
    """Give the places of purchases that take new children."""
    active = set(
        uow.session.scalars(
            select(Purchase.id).where(
                Purchase.id.in_({place.purchase_id for place in places}),
                Purchase.state == PurchaseState.ACTIVE,
            )
        )
    )
    return [place for place in places if place.purchase_id in active]


def _taken(uow: UnitOfWork, places: list[BoughtPlace], since: date) -> set[UUID]:
    return set(
        uow.session.scalars(
            select(Placement.bought_place_id).where(
                Placement.bought_place_id.in_([place.id for place in places]), occupies(since)
            )
        )
    )
