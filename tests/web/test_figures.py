"""The regie's figure is right, live, and nobody else's."""

import csv
import re
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from kernel.calendar import BRUSSELS
from kernel.cities import City
from tests import build
from tests.build import MONDAY, Person
from tests.conftest import settings_for
from tests.web.people import said, signed_in, words
from vouchers.uptake import Steps
from web.funnel import SPLIT, STEPS, finding, where_lost

AUTUMN = "?van=2026-09-01&tot=2026-09-30"
BOARD, FILE = f"/regie/bereik{AUTUMN}", f"/regie/bereik.csv{AUTUMN}"
POLL = {"HX-Request": "true"}


def test_the_finding_stands_above_its_funnel_and_its_table(
    city: City, regie: FlaskClient, three_families: None
) -> None:
    page = regie.get(BOARD).get_data(as_text=True)
    text = words(page)
    assert "2 van de 3 gezinnen gebruikten een cheque" in text
    assert "Werkcijfers, niet om te delen" in text
    assert "van 1 september 2026 tot en met 30 september 2026" in text
    assert re.findall(r'<rect width="([\d.]+%)"', page) == ["100.00%", "66.67%", "33.33%", "0.00%"]
    assert page.count("<title id=") == page.count("<desc id=") == 4
    assert "Met afspraak: 1 van 1 gebruikten een cheque" in text
    assert "Zonder afspraak: 1 van 2" in text
    assert "September 2026 3 1 2 1 0" in text
    assert "Geen afspraak 1 (100 %) Afspraak voorbij 0 (0 %) Bezoek komt nog 0 (0 %)" in text
    assert "gebruikten er 2 minstens één cheque (67 %)" in text


def test_the_page_obeys_the_strict_policy(regie: FlaskClient, three_families: None) -> None:
    page = regie.get(BOARD).get_data(as_text=True)
    assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]* src=)", page)
    assert '"allowEval":false' in page
    assert '"includeIndicatorStyles":false' in page


def test_what_is_unchanged_is_not_sent_again(
    city: City, regie: FlaskClient, provider: Person, paper: build.Paper
) -> None:
    first = regie.get(BOARD, headers=POLL)
    assert "<html" not in first.get_data(as_text=True)
    known = POLL | {"If-None-Match": first.headers["ETag"]}
    again = regie.get(BOARD, headers=known)
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["ETag"].strip('"') in words_of_headers(first.get_data(as_text=True))
    build.scanned(city, provider, paper.codes[0])
    changed = regie.get(BOARD, headers=known)
    assert changed.status_code == 200
    assert "gebruikte een cheque" in words(changed.get_data(as_text=True))


def test_a_whole_page_is_not_sent_again_either_but_never_instead_of_its_part(
    regie: FlaskClient, paper: build.Paper
) -> None:
    whole, part = regie.get(BOARD), regie.get(BOARD, headers=POLL)
    assert whole.headers["ETag"] != part.headers["ETag"]
    assert "HX-Request" in whole.headers["Vary"]
    same = regie.get(BOARD, headers={"If-None-Match": whole.headers["ETag"]})
    assert same.status_code == 304


def test_a_page_whose_session_ended_loads_itself_anew(app: Flask) -> None:
    answer = app.test_client().get(BOARD, headers=POLL)
    assert answer.status_code == 401
    assert answer.headers["HX-Refresh"] == "true"
    assert answer.data == b""


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("van=2026-13-01", "Van: Kies een dag"),
        ("tot=gisteren", "Tot en met: Kies een dag"),
        ("van=2026-09-02&tot=2026-09-01", "De eerste dag ligt na de laatste"),
    ],
)
@pytest.mark.parametrize("path", ["/regie/bereik", "/regie/bereik.csv"])
def test_a_wrong_period_is_told_and_kept(
    regie: FlaskClient, path: str, asked: str, told: str
) -> None:
    answer = regie.get(f"{path}?{asked}")
    page = answer.get_data(as_text=True)
    typed = asked.split("&", maxsplit=1)[0].split("=")[1]
    assert answer.status_code == 422
    assert told in words(page)
    assert f'value="{typed}"' in page, "what was typed is still there"
    assert "van de" not in words(page), "no figure of another period stands in its place"


def test_without_a_period_it_is_the_last_eighteen_months(city: City, regie: FlaskClient) -> None:
    now = datetime.now(BRUSSELS)
    for months, reference in ((1, "in"), (17, "just in"), (20, "out")):
        then = now - timedelta(days=round(30.4 * months))
        build.handed_out(city, build.referrer(city), now=then, reference=reference)
    assert "Geen van de 2 gezinnen gebruikte al een cheque" in said(regie, "/regie/bereik")


def test_an_empty_city_says_what_comes(regie: FlaskClient) -> None:
    page = said(regie, "/regie/bereik")
    assert "kreeg geen gezin een boekje" in page
    assert "Zodra een toeleider een boekje meegeeft" in page


def test_the_four_numbers_are_as_long_as_their_lists(city: City, regie: FlaskClient) -> None:
    now = datetime.now(BRUSSELS)
    referrer, provider = build.referrer(city), build.provider(city)
    used, *_ = [build.handed_out(city, referrer, now=now) for _ in range(4)]
    build.scanned(city, provider, used.codes[0], now=now)
    build.provider(city, approved_on=None)
    page = regie.get("/regie/bereik").get_data(as_text=True)
    tiles = dict(re.findall(r'<a id="n-(\w+)" href="[^"]+"><b>(\d+)</b>', page))
    links = dict(re.findall(r'<a id="n-(\w+)" href="([^"]+)"><b>', page))
    assert tiles == {"calls": "0", "unused": "3", "waiting": "1", "cheques": "1"}
    assert "Niemand om te bellen" in said(regie, links["calls"])
    assert "3 boekjes" in said(regie, links["unused"])
    assert "1 opvang" in said(regie, links["waiting"])
    assert "1 cheque deze maand" in said(regie, links["cheques"])


def test_the_file_opens_as_a_table_and_says_what_it_counts(
    regie: FlaskClient, three_families: None
) -> None:
    answer = regie.get(FILE)
    assert answer.mimetype == "text/csv"
    assert "bereik-2026-09-01-tot-2026-09-30.csv" in answer.headers["Content-Disposition"]
    text = answer.get_data(as_text=True)
    assert text.startswith("\ufeffBereik van de opvangcheques;Genk\r\n")
    rows = list(csv.reader(StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert ["Werkcijfers, niet om te delen"] in rows
    assert {row[0]: row[1] for row in rows if len(row) == 2}.items() >= {
        (step.label, step.definition) for step in (*STEPS, *SPLIT)
    }
    counts = ["3", "1", "2", "1", "0", "1", "0", "0"]
    assert rows[-2:] == [["2026-09", *counts], ["Samen", *counts]]


def test_no_cell_of_the_file_is_a_formula(city: City, tmp_path: Path) -> None:
    sly = create_app(settings_for(replace(city, name="=HYPERLINK(1)"), tmp_path))
    text = signed_in(sly, build.regie(city)).get(FILE).get_data(as_text=True)
    assert text.splitlines()[0] == "\ufeffBereik van de opvangcheques;'=HYPERLINK(1)"


@pytest.mark.parametrize(
    ("steps", "told", "lost"),
    [
        (Steps(), "kreeg geen gezin een boekje", ""),
        (Steps(handed_out=1), "nog geen cheque", "1 gezin gebruikte nog geen cheque"),
        (Steps(handed_out=1, first_use=1), "gebruikte een cheque", "één of twee keer"),
        (Steps(handed_out=9), "Geen van de 9 gezinnen", "9 gezinnen gebruikten nog geen cheque"),
        (Steps(handed_out=9, first_use=9, three_or_more=9), "Alle 9 gezinnen", "gaat meestal door"),
        (
            Steps(handed_out=9, first_use=1, three_or_more=1, all_used=1),
            "1 van de 9 gezinnen gebruikte een cheque",
            "8 gezinnen gebruikten nog geen cheque",
        ),
        (Steps(handed_out=2, first_use=2, three_or_more=2, all_used=2), "Alle 2 gezinnen", ""),
    ],
)
def test_the_finding_is_said_in_a_whole_sentence(
    app: Flask, steps: Steps, told: str, lost: str
) -> None:
    with app.test_request_context("/"):
        assert told in finding(steps)
        assert lost in where_lost(steps)
        assert bool(where_lost(steps)) == bool(lost)


def test_the_document_defines_each_step_in_the_words_of_the_page() -> None:
    document = Path("docs/figures.md").read_text("utf-8")
    for step in (*STEPS, *SPLIT):
        assert f"| `{step.field}` | {step.label} |" in document
        assert f"| {step.definition} |" in document


def words_of_headers(html: str) -> str:
    """Give the headers that the page will ask with next time."""
    found = re.search(r"hx-headers='([^']+)'", html)
    assert found is not None
    return found[1]


@pytest.fixture
def provider(city: City) -> Person:
    return build.provider(city)


@pytest.fixture
def paper(city: City) -> build.Paper:
    return build.handed_out(city, build.referrer(city))


@pytest.fixture
def regie(city: City, app: Flask) -> FlaskClient:
    return signed_in(app, build.regie(city))


@pytest.fixture
def three_families(city: City, provider: Person) -> None:
    """One that used nothing, one that went once by appointment, one that went three times."""
    referrer = build.referrer(city)
    visit = {"location_id": provider.location_id, "day": MONDAY.date() + timedelta(days=2)}
    build.handed_out(city, referrer)
    once = build.handed_out(city, referrer, appointment=visit)
    often = build.handed_out(city, referrer)
    build.scanned(city, provider, once.codes[0], now=MONDAY + timedelta(days=2))
    for n in range(3):
        build.scanned(city, provider, often.codes[n], now=MONDAY + timedelta(days=n + 1))
