"""The second step on its pages: set up with a square, asked after the password, never by force."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest
import time_machine
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app import create_app
from kernel.access import Role
from kernel.cities import City
from kernel.inviting import choose_password, invite
from tests import build
from tests.build import PASSWORD, Person
from tests.conftest import settings_for
from tests.web.people import form, said, signed_in, words
from web.identity import COOKIE, STEP
from web.qr import square

SET_UP, STEP_PAGE = "/account/tweede-stap", "/aanmelden/tweede-stap"
KEY, NEW = "a key for tests", "een lange zin voor nu"
NOW = 1_800_000_015  # in the middle of a half minute


def test_a_second_step_is_set_up_with_the_square_and_asked_from_then_on(
    city: City, app: Flask, clock: time_machine.Traveller
) -> None:
    person = build.regie(city)
    client = signed_in(app, person)
    assert "Stel de tweede stap in" in said(client, "/account")
    secret = begun(client)
    wrong = confirms(client, "000000" if pyotp.TOTP(secret).now() != "000000" else "111111")
    page = wrong.get_data(as_text=True)
    assert (wrong.status_code, "Deze code klopt niet" in words(page)) == (422, True)
    assert secret in page.replace(" ", ""), "the same square"
    done = confirms(client, pyotp.TOTP(secret).now())
    assert done.location == "/account?klaar=tweede-stap"
    assert "Je tweede stap staat aan" in said(client, done.location)
    after = client.get(SET_UP).get_data(as_text=True)
    assert secret not in after.replace(" ", "")
    assert '<svg class="square"' not in after
    clock.shift(60)
    other = app.test_client()
    asked = password(other, person)
    assert asked.location == f"{STEP_PAGE}?verder=/account"
    assert COOKIE not in str(asked.headers)
    assert other.get("/account").status_code == 302, "the password alone opens nothing"
    entered = digits(other, pyotp.TOTP(secret).now())
    assert (entered.status_code, entered.location) == (302, "/account")
    assert other.get("/account").status_code == 200
    third = app.test_client()
    password(third, person)
    used = digits(third, pyotp.TOTP(secret).now())
    assert (used.status_code, "ze is al gebruikt" in words(used.get_data(as_text=True))) == (
        422,
        True,
    )


def test_what_was_begun_long_ago_begins_anew(
    city: City, app: Flask, clock: time_machine.Traveller
) -> None:
    person = build.regie(city)
    client = signed_in(app, person)
    secret = begun(client)
    confirms(client, pyotp.TOTP(secret).now())
    other = app.test_client()
    password(other, person)
    hidden = form(other, STEP_PAGE)
    clock.shift(301)
    late = other.post(STEP_PAGE, data=hidden | {"digits": pyotp.TOTP(secret).now()})
    assert late.location == "/aanmelden?klaar=te-laat"
    assert "Dat duurde te lang" in said(other, late.location)
    assert other.get(STEP_PAGE).location == "/aanmelden?klaar=te-laat"


def test_the_sixth_wrong_code_waits(city: City, app: Flask, clock: time_machine.Traveller) -> None:
    person = build.regie(city)
    client = signed_in(app, person)
    app_of = pyotp.TOTP(begun(client))
    confirms(client, app_of.now())
    clock.shift(60)
    other = app.test_client()
    password(other, person)
    for n in range(5):
        assert digits(other, f"{(int(app_of.now()) + n + 7) % 1_000_000:06}").status_code == 422
    waits = digits(other, app_of.now())
    assert (waits.status_code, waits.headers["Retry-After"]) == (429, "900")


def test_whoever_was_invited_for_the_city_sets_it_up_before_anything_else(
    city: City, app: Flask
) -> None:
    client = newcomer(city, app)
    for path in ("/account", "/regie/bereik", "/boekjes", "/vandaag", "/regie/opvang"):
        led = client.get(path)
        assert (led.status_code, led.location) == (303, SET_UP), path
    token = form(client, SET_UP)["csrf_token"]
    assert client.post("/account/mails", data={"csrf_token": token}).location == SET_UP
    renewed = client.get("/regie/bereik", headers={"HX-Request": "true"})
    assert (renewed.status_code, renewed.headers["HX-Refresh"]) == (401, "true")
    for path in ("/privacy", "/hulp", "/static/opstap.css", "/c"):
        with client.get(path) as answer:
            assert answer.status_code == 200, path
    assert "Hoofdmenu" not in client.get(SET_UP).get_data(as_text=True)
    confirms(client, pyotp.TOTP(begun(client)).now())
    assert client.get("/regie/bereik").status_code == 200


def test_whoever_has_no_phone_at_hand_signs_out(city: City, app: Flask) -> None:
    client = newcomer(city, app)
    client.post("/afmelden", data=form(client, SET_UP, action="/afmelden"))
    assert client.get(SET_UP).location.startswith("/aanmelden")


def test_in_a_demo_nothing_is_forced(city: City, tmp_path: Path) -> None:
    demo = create_app(replace(settings_for(city, tmp_path), demo=True))
    client = newcomer(city, demo)
    assert client.get("/regie/bereik").status_code == 200
    assert "Stel de tweede stap in" in said(client, "/account")


def test_a_rule_of_the_city_leads_everybody_of_the_city_there(city: City, app: Flask) -> None:
    client, childminder = signed_in(app, build.regie(city)), signed_in(app, build.provider(city))
    assert client.get("/regie/bereik").status_code == 200
    build.rule(city, "accounts.second_factor_required", value=True)
    assert client.get("/regie/bereik").location == SET_UP
    assert childminder.get("/account").status_code == 200


def test_a_program_is_not_asked_for_it(city: City, app: Flask) -> None:
    person = build.regie(city)
    token = build.token(city, person)
    confirms(client := signed_in(app, person), pyotp.TOTP(begun(client)).now())
    answer = app.test_client().get(
        "/api/v1/statistics/uptake?from=2026-01-01&until=2026-12-31", headers=token
    )
    assert answer.status_code == 200


def test_another_phone_needs_the_password(city: City, app: Flask) -> None:
    client = signed_in(app, build.regie(city))
    first = begun(client)
    confirms(client, pyotp.TOTP(first).now())
    renew = f"{SET_UP}/opnieuw"
    hidden = form(client, SET_UP, action=renew)
    for typed in ("", "fout"):
        refused = client.post(renew, data=hidden | {"factorPassword": typed})
        assert refused.status_code == 422
        assert "Je wachtwoord" in words(refused.get_data(as_text=True))
    done = client.post(renew, data=hidden | {"factorPassword": PASSWORD})
    assert done.location == SET_UP
    assert client.get("/account").location == SET_UP
    assert begun(client) != first


@pytest.mark.parametrize("role", [Role.REFERRER, Role.PROVIDER])
def test_it_is_not_for_whoever_works_elsewhere(city: City, app: Flask, role: Role) -> None:
    person = build.referrer(city) if role == Role.REFERRER else build.provider(city)
    assert signed_in(app, person).get(SET_UP).status_code == 403


def test_an_app_reads_the_square(tmp_path: Path) -> None:
    text = "otpauth://totp/Opstap%20Genk:iemand%40genk.example?secret=" + "A2" * 16
    side, path = square(text)
    picture = Image.new("L", (side * 8, side * 8), 255)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path):
        box = (int(x) * 8, int(y) * 8, (int(x) + int(width)) * 8, (int(y) + 1) * 8)
        picture.paste(0, box)
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [text]


def begun(client: FlaskClient) -> str:
    """Begin, and give the secret as the page shows it."""
    begin = f"{SET_UP}/begin"
    client.post(begin, data=form(client, SET_UP, action=begin))
    page = client.get(SET_UP).get_data(as_text=True)
    shown = re.search(r'<p class="secret">([A-Z2-7 ]+)</p>', page)
    assert shown, words(page)
    assert '<svg class="square"' in page
    return shown[1].replace(" ", "")


def confirms(client: FlaskClient, typed: str) -> TestResponse:
    return client.post(SET_UP, data=form(client, SET_UP, action=SET_UP) | {"digits": typed})


def password(client: FlaskClient, person: Person) -> TestResponse:
    given = {"email": person.email, "password": PASSWORD, "verder": "/account"}
    answer = client.post("/aanmelden", data=form(client, "/aanmelden") | given)
    assert any(each.startswith(f"{STEP}=") for each in answer.headers.getlist("Set-Cookie"))
    return answer


def digits(client: FlaskClient, typed: str) -> TestResponse:
    page = f"{STEP_PAGE}?verder=/account"
    return client.post(STEP_PAGE, data=form(client, page) | {"digits": typed})


def newcomer(city: City, app: Flask) -> FlaskClient:
    """Somebody who was invited as regie, chose a password, and signed in."""
    address = invite(
        city,
        email="nieuw@genk.example",
        name="Nieuw Demo",
        roles=[Role.REGIE],
        organisation="Stad Genk",
        key=KEY,
    )
    choose_password(city, token=address.rsplit("/", 1)[1], password=NEW, key=KEY)
    client = app.test_client()
    given = {"email": "nieuw@genk.example", "password": NEW}
    client.post("/aanmelden", data=form(client, "/aanmelden") | given)
    return client


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands still until it is moved on."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller
