"""Where there is room, near a family; and what a place says of its week."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import asin, cos, radians, sin, sqrt
from uuid import UUID

from sqlalchemy import and_, or_, select

from kernel.access import Role, allowed
from kernel.errors import NotFound
from kernel.organisations import District, Location, OpeningHours, Room
from kernel.unit_of_work import UnitOfWork

ROOM_HOLDS = timedelta(days=14)  # older than this, what a place said is unknown
_EARTH = 6371.0  # km
_RANK = {Room.YES: 0, Room.SOME: 1, None: 2, Room.NO: 3}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A location as a family needs it: where, when open, whom to call, is there room."""

    id: UUID
    name: str
    kind: str
    address: str
    phone: str
    room: Room | None
    km: float | None
    opens: time | None
    closes: time | None


@allowed(Role.REFERRER, Role.REGIE, Role.FAMILY, Role.PROVIDER)
def nearest_places(uow: UnitOfWork, *, district_id: UUID | None, limit: int = 3) -> list[Place]:
    """Give the places that take cheques: with room first, then nearest to the district's middle.

    Those that say "nee" come last; what was said more than fourteen days ago counts as unknown.
    """
    middle = uow.session.get(District, district_id) if district_id else None
    today = uow.today
    rows = uow.session.execute(
        select(Location, OpeningHours.opens, OpeningHours.closes)
        .outerjoin(
            OpeningHours,
            and_(
                OpeningHours.location_id == Location.id,
                OpeningHours.weekday == min(today.weekday(), 4),
                OpeningHours.valid_from <= today,
                or_(OpeningHours.valid_until.is_(None), OpeningHours.valid_until >= today),
            ),
        )
        .where(
            Location.approved_on <= today,
            or_(Location.ended_on.is_(None), Location.ended_on >= today),
            Location.training.is_(False),
        )
    )
    places = [_place(location, opens, closes, middle, uow.now) for location, opens, closes in rows]
    places.sort(key=lambda place: (_RANK[place.room], place.km or 999, place.name))
    return places[:limit]


@allowed(Role.PROVIDER, Role.REGIE)
def tell_room(uow: UnitOfWork, *, location_id: UUID, room: Room) -> Location:
    """Keep what a location says of this week; refuse another organisation's location."""
    location = uow.session.get(Location, location_id)
    own = location is not None and location.organisation_id == uow.actor.organisation_id
    if location is None or not (own or uow.actor.is_any(Role.REGIE)):
        raise NotFound
    location.room, location.room_said_at = room, uow.now
    return location


@allowed(Role.PROVIDER, Role.REGIE)
def own_locations(uow: UnitOfWork) -> list[Location]:
    """Give the own organisation's locations by name (the regie: all)."""
    statement = select(Location).where(Location.joined_at.is_(None)).order_by(Location.name)
    if not uow.actor.is_any(Role.REGIE):
        statement = statement.where(Location.organisation_id == uow.actor.organisation_id)
    return list(uow.session.scalars(statement))


@allowed(Role.REFERRER, Role.REGIE)
def approved_locations(uow: UnitOfWork, *, on: date) -> list[tuple[UUID, str]]:
    """Give the places to choose a first visit at, by name."""
    rows = uow.session.execute(
        select(Location.id, Location.name)
        .where(
            Location.approved_on <= on,
            or_(Location.ended_on.is_(None), Location.ended_on >= on),
            Location.training.is_(False),
        )
        .order_by(Location.name)
    )
    return [(row[0], row[1]) for row in rows]


@allowed(Role.REFERRER, Role.REGIE, Role.ADMINISTRATOR)
def districts(uow: UnitOfWork) -> list[tuple[UUID, str]]:
    """Give the city's districts by name."""
    rows = uow.session.execute(select(District.id, District.name).order_by(District.name))
    return [(row[0], row[1]) for row in rows]


def room_now(location: Location, now: datetime) -> Room | None:
    """Give what a location says of its week, or None when that was too long ago."""
    said = location.room_said_at
    fresh = said is not None and now - said <= ROOM_HOLDS
    return Room(location.room) if location.room and fresh else None


def _place(
    location: Location,
    opens: time | None,
    closes: time | None,
    middle: District | None,
    now: datetime,
) -> Place:
    return Place(
        id=location.id,
        name=location.name,
        kind=location.kind,
        address=", ".join(
            part
            for part in (location.address, f"{location.postcode} {location.municipality}".strip())
            if part
        ),
        phone=location.phone,
        room=room_now(location, now),
        km=_km(location, middle),
        opens=opens,
        closes=closes,
    )


def _km(location: Location, middle: District | None) -> float | None:
    """Give the distance as the crow flies (haversine), in km; None where either is unknown."""
    if middle is None or None in (
        location.latitude,
        location.longitude,
        middle.latitude,
        middle.longitude,
    ):
        return None
    lat1, lon1 = radians(location.latitude or 0), radians(location.longitude or 0)
    lat2, lon2 = radians(middle.latitude or 0), radians(middle.longitude or 0)
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH * asin(sqrt(half))
