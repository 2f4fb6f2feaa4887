"""Where the city may buy: in step 0 or 1, with a licence for enough children, at most four."""

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from kernel.errors import Invalid
from kernel.organisations import Location, LocationStanding
from kernel.rules import rules_on
from kernel.standing import standing_holds
from occasioneel.choices import PLACES_CAP, STEPS_ALLOWED
from occasioneel.errors import CapReached, StandingMissing, StepNotAllowed, TooFewLicensed
from occasioneel.models import MOST_PLACES, BoughtPlace


def check_location(session: Session, location_id: UUID, *, on: date, places: int) -> None:
    """Refuse a location at which the city may not buy `places` (more) from a day on.

    Its licence must say step 0 or 1 on that day, and be for as many children as are bought in all
    (product/care.md 1); the sum stays within four, or within the city's own lower number.
    """
    location = session.get(Location, location_id)
    ended = location is not None and location.ended_on is not None and location.ended_on < on
    if location is None or location.training or ended:
        raise Invalid(fields={"location": ["Kies een opvang uit de lijst."]})
    in_all = places + (bought_on(session, location_id, on) or 0)
    check_standing(session, location_id, on=on, places=in_all)
    if in_all > cap_on(session, on):
        raise CapReached(fields={"places": [CapReached.sentence]}, bought=in_all - places)


def check_standing(session: Session, location_id: UUID, *, on: date, places: int) -> None:
    """Refuse a location whose licence on a day is not known, too small, or in step 2 or 3."""
    fault = standing_fault(session, location_id, on=on, places=places)
    if fault is not None:
        field = "step" if fault is StepNotAllowed else "licensedPlaces"
        raise fault(fields={f"standing.{field}": [fault.sentence]})


def standing_fault(
    session: Session, location_id: UUID, *, on: date, places: int
) -> type[Invalid] | None:
    """Give why places may not be bought at a location on a day; None where they may."""
    standing = session.scalar(
        select(LocationStanding).where(
            LocationStanding.location_id == location_id, standing_holds(on)
        )
    )
    if standing is None or standing.step is None:
        return StandingMissing
    if standing.step not in STEPS_ALLOWED:
        return StepNotAllowed
    return TooFewLicensed if standing.licensed_places < places else None


def cap_on(session: Session, on: date) -> int:
    """Give how many places the city buys at one location at most: four, or its own lower choice."""
    return min(rules_on(session, on)[PLACES_CAP], MOST_PLACES)


def bought_on(session: Session, location_id: UUID, on: date) -> int:
    """Give how many places are bought at a location on a day."""
    count = select(func.count(BoughtPlace.id)).where(
        BoughtPlace.location_id == location_id, place_holds(on)
    )
    return session.scalar(count) or 0


def place_holds(on: date) -> ColumnElement[bool]:
    """Give the condition of a bought place that is bought on a day."""
    goes_on = or_(BoughtPlace.valid_until.is_(None), BoughtPlace.valid_until >= on)
    return and_(BoughtPlace.valid_from <= on, goes_on)
