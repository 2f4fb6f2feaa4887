"""Fifty requests for the last place at the same moment: one gets it, and never is there a fifth."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, or_, select

from kernel.access import Role
from kernel.cities import City
from kernel.organisations import OrganisationKind
from occasioneel.ending import end_placement, take_back_end
from occasioneel.errors import CapReached, ChildrenStay, NoUndo, PlacedAlready, PlaceTaken
from occasioneel.models import BoughtPlace, Outcome, Placement, PurchaseState, Reason
from occasioneel.moving import move_child
from occasioneel.placing import place_child
from occasioneel.purchasing import activate_purchase
from tests import build, build_care
from tests.build import Person, at_work
from tests.build_care import Bought
from tests.figures import Say, rounds
from tests.races.conftest import Served
from tests.races.desks import Browser, at_once
from tests.races.pairs import Deed, race

pytestmark = pytest.mark.serial

CLIENTS = 50
STATEMENTS = 14
TODAY = datetime.now(UTC).date()
_numbers = count(1)


@pytest.mark.parametrize("asked", ["a place", "the first free one"])
def test_fifty_requests_for_the_last_place_give_it_once(
    served: Served, figure: Say, asked: str
) -> None:
    city, times = served.city, rounds(100) // 2 or 1
    regie = desk(city)
    clients = [Browser(city, served.server.port, regie) for _ in range(CLIENTS)]
    told: Counter[int] = Counter()
    for _ in range(times):
        bought = build_care.bought(city, regie)
        for number in (1, 2, 3):
            build_care.placed(city, regie, on=bought.places[number], since=TODAY, now=NOW)
        where = f"place:{bought.places[4]}"
        if asked == "the first free one":
            where = f"location:{bought.location_id}"
        statuses = at_once(clients, "/kinderen/nieuw", [a_child(where) for _ in clients])
        assert Counter(statuses) == {303: 1, 409: CLIENTS - 1}, served.server.unforeseen()
        told.update(statuses)
        assert most_at_once(city, bought) == 4
    figure(
        f"C3 children, {asked}",
        f"{times} rounds of {CLIENTS} requests for the last place: {told[303]} got it, "
        f"{told[409]} were told; never more than 4 children at a location on any day",
    )


def test_fifty_purchases_of_the_last_place_buy_it_once(served: Served, figure: Say) -> None:
    city, times = served.city, rounds(30)
    regie = desk(city)
    clients = [Browser(city, served.server.port, regie) for _ in range(CLIENTS)]
    for _ in range(times):
        where = build_care.starter(city)
        drafts = [
            build_care.draft(city, regie, location_id=where, places=1, now=NOW)
            for _ in range(CLIENTS)
        ]
        build_care.bought(city, regie, location_id=where, places=3, now=NOW)
        paths = [f"/aankopen/{purchase_id}/starten" for purchase_id in drafts]
        statuses = at_once(clients, paths, [{} for _ in clients])
        assert Counter(statuses) == {303: 1, 409: CLIENTS - 1}, served.server.unforeseen()
        assert most_bought(city, where) == 4
    figure(
        "C3 purchases",
        f"{times} rounds of {CLIENTS} purchases of the last place: one each, never a fifth",
    )


def test_two_children_for_one_place_wherever_the_first_one_is_held(city: City) -> None:
    regie = desk(city)
    for held_at in places():
        bought = build_care.bought(city, regie, now=NOW)
        both = [placing(city, regie, bought.places[1]) for _ in range(2)]
        assert sorted(_race(city, both[0], both[1], held_at)) == ["done", PlaceTaken.code]


def test_one_child_for_two_places_has_one(city: City) -> None:
    regie = desk(city)
    for held_at in places():
        bought = build_care.bought(city, regie, now=NOW)
        name = f"Kind {next(_numbers)}"
        both = [placing(city, regie, bought.places[n], name=name) for n in (1, 2)]
        assert sorted(_race(city, both[0], both[1], held_at)) == ["done", PlacedAlready.code]


def test_two_children_that_want_each_others_place_do_not_stop_each_other(city: City) -> None:
    """Both places are taken: each is refused, and nobody waits for ever."""
    regie = desk(city)
    for held_at in places():
        bought = build_care.bought(city, regie, now=NOW)
        here, there = (
            build_care.placed(city, regie, on=bought.places[n], since=TODAY, now=NOW).id
            for n in (1, 2)
        )
        swap = [
            moving(city, regie, here, bought.places[2]),
            moving(city, regie, there, bought.places[1]),
        ]
        assert _race(city, swap[0], swap[1], held_at) == [PlaceTaken.code] * 2


def test_a_move_and_a_new_child_for_the_last_place_are_not_both_right(city: City) -> None:
    regie = desk(city)
    for held_at in places():
        here, there = (build_care.bought(city, regie, now=NOW) for _ in range(2))
        child = build_care.placed(city, regie, on=here.places[1], since=TODAY, now=NOW).id
        ended = _race(
            city,
            moving(city, regie, child, there.places[1]),
            placing(city, regie, there.places[1]),
            held_at,
        )
        assert sorted(ended) == ["done", PlaceTaken.code]


def test_a_purchase_that_ends_and_a_child_that_stays_after_all_are_not_both_right(
    city: City,
) -> None:
    """The last child left today; its end is taken back while somebody ends the purchase."""
    regie = desk(city)
    for held_at in places():
        bought = build_care.bought(city, regie, now=NOW)
        child = build_care.placed(city, regie, on=bought.places[1], since=TODAY, now=NOW).id
        with at_work(city, regie.actor, NOW) as uow:
            end_placement(uow, placement_id=child, outcome=Outcome.OTHER, last_day=uow.today)
            build_care.winds_down(uow, purchase_id=bought.id)
        both = [
            _doing(city, regie, partial(build_care.ends, purchase_id=bought.id)),
            _doing(city, regie, partial(take_back_end, placement_id=child)),
        ]
        ended = _race(city, both[held_at % 2], both[1 - held_at % 2], held_at // 2 + 1)
        assert set(ended) in ({"done", ChildrenStay.code}, {"done", NoUndo.code})


def test_one_draft_started_twice_at_once_is_one_purchase(city: City) -> None:
    regie = desk(city)
    for held_at in places():
        purchase_id = build_care.purchase_in(city, regie, PurchaseState.DRAFT)
        start = _doing(city, regie, partial(activate_purchase, purchase_id=purchase_id))
        assert sorted(_race(city, start, start, held_at)) == ["done", "illegal-move"]


def test_two_drafts_for_the_last_place_wherever_the_first_one_is_held(city: City) -> None:
    regie = desk(city)
    for held_at in places():
        where = build_care.starter(city)
        drafts = [
            build_care.draft(city, regie, location_id=where, places=1, now=NOW) for _ in range(2)
        ]
        build_care.bought(city, regie, location_id=where, places=3, now=NOW)
        both = [_doing(city, regie, partial(activate_purchase, purchase_id=d)) for d in drafts]
        assert sorted(_race(city, both[0], both[1], held_at)) == [CapReached.code, "done"]


NOW = datetime.now(UTC)


def a_child(where: str) -> dict[str, str]:
    """Give the form that asks a place for a child that nobody else asks for."""
    number = next(_numbers)
    return {
        "child.firstName": f"Kind {number}",
        "child.birthMonth": f"{TODAY.year - 1}-01",
        "family.reference": f"R-{number}",
        "family.language": "nl",
        "reason": "training",
        "since": TODAY.isoformat(),
        "where": where,
        "_key": uuid4().hex,
    }


def most_at_once(city: City, bought: Bought) -> int:
    """Give how many children are at a location at most on one day."""
    return _most(city, Placement, bought.location_id)


def most_bought(city: City, where: UUID) -> int:
    """Give how many places are bought at a location at most on one day."""
    return _most(city, BoughtPlace, where)


def _most(city: City, kind: Any, where: UUID) -> int:
    with at_work(city) as uow:
        days = set(uow.session.scalars(select(kind.valid_from).where(kind.location_id == where)))
        return max(_on(uow, kind, where, day) for day in days)


def _on(uow: Any, kind: Any, where: UUID, day: date) -> int:
    there = or_(kind.valid_until.is_(None), kind.valid_until >= day)
    counted = select(func.count(kind.id)).where(kind.location_id == where, there)
    found: int = uow.session.scalar(counted.where(kind.valid_from <= day))
    return found


def places() -> list[int]:
    """Give for each pair the statement of the first before which it is held."""
    return [number % STATEMENTS + 1 for number in range(rounds(140))]


def placing(city: City, by: Person, place_id: UUID, *, name: str = "") -> Deed:
    known = name or f"Kind {next(_numbers)}"

    def place(uow: Any) -> Any:
        return place_child(
            uow,
            family={"reference": known.replace(" ", "-"), "language": "nl"},
            child={"first_name": known, "birth_month": date(TODAY.year - 1, 1, 1)},
            since=TODAY,
            reason=Reason.TRAINING,
            bought_place_id=place_id,
        )

    return _doing(city, by, place)


def moving(city: City, by: Person, placement_id: UUID, place_id: UUID) -> Deed:
    given = {"placement_id": placement_id, "bought_place_id": place_id}
    return _doing(city, by, partial(move_child, since=TODAY + timedelta(days=1), **given))


def _doing(city: City, by: Person, deed: Callable[[Any], Any]) -> Deed:
    def done() -> str:
        with at_work(city, by.actor, NOW) as uow:
            deed(uow)
            return "done"

    return done


def _race(city: City, one: Deed, other: Deed, held_at: int) -> list[str]:
    return [getattr(each, "code", each) for each in race(city, one, other, held_at=held_at)]


def desk(city: City) -> Person:
    """Make a regie worker; the served cities are shared, so with a name of its own."""
    home = build.organisation(city, OrganisationKind.CITY, name=f"Stad {uuid4().hex[:8]}")
    address = f"{uuid4().hex[:8]}@genk.example"
    return build.person(city, Role.REGIE, organisation_id=home, email=address)
