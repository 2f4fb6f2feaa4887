"""The demo's Antwerpen buys places and has children from their first day to past their limit."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import create_app
from demo.seeding import seed_demo
from jobs.dispatch import dispatch_events
from kernel.access import CLOCK, Actor, Role
from kernel.accounts import Account
from kernel.calendar import BRUSSELS
from kernel.cities import City
from kernel.organisations import Organisation
from kernel.unit_of_work import unit_of_work
from occasioneel.bought import read_purchases
from occasioneel.children import PlacedChild, read_children
from occasioneel.limits import Standing
from occasioneel.models import Outcome, Placement, PurchaseState
from occasioneel.signalling import signal_limits
from terminal.looking import CHECKS
from tests.build import Person
from tests.conftest import city_at, settings_for
from tests.test_check import failing_in
from tests.web.people import said, signed_in

THURSDAY = datetime(2026, 11, 26, 14, 0, tzinfo=BRUSSELS)


def test_six_starters_sell_two_to_four_places(antwerpen: City) -> None:
    with unit_of_work(antwerpen, _regie(antwerpen), writes=False, now=THURSDAY) as uow:
        rows = read_purchases(uow)
        owners = set(uow.session.scalars(select(Organisation.name)))
    assert len(rows) == 6
    assert {row.places for row in rows} == {2, 3, 4}
    assert {row.state for row in rows} == {PurchaseState.ACTIVE, PurchaseState.WINDING_DOWN}
    assert all(" Demo" in row.organisation for row in rows)
    assert {row.organisation for row in rows} <= owners


def test_twelve_children_are_spread_over_the_months_and_two_are_past_the_limit(
    antwerpen: City,
) -> None:
    children = _children(antwerpen)
    assert len(children) == 12
    stands = [child.limit.standing(THURSDAY.date()) for child in children]
    assert stands.count(Standing.OVER) == 2
    assert min(stands.count(each) for each in Standing) >= 2
    cards = [child.open_card for child in children if child.open_card]
    assert {card.rule for card in cards} == {"limit-four", "limit-five"}
    assert all(card.who == "Joris Demo" for card in cards)
    assert sum(child.last_step is not None for child in children) >= 4


def test_one_child_moved_and_one_left_for_a_regular_place(antwerpen: City) -> None:
    with unit_of_work(antwerpen, CLOCK, writes=True, now=THURSDAY) as uow:
        outcomes = [each for each in uow.session.scalars(select(Placement.outcome)) if each]
        assert sorted(outcomes) == [Outcome.REGULAR_ELSEWHERE, "transferred"]
        assert signal_limits(uow) == [], "the clock finds nothing more"
        assert failing_in(uow.session) == {}
        assert len(CHECKS) > 20


def test_genk_has_none_of_it(sqlite_url: str, tmp_path: Path) -> None:
    """A city that does not use it: no purchase, no menu, no page."""
    genk = city_at(sqlite_url, programmes=frozenset({"vouchers"}))
    seed_demo(genk, now=THURSDAY, dispatch=dispatch_events)
    with unit_of_work(genk, CLOCK, writes=False, now=THURSDAY) as uow:
        assert uow.session.scalar(select(func.count()).select_from(Placement)) == 0
    app = create_app(settings_for(genk, tmp_path))
    person = Person(
        actor=_regie(genk), email="regie@genk.example", organisation_id=_regie(genk).organisation_id
    )
    client = signed_in(app, person)
    page = said(client, "/regie/opvang")
    assert "Kinderen" not in page
    assert "Aankopen" not in page
    for path in ("/kinderen", "/aankopen"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "Jouw stad gebruikt dit onderdeel niet." in answer.get_data(as_text=True)
    genk.database.dispose()


@pytest.mark.parametrize(
    "now",
    [
        datetime(2027, 1, 1, 23, 59, tzinfo=BRUSSELS),  # a holiday
        datetime(2028, 2, 29, 12, 0, tzinfo=BRUSSELS),  # leap day
    ],
)
def test_it_is_as_alive_at_any_moment(sqlite_url: str, now: datetime) -> None:
    city = city_at(sqlite_url, host="antwerpen.localhost", name="Antwerpen")
    seed_demo(city, now=now, dispatch=dispatch_events)
    children = _children(city, now)
    city.database.dispose()
    assert len(children) == 12
    stands = {child.limit.standing(now.date()) for child in children}
    assert stands == set(Standing)
    assert any(child.open_card for child in children)


def _children(city: City, now: datetime = THURSDAY) -> list[PlacedChild]:
    with unit_of_work(city, _regie(city), writes=False, now=now) as uow:
        return read_children(uow)


def _regie(city: City) -> Actor:
    with city.database.transaction(writes=False) as session:
        account = session.scalars(select(Account).where(Account.email.startswith("regie@"))).one()
        return Actor(
            account_id=account.id,
            organisation_id=account.organisation_id,
            roles=frozenset({Role.REGIE}),
        )


@pytest.fixture(scope="module")
def antwerpen(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The demo's Antwerpen, as of a Thursday afternoon."""
    file = tmp_path_factory.mktemp("demo") / "antwerpen.db"
    file.write_bytes(sqlite_template.read_bytes())
    city = city_at(f"sqlite:///{file}", host="antwerpen.localhost", name="Antwerpen")
    assert "alles verzonnen" in seed_demo(city, now=THURSDAY, dispatch=dispatch_events)
    yield city
    city.database.dispose()
