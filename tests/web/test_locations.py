"""The city's list of places: found, approved, ended, taken back, written down by hand."""

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from kernel.access import Role
from kernel.calendar import BRUSSELS
from kernel.cities import City
from kernel.events import RecordedEvent
from kernel.organisations import Location, Organisation, OrganisationKind, Room
from kernel.places import tell_room
from tests import build
from tests.build import Person, at_work
from tests.web.people import form, said, signed_in, words
from vouchers.errors import ProviderNotApproved

LIST, NEW = "/regie/opvang", "/regie/opvang/nieuw"
NEST = {
    "name": "Het Warme Nest",
    "kind": "family",
    "address": "Akkerhof 5",
    "postcode": "3600",
    "municipality": "Genk",
    "phone": "089 00 11 10",
    "newOrganisation": "Fatma Demo",
}


def test_an_approved_place_redeems_and_that_can_be_undone(
    city: City, regie: FlaskClient, waiting: Person
) -> None:
    paper = build.handed_out(city, build.referrer(city), now=now())
    with pytest.raises(ProviderNotApproved):
        build.scanned(city, waiting, paper.codes[0], now=now())
    page = does(regie, waiting, "goedkeuren")
    assert "kan vanaf vandaag cheques inruilen" in words(page)
    build.scanned(city, waiting, paper.codes[0], now=now())
    undone = press(regie, page, f"/regie/opvang/{waiting.location_id}/terug")
    assert "Wacht op goedkeuring" in words(undone)
    with pytest.raises(ProviderNotApproved):
        build.scanned(city, waiting, paper.codes[1], now=now(), same_day_reason="secondChild")
    assert events(city) == ["kernel.location_approved", "kernel.approval_taken_back"]


def test_an_ended_place_redeems_today_for_the_last_time(
    city: City, regie: FlaskClient, provider: Person
) -> None:
    page = does(regie, provider, "stoppen")
    assert "stopt: vandaag is de laatste dag" in words(page)
    paper = build.handed_out(city, build.referrer(city), now=now())
    build.scanned(city, provider, paper.codes[0], now=now())
    with pytest.raises(ProviderNotApproved):
        build.scanned(city, provider, paper.codes[1], now=now() + timedelta(days=1))
    undone = press(regie, page, f"/regie/opvang/{provider.location_id}/goedkeuren")
    assert "Goedgekeurd" in words(undone)
    build.scanned(city, provider, paper.codes[2], now=now() + timedelta(days=1))
    assert events(city) == ["kernel.location_ended", "kernel.location_approved"]


def test_a_place_that_ended_begins_anew_today_and_the_days_between_stay_closed(
    city: City, regie: FlaskClient, provider: Person
) -> None:
    with at_work(city) as uow:
        place = uow.session.get_one(Location, provider.location_id)
        place.ended_on = now().date() - timedelta(days=5)
    assert "Gestopt" in said(regie, LIST)
    page = does(regie, provider, "goedkeuren")
    paper = build.handed_out(city, build.referrer(city), now=now() - timedelta(days=9))
    build.scanned(city, provider, paper.codes[0], now=now())
    yesterday = now().date() - timedelta(days=1)
    with pytest.raises(ProviderNotApproved):
        build.scanned(city, provider, paper.codes[1], now=now(), care_date=yesterday)
    stopped = press(regie, page, f"/regie/opvang/{provider.location_id}/stoppen")
    assert "vandaag is de laatste dag" in words(stopped)


def test_a_second_click_changes_nothing(city: City, regie: FlaskClient, waiting: Person) -> None:
    for _ in range(2):
        does(regie, waiting, "goedkeuren")
    for _ in range(2):
        does(regie, waiting, "stoppen")
    assert events(city) == ["kernel.location_approved", "kernel.location_ended"]


def test_what_cannot_be_done_is_said_above_the_list(
    regie: FlaskClient, provider: Person, waiting: Person
) -> None:
    hidden = form(regie, LIST)
    ended = regie.post(f"{LIST}/{waiting.location_id}/stoppen", data=hidden)
    assert ended.status_code == 409
    assert "neemt nu geen cheques aan" in words(ended.get_data(as_text=True))
    late = regie.post(f"{LIST}/{provider.location_id}/terug", data=hidden)
    assert late.status_code == 409
    assert "Deze goedkeuring is niet van vandaag" in words(late.get_data(as_text=True))
    assert regie.post(f"{LIST}/{uuid4()}/goedkeuren", data=hidden).status_code == 404


def test_the_list_finds_and_filters_those_that_wait_first(
    city: City, regie: FlaskClient, provider: Person, waiting: Person
) -> None:
    home = build.organisation(city, OrganisationKind.PROVIDER, name="Samen Groot vzw")
    build.location(city, organisation_id=home, name="Aa 100%_zoet", address="Molenhof 2")
    full = said(regie, LIST)
    assert "3 opvangplaatsen" in full
    assert full.index("Wacht op goedkeuring Plaats deze week:") < full.index("Aa 100%_zoet")
    for search in ("samen groot", "molenHOF", "100%_z"):
        assert "1 opvang Opvang" in said(regie, f"{LIST}?zoek={search.replace('%', '%25')}")
    assert "Niets gevonden" in said(regie, f"{LIST}?zoek=%25%25")
    assert "1 opvang Opvang" in said(regie, f"{LIST}?toon=waiting")
    assert "2 opvangplaatsen" in said(regie, f"{LIST}?toon=approved")
    assert "Hier staat nog niets" in said(regie, f"{LIST}?toon=ended")
    assert "3 opvangplaatsen" in said(regie, f"{LIST}?toon=onzin&pagina=x")
    assert "Deze bladzijde is leeg" in said(regie, f"{LIST}?pagina=99")


def test_fifty_places_fill_a_page(city: City, regie: FlaskClient) -> None:
    home = build.organisation(city, OrganisationKind.PROVIDER)
    for n in range(52):
        build.location(city, organisation_id=home, name=f"Plek {n:02}")
    assert "Opvang 1 tot 50 van 52" in said(regie, f"{LIST}?toon=approved&zoek=plek")
    second = said(regie, f"{LIST}?toon=approved&zoek=plek&pagina=2")
    assert "Plek 50" in second
    assert "Plek 49" not in second


def test_a_place_shows_its_week_and_its_cheques(
    city: City, regie: FlaskClient, provider: Person
) -> None:
    assert provider.location_id is not None
    with at_work(city, provider.actor, now()) as uow:
        tell_room(uow, location_id=provider.location_id, room=Room.SOME)
    paper = build.handed_out(city, build.referrer(city), now=now())
    build.scanned(city, provider, paper.codes[0], now=now())
    page = said(regie, LIST)
    assert "een beetje" in page
    assert f"{now():%d/%m/%Y} 1 deze maand" in page


def test_a_place_is_written_down_by_hand(city: City, regie: FlaskClient) -> None:
    answer = adds(regie, approved="true")
    assert answer.status_code == 303
    page = said(regie, answer.headers["Location"])
    assert "Het Warme Nest staat in de lijst. Ze kan vanaf vandaag cheques inruilen." in page
    with at_work(city) as uow:
        place = uow.session.scalars(select(Location)).one()
        home = uow.session.get_one(Organisation, place.organisation_id)
        assert (place.name, place.postcode, place.approved_on) == (
            "Het Warme Nest",
            "3600",
            now().date(),
        )
        assert (home.name, home.kind) == ("Fatma Demo", "provider")
    assert events(city) == ["kernel.location_registered", "kernel.location_approved"]


def test_a_known_organisation_is_not_made_twice_nor_its_place(
    city: City, regie: FlaskClient
) -> None:
    adds(regie)
    again = adds(regie)
    assert again.status_code == 422
    assert "heeft al een opvang met die naam" in words(again.get_data(as_text=True))
    assert adds(regie, name="Het Tweede Nest").status_code == 303
    with at_work(city) as uow:
        homes = uow.session.scalars(select(Organisation.name).filter_by(kind="provider"))
        assert list(homes) == ["Fatma Demo"]


def test_a_place_joins_an_organisation_from_the_list(
    city: City, regie: FlaskClient, provider: Person
) -> None:
    answer = adds(regie, newOrganisation="", organisation=str(provider.organisation_id))
    assert answer.status_code == 303
    with at_work(city) as uow:
        place = uow.session.scalars(select(Location).filter_by(name="Het Warme Nest")).one()
        assert place.organisation_id == provider.organisation_id
        assert place.approved_on is None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": " "}, "Vul dit in."),
        ({"name": "x" * 101}, "hoogstens 100 tekens"),
        ({"kind": ""}, "Kies groepsopvang of gezinsopvang."),
        ({"kind": "zoo"}, "Kies groepsopvang of gezinsopvang."),
        ({"postcode": "36000"}, "Een postcode heeft vier cijfers"),
        ({"phone": "bel me"}, "Dit is geen telefoonnummer."),
        ({"registerNumber": "12"}, "negen of tien cijfers"),
        ({"district": str(uuid4())}, "Kies een wijk uit de lijst."),
        ({"district": "x"}, "Kies er een uit de lijst."),
        ({"newOrganisation": ""}, "Kies een organisatie, of typ de naam"),
        ({"newOrganisation": "", "organisation": str(uuid4())}, "Kies een organisatie uit"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    city: City, regie: FlaskClient, wrong: dict[str, str], told: str
) -> None:
    answer = adds(regie, **wrong)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert told in words(page)
    assert 'value="Akkerhof 5"' in page
    assert 'role="alert"' in page
    with at_work(city) as uow:
        assert uow.session.scalars(select(Location)).all() == []


def test_a_register_number_belongs_to_one_place(regie: FlaskClient) -> None:
    assert adds(regie, registerNumber="123456789").status_code == 303
    second = adds(regie, name="Ander nest", registerNumber="123456789")
    assert second.status_code == 422
    assert "heeft dit dossiernummer al" in words(second.get_data(as_text=True))


def test_a_name_is_shown_as_text(regie: FlaskClient) -> None:
    adds(regie, name="<script>alert(1)</script> & Co")
    page = regie.get(LIST).get_data(as_text=True)
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_an_empty_city_says_what_to_do_next(regie: FlaskClient) -> None:
    page = said(regie, LIST)
    assert "Voeg de eerste toe" in page
    assert "opstap import locations" in page
    assert "Niemand wacht op goedkeuring" in said(regie, f"{LIST}?toon=waiting")


def test_the_administrator_looks_after_places_too(city: City, app: Flask, waiting: Person) -> None:
    home = build.organisation(city, OrganisationKind.CITY, name="IT")
    client = signed_in(app, build.person(city, Role.ADMINISTRATOR, organisation_id=home))
    assert "kan vanaf vandaag" in words(does(client, waiting, "goedkeuren"))
    assert adds(client).status_code == 303


@pytest.mark.parametrize("role", [Role.REFERRER, Role.PROVIDER, Role.FINANCE, Role.EVALUATOR])
def test_nobody_else_does(city: City, app: Flask, provider: Person, role: Role) -> None:
    home = build.organisation(city, OrganisationKind.CITY, name="Elders")
    client = signed_in(app, build.person(city, role, organisation_id=home))
    hidden = form(client, "/account")
    assert client.get(LIST).status_code == client.get(NEW).status_code == 403
    for deed in ("goedkeuren", "stoppen", "terug"):
        path = f"{LIST}/{provider.location_id}/{deed}"
        assert client.post(path, data=hidden).status_code == 403
    assert client.post(NEW, data=hidden | NEST).status_code == 403
    assert events(city) == []


def now() -> datetime:
    """Give the moment at which the page works: the real one."""
    return datetime.now(BRUSSELS)


def does(client: FlaskClient, whose: Person, deed: str) -> str:
    """Press a deed of a place in the list, and give the page that follows."""
    path = f"{LIST}/{whose.location_id}/{deed}"
    answer = client.post(path, data=form(client, LIST), follow_redirects=True)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def press(client: FlaskClient, page: str, action: str) -> str:
    """Press the undo bar of a page, and give the page that follows."""
    bar = page[page.index('<form class="undo"') :]
    assert f'action="{action}"' in bar
    token = re.search(r'name="csrf_token" value="([^"]+)"', bar)
    assert token is not None
    answer = client.post(action, data={"csrf_token": token[1]}, follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def adds(client: FlaskClient, **changed: str) -> TestResponse:
    """Send the form for a new place."""
    return client.post(NEW, data=form(client, NEW) | NEST | changed)


def events(city: City) -> list[str]:
    """Give what happened to places, in order."""
    with at_work(city) as uow:
        names = uow.session.scalars(select(RecordedEvent.name).order_by(RecordedEvent.number))
        return [name for name in names if name.startswith("kernel.")]


@pytest.fixture
def regie(city: City, app: Flask) -> FlaskClient:
    return signed_in(app, build.regie(city))


@pytest.fixture
def provider(city: City) -> Person:
    return build.provider(city)


@pytest.fixture
def waiting(city: City) -> Person:
    return build.provider(city, approved_on=None)
