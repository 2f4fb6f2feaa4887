"""A referrer hands a family a booklet: four answers, and nothing typed is lost."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from kernel.cities import City
from kernel.people import Family
from tests import build
from tests.build import MONDAY, at_work
from tests.web.people import form, said, signed_in, words
from vouchers.models import Appointment, Booklet, BookletState
from vouchers.replacing import withdraw_booklet

PAGE = "/meegeven"
NATIONAL_NUMBER = "85.07.30-033.28"


def test_four_answers_hand_out_a_booklet_and_turn_the_screen(city: City, app: Flask) -> None:
    nadia = signed_in(app, build.referrer(city))
    answer = _send(nadia, {"family.district": str(build.district(city))})
    assert answer.status_code == 303
    assert answer.location.endswith("/meekijken")
    assert _booklets(city) == [BookletState.HANDED_OUT]
    assert "Dit boekje is van jou" in said(nadia, answer.location)


def test_a_second_enter_gives_the_same_booklet(city: City, app: Flask) -> None:
    nadia = signed_in(app, build.referrer(city))
    sent = form(nadia, PAGE) | _answers()
    first, second = (nadia.post(PAGE, data=sent) for _ in range(2))
    assert first.location == second.location
    assert len(_booklets(city)) == 1


def test_going_back_for_the_next_family_gives_another_booklet(city: City, app: Flask) -> None:
    nadia = signed_in(app, build.referrer(city))
    sent = form(nadia, PAGE) | _answers()
    first = nadia.post(PAGE, data=sent)
    second = nadia.post(PAGE, data=sent | {"family.reference": "OC-8"})
    assert second.status_code == 303
    assert first.location != second.location


def test_all_that_is_missing_is_said_at_once(city: City, app: Flask) -> None:
    nadia = signed_in(app, build.referrer(city))
    answer = nadia.post(PAGE, data=form(nadia, PAGE))
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    for name in ("family.reference", "family.language", "meetsCriteria"):
        assert f'href="#{name}"' in page
        assert f'id="{name}"' in page
    assert _booklets(city) == []


def test_nothing_typed_is_lost_and_the_folded_part_opens(city: City, app: Flask) -> None:
    nadia = signed_in(app, build.referrer(city))
    typed = {
        "family.name": "Familie Demo",
        "family.phone": "bel mij",
        "child.firstName": "Elif",
        "child.birthMonth": "2025-03",
        "appointment.company": "referrer",
        "goodNewsConsent": "true",
    }
    assert "<details><summary>Meer" in nadia.get(PAGE).get_data(as_text=True)
    page = _send(nadia, typed).get_data(as_text=True)
    assert "<details open><summary>Meer" in page
    assert 'href="#family.phone"' in page
    for kept in ('value="Familie Demo"', 'value="bel mij"', 'value="Elif"', 'value="OC-7"'):
        assert kept in page
    assert '<option value="2025-03" selected>' in page
    assert '<option value="tr" selected>' in page
    assert 'value="referrer" checked' in page
    assert page.count('type="checkbox"') == page.count('value="true" checked') == 2


def test_a_national_number_is_refused_with_a_way_out(city: City, app: Flask) -> None:
    nadia = signed_in(app, build.referrer(city))
    answer = _send(nadia, {"family.reference": NATIONAL_NUMBER})
    assert answer.status_code == 422
    text = words(answer.get_data(as_text=True))
    assert "rijksregisternummer" in text
    assert "Neem ons voorstel: OC-2026-001" in text
    with at_work(city) as uow:
        assert uow.session.scalar(select(func.count(Family.id))) == 0


def test_a_reference_is_proposed_that_nobody_has(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    build.handed_out(city, referrer, reference="OC-2026-013")
    assert 'value="OC-2026-014"' in signed_in(app, referrer).get(PAGE).get_data(as_text=True)


def test_a_family_with_a_booklet_leads_to_it(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    build.handed_out(city, referrer, reference="OC-7")
    nadia = signed_in(app, referrer)
    answer = _send(nadia)
    assert answer.status_code == 409
    assert 'href="/boekjes?zoek=OC-7"' in answer.get_data(as_text=True)
    assert "OC-7" in said(nadia, "/boekjes?zoek=OC-7")


def test_a_booklet_that_was_taken_back_makes_room_for_the_right_one(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer, reference="OC-7")
    with at_work(city, referrer.actor) as uow:
        withdraw_booklet(uow, booklet_id=paper.id)
    assert _send(signed_in(app, referrer)).status_code == 303


def test_a_family_known_elsewhere_warns_without_a_name_and_again_on_a_retry(
    city: City, app: Flask
) -> None:
    other = build.referrer(city, organisation_name="Huis van het Kind")
    known = {"family.phone": "0470 11 22 33", "family.name": "Familie Demo"}
    assert "let_op" not in _send(signed_in(app, other), known).location
    nadia = signed_in(app, build.referrer(city))
    sent = form(nadia, PAGE) | _answers() | {"family.phone": "+32470112233"}
    for _ in range(2):
        text = said(nadia, nadia.post(PAGE, data=sent).location)
        assert "Mogelijk kreeg dit gezin al een boekje bij een andere organisatie" in text
        assert "Huis van het Kind" not in text


@pytest.mark.parametrize(("born", "warned"), [("2023-09", True), ("2023-10", False)])
def test_a_child_over_three_warns(city: City, app: Flask, born: str, warned: bool) -> None:  # noqa: FBT001
    nadia = signed_in(app, build.referrer(city))
    answer = _send(nadia, {"child.birthMonth": born})
    assert ("ouder dan drie jaar" in said(nadia, answer.location)) is warned


def test_a_first_visit_is_agreed_at_once(city: City, app: Flask) -> None:
    place = str(build.provider(city).location_id)
    nadia = signed_in(app, build.referrer(city))
    visit = {"appointment.locationId": place, "appointment.on": "2026-09-10"}
    answer = _send(nadia, visit | {"appointment.company": ""})
    assert "donderdag 10 september 2026" in said(nadia, answer.location)
    with at_work(city) as uow:
        assert uow.session.scalars(select(Appointment.company)).all() == ["alone"]


def test_half_a_visit_is_asked_whole(city: City, app: Flask) -> None:
    nadia = signed_in(app, build.referrer(city))
    answer = _send(nadia, {"appointment.on": "2026-09-10", "appointment.company": "someone"})
    assert answer.status_code == 422
    assert 'href="#appointment.locationId"' in answer.get_data(as_text=True)
    assert _booklets(city) == []


def test_beside_the_form_stands_what_the_family_gets(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    build.handed_out(city, referrer)
    build.rule(city, "vouchers.criteria", "Het gezin woont in Genk.")
    text = said(signed_in(app, referrer), PAGE)
    assert "Te gebruiken tot en met maandag 6 september 2027" in text
    assert "Het gezin woont in Genk." in text
    assert "Je organisatie gaf dit jaar 1 boekje mee." in text
    build.rule(city, "vouchers.organisation_ceiling", 40)
    assert "1 van haar 40 boekjes" in said(signed_in(app, referrer), PAGE)


def test_no_other_family_is_on_the_page(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    family = {"name": "Familie Demo", "phone": "0470 11 22 33"}
    build.handed_out(city, referrer, reference="KENMERK-1", family=family)
    page = signed_in(app, referrer).get(PAGE).get_data(as_text=True)
    for secret in ("KENMERK-1", *family.values()):
        assert secret not in page


def test_a_provider_hands_out_nothing(city: City, app: Flask) -> None:
    baby = signed_in(app, build.provider(city))
    assert baby.get(PAGE).status_code == 403
    token = form(baby, "/account")
    assert baby.post(PAGE, data=_answers() | token).status_code == 403


def test_a_form_without_its_token_hands_out_nothing(city: City, app: Flask) -> None:
    assert signed_in(app, build.referrer(city)).post(PAGE, data=_answers()).status_code == 400
    assert _booklets(city) == []


def test_the_regie_may_hand_out_too(city: City, app: Flask) -> None:
    assert _send(signed_in(app, build.regie(city))).status_code == 303


@pytest.fixture(autouse=True)
def _on_monday() -> Iterator[None]:
    """The pages read the clock: it is Monday 7 September 2026."""
    with time_machine.travel(MONDAY):
        yield


def _answers() -> dict[str, str]:
    return {"family.reference": "OC-7", "family.language": "tr", "meetsCriteria": "true"}


def _send(client: FlaskClient, more: dict[str, Any] | None = None) -> TestResponse:
    return client.post(PAGE, data=form(client, PAGE) | _answers() | (more or {}))


def _booklets(city: City) -> list[str]:
    with at_work(city) as uow:
        return list(uow.session.scalars(select(Booklet.state)))
