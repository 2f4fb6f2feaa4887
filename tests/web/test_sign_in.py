"""Two ways in on one page, a code that is typed, and a password that was forgotten."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from jobs.dispatch import dispatch_events
from kernel.accounts import Account, WebSession
from kernel.cities import City
from tests import build
from tests.build import PASSWORD, at_work
from tests.mailbox import Pile
from tests.web.people import form, said, signed_in, words
from web.device import device_of
from web.identity import COOKIE, STEP

PAGE, CODE = "/aanmelden", "/aanmelden/code"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 8.0.0; SM-G950F) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/100.0.4896.127 Mobile Safari/537.36"
)


def test_a_childminder_signs_in_by_mail_and_her_phone_stays(
    city: City, client: FlaskClient, pile: Pile
) -> None:
    fatma = build.provider(city)
    page = asks(client, fatma.email, verder="/scan")
    assert fatma.email in page
    digits = code_in_mail(city, pile)
    assert digits not in page
    done = types(client, digits, blijf="ja", verder="/scan")
    assert (done.status_code, done.location) == (302, "/scan")
    kept = cookie(done, COOKIE)
    assert {"Max-Age=7776000", "Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= kept
    assert cookie(done, STEP) >= {"Max-Age=0"}
    account = said(client, "/account")
    assert "Chrome op Android hier ben je nu blijft 90 dagen aangemeld" in account


def test_without_the_tick_a_phone_is_out_after_a_working_day(
    city: City, client: FlaskClient, pile: Pile
) -> None:
    asks(client, build.provider(city).email)
    done = types(client, code_in_mail(city, pile))
    assert "Max-Age=50400" in cookie(done, COOKIE)


def test_the_tick_on_the_first_page_is_there_on_the_next(city: City, client: FlaskClient) -> None:
    ticked = 'name="blijf" value="ja" checked'
    fatma = build.provider(city)
    assert ticked not in asks(client, fatma.email)
    page = asks(client, fatma.email, blijf="ja")
    assert ticked in page
    assert '<input type="hidden" name="blijf" value="ja">' in page  # for who asks another code


def test_the_tick_helps_with_a_password_too_and_nobody_but_a_provider(
    city: City, app: Flask
) -> None:
    for person, lasts in ((build.provider(city), 7_776_000), (build.referrer(city), 50_400)):
        client = app.test_client()
        done = sends(client, PAGE, email=person.email, password=PASSWORD, blijf="ja")
        assert f"Max-Age={lasts}" in cookie(done, COOKIE)


def test_a_kept_phone_gets_its_cookie_anew_once_a_day(city: City, client: FlaskClient) -> None:
    sends(client, PAGE, email=build.provider(city).email, password=PASSWORD, blijf="ja")
    assert client.get("/account").headers.getlist("Set-Cookie") == []
    yesterday = datetime.now(UTC).replace(year=datetime.now(UTC).year - 1)
    with at_work(city) as uow:
        uow.session.execute(update(WebSession).values(last_seen_at=yesterday))
    again = client.get("/account")
    assert "Max-Age=7776000" in cookie(again, COOKIE)
    assert client.get("/account").headers.getlist("Set-Cookie") == []


def test_a_wrong_code_is_told_and_leads_on_to_a_new_one(
    city: City, client: FlaskClient, pile: Pile
) -> None:
    asks(client, build.provider(city).email)
    old = code_in_mail(city, pile)
    wrong = types(client, f"{(int(old) + 1) % 1_000_000:06}", blijf="ja")
    page = wrong.get_data(as_text=True)
    assert wrong.status_code == 422
    assert "Deze code klopt niet of werkt niet meer" in words(page)
    assert re.search(r'name="blijf"[^>]*checked', page), "what was ticked stays ticked"
    again = client.post(CODE, data=form(client, CODE, action=CODE), follow_redirects=True)
    assert "We maakten een nieuwe code" in words(again.get_data(as_text=True))
    assert types(client, old).status_code == 422
    assert types(client, code_in_mail(city, pile)).status_code == 302


def test_the_sixth_try_is_told_to_wait_for_a_new_code(
    city: City, client: FlaskClient, pile: Pile
) -> None:
    asks(client, build.provider(city).email)
    right = code_in_mail(city, pile)
    for n in range(5):
        assert types(client, f"{(int(right) + n + 1) % 1_000_000:06}").status_code == 422
    sixth = types(client, right)
    assert (sixth.status_code, sixth.headers["Retry-After"]) == (429, "600")
    assert "Vraag een nieuwe" in words(sixth.get_data(as_text=True))


def test_an_unknown_address_and_the_citys_people_see_the_same_page(
    city: City, app: Flask, pile: Pile
) -> None:
    seen = set()
    for email in (build.provider(city).email, build.regie(city).email, "nobody@genk.example"):
        client = app.test_client()
        page = words(asks(client, email)).replace(email, "…")
        wrong = words(types(client, "12345").get_data(as_text=True)).replace(email, "…")
        seen.add((page, wrong))
    assert len(seen) == 1
    dispatch_events(city, datetime.now(UTC))
    assert len(pile.letters) == 1


def test_the_code_page_may_be_loaded_again_and_is_nobodys_without_asking(
    city: City, app: Flask, client: FlaskClient
) -> None:
    asks(client, build.provider(city).email)
    assert client.get(CODE).status_code == 200
    other = app.test_client()
    assert other.get(CODE).location == "/aanmelden"
    late = other.post(f"{CODE}/invullen", data=form(other, PAGE) | {"digits": "123456"})
    assert late.location == "/aanmelden?klaar=te-laat"
    assert "Dat duurde te lang" in said(other, late.location)


def test_no_address_no_password_and_too_many_codes_are_told_in_place(
    city: City, client: FlaskClient
) -> None:
    nothing = sends(client, PAGE, email="nadia@genk.example", password="")
    page = nothing.get_data(as_text=True)
    assert nothing.status_code == 422
    assert "Kies dan ‘Stuur me een code’" in words(page)
    assert 'value="nadia@genk.example"' in page
    wrong = sends(client, CODE, email="nadia")
    assert (wrong.status_code, 'value="nadia"' in wrong.get_data(as_text=True)) == (422, True)
    for _ in range(5):
        assert sends(client, CODE, email="nobody@genk.example").status_code == 303
    too_many = sends(client, CODE, email="nobody@genk.example")
    assert (too_many.status_code, too_many.headers["Retry-After"]) == (429, "3600")
    assert "wacht een uur" in words(too_many.get_data(as_text=True))


def test_no_address_and_no_code_stands_in_any_address(city: City, client: FlaskClient) -> None:
    client.get(f"{PAGE}?verder=/scan")
    asked = sends(client, CODE, email="nobody@genk.example", verder="//evil.example")
    assert asked.location == CODE
    assert sends(client, CODE, email="nobody@genk.example", verder="/scan").location == (
        f"{CODE}?verder=/scan"
    )


def test_whoever_is_in_already_goes_on(city: City, app: Flask) -> None:
    client = signed_in(app, build.provider(city))
    for path in (PAGE, CODE, "/aanmelden/tweede-stap"):
        assert client.get(f"{path}?verder=/account").location == "/account"


def test_a_forgotten_password_is_asked_and_chosen(
    city: City, client: FlaskClient, pile: Pile
) -> None:
    person = build.regie(city)
    path = "/wachtwoord/vergeten"
    assert sends(client, path, email="nadia").status_code == 422
    for email in (person.email, "nobody@genk.example"):
        done = sends(client, path, email=email)
        assert (done.status_code, done.location) == (303, f"{path}?klaar=ja")
        assert "Kijk in je mail" in said(client, done.location)
    dispatch_events(city, datetime.now(UTC))
    [letter] = pile.letters
    link = next(each for each in letter.get_content().split() if "/wachtwoord/" in each)
    there = link.removeprefix("http://genk.localhost")
    assert "Kies een nieuw wachtwoord" in said(client, there)
    chosen = client.post(there, data=form(client, there) | {"password": "een heel nieuwe zin"})
    assert chosen.location == "/aanmelden?klaar=wachtwoord"
    for _ in range(2):
        sends(client, path, email=person.email)
    assert sends(client, path, email=person.email).status_code == 429


def test_an_invited_childminder_needs_no_password_at_all(
    city: City, client: FlaskClient, pile: Pile
) -> None:
    fatma = build.provider(city)
    with at_work(city) as uow:
        uow.session.execute(update(Account).values(password_hash=None))
    asks(client, fatma.email)
    assert types(client, code_in_mail(city, pile)).status_code == 302
    assert "Je hebt nog geen wachtwoord" in said(client, "/account")
    with at_work(city) as uow:
        assert uow.session.scalars(select(Account.seen_at)).one() is not None


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (ANDROID, "Chrome op Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 15_4) Version/15.4 Safari/604.1", "Safari op iPhone"),
        ("Mozilla/5.0 (iPhone; …) CriOS/100 Mobile Safari/604.1", "Chrome op iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537.36 Edg/120", "Edge op Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14.2; rv:120) Firefox/120", "Firefox op Mac"),
        (
            "Mozilla/5.0 (Linux; Android 8) SamsungBrowser/16 Chrome/92",
            "Samsung Internet op Android",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Linux"),
        ("curl/8 <script>", ""),
        ("", ""),
    ],
)
def test_a_device_is_told_in_its_owners_words(user_agent: str, device: str) -> None:
    assert device_of(user_agent) == device


def asks(client: FlaskClient, email: str, **more: str) -> str:
    """Ask a code for an address, and give the page that asks for it."""
    answer = sends(client, CODE, email=email, **more)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert email not in answer.location
    return client.get(answer.location).get_data(as_text=True)


def types(client: FlaskClient, digits: str, **more: str) -> TestResponse:
    """Type digits on the code page."""
    hidden = form(client, CODE, action=f"{CODE}/invullen")
    return client.post(
        f"{CODE}/invullen",
        data=hidden | {"digits": digits} | more,
        headers={"User-Agent": ANDROID},
    )


def sends(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """Send a form with the token that the sign-in page gives."""
    return client.post(
        path, data=form(client, "/wachtwoord/vergeten") | fields, headers={"User-Agent": ANDROID}
    )


def code_in_mail(city: City, pile: Pile) -> str:
    """Give the digits of the newest letter."""
    dispatch_events(city, datetime.now(UTC))
    found = re.search(r"^\d{6}$", pile.letters[-1].get_content(), re.MULTILINE)
    assert found
    return found[0]


def cookie(answer: TestResponse, name: str) -> set[str]:
    """Give what a cookie that was set is told, apart from its value."""
    given = [each for each in answer.headers.getlist("Set-Cookie") if each.startswith(f"{name}=")]
    assert len(given) == 1, answer.headers
    return set(given[0].split("; ")[1:])


@pytest.fixture
def pile() -> Pile:
    return Pile()


@pytest.fixture
def city(city: City, pile: Pile) -> City:
    """A city whose letters lie on a pile."""
    return replace(city, post=pile)
