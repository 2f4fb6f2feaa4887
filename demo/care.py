"""The demo's occasional care: six starters, and children from their first day to past the limit."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from demo.calendar import WorkingDays, at
from demo.living import Dispatch
from kernel.access import CLOCK, Actor, Role
from kernel.accounts import Account
from kernel.calendar import add_months, day_of, is_working_day
from kernel.cities import City
from kernel.organisations import (
    District,
    Location,
    LocationStanding,
    Organisation,
    OrganisationKind,
)
from kernel.programmes import OCCASIONEEL
from kernel.tasks import Task
from kernel.unit_of_work import UnitOfWork, unit_of_work
from occasioneel.ending import end_placement
from occasioneel.families import propose_reference
from occasioneel.limits import Limit
from occasioneel.models import Outcome, PlaceDay, Placement, Reason, Signal, WindingDown
from occasioneel.moving import move_child
from occasioneel.placing import place_child
from occasioneel.purchasing import activate_purchase, draft_purchase
from occasioneel.signalling import signal_limits
from occasioneel.steering import wind_down_purchase
from occasioneel.stepping import NextStep, note_step

_CLOCK_AT, _DESK_AT = time(5, 15), time(10, 20)
_LIMIT = (6, 4, 5)  # months: the demo's city chose nothing else

Deed = Callable[[UnitOfWork], object]


def seed_care(city: City, days: WorkingDays, dispatch: Dispatch) -> None:
    """Let a city that uses occasional care, and has a demo of it, buy places and fill them."""
    file = Path(__file__).parent / f"{city.host.split('.')[0]}_care.toml"
    if OCCASIONEEL not in city.programmes or not file.exists():
        return
    written = tomllib.loads(file.read_text("utf-8"))
    care = _Care(city, days, _regie(city))
    for told in written["starters"]:
        care.starts(told)
    for told in written["children"]:
        care.comes(told)
    care.happen(dispatch)


@dataclass
class _Care:
    """What happens at the starters, each thing at its moment, by the same deeds as people's."""

    city: City
    days: WorkingDays
    regie: Actor
    steps: list[tuple[datetime, Actor, Deed]] = field(default_factory=list)
    starters: list[UUID] = field(default_factory=list)
    phones: Iterator[int] = field(default_factory=lambda: count(4010, 13))

    def happen(self, dispatch: Dispatch) -> None:
        """Do everything in order, as far as now, and bring what the clock finds at once."""
        for moment, actor, deed in sorted(self.steps, key=lambda step: step[0]):
            if moment <= self.days.now:
                with unit_of_work(self.city, actor, writes=True, now=moment) as uow:
                    deed(uow)
                if actor is CLOCK:
                    dispatch(self.city, moment)
        dispatch(self.city, self.days.now)

    def starts(self, told: dict[str, Any]) -> None:
        """Make a starter, and plan that the city buys its places and perhaps stops buying."""
        began = self._day(told["began"])
        location_id = self._location(told, began)
        self.starters.append(location_id)
        bought: dict[str, UUID] = {}

        def buy(uow: UnitOfWork) -> None:
            purchase = draft_purchase(
                uow,
                location_id=location_id,
                begins_on=began,
                places=told["places"],
                parents_share=told["share"],
                amounts=dict.fromkeys(PlaceDay, told["cents"]) | {PlaceDay.CLOSED: 0},
            )
            activate_purchase(uow, purchase_id=purchase.id)
            bought["id"] = purchase.id

        def wind_down(uow: UnitOfWork) -> None:
            wind_down_purchase(uow, purchase_id=bought["id"], reason=WindingDown.VIABLE)

        self._plan(began, self.regie, buy)
        if "viable" in told:
            self._plan(self._day(told["viable"]), self.regie, wind_down)

    def comes(self, told: dict[str, Any]) -> None:
        """Plan a child's way: its first day, its signals and next steps, a move, an end."""
        since = self._day(told["days"])
        mine: dict[str, UUID] = {}
        phone = self._phone()
        first = self.starters[told.get("from", told["at"]) - 1]

        def place(uow: UnitOfWork) -> None:
            born = add_months(day_of(self.days.now).replace(day=1), -told["age"])
            placement = place_child(
                uow,
                family={
                    "reference": propose_reference(uow),
                    "language": told["language"],
                    "phone": phone,
                },
                child={"first_name": told["name"], "birth_month": born},
                since=since,
                reason=Reason(told["reason"]),
                location_id=first,
            )
            mine["id"], mine["episode"] = placement.id, placement.episode_id

        def move(uow: UnitOfWork) -> None:
            to = self.starters[told["at"] - 1]
            moved = move_child(uow, placement_id=mine["id"], since=uow.today, location_id=to)
            mine["id"] = moved.id

        def leave(uow: UnitOfWork) -> None:
            end_placement(
                uow,
                placement_id=mine["id"],
                outcome=Outcome.REGULAR_ELSEWHERE,
                last_day=uow.today,
            )

        self._plan(since, self.regie, place)
        if "moved" in told:
            self._plan(self._day(told["moved"]), self.regie, move)
        if "left" in told:
            self._plan(self._day(told["left"]), self.regie, leave)
        self._signals(since, told.get("steps", []), mine)

    def _signals(self, since: date, steps: list[str], mine: dict[str, UUID]) -> None:
        """Let the clock look on each day on which a signal is due, and somebody act after it."""
        for number, signal in enumerate(Signal):
            day = Limit(since, *_LIMIT).signal_day(signal)
            while not is_working_day(day):
                day += timedelta(days=1)
            self.steps.append((at(day, _CLOCK_AT), CLOCK, signal_limits))
            if number < len(steps):
                self._plan(day + timedelta(days=1), self.regie, _acts(steps[number], mine))

    def _plan(self, day: date, actor: Actor, deed: Deed) -> None:
        while not is_working_day(day):
            day += timedelta(days=1)
        self.steps.append((at(day, _DESK_AT), actor, deed))

    def _day(self, ago: int) -> date:
        """Give the last working day that is at least so many days ago."""
        return self.days.days[self.days.ago(ago)]

    def _phone(self) -> str:
        """Give a phone number that cannot exist."""
        number = next(self.phones)
        return f"03 000 {number // 100:02} {number % 100:02}"

    def _location(self, told: dict[str, Any], began: date) -> UUID:
        with unit_of_work(self.city, CLOCK, writes=True, now=at(began, _CLOCK_AT)) as uow:
            named = District.name == told["district"]
            home = Organisation(name=told["organisation"], kind=OrganisationKind.PROVIDER)
            uow.session.add(home)
            uow.session.flush()
            location = Location(
                organisation_id=home.id,
                name=told["name"],
                kind=told["kind"],
                address=told["street"],
                postcode=told["postcode"],
                municipality=self.city.name,
                district_id=uow.session.scalar(select(District.id).where(named)),
                phone=self._phone(),
                approved_on=uow.today,
            )
            uow.session.add(location)
            uow.session.flush()
            uow.session.add(
                LocationStanding(
                    location_id=location.id,
                    licensed_places=told["licensed"],
                    step=told["step"],
                    valid_from=began,
                )
            )
            return location.id


def _acts(step: str, mine: dict[str, UUID]) -> Deed:
    """Let the regie close the child's card with a next step, where the clock opened one."""

    def deed(uow: UnitOfWork) -> None:
        runs = select(Placement.id).where(
            Placement.episode_id == mine["episode"], Placement.valid_until.is_(None)
        )
        open_card = Task.subject_id == mine["episode"], Task.closed_at.is_(None)
        task_id = uow.session.scalar(select(Task.id).where(*open_card, runs.exists()))
        if task_id is not None:
            note_step(uow, task_id=task_id, step=NextStep(step))

    return deed


def _regie(city: City) -> Actor:
    """Give the demo's regie worker."""
    address = f"regie@{city.host.split('.')[0]}.example"
    with city.database.transaction(writes=False) as session:
        account = session.scalars(select(Account).where(Account.email == address)).one()
        return Actor(
            account_id=account.id,
            organisation_id=account.organisation_id,
            roles=frozenset({Role.REGIE}),
        )
