"""Somebody of an opvang asks to take part, and the city says yes or no beside what it knows."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from kernel.accounts import Account
from kernel.cities import City
from kernel.inviting import choose_password, link
from kernel.organisations import Location, OrganisationKind
from tests import build
from tests.build import PASSWORD, Person, at_work
from tests.fuzz.test_names import NAMES
from tests.web.people import form, said, signed_in, words

JOIN, LIST = "/opvang/meedoen", "/regie/opvang"
NEST = {
    "organisation": "Fatma Demo",
    "name": "Het Warme Nest",
    "kind": "family",
    "address": "Akkerhof 5",
    "postcode": "3600",
    "municipality": "Genk",
    "phone": "089 00 11 10",
    "registerNumber": "123456789",
    "person": "Fatma Demo",
    "email": "fatma@genk.example",
}


def test_who_asks_is_told_what_comes_and_the_answer_tells_nothing_of_the_address(
    app: Flask, city: City
) -> None:
    build.referrer(city, email="known@genk.example")
    client = app.test_client()
    answers = [asks(client, email=email) for email in ("known@genk.example", "new@genk.example")]
    assert {(one.status_code, one.location) for one in answers} == {(303, f"{JOIN}?klaar=ja")}
    assert "Kijk in je mailbox" in said(client, answers[0].location)


def test_from_the_form_to_the_first_scan(app: Flask, city: City, regie: FlaskClient) -> None:
    asks(app.test_client())
    page = said(regie, LIST)
    assert "1 opvang vraagt om mee te doen" in page
    assert "Dit dossiernummer staat niet in de lijst." in page
    assert "adres nog niet bevestigd" in page
    fatma = chooses(city)
    client = signed_in(app, fatma)
    today = said(client, "/opvang/vandaag")
    assert "Het Warme Nest: de stad kijkt nog" in today
    assert "Vul je openingsuren in" in today
    assert "adres bevestigd" in said(regie, LIST)
    yes = regie.post(
        f"{LIST}/{place(city)}/goedkeuren",
        data=form(regie, LIST, action=f"{LIST}/{place(city)}/goedkeuren"),
        follow_redirects=True,
    )
    assert "kan vanaf vandaag cheques inruilen" in words(yes.text)
    assert "de stad kijkt nog" not in said(client, "/opvang/vandaag")
    assert "Typ de code" in said(client, "/scan")


def test_a_no_has_a_reason_that_its_people_read(app: Flask, city: City, regie: FlaskClient) -> None:
    asks(app.test_client())
    path = f"{LIST}/{place(city)}/weigeren"
    nothing = regie.post(path, data=form(regie, path))
    assert nothing.status_code == 422
    assert "Kies een reden." in words(nothing.text)
    other = regie.post(path, data=form(regie, path) | {"reason": "other"})
    assert "Schrijf de reden" in words(other.text)
    given = form(regie, path) | {"reason": "other", "because": "Bel ons eerst eens op."}
    page = regie.post(path, data=given, follow_redirects=True).text
    assert "krijgt een mail met de reden" in words(page)
    assert "Bel ons eerst eens op." in said(regie, f"{LIST}?toon=declined")
    fatma = signed_in(app, chooses(city))
    assert "De reden: Bel ons eerst eens op." in said(fatma, "/opvang/vandaag")
    back = f"{LIST}/{place(city)}/terug"
    regie.post(back, data=form(regie, f"{LIST}?klaar=geweigerd&plaats={place(city)}", action=back))
    assert "1 opvang vraagt om mee te doen" in said(regie, LIST)


def test_what_the_list_knows_stands_beside_it(app: Flask, city: City, regie: FlaskClient) -> None:
    home = build.organisation(city, OrganisationKind.PROVIDER, name="Lijst vzw")
    build.location(
        city,
        organisation_id=home,
        name="Nest uit de lijst",
        approved_on=None,
        register_number="123456789",
    )
    asks(app.test_client())
    page = said(regie, LIST)
    assert "Zo staat het in de lijst Nest uit de lijst" in page
    assert "beheert deze persoon de plaats uit de lijst" in page


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"organisation": ""}, "Vul dit in."),
        ({"kind": "zoo"}, "Kies groepsopvang of gezinsopvang."),
        ({"postcode": "36"}, "Een postcode heeft vier cijfers"),
        ({"phone": "bel me"}, "Dit is geen telefoonnummer."),
        ({"registerNumber": "12"}, "negen of tien cijfers"),
        ({"email": "fatma"}, "Dit is geen e-mailadres."),
        ({"person": "x" * 101}, "hoogstens 100 tekens"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    app: Flask, city: City, wrong: dict[str, str], told: str
) -> None:
    answer = asks(app.test_client(), **wrong)
    assert answer.status_code == 422
    assert told in words(answer.text)
    assert 'value="Akkerhof 5"' in answer.text
    with at_work(city) as uow:
        assert uow.session.scalars(select(Account)).all() == []


def test_too_many_are_told_so_honestly(app: Flask, city: City) -> None:
    client = app.test_client()
    for _ in range(3):
        assert asks(client).status_code == 303
    often = asks(client)
    assert (often.status_code, "Retry-After" in often.headers) == (429, False)
    assert "al drie keer" in words(often.text)
    build.rule(city, "kernel.most_waiting_requests", 1)
    full = asks(client, email="other@genk.example")
    assert full.status_code == 429
    assert "te veel aanvragen" in words(full.text)


def test_no_real_name_is_refused_for_a_place_that_asks(app: Flask, city: City) -> None:
    build.rule(city, "kernel.most_waiting_requests", 1000)
    client = app.test_client()
    for n, name in enumerate(NAMES):
        given = {"organisation": name, "name": name, "person": name, "registerNumber": ""}
        assert asks(client, email=f"n{n}@genk.example", **given).status_code == 303, name
    with at_work(city) as uow:
        assert set(uow.session.scalars(select(Account.name))) == set(NAMES)
        assert set(uow.session.scalars(select(Location.name))) == set(NAMES)


def test_the_sign_in_page_shows_the_way(app: Flask, city: City) -> None:
    assert f'href="{JOIN}"' in app.test_client().get("/aanmelden").text


def asks(client: FlaskClient, **changed: str) -> TestResponse:
    return client.post(JOIN, data=form(client, JOIN) | NEST | changed)


def place(city: City) -> str:
    with at_work(city) as uow:
        return str(uow.session.scalars(select(Location.id).filter_by(name=NEST["name"])).one())


def chooses(city: City) -> Person:
    """Let who asked choose a password by the letter's link."""
    with at_work(city) as uow:
        account = uow.session.scalars(select(Account).filter_by(email=NEST["email"])).one()
        account_id, home = account.id, account.organisation_id
    token = link(city, account_id=account_id, key="a key for tests").rsplit("/", 1)[1]
    choose_password(city, token=token, password=PASSWORD, key="a key for tests")
    actor = build.provider(city, locations=0).actor
    return Person(actor=actor, email=NEST["email"], organisation_id=home)


@pytest.fixture
def regie(city: City, app: Flask) -> FlaskClient:
    return signed_in(app, build.regie(city))
