"""One tap tells whether a child goes on: after a scan, on the day, on the booklet's page."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from kernel.cities import City
from tests import build
from tests.build import MONDAY, Person, at_work
from tests.web.people import form, said, signed_in
from vouchers.models import Booklet

DAY = "/opvang/vandaag"
LAST = MONDAY + timedelta(days=9)


def test_after_the_last_cheque_one_tap_is_enough_and_nobody_has_to(city: City, app: Flask) -> None:
    provider, _, scan = _used(city, 10)
    miriam = signed_in(app, provider)
    page, tell = f"/scan/{scan}", f"/scan/{scan}/verder"
    assert "Komt het kind nog na dit boekje?" in said(miriam, page)
    assert "Komt het kind nog?" in said(miriam, DAY), "skipped: it waits on the day's page"
    answer = miriam.post(tell, data=form(miriam, page, action=tell) | {"answer": "here"})
    assert (answer.status_code, answer.location) == (303, page)
    html = miriam.get(page).get_data(as_text=True)
    assert 'value="here" aria-pressed="true"' in html
    assert "Genoteerd. Vandaag kan je dit nog wijzigen." in html


def test_the_days_page_asks_by_date_and_number_without_a_name(city: City, app: Flask) -> None:
    provider, _, scan = _used(city, 8, name="Amina Demo")
    miriam = signed_in(app, provider)
    text = said(miriam, DAY)
    assert "Cheque 8 van 10 Boekje …" in text
    assert "laatst gebruikt op maandag 14 september 2026" in text
    assert "Amina" not in text
    tell = f"/scan/{scan}/verder"
    sent = form(miriam, DAY, action=tell) | {"answer": "unknown"}
    assert miriam.post(tell, data=sent).location == f"{DAY}#verder"
    with time_machine.travel(LAST + timedelta(days=1)):
        assert "Komt het kind nog?" not in said(signed_in(app, provider), DAY)


@pytest.mark.parametrize("count", [1, 7, 9])
def test_other_scans_ask_nothing(city: City, app: Flask, count: int) -> None:
    provider, _, scan = _used(city, count)
    assert "Komt het kind nog" not in said(signed_in(app, provider), f"/scan/{scan}")


def test_a_wrong_answer_and_a_later_one_are_told(city: City, app: Flask) -> None:
    provider, _, scan = _used(city, 10)
    miriam = signed_in(app, provider)
    tell = f"/scan/{scan}/verder"
    token = form(miriam, DAY, action=tell)
    assert miriam.post(tell, data=token | {"answer": "maybe"}).status_code == 422
    assert miriam.post(tell, data=token | {"answer": "no"}).status_code == 303
    with time_machine.travel(LAST + timedelta(days=1)):
        late = signed_in(app, provider)
        token = form(late, "/account")
        assert late.post(tell, data=token | {"answer": "here"}).status_code == 409


def test_a_referrer_tells_it_on_the_booklets_page(city: City, app: Flask) -> None:
    _, referrer, _ = _used(city, 3)
    nadia = signed_in(app, referrer)
    [page] = _booklets(city)
    tell = f"{page}/verder"
    answer = nadia.post(tell, data=form(nadia, page, action=tell) | {"answer": "elsewhere"})
    assert answer.location == f"{page}#verder"
    assert "Je antwoordde op woensdag 16 september 2026." in said(nadia, page)
    stranger = signed_in(app, build.referrer(city))
    token = form(stranger, "/meegeven") | {"answer": "no"}
    assert stranger.post(tell, data=token).status_code == 404


def test_a_booklet_of_which_nothing_is_used_asks_nothing(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    build.handed_out(city, referrer)
    [page] = _booklets(city)
    assert "Komt het kind nog?" not in said(signed_in(app, referrer), page)


@pytest.fixture(autouse=True)
def _on_the_last_day() -> Iterator[None]:
    with time_machine.travel(LAST):
        yield


def _used(city: City, count: int, **family: str) -> tuple[Person, Person, UUID]:
    """Give a provider, a referrer, and the last of so many scans, one a day from a Monday."""
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer, now=MONDAY, family=family)
    scans = [
        build.scanned(city, provider, paper.codes[n], now=MONDAY + timedelta(days=n))
        for n in range(count)
    ]
    return provider, referrer, scans[-1]


def _booklets(city: City) -> list[str]:
    with at_work(city) as uow:
        found = uow.session.scalars(select(Booklet.id))
        return [f"/boekjes/{booklet_id}" for booklet_id in found]
