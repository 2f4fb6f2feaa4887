"""An evaluator's page: frozen, rounded, explained, and nothing behind it."""

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from io import StringIO

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from kernel.access import Role
from kernel.calendar import BRUSSELS
from kernel.cities import City
from kernel.organisations import OrganisationKind
from tests import build
from tests.access.test_matrix import Visitor, doors
from tests.access.world import build_world
from tests.build import Person
from tests.web.people import said, signed_in
from vouchers.cohorts import Frozen, Protected, freeze_cohorts
from web.evaluating import steps_of

MARCH = datetime(2026, 3, 2, 9, 0, tzinfo=BRUSSELS)
APRIL = datetime(2026, 4, 1, 4, 0, tzinfo=BRUSSELS)


def test_before_the_first_freezing_the_page_says_when_it_will_come(evaluator: FlaskClient) -> None:
    text = said(evaluator, "/cijfers")
    assert "Er is nog niets vastgelegd" in text
    assert "op 1 mei 2026" in text
    assert "nog niets vastgelegd" in evaluator.get("/cijfers.csv").get_data(as_text=True)


def test_the_year_stands_there_rounded_with_its_days_and_its_definitions(
    city: City, evaluator: FlaskClient
) -> None:
    eight_families_of_whom_six_began(city)
    html = evaluator.get("/cijfers").get_data(as_text=True)
    text = said(evaluator, "/cijfers")
    assert "Ongeveer 5 van de 10 gezinnen gebruikten een cheque" in text
    assert "geteld tot en met 31 maart 2026" in text
    assert "Vastgelegd op 1 april 2026" in text
    assert "minder dan 5" in text
    assert "Een scan die ongedaan" not in text
    assert html.count("<title id=") == html.count("<desc id=") == 4
    assert len(re.findall(r"<dt>", html)) == 4
    assert not re.search(r"\sstyle=|<style|\son\w+=", html)


def test_the_page_does_not_move_while_the_regies_does(
    city: City, app: Flask, evaluator: FlaskClient
) -> None:
    papers, provider = eight_families_of_whom_six_began(city)
    regie = signed_in(app, build.regie(city))
    before = evaluator.get("/cijfers").data
    assert "6 van de 8 gezinnen" in said(regie, "/regie/bereik")
    for paper in papers[6:]:
        build.scanned(city, provider, paper.codes[0], now=APRIL)
    assert "Alle 8 gezinnen" in said(regie, "/regie/bereik")
    assert evaluator.get("/cijfers").data == before


def test_the_file_says_the_same_as_the_page(city: City, evaluator: FlaskClient) -> None:
    eight_families_of_whom_six_began(city)
    answer = evaluator.get("/cijfers.csv?jaar=2026&stand=2026-03-31")
    rows = list(csv.reader(StringIO(answer.get_data(as_text=True).lstrip("\ufeff")), delimiter=";"))
    told = {row[0]: row[1:3] for row in rows if len(row) > 3}
    assert told["Boekje gekregen"] == ["10", "100 %"]
    assert told["Eerste cheque gebruikt"] == ["5", "25 tot 88 %"]
    assert told["Drie of meer cheques"][0] == "minder dan 5"
    assert "cijfers-2026-stand-2026-03-31.csv" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "asked",
    ["?jaar=1990", "?jaar=x", f"?jaar={9**99}", "?jaar=0", "?jaar=2026&stand=gisteren", "?stand=-"],
)
def test_an_address_that_cannot_be_read_shows_the_newest_or_says_there_is_none(
    city: City, evaluator: FlaskClient, asked: str
) -> None:
    eight_families_of_whom_six_began(city)
    assert evaluator.get(f"/cijfers{asked}").status_code == 200


def test_a_share_is_a_range_that_holds_every_count_behind_the_rounding() -> None:
    figures = Protected(handed_out=20, first_use=15, three_or_more=0, in_care=0, maybe_in_care=10)
    frozen = Frozen(year=2026, as_of=MARCH.date(), frozen_on=APRIL.date(), figures=figures)
    every, first, three, care = steps_of(frozen)
    assert every.share == "100 %"
    for used in range(13, 18):
        for whole in range(18, 23):
            least, most = re.findall(r"\d+", first.share)
            assert int(least) <= round(100 * used / whole) <= int(most)
    assert (three.said, care.said) == ("minder dan 5", "hoogstens 10")


def test_an_evaluator_reaches_no_row_by_any_route(city: City, app: Flask) -> None:
    """Only its own two pages and what anybody may read: everything else is refused."""
    world = build_world(city)
    visitor = Visitor(app, city, world.people["evaluator"])
    opened = set()
    for door in doors(app):
        answer = visitor.tries(door, world)
        if answer.status_code == 200 and door.startswith("GET ") and "/static" not in door:
            opened.add(door)
            shown = answer.get_data(as_text=True)
            for secret in (world.paper.number, *world.paper.codes, world.people["referrer"].email):
                assert secret not in shown, f"{door} shows {secret}"
    assert {"GET /cijfers"} <= opened
    assert not any("/boekjes" in door or "/regie" in door or "/vandaag" in door for door in opened)


def eight_families_of_whom_six_began(city: City) -> tuple[list[build.Paper], Person]:
    worker, provider = build.referrer(city), build.provider(city)
    papers = [build.handed_out(city, worker, now=MARCH) for _ in range(8)]
    for paper in papers[:6]:
        build.scanned(city, provider, paper.codes[0], now=MARCH)
    with build.at_work(city, now=APRIL) as uow:
        assert freeze_cohorts(uow) == 1
    return papers, provider


@pytest.fixture
def april() -> Iterator[None]:
    with time_machine.travel(APRIL.replace(hour=11), tick=False):
        yield


@pytest.fixture
def evaluator(city: City, app: Flask, april: None) -> FlaskClient:
    home = build.organisation(city, OrganisationKind.CITY)
    return signed_in(app, build.person(city, Role.EVALUATOR, organisation_id=home))
