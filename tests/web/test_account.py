"""The account page: who I am, when I am away, which mails, which phones, another password."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kernel.access import Role
from kernel.accounts import Account
from kernel.calendar import day_of
from kernel.cities import City
from tests import build
from tests.build import PASSWORD, Person, at_work
from tests.web.people import form, said, signed_in, words

PAGE = "/account"


def test_everybody_reads_who_they_are_and_only_what_matters_to_them(city: City, app: Flask) -> None:
    home = build.regie(city).organisation_id
    shown = {
        Role.REFERRER: {"Ik ben er niet", "goed nieuws", "nieuwe taken"},
        Role.PROVIDER: set(),
        Role.REGIE: {"Ik ben er niet", "nieuwe taken", "Tweede stap"},
        Role.FINANCE: {"Tweede stap"},
        Role.EVALUATOR: {"Tweede stap"},
        Role.ADMINISTRATOR: {"Tweede stap"},
    }
    every = {"Ik ben er niet", "goed nieuws", "nieuwe taken", "Tweede stap"}
    for role, matters in shown.items():
        person = build.person(city, role, organisation_id=home)
        page = said(signed_in(app, person), PAGE)
        assert {text for text in every if text in page} == matters, role
        for always in ("Waar je aangemeld bent", person.email, "Meld je af", "Wachtwoord"):
            assert always in page, role


def test_away_with_a_colleague_and_back_again(
    city: City, nadia: FlaskClient, robin: Person
) -> None:
    until = today() + timedelta(days=9)
    done = sends(nadia, "/afwezig", until=f"{until}", standIn=str(robin.actor.account_id))
    assert (done.status_code, done.location) == (303, f"{PAGE}?klaar=afwezig")
    page = said(nadia, done.location)
    assert "Bewaard." in page
    assert "Je bent er nu niet:" in page
    assert "Robin Demo krijgt je taken en mails" in page
    back = nadia.post(f"{PAGE}/terug", data=form(nadia, PAGE, action=f"{PAGE}/terug"))
    assert "Welkom terug" in said(nadia, back.location)
    assert "Je bent er nu niet" not in said(nadia, PAGE)


def test_wrong_days_are_told_at_their_field_and_nothing_typed_is_lost(
    nadia: FlaskClient, robin: Person
) -> None:
    long_ago, chosen = "2020-01-01", str(robin.actor.account_id)
    wrong = sends(nadia, "/afwezig", **{"from": long_ago, "until": "", "standIn": chosen})
    page = wrong.get_data(as_text=True)
    assert wrong.status_code == 422
    assert '<a href="#until">' in page
    assert f'value="{long_ago}"' in page
    assert re.search(rf'value="{chosen}" selected', page)
    assert "<details open>" in page
    said_so = sends(nadia, "/afwezig", **{"from": long_ago, "until": f"{today()}"})
    assert "Deze dag is voorbij" in words(said_so.get_data(as_text=True))


def test_a_stand_in_who_is_away_is_refused_with_a_sentence(
    app: Flask, nadia: FlaskClient, robin: Person
) -> None:
    other = signed_in(app, robin)
    sends(other, "/afwezig", until=f"{today()}")
    refused = sends(nadia, "/afwezig", until=f"{today()}", standIn=str(robin.actor.account_id))
    assert refused.status_code == 409
    assert "Deze collega is er in die periode zelf niet" in words(refused.get_data(as_text=True))


def test_only_the_mails_that_one_can_get_are_chosen(city: City, app: Flask) -> None:
    for person, kept in (
        (build.referrer(city), (False, False)),
        (build.regie(city), (False, True)),
        (build.provider(city), (True, True)),
    ):
        client = signed_in(app, person)
        assert sends(client, "/mails").location == f"{PAGE}?klaar=mails"
        with at_work(city) as uow:
            account = uow.session.get_one(Account, person.actor.account_id)
            assert (account.mails_tasks, account.mails_good_news) == kept


def test_another_device_is_signed_out_and_so_is_every_one(
    city: City, app: Flask, provider: Person
) -> None:
    here, there = signed_in(app, provider), signed_in(app, provider)
    assert said(here, PAGE).count("Afmelden op dit toestel") == 2
    there_form = form(here, PAGE, action=f"{PAGE}/toestel")
    assert len(there_form["device"]) == 16
    done = here.post(f"{PAGE}/toestel", data=there_form)
    assert "Dat toestel is afgemeld" in said(here, done.location)
    assert there.get(PAGE).status_code == 302
    again = signed_in(app, provider)
    assert "Overal afmelden" in said(here, PAGE)
    left = here.post("/afmelden", data=form(here, PAGE) | {"overal": "ja"})
    assert left.location == "/aanmelden"
    assert [client.get(PAGE).status_code for client in (here, again)] == [302, 302]


def test_another_password_is_chosen_and_mistakes_are_told(app: Flask, provider: Person) -> None:
    here, there = signed_in(app, provider), signed_in(app, provider)
    new = "een andere lange zin"
    for old, wanted, told in (
        ("", "", "Typ het wachtwoord dat je nu hebt"),
        ("fout", new, "Je wachtwoord klopt niet"),
        (PASSWORD, "kort", "minstens 10 tekens"),
    ):
        wrong = sends(here, "/wachtwoord", oldPassword=old, newPassword=wanted)
        page = wrong.get_data(as_text=True)
        assert (wrong.status_code, told in words(page)) == (422, True)
        assert new not in page
    done = sends(here, "/wachtwoord", oldPassword=PASSWORD, newPassword=new)
    assert "Je nieuwe wachtwoord is bewaard" in said(here, done.location)
    assert there.get(PAGE).status_code == 302


def test_after_five_wrong_old_passwords_one_waits(provider: Person, app: Flask) -> None:
    client = signed_in(app, provider)
    new = "een andere lange zin"
    for _ in range(5):
        assert sends(client, "/wachtwoord", oldPassword="x", newPassword=new).status_code == 422
    waits = sends(client, "/wachtwoord", oldPassword=PASSWORD, newPassword=new)
    assert (waits.status_code, waits.headers["Retry-After"]) == (429, "900")


def sends(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    token = form(client, PAGE)["csrf_token"]
    given = {"from": f"{today()}"} if path == "/afwezig" else {}
    return client.post(f"{PAGE}{path}", data={"csrf_token": token} | given | fields)


def today() -> date:
    return day_of(datetime.now(UTC))


@pytest.fixture
def robin(city: City) -> Person:
    home = build.referrer(city).organisation_id
    return build.person(city, Role.REFERRER, organisation_id=home, name="Robin Demo")


@pytest.fixture
def nadia(city: City, app: Flask, robin: Person) -> FlaskClient:
    home = robin.organisation_id
    return signed_in(app, build.person(city, Role.REFERRER, organisation_id=home))


@pytest.fixture
def provider(city: City) -> Person:
    return build.provider(city)
