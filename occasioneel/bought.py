"""What the city buys: each purchase with its places, what it pays, and how its licence stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, func, or_, select

from kernel.access import Role, allowed
from kernel.errors import Invalid, NotFound
from kernel.organisations import District, Location, LocationStanding, Organisation
from kernel.standing import standing_holds
from kernel.unit_of_work import UnitOfWork
from occasioneel.choices import STEPS_ALLOWED
from occasioneel.choosing import occupies
from occasioneel.licences import bought_on, standing_fault
from occasioneel.models import (
    BoughtPlace,
    DayAmount,
    PlaceDay,
    Placement,
    PlacementState,
    Purchase,
    PurchaseState,
)


@dataclass(frozen=True, kw_only=True)
class PurchaseRow:
    """A purchase in the list: where, how many places, how many children, what a day costs."""

    id: UUID
    location_id: UUID
    location: str
    organisation: str
    district: str | None
    state: str
    places: int
    begins_on: date
    ends_on: date | None
    filled: int
    cents: int | None  # for an occupied day, today or from the first day on


@dataclass(frozen=True, kw_only=True)
class AmountPeriod:
    """What a place and a day costs by what the day is, from a day until a day."""

    since: date
    until: date | None
    cents: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class PurchaseFile:
    """One purchase with all that the regie needs to know of it."""

    row: PurchaseRow
    parents_share: str
    winding_down_reason: str | None
    location_phone: str
    numbers: Mapping[int, UUID]
    amounts: tuple[AmountPeriod, ...]
    licensed_places: int | None
    step: str | None
    standing_since: date | None
    fault: type[Invalid] | None  # why the licence no longer fits, on the day that matters


@dataclass(frozen=True, kw_only=True)
class FreePlace:
    """A place of an active purchase that has no child from a day on."""

    id: UUID
    location_id: UUID
    location: str
    district: str | None
    number: int
    since: date


@dataclass(frozen=True, kw_only=True)
class Buyable:
    """A location at which the city may buy, or whose licence it does not know yet."""

    id: UUID
    name: str
    district: str | None
    licensed_places: int | None
    step: str | None


@allowed(Role.REGIE)
def read_purchases(uow: UnitOfWork) -> list[PurchaseRow]:
    """Give every purchase: those that run first, by name, then drafts, then what is over."""
    order = case(
        (Purchase.state == PurchaseState.DRAFT, 1),
        (Purchase.state.in_((PurchaseState.ENDED, PurchaseState.CANCELLED)), 2),
        else_=0,
    )
    statement = _purchases(uow).order_by(order, func.lower(Location.name), Purchase.begins_on)
    return [PurchaseRow(**dict(row)) for row in uow.session.execute(statement).mappings()]


@allowed(Role.REGIE)
def read_purchase(uow: UnitOfWork, *, purchase_id: UUID) -> PurchaseFile:
    """Give one purchase with its places and amounts; refuse an unknown one."""
    row = uow.session.execute(_purchases(uow).where(Purchase.id == purchase_id)).mappings().first()
    if row is None:
        raise NotFound
    purchase = uow.session.get_one(Purchase, purchase_id)
    on = max(uow.today, purchase.begins_on)
    standing = uow.session.scalar(
        select(LocationStanding).where(
            LocationStanding.location_id == purchase.location_id, standing_holds(on)
        )
    )
    return PurchaseFile(
        row=PurchaseRow(**dict(row)),
        parents_share=purchase.parents_share,
        winding_down_reason=purchase.winding_down_reason,
        location_phone=uow.session.get_one(Location, purchase.location_id).phone,
        numbers=_numbers(uow, purchase_id),
        amounts=_amounts(uow, purchase_id),
        licensed_places=standing.licensed_places if standing else None,
        step=standing.step if standing else None,
        standing_since=standing.valid_from if standing else None,
        fault=_fault(uow, purchase, on),
    )


@allowed(Role.REGIE)
def free_places(uow: UnitOfWork) -> list[FreePlace]:
    """Give the places that can take a child, each from the day on which it is free."""
    taken_until = (
        select(func.max(Placement.valid_until))
        .where(Placement.bought_place_id == BoughtPlace.id, occupies(uow.today))
        .correlate(BoughtPlace)
        .scalar_subquery()
    )
    runs = (
        select(Placement.id)
        .where(Placement.bought_place_id == BoughtPlace.id, Placement.valid_until.is_(None))
        .exists()
    )
    rows = uow.session.execute(
        select(
            BoughtPlace.id,
            BoughtPlace.location_id,
            Location.name,
            District.name,
            BoughtPlace.number,
            BoughtPlace.valid_from,
            taken_until,
        )
        .join(Purchase, Purchase.id == BoughtPlace.purchase_id)
        .join(Location, Location.id == BoughtPlace.location_id)
        .outerjoin(District, District.id == Location.district_id)
        .where(Purchase.state == PurchaseState.ACTIVE, BoughtPlace.valid_until.is_(None), ~runs)
        .order_by(Location.name, Location.id, BoughtPlace.number)
    )
    return [
        FreePlace(
            id=place_id,
            location_id=location_id,
            location=name,
            district=district,
            number=number,
            since=max(begins, until + timedelta(days=1)) if until else begins,
        )
        for place_id, location_id, name, district, number, begins, until in rows
    ]


@allowed(Role.REGIE)
def buyable_locations(uow: UnitOfWork) -> list[Buyable]:
    """Give the locations in step 0 or 1, and those of which the step is not known, by name."""
    goes_on = or_(Location.ended_on.is_(None), Location.ended_on >= uow.today)
    holds = and_(LocationStanding.location_id == Location.id, standing_holds(uow.today))
    may_be = or_(LocationStanding.step.is_(None), LocationStanding.step.in_(STEPS_ALLOWED))
    rows = uow.session.execute(
        select(
            Location.id,
            Location.name,
            District.name.label("district"),
            LocationStanding.licensed_places,
            LocationStanding.step,
        )
        .outerjoin(LocationStanding, holds)
        .outerjoin(District, District.id == Location.district_id)
        .where(Location.training.is_(False), goes_on, may_be)
        .order_by(func.lower(Location.name), Location.id)
    )
    return [Buyable(**dict(row)) for row in rows.mappings()]


def _purchases(uow: UnitOfWork) -> Select[Any]:
    filled = (
        select(func.count(Placement.id))
        .join(BoughtPlace, BoughtPlace.id == Placement.bought_place_id)
        .where(
            BoughtPlace.purchase_id == Purchase.id,
            Placement.valid_from <= uow.today,
            or_(
                Placement.state == PlacementState.RUNNING,
                Placement.valid_until >= uow.today,
            ),
        )
        .correlate(Purchase)
        .scalar_subquery()
    )
    on = case((Purchase.begins_on > uow.today, Purchase.begins_on), else_=uow.today)
    cents = (
        select(DayAmount.cents)
        .where(
            DayAmount.purchase_id == Purchase.id,
            DayAmount.kind == PlaceDay.OCCUPIED,
            DayAmount.valid_from <= on,
            or_(DayAmount.valid_until.is_(None), DayAmount.valid_until >= on),
        )
        .correlate(Purchase)
        .scalar_subquery()
    )
    return (
        select(
            Purchase.id,
            Purchase.location_id,
            Location.name.label("location"),
            Organisation.name.label("organisation"),
            District.name.label("district"),
            Purchase.state,
            Purchase.places,
            Purchase.begins_on,
            Purchase.ends_on,
            filled.label("filled"),
            cents.label("cents"),
        )
        .join(Location, Location.id == Purchase.location_id)
        .join(Organisation, Organisation.id == Location.organisation_id)
        .outerjoin(District, District.id == Location.district_id)
    )


def _numbers(uow: UnitOfWork, purchase_id: UUID) -> dict[int, UUID]:
    rows = uow.session.execute(
        select(BoughtPlace.number, BoughtPlace.id)
        .where(BoughtPlace.purchase_id == purchase_id)
        .order_by(BoughtPlace.number)
    )
    return {number: place_id for number, place_id in rows}  # noqa: C416 — rows are not pairs to mypy


def _amounts(uow: UnitOfWork, purchase_id: UUID) -> tuple[AmountPeriod, ...]:
    rows = uow.session.scalars(
        select(DayAmount)
        .where(DayAmount.purchase_id == purchase_id)
        .order_by(DayAmount.valid_from.desc())
    )
    periods: dict[date, AmountPeriod] = {}
    for row in rows:
        known = periods.get(row.valid_from)
        cents = dict(known.cents) if known else {}
        periods[row.valid_from] = AmountPeriod(
            since=row.valid_from, until=row.valid_until, cents=cents | {row.kind: row.cents}
        )
    return tuple(periods.values())


def _fault(uow: UnitOfWork, purchase: Purchase, on: date) -> type[Invalid] | None:
    """Say why the licence does not fit the purchase; what is over needs none."""
    if purchase.state in {PurchaseState.ENDED, PurchaseState.CANCELLED}:
        return None
    bought = bought_on(uow.session, purchase.location_id, on)
    places = max(bought, purchase.places)
    return standing_fault(uow.session, purchase.location_id, on=on, places=places)
