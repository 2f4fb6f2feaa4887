"""The regie gives a family more time from the booklet's page, and takes that back."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kernel.cities import City
from tests import build
from tests.build import MONDAY, Paper, at_work
from tests.web.people import form, said, signed_in, words
from vouchers.models import Booklet

GIVEN = MONDAY - timedelta(days=380)  # it ended two weeks ago
ENDS = date(2026, 8, 22)
RIGHT = {"until": "2026-12-24", "reason": "not-for-a-while"}


def test_an_expired_booklet_gets_more_time_and_its_page_says_what_to_do(
    city: City, app: Flask
) -> None:
    paper, joris = _expired(city), signed_in(app, build.regie(city))
    assert "Tijd is om" in said(joris, f"/boekjes/{paper.id}")
    answer = _extend(joris, paper)
    assert answer.location == f"/boekjes/{paper.id}?klaar=verlengd"
    text = said(joris, answer.location)
    assert "Dit boekje werkt nu tot en met donderdag 24 december 2026" in text
    assert "schrijf de nieuwe erbij, of druk het opnieuw" in text
    assert "Verlengd tot en met donderdag 24 december 2026: het gezin kon een tijd niet" in text
    assert "Laat meekijken" in text


def test_it_is_undone_from_the_same_page(city: City, app: Flask) -> None:
    paper, joris = _expired(city), signed_in(app, build.regie(city))
    after, action = _extend(joris, paper).location, f"/boekjes/{paper.id}/verlenging-terug"
    token = form(joris, after, action=action)
    undone = joris.post(action, data=token)
    text = said(joris, undone.location)
    assert "De verlenging is ongedaan gemaakt" in text
    assert "Verlengd tot en met" not in text
    assert _ends(city, paper) == ENDS
    twice = joris.post(action, data=token)
    assert twice.status_code == 409
    assert "niet meer ongedaan maken" in words(twice.text)


def test_the_same_form_sent_twice_extends_once(city: City, app: Flask) -> None:
    paper, joris = _expired(city), signed_in(app, build.regie(city))
    assert [_extend(joris, paper).status_code for _ in range(2)] == [303, 303]
    assert said(joris, f"/boekjes/{paper.id}").count("Verlengd tot en met") == 1


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"until": "", "reason": "not-for-a-while"}, "until"),
        ({"until": "morgen", "reason": "not-for-a-while"}, "until"),
        ({"until": "2026-08-20", "reason": "not-for-a-while"}, "until"),
        ({"until": "2028-01-01", "reason": "not-for-a-while"}, "until"),
        ({"until": "2026-12-24", "reason": ""}, "reason"),
        ({"until": "2026-12-24", "reason": "zomaar"}, "reason"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_in_the_open_form(
    city: City, app: Flask, sent: dict[str, str], field: str
) -> None:
    paper, joris = _expired(city), signed_in(app, build.regie(city))
    answer = _extend(joris, paper, sent)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert '<details class="card" open><summary>Verlengen' in answer.text
    assert _ends(city, paper) == ENDS


def test_a_referrer_reads_of_it_and_cannot_ask_it(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer, now=GIVEN)
    _extend(signed_in(app, build.regie(city)), paper)
    nadia = signed_in(app, referrer)
    text = said(nadia, f"/boekjes/{paper.id}")
    assert "Verlengd tot en met donderdag 24 december 2026" in text
    assert "Verleng het boekje" not in text
    token = form(nadia, f"/boekjes/{paper.id}", action=f"/boekjes/{paper.id}/bereikbaar")
    assert nadia.post(f"/boekjes/{paper.id}/verlengen", data=token | RIGHT).status_code == 403


def _expired(city: City) -> Paper:
    return build.handed_out(city, build.referrer(city), now=GIVEN)


def _extend(client: FlaskClient, paper: Paper, sent: dict[str, str] | None = None) -> TestResponse:
    path = f"/boekjes/{paper.id}"
    token = form(client, path, action=f"{path}/verlengen")
    return client.post(f"{path}/verlengen", data=token | (sent or RIGHT))


def _ends(city: City, paper: Paper) -> date | None:
    with at_work(city) as uow:
        return uow.session.get_one(Booklet, paper.id).valid_until


@pytest.fixture(autouse=True)
def _on_monday() -> Iterator[None]:
    with time_machine.travel(MONDAY):
        yield
