"""A demo city before its first booklet: organisations, people, places, prices, rules."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from demo.crew import PASSWORD, Crew
from kernel.access import CLOCK, Actor
from kernel.calendar import day_of
from kernel.cities import City
from kernel.money import CareMomentPrice
from kernel.organisations import (
    District,
    Location,
    LocationStanding,
    OpeningHours,
    Room,
)
from kernel.places import tell_room
from kernel.rules import DatedRule
from kernel.signing_in import hashed_password
from kernel.unit_of_work import UnitOfWork, unit_of_work
from vouchers.choices import CITY_CEILING, ORGANISATION_CEILING
from vouchers.models import CareMoment

_PRICES = {CareMoment.FULL_DAY: 2000, CareMoment.HALF_DAY: 1200}  # invented, in cents
_LONG = timedelta(days=900)
_WEEK = range(5)


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A place that redeems cheques, with who scans there and how often families choose it."""

    id: UUID
    district_id: UUID
    actor: Actor
    weight: int


@dataclass(frozen=True, kw_only=True)
class Town:
    """Who and what there is in a demo city; the first referrer and spot are the demo's own."""

    districts: tuple[UUID, ...]
    referrers: tuple[tuple[Actor, int], ...]
    spots: tuple[Spot, ...]


def read_town(city: City) -> dict[str, Any]:
    """Give a city's demo as it is written down; a city that has none of its own gets Genk's."""
    folder = Path(__file__).parent
    own = folder / f"{city.host.split('.')[0]}.toml"
    file = own if own.exists() else folder / "genk.toml"
    return tomllib.loads(file.read_text("utf-8"))


def settle(city: City, written: dict[str, Any], now: datetime) -> Town:
    """Make everybody and every place; gives whom the families will meet."""
    kept = hashed_password(PASSWORD)
    with unit_of_work(city, CLOCK, writes=True, now=now - _LONG) as uow:
        crew = Crew(uow, city.host.split(".")[0], kept)
        _choose(uow)
        districts = _districts(uow, written["districts"])
        crew.staff(f"Stad {city.name}")
        referrers = tuple(crew.referrers(written["referrers"]))
        ground = _Ground(uow, written, districts, now)
        spots = [
            (ground.place(told, actor, provider.get("weight", 1)), told)
            for provider, actor in crew.providers(written["providers"])
            for told in provider["locations"]
        ]
    _say_room(city, spots, now)
    open_spots = tuple(spot for spot, told in spots if _open(told))
    return Town(districts=tuple(districts.values()), referrers=referrers, spots=open_spots)


def _choose(uow: UnitOfWork) -> None:
    """What the city chose: prices and ceilings, from a day on."""
    since = uow.today
    uow.session.add_all(
        [
            *(
                CareMomentPrice(care_moment=moment, cents=cents, valid_from=since)
                for moment, cents in _PRICES.items()
            ),
            DatedRule(name=ORGANISATION_CEILING.name, valid_from=since, value=40),
            DatedRule(name=CITY_CEILING.name, valid_from=since, value=100),
        ]
    )


def _districts(uow: UnitOfWork, written: dict[str, list[float]]) -> dict[str, UUID]:
    made = [
        District(name=name, latitude=lat, longitude=lon) for name, (lat, lon) in written.items()
    ]
    uow.session.add_all(made)
    uow.session.flush()
    return {district.name: district.id for district in made}


@dataclass(frozen=True)
class _Ground:
    """Makes places: each in its district, with a phone number that cannot exist."""

    uow: UnitOfWork
    written: dict[str, Any]
    districts: dict[str, UUID]
    now: datetime
    numbers: Iterator[int] = field(default_factory=lambda: count(1000, 11))

    def place(self, told: dict[str, Any], provider: Actor, weight: int) -> Spot:
        """Make one place of a provider, approved unless it is told otherwise."""
        latitude, longitude = self.written["districts"][told["district"]]
        beside = (len(told["name"]) % 7 - 3) / 1000  # a few streets from the district's middle
        number = next(self.numbers)
        location = Location(
            organisation_id=provider.organisation_id,
            name=told["name"],
            kind=told["kind"],
            address=told["street"],
            postcode=told.get("postcode", self.written["region"]),
            municipality=self.written["town"],
            district_id=self.districts[told["district"]],
            latitude=latitude + beside,
            longitude=longitude - beside,
            phone=f"{self.written['phone']} {number // 100:02} {number % 100:02}",
            approved_on=self.uow.today if told.get("approved", True) else None,
            ended_on=self._ended(told),
            training=told.get("training", False),
        )
        self.uow.session.add(location)
        self.uow.session.flush()
        _license(self.uow, location.id, told)
        return Spot(
            id=location.id,
            district_id=self.districts[told["district"]],
            actor=provider,
            weight=weight,
        )

    def _ended(self, told: dict[str, Any]) -> date | None:
        return day_of(self.now) - timedelta(days=told["ended"]) if "ended" in told else None


def _license(uow: UnitOfWork, location_id: UUID, told: dict[str, Any]) -> None:
    """Write down how many children may be there at once, and when it is open."""
    opens, closes = (time.fromisoformat(hour) for hour in told["hours"].split("-"))
    since = uow.today
    uow.session.add(
        LocationStanding(location_id=location_id, licensed_places=told["places"], valid_from=since)
    )
    uow.session.add_all(
        OpeningHours(
            location_id=location_id, weekday=day, opens=opens, closes=closes, valid_from=since
        )
        for day in _WEEK
    )


def _say_room(city: City, spots: list[tuple[Spot, dict[str, Any]]], now: datetime) -> None:
    """Let the places say what their week looks like: some lately, some too long ago, some never."""
    for spot, told in spots:
        if "room" in told:
            said = now - timedelta(days=told["said"], hours=2)
            with unit_of_work(city, spot.actor, writes=True, now=said) as uow:
                tell_room(uow, location_id=spot.id, room=Room(told["room"]))


def _open(told: dict[str, Any]) -> bool:
    """Whether families can go there the whole time: approved, not ended, not for practice."""
    return told.get("approved", True) and not (told.get("training") or told.get("ended"))
