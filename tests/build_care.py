"""Occasional care that tests stand on: starters, purchases, children on their places."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import select

from kernel.cities import City
from kernel.organisations import LocationStanding, OrganisationKind
from occasioneel.models import BoughtPlace, PlaceDay, Placement, PurchaseState, Reason, WindingDown
from occasioneel.placing import place_child
from occasioneel.purchasing import activate_purchase, cancel_purchase, draft_purchase
from occasioneel.steering import end_purchase, suspend_purchase, wind_down_purchase
from tests import build
from tests.build import LONG_AGO, MONDAY, Person, at_work

AMOUNTS = dict.fromkeys(PlaceDay, 3200) | {PlaceDay.CLOSED: 0}
BEGAN = date(2025, 1, 1)

_numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class Bought:
    """A purchase with its places, by number."""

    id: UUID
    location_id: UUID
    places: Mapping[int, UUID]


def starter(city: City, *, places: int = 8, step: str | None = "T0", **more: Any) -> UUID:
    """Make a starter's location, licensed since long ago; `step=None` leaves that unknown."""
    home = build.organisation(city, OrganisationKind.PROVIDER)
    location_id = build.location(city, organisation_id=home, **more)
    if step is not None:
        with at_work(city) as uow:
            uow.session.add(
                LocationStanding(
                    location_id=location_id, licensed_places=places, step=step, valid_from=LONG_AGO
                )
            )
    return location_id


def draft(city: City, by: Person, *, now: datetime = MONDAY, **more: Any) -> UUID:
    """Draft a purchase of four places; gives its id."""
    given: dict[str, Any] = {"places": 4, "begins_on": BEGAN, "parents_share": "provider-keeps"}
    given |= more
    given.setdefault("amounts", AMOUNTS)
    if "location_id" not in given:
        given["location_id"] = starter(city)
    with at_work(city, by.actor, now) as uow:
        return draft_purchase(uow, **given).id


def bought(city: City, by: Person, *, now: datetime = MONDAY, **more: Any) -> Bought:
    """Buy places, four unless told otherwise."""
    purchase_id = draft(city, by, now=now, **more)
    with at_work(city, by.actor, now) as uow:
        location_id = activate_purchase(uow, purchase_id=purchase_id).location_id
    with at_work(city) as uow:
        rows = uow.session.execute(
            select(BoughtPlace.number, BoughtPlace.id).where(BoughtPlace.purchase_id == purchase_id)
        )
        places = {number: place_id for number, place_id in rows}  # noqa: C416 — no pairs to mypy
    return Bought(id=purchase_id, location_id=location_id, places=places)


def purchase_in(city: City, by: Person, state: PurchaseState) -> UUID:
    """Give a purchase that came into a state by its deeds."""
    purchase_id = draft(city, by)
    deeds: dict[PurchaseState, list[Any]] = {
        PurchaseState.DRAFT: [],
        PurchaseState.CANCELLED: [cancel_purchase],
        PurchaseState.ACTIVE: [activate_purchase],
        PurchaseState.SUSPENDED: [activate_purchase, suspend_purchase],
        PurchaseState.WINDING_DOWN: [activate_purchase, winds_down],
        PurchaseState.ENDED: [activate_purchase, winds_down, ends],
    }
    for deed in deeds[state]:
        with at_work(city, by.actor) as uow:
            deed(uow, purchase_id=purchase_id)
    return purchase_id


def winds_down(uow: Any, *, purchase_id: UUID) -> Any:
    """Wind a purchase down: the starter is viable."""
    return wind_down_purchase(uow, purchase_id=purchase_id, reason=WindingDown.VIABLE)


def ends(uow: Any, *, purchase_id: UUID) -> Any:
    """End a purchase today."""
    return end_purchase(uow, purchase_id=purchase_id, last_day=uow.today)


def placed(
    city: City,
    by: Person,
    *,
    on: UUID | None = None,
    at: UUID | None = None,
    since: date | None = None,
    now: datetime = MONDAY,
    **more: Any,
) -> Placement:
    """Place a child on a bought place, or at a location, or on a new purchase's first place."""
    if on is None and at is None:
        at = bought(city, by, now=now).location_id
    number = next(_numbers)
    family = {"reference": f"OK-{number}", "language": "nl"} | more.pop("family", {})
    child = {"first_name": f"Kind {number}", "birth_month": date(2024, 5, 1)}
    child |= more.pop("child", {})
    with at_work(city, by.actor, now) as uow:
        placement = place_child(
            uow,
            family=family,
            child=child,
            since=since or uow.today,
            reason=more.pop("reason", Reason.TRAINING),
            bought_place_id=on,
            location_id=at,
            **more,
        )
        uow.session.refresh(placement)
        uow.session.expunge(placement)
    return placement
