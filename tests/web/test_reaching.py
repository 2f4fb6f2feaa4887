"""A family's phone number is written down on its booklet's page."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from kernel.cities import City
from kernel.people import Family
from tests import build
from tests.build import Paper, at_work
from tests.web.people import form, said, signed_in
from vouchers.booklets import read_booklet

PHONE = "0470 12 34 56"


def test_a_number_is_added_and_can_be_called(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    nadia = signed_in(app, referrer)
    assert "Telefoon toevoegen" in said(nadia, f"/boekjes/{paper.id}")
    answer = _note(nadia, paper, {"family.phone": PHONE})
    assert answer.status_code == 303
    assert PHONE.replace(" ", "") not in answer.location
    page = nadia.get(answer.location).text
    assert 'href="tel:+32470123456"' in page
    assert "Telefoon toevoegen" not in page


def test_a_number_that_is_known_elsewhere_warns(city: City, app: Flask) -> None:
    other = build.referrer(city, organisation_name="Huis van het Kind")
    known = build.handed_out(city, other)
    _note(signed_in(app, other), known, {"family.phone": PHONE})
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    nadia = signed_in(app, referrer)
    text = said(nadia, _note(nadia, paper, {"family.phone": "+32470123456"}).location)
    assert "Mogelijk kreeg dit gezin al een boekje bij een andere organisatie" in text
    assert "Huis van het Kind" not in text


def test_what_is_no_phone_number_is_told_in_the_open_form_and_kept(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    nadia = signed_in(app, referrer)
    for typed in ("bel mij", "85.07.30-033.28", ""):
        answer = _note(nadia, paper, {"family.phone": typed, "family.name": ""})
        assert answer.status_code == 422
        assert 'href="#family.phone"' in answer.text
        assert "<details open><summary>Telefoon toevoegen" in answer.text
        assert f'value="{typed}"' in answer.text
    with at_work(city, referrer.actor) as uow:
        assert read_booklet(uow, booklet_id=paper.id).phone is None
        assert uow.session.scalars(select(Family.phone_hash)).all() == [None]


def _note(client: FlaskClient, paper: Paper, sent: dict[str, str]) -> TestResponse:
    path = f"/boekjes/{paper.id}"
    token = form(client, path, action=f"{path}/bereikbaar")
    return client.post(f"{path}/bereikbaar", data=token | sent)
