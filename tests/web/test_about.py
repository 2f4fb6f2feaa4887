"""What anybody may know: privacy, accessibility and help, in words that can be read."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kernel.cities import City
from tests import build
from tests.web.people import said, signed_in

PAGES = ("/privacy", "/toegankelijkheid", "/hulp")


@pytest.mark.parametrize("path", PAGES)
def test_anybody_reads_it_without_a_cookie(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", PAGES)
def test_its_sentences_are_short_and_plain(client: FlaskClient, path: str) -> None:
    main = client.get(path).get_data(as_text=True).partition("<main")[2].partition("</main>")[0]
    sentences = re.split(r"[.?!:]\s|<[^>]+>", main)
    assert max(len(sentence.split()) for sentence in sentences) <= 25
    assert not re.search(r"\b(gelieve|dient te|middels|indien|teneinde)\b", main)


def test_privacy_says_what_is_kept_how_long_and_whom_to_ask(client: FlaskClient) -> None:
    text = said(client, "/privacy")
    for told in (
        "alleen als jij dat wil",
        "tot 6 maanden na het einde van je boekje",
        "Stad Genk is verantwoordelijk",
        "privacy@genk.example",
        "Toezichtcommissie",
        "zetten we niets op je telefoon",
    ):
        assert told in text


def test_privacy_is_read_in_the_familys_language(client: FlaskClient) -> None:
    arabic = client.get("/privacy?taal=ar").get_data(as_text=True)
    assert '<html lang="ar" dir="rtl">' in arabic
    assert "ما الذي نحفظه عنكم" in arabic
    assert "Werk je met Opstap?" not in arabic
    assert '<html lang="nl" dir="ltr">' in client.get("/privacy?taal=zz").get_data(as_text=True)


def test_accessibility_says_the_norm_what_fails_and_where_to_complain(client: FlaskClient) -> None:
    text = said(client, "/toegankelijkheid")
    for told in (
        "EN 301 549",
        "WCAG 2.2",
        "Wat nog niet goed gaat",
        "Ombudsdienst",
        "089 00 00 01",
    ):
        assert told in text


def test_help_opens_at_ones_own_role(city: City, app: Flask) -> None:
    stranger = app.test_client().get("/hulp").get_data(as_text=True)
    assert '<details class="card" open>' not in stranger
    page = signed_in(app, build.provider(city)).get("/hulp").get_data(as_text=True)
    assert page.count('<details class="card" open>') == 1
    assert '<details class="card" open><summary>Ik ben van de opvang' in page


def test_the_sign_in_page_leads_a_family_to_its_cheque(client: FlaskClient) -> None:
    page = client.get("/aanmelden").get_data(as_text=True)
    assert '<a href="/c">typ de code van je cheque</a>' in page
