"""A referrer hands out a booklet that lies in the bag: still four answers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from kernel.cities import City
from kernel.events import RecordedEvent
from tests import build
from tests.build import MONDAY, Paper, Person, at_work
from tests.web.people import form, said, signed_in, words
from vouchers.models import Booklet, Redemption

PAGE = "/meegeven"
CHECKED = 'value="stock" checked'


def test_with_stock_the_number_is_asked_first_and_without_one_is_printed(
    city: City, app: Flask
) -> None:
    nadia, paper = stocked(city)
    client = signed_in(app, nadia)
    assert CHECKED in client.get(PAGE).get_data(as_text=True)
    assert "Je organisatie heeft nog 1 boekje liggen." in said(client, PAGE)
    _send(client, {"booklet": paper.number, "way": "stock"})
    assert CHECKED not in client.get(PAGE).get_data(as_text=True)


def test_four_answers_and_the_family_looks_along_with_the_day_to_write_on_it(
    city: City, app: Flask
) -> None:
    nadia, paper = stocked(city)
    client = signed_in(app, nadia)
    answer = _send(client, {"booklet": paper.number, "family.district": str(build.district(city))})
    assert answer.location == f"/boekjes/{paper.id}/meekijken"
    text = said(client, answer.location)
    assert "Vul op het boekje in: tot en met maandag 6 september 2027" in text
    assert "Druk het opnieuw" in text
    on_the_spot = _send(client, {"way": "now", "family.reference": "OC-8"})
    assert "Vul op het boekje in" not in said(client, on_the_spot.location)


def test_a_number_that_was_typed_before_choosing_to_print_is_not_meant(
    city: City, app: Flask
) -> None:
    nadia, paper = stocked(city)
    answer = _send(signed_in(app, nadia), {"booklet": paper.number, "way": "now"})
    assert str(paper.id) not in answer.location
    assert _state(city, paper) == "delivered"


def test_a_day_that_was_typed_before_unticking_is_not_meant(city: City, app: Flask) -> None:
    _, paper = stocked(city)
    joris = signed_in(app, build.regie(city))
    answer = _send(joris, {"booklet": paper.number, "handedOutOn": "2026-09-01"})
    assert answer.location == f"/boekjes/{paper.id}/meekijken"
    with at_work(city) as uow:
        assert uow.session.get_one(Booklet, paper.id).handed_out_on == MONDAY.date()


def test_a_cheque_s_code_is_never_in_an_address_nor_given_back(city: City, app: Flask) -> None:
    nadia, paper = stocked(city)
    client = signed_in(app, nadia)
    sent = form(client, PAGE) | {"booklet": f"http://genk.localhost/c#{paper.codes[2]}"}
    looked = client.post(f"{PAGE}/boekje", data=sent)
    assert looked.status_code == 200
    grouped = f"{paper.number[:4]} {paper.number[4:]}"
    assert f'data-number="{grouped}"' in looked.text
    answer = _send(client, {"booklet": paper.codes[2], "way": "stock"})
    for code in (*paper.codes, *paper.typed_codes):
        assert code not in looked.text
        assert code not in answer.location
    assert _state(city, paper) == "handed_out"


@pytest.mark.parametrize(
    ("booklet", "status", "told"),
    [
        ("", 422, "Typ het nummer op het boekje"),
        ("K7P2", 422, "Je typte er 4"),
        ("7K3M9QW2XRT5", 422, "klopt een teken niet"),
        ("00000000", 404, "Geen boekje heeft dit nummer"),
    ],
)
def test_what_is_wrong_with_a_number_is_told_at_the_field_and_nothing_is_lost(
    city: City, app: Flask, booklet: str, status: int, told: str
) -> None:
    nadia, _ = stocked(city)
    answer = _send(signed_in(app, nadia), {"booklet": booklet, "way": "stock"})
    assert answer.status_code == status
    assert told in words(answer.text)
    assert 'href="#booklet"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    for kept in (f'value="{booklet}"', 'value="OC-7"', CHECKED):
        assert kept in answer.text
    assert _families(city) == 0


def test_a_wrong_number_and_missing_answers_are_told_together(city: City, app: Flask) -> None:
    nadia, _ = stocked(city)
    client = signed_in(app, nadia)
    answer = client.post(PAGE, data=form(client, PAGE) | {"way": "stock"})
    for name in ("booklet", "family.reference", "family.language", "meetsCriteria"):
        assert f'href="#{name}"' in answer.text


def test_the_same_form_sent_twice_gives_one_booklet(city: City, app: Flask) -> None:
    nadia, paper = stocked(city)
    client = signed_in(app, nadia)
    sent = form(client, PAGE) | _answers() | {"booklet": paper.number, "way": "stock"}
    answers = [client.post(PAGE, data=sent) for _ in range(2)]
    assert {(one.status_code, one.location) for one in answers} == {
        (303, f"/boekjes/{paper.id}/meekijken")
    }


def test_back_and_another_family_is_explained_with_the_booklet_it_was(
    city: City, app: Flask
) -> None:
    nadia, paper = stocked(city)
    client = signed_in(app, nadia)
    sent = form(client, PAGE) | _answers() | {"booklet": paper.number, "way": "stock"}
    client.post(PAGE, data=sent)
    answer = client.post(PAGE, data=sent | {"family.reference": "OC-8"})
    assert answer.status_code == 409
    text = words(answer.text)
    assert "Jullie gaven dit boekje mee op maandag 7 september 2026" in text
    assert "Er zijn 0 van 10 cheques gebruikt" in text
    assert "Kwam je hier met de pijl terug?" in text
    assert f'href="/boekjes/{paper.id}"' in answer.text
    assert "OC-7" not in answer.text
    assert _families(city) == 1


def test_anothers_booklet_says_whom_to_call_and_nothing_of_whose_it_is(
    city: City, app: Flask
) -> None:
    holder = build.referrer(city, organisation_name="Huis van het Kind")
    _, paper = stocked(city, holder)
    client = signed_in(app, build.referrer(city))
    answer = _send(client, {"booklet": paper.number})
    assert answer.status_code == 409
    assert "hoort niet bij de voorraad van jouw organisatie" in words(answer.text)
    assert 'href="tel:+3289000001"' in answer.text
    assert "Huis van het Kind" not in answer.text
    looked = client.post(f"{PAGE}/boekje", data=form(client, PAGE) | {"booklet": paper.number})
    assert looked.status_code == 409
    assert "Bel de regie" in looked.text


def test_an_address_fills_the_number_in(city: City, app: Flask) -> None:
    nadia, paper = stocked(city)
    page = signed_in(app, nadia).get(PAGE, query_string={"boekje": paper.number}).text
    assert f'value="{paper.number}"' in page
    assert CHECKED in page


def test_the_eleventh_unknown_number_in_a_minute_waits(city: City, app: Flask) -> None:
    nadia, _ = stocked(city)
    client = signed_in(app, nadia)
    sent = form(client, PAGE) | {"booklet": "00000000"}
    statuses = [client.post(f"{PAGE}/boekje", data=sent).status_code for _ in range(11)]
    assert statuses == [404] * 10 + [429]
    full = client.post(PAGE, data=sent | _answers())
    assert full.status_code == 429
    assert full.headers["Retry-After"] == "60"


def test_a_provider_rings_and_the_same_scan_succeeds(city: City, app: Flask) -> None:
    """Refused, handed out afterwards by the regie, accepted: each through its own page."""
    with time_machine.travel(MONDAY - timedelta(days=20)):
        nadia, paper = stocked(city)
    regie, provider = build.regie(city), build.provider(city)
    care, since = (MONDAY - timedelta(days=2)).date(), (MONDAY - timedelta(days=9)).date()
    baby, joris = signed_in(app, provider), signed_in(app, regie)
    scan = form(baby, "/scan") | {"code": paper.codes[0], "careDate": str(care)}
    refused = baby.post("/scan", data=scan)
    assert "Nog niet uitgedeeld" in words(refused.text)
    found = joris.post("/boekjes/zoek", data=form(joris, "/boekjes") | {"zoek": paper.codes[0]})
    assert found.location == f"/boekjes/{paper.id}"
    assert "Een gezin heeft het al" in said(joris, found.location)
    asked = joris.get(PAGE, query_string={"boekje": paper.number, "achteraf": "1"}).text
    assert 'name="retroactive" value="true" checked' in asked
    more = {"retroactive": "true", "handedOutOn": str(since), "booklet": paper.number}
    given = _send(joris, more | {"way": "stock"})
    assert given.location == f"/boekjes/{paper.id}/meekijken"
    accepted = baby.post("/scan", data=scan)
    assert accepted.status_code == 303
    text = said(signed_in(app, nadia), f"/boekjes/{paper.id}")
    assert "Meegegeven , en achteraf gemeld door de regie" in text
    assert "zaterdag 29 augustus 2026" in text
    with at_work(city) as uow:
        assert uow.session.scalars(select(Redemption.care_date)).all() == [care]
        kept = uow.session.get_one(Booklet, paper.id)
        assert (kept.retroactive, kept.handed_out_by) == (True, nadia.actor.account_id)


def test_afterwards_is_the_regies_alone(city: City, app: Flask) -> None:
    nadia, paper = stocked(city)
    client = signed_in(app, nadia)
    assert "Het gezin heeft dit boekje al" not in said(client, PAGE)
    answer = _send(client, {"booklet": paper.number, "retroactive": "true"})
    assert answer.status_code == 403
    assert _state(city, paper) == "delivered"


def test_a_reference_is_proposed_in_the_row_of_whose_family_it_will_be(
    city: City, app: Flask
) -> None:
    nadia, paper = stocked(city)
    build.handed_out(city, nadia, reference="OC-2026-041")
    joris = signed_in(app, build.regie(city))
    page = joris.get(PAGE, query_string={"boekje": paper.number}).text
    assert 'value="OC-2026-042"' in page


def test_no_event_tells_a_code_or_a_reference(city: City, app: Flask) -> None:
    nadia, paper = stocked(city)
    _send(signed_in(app, nadia), {"booklet": paper.typed_codes[0], "family.reference": "CANARY"})
    with at_work(city) as uow:
        told = str(uow.session.scalars(select(RecordedEvent.payload)).all())
    for secret in (*paper.codes, *paper.typed_codes, "CANARY"):
        assert secret not in told


def stocked(city: City, holder: Person | None = None) -> tuple[Person, Paper]:
    """Give a referrer, and a blank booklet that was delivered to her today."""
    regie, nadia, now = build.regie(city), holder or build.referrer(city), datetime.now(UTC)
    paper = build.blank(city, regie, now=now)
    build.delivered(city, regie, nadia, paper.number, now=now)
    return nadia, paper


@pytest.fixture(autouse=True)
def _on_monday() -> Iterator[None]:
    """The pages read the clock: it is Monday 7 September 2026."""
    with time_machine.travel(MONDAY):
        yield


def _answers() -> dict[str, str]:
    return {"family.reference": "OC-7", "family.language": "tr", "meetsCriteria": "true"}


def _send(client: FlaskClient, more: dict[str, Any] | None = None) -> TestResponse:
    return client.post(PAGE, data=form(client, PAGE) | _answers() | (more or {}))


def _state(city: City, paper: Paper) -> str:
    with at_work(city) as uow:
        return uow.session.get_one(Booklet, paper.id).state


def _families(city: City) -> int:
    with at_work(city) as uow:
        held = select(func.count(Booklet.id)).where(Booklet.family_id.is_not(None))
        return uow.session.scalar(held) or 0
