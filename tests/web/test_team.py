"""A provider's own house: places with their hours and closing days, and colleagues who scan."""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from kernel.accounts import Account
from kernel.calendar import BRUSSELS
from kernel.cities import City
from kernel.organisations import ClosingDay, Location, OpeningHours
from tests import build
from tests.build import Person, at_work
from tests.web.people import form, said, signed_in, words

TEAM = "/opvang/team"


def test_an_empty_house_says_what_to_do(app: Flask, city: City) -> None:
    page = said(signed_in(app, build.provider(city, locations=0)), TEAM)
    assert "Nog geen plaats" in page
    assert "Zodra de stad je opvang goedkeurt" in page


def test_hours_are_kept_as_people_write_them(
    client: FlaskClient, city: City, provider: Person
) -> None:
    answer = sends(client, provider, "uren", {"opens.0": "6u30", "closes.0": "18.30"})
    assert answer.status_code == 303
    page = said(client, TEAM)
    assert "06:30 tot 18:30" in page
    assert "voor 7 uur" in page
    assert "na 18 uur" in page
    with at_work(city) as uow:
        assert len(uow.session.scalars(select(OpeningHours)).all()) == 1


def test_hours_of_a_later_day_leave_those_of_today(client: FlaskClient, provider: Person) -> None:
    sends(client, provider, "uren", {"opens.0": "7", "closes.0": "18"})
    later = today() + timedelta(days=30)
    sends(client, provider, "uren", {"opens.0": "8", "closes.0": "17", "since": f"{later}"})
    assert "Hieronder staan de uren vanaf" in said(client, at(provider))
    assert "07:00 tot 18:00" in said(client, TEAM)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"opens.0": "19:00", "closes.0": "18:00"}, "Dit uur moet na het openingsuur komen."),
        ({"opens.0": "8:00"}, "Vul beide uren in"),
        ({"opens.0": "acht", "closes.0": "18:00"}, "Schrijf het uur zoals"),
        ({"opens.0": "8", "closes.0": "18", "since": "2020-01-01"}, "Kies vandaag of een latere"),
        ({"since": "morgen"}, "Kies een dag."),
    ],
)
def test_hours_that_cannot_be_are_refused_and_what_was_typed_stays(
    client: FlaskClient, provider: Person, wrong: dict[str, str], told: str
) -> None:
    answer = sends(client, provider, "uren", wrong)
    assert answer.status_code == 422
    assert told in words(answer.text)
    for value in wrong.values():
        assert f'value="{value}"' in answer.text


def test_closing_days_are_added_and_undone(
    client: FlaskClient, city: City, provider: Person
) -> None:
    first, last = today() + timedelta(days=10), today() + timedelta(days=14)
    answer = sends(client, provider, "gesloten", {"first": f"{first}", "last": f"{last}"})
    assert "tot en met" in said(client, answer.location)
    undo = f"{at(provider)}/toch-open"
    client.post(undo, data=form(client, answer.location, action=undo))
    assert "Nog geen sluitingsdagen" in said(client, at(provider))
    with at_work(city) as uow:
        assert uow.session.scalars(select(ClosingDay)).all() == []
    wrong = sends(client, provider, "gesloten", {"first": ""})
    assert "Kies een dag." in words(wrong.text)


def test_the_number_that_families_call_is_ones_own_to_change(
    client: FlaskClient, city: City, provider: Person
) -> None:
    assert sends(client, provider, "telefoon", {"phone": "0470 12 34 56"}).status_code == 303
    assert sends(client, provider, "telefoon", {"phone": "bel"}).status_code == 422
    with at_work(city) as uow:
        assert uow.session.get_one(Location, provider.location_id).phone == "0470 12 34 56"


def test_one_more_place_waits_for_the_city(client: FlaskClient, city: City, app: Flask) -> None:
    path = f"{TEAM}/nieuw"
    given = {"name": "Huis 2", "kind": "group", "address": "Straat 1", "postcode": "3600"}
    answer = client.post(path, data=form(client, path) | given | {"municipality": "Genk"})
    page = said(client, answer.location)
    assert "Je vraag is bij de stad." in page
    assert "Wacht op de stad" in page
    regie = signed_in(app, build.regie(city))
    assert "Huis 2" in said(regie, "/regie/opvang")
    assert client.post(path, data=form(client, path)).status_code == 422


def test_a_colleague_is_invited_let_go_and_let_back(client: FlaskClient, city: City) -> None:
    path = f"{TEAM}/mensen"
    given = {"name": "Els Demo", "email": "els@genk.example"}
    answer = client.post(path, data=form(client, TEAM, action=path) | given)
    assert "els" not in answer.location
    page = said(client, answer.location)
    assert "De mail is onderweg." in page
    assert "uitgenodigd" in page
    again = client.post(path, data=form(client, TEAM, action=path) | given)
    assert again.status_code == 409
    assert "heeft hier al een account" in words(again.text)
    with at_work(city) as uow:
        els = uow.session.scalars(select(Account).filter_by(email="els@genk.example")).one()
        els.seen_at = build.MONDAY
        person = f"{path}/{els.id}"
    off = client.post(
        f"{person}/uitschakelen", data=form(client, TEAM, action=f"{person}/uitschakelen")
    )
    assert "Je collega kan niet meer aanmelden." in said(client, off.location)
    undo = f"{person}/inschakelen"
    back = client.post(undo, data=form(client, off.location, action=undo), follow_redirects=True)
    assert "Je collega kan weer aanmelden." in words(back.text)


def test_nothing_of_anothers_house_is_there(client: FlaskClient, city: City) -> None:
    other = build.provider(city)
    hidden = form(client, f"{TEAM}/nieuw")
    assert client.get(at(other)).status_code == 404
    for deed in ("uren", "gesloten", "toch-open", "telefoon"):
        data = hidden | {"first": f"{today()}"}
        assert client.post(f"{at(other)}/{deed}", data=data).status_code in {404, 422}
    for deed in ("opnieuw", "intrekken", "uitschakelen", "inschakelen"):
        path = f"{TEAM}/mensen/{other.actor.account_id}/{deed}"
        assert client.post(path, data=hidden).status_code == 404


def test_each_place_says_its_week_with_one_tap(app: Flask, city: City) -> None:
    two = build.provider(city, locations=2)
    client, room = signed_in(app, two), "/opvang/vandaag/plaats"
    assert "Van 2 plaatsen weten gezinnen het nu niet." in said(client, "/opvang/vandaag")
    for place in (two.location_id, *two.more_locations):
        given = form(client, "/opvang/vandaag", action=room) | {"locationId": str(place)}
        assert client.post(room, data=given | {"room": "yes"}).status_code == 303
    html = client.get("/opvang/vandaag").text
    assert html.count('value="yes" aria-pressed="true"') == 2
    assert "weten gezinnen het nu niet" not in words(html)


def at(provider: Person) -> str:
    return f"{TEAM}/plaats/{provider.location_id}"


def sends(client: FlaskClient, provider: Person, what: str, given: dict[str, str]) -> TestResponse:
    action = f"{at(provider)}/{what}"
    return client.post(action, data=form(client, at(provider), action=action) | given)


def today() -> date:
    return datetime.now(BRUSSELS).date()


@pytest.fixture
def provider(city: City) -> Person:
    return build.provider(city)


@pytest.fixture
def client(app: Flask, provider: Person) -> FlaskClient:
    return signed_in(app, provider)
