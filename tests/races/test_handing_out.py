"""Two referrers at the same moment: no family gets two booklets, no year gives one too many."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select

from kernel.cities import City
from kernel.rules import DatedRule
from tests import build
from tests.build import MONDAY, Person, at_work
from tests.figures import Say, rounds
from tests.races.books import faults
from tests.races.pairs import Deed, race
from vouchers.choices import CITY_CEILING, ORGANISATION_CEILING
from vouchers.errors import CeilingReached, FamilyHasBooklet
from vouchers.giving_again import give_second_booklet
from vouchers.issuing import hand_out_booklet
from vouchers.models import Appointment, Booklet
from vouchers.replacing import replace_lost_booklet
from vouchers.visiting import agree_first_visit

pytestmark = pytest.mark.serial

_names = count(1)
STATEMENTS = 12


def test_one_family_gets_one_booklet_of_two_hands(city: City, figure: Say) -> None:
    referrer = build.referrer(city)
    pairs = rounds(100)
    for held_at in _places(pairs):
        family = f"OC-{next(_names)}"
        ended = _race(city, _give(city, referrer, family), _give(city, referrer, family), held_at)
        assert sorted(ended) == [FamilyHasBooklet.code, "given"]
    assert _booklets(city) == pairs
    figure("hand-out", f"{pairs} pairs for one family at once: one booklet each")


def test_one_key_hands_out_one_booklet(city: City) -> None:
    referrer = build.referrer(city)
    for held_at in _places(rounds(100)):
        family = f"OC-{next(_names)}"
        both = [_give(city, referrer, family, idempotency_key=family) for _ in range(2)]
        assert sorted(_race(city, both[0], both[1], held_at)) == ["given", "replayed"]
    assert _booklets(city) == rounds(100)


@pytest.mark.parametrize("rule", [CITY_CEILING, ORGANISATION_CEILING], ids=["city", "own"])
def test_the_last_booklet_of_a_year_is_given_once(city: City, rule: Any, figure: Say) -> None:
    """The city's ceiling is shared by organisations that have nothing else in common."""
    one = build.referrer(city)
    other = build.referrer(city) if rule is CITY_CEILING else one
    places = _places(rounds(100))
    for given, held_at in enumerate(places):
        _choose(city, rule.name, given + 1)
        both = [_give(city, by, f"OC-{next(_names)}") for by in (one, other)]
        assert sorted(_race(city, both[0], both[1], held_at)) == [CeilingReached.code, "given"]
    assert _booklets(city) == len(places)
    figure(
        f"ceiling {rule.name.rpartition('.')[2]}",
        f"{len(places)} last booklets for two at once: one each",
    )


def test_one_key_gives_one_second_booklet(city: City) -> None:
    referrer, regie = build.referrer(city), build.regie(city)
    for held_at in _places(rounds(100)):
        first = build.handed_out(city, referrer)

        def again(booklet: Any = first.id) -> str:
            with at_work(city, regie.actor) as uow:
                made = give_second_booklet(uow, booklet_id=booklet, idempotency_key=str(booklet))
                return "replayed" if made.replayed else "given"

        assert sorted(_race(city, again, again, held_at)) == ["given", "replayed"]
    assert _booklets(city) == 2 * rounds(100)


def test_two_first_visits_agreed_at_once_leave_one(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    for held_at in _places(rounds(100)):
        paper = build.handed_out(city, referrer)

        def agree(days: int, booklet: Any = paper.id) -> Deed:
            day = (MONDAY + timedelta(days=days)).date()
            where = {"booklet_id": booklet, "location_id": provider.location_id, "day": day}
            return _doing(city, referrer, partial(agree_first_visit, **where))

        assert _race(city, agree(1), agree(2), held_at) == ["given", "given"]
        with at_work(city) as uow:
            still = (Appointment.booklet_id == paper.id, Appointment.replaced_at.is_(None))
            assert uow.session.scalar(select(func.count()).where(*still)) == 1


def test_a_booklet_lost_twice_at_once_is_replaced_once(city: City) -> None:
    referrer = build.referrer(city)
    for held_at in _places(rounds(100)):
        paper = build.handed_out(city, referrer)
        lose = _doing(city, referrer, partial(replace_lost_booklet, booklet_id=paper.id))
        assert sorted(_race(city, lose, lose, held_at)) == ["given", "illegal-move"]
    assert _booklets(city) == 2 * rounds(100)
    assert faults(city) == []


def test_either_booklet_of_a_family_with_two_can_be_lost(city: City) -> None:
    """The regie gave a second one; the first, lost later, does not stand in its way."""
    regie = build.regie(city)
    papers = [build.handed_out(city, regie, reference="OC-twins") for _ in range(2)]
    for paper in papers:
        with at_work(city, regie.actor) as uow:
            assert replace_lost_booklet(uow, booklet_id=paper.id).size == 10
    assert _booklets(city) == 4


def _places(pairs: int) -> list[int]:
    """Give for each pair the statement of the first before which it is held."""
    return [number % STATEMENTS + 1 for number in range(pairs)]


def _give(city: City, by: Person, reference: str, **more: Any) -> Deed:
    family = {"reference": reference, "language": "nl"}

    def give(uow: Any) -> Any:
        return hand_out_booklet(uow, family=family, meets_criteria=True, **more)

    return _doing(city, by, give)


def _doing(city: City, by: Person, deed: Callable[[Any], Any]) -> Deed:
    def done() -> str:
        with at_work(city, by.actor) as uow:
            return "replayed" if getattr(deed(uow), "replayed", False) else "given"

    return done


def _race(city: City, one: Deed, other: Deed, held_at: int) -> list[str]:
    return [getattr(each, "code", each) for each in race(city, one, other, held_at=held_at)]


def _choose(city: City, name: str, value: int) -> None:
    with at_work(city) as uow:
        kept = uow.session.scalar(select(DatedRule).where(DatedRule.name == name))
        if kept is not None:
            kept.value = value
    if kept is None:
        build.rule(city, name, value)


def _booklets(city: City) -> int:
    with at_work(city) as uow:
        return uow.session.scalar(select(func.count()).select_from(Booklet)) or 0
