"""A provider's scan through the page's own forms: one answer, one effect, one next step."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from kernel.cities import City
from kernel.organisations import Location
from tests import build
from tests.build import Paper, Person
from tests.web.people import form, hidden_in, said, signed_in, words
from vouchers.codes import check_sign
from vouchers.models import Redemption, ScanAttempt
from vouchers.redeeming import redeem_cheque
from vouchers.replacing import replace_lost_booklet

FRAGMENT = {"HX-Request": "true"}


def test_a_scan_has_an_address_where_its_answer_stays(client: FlaskClient, paper: Paper) -> None:
    answer = scan(client, paper.codes[0])
    assert answer.status_code == 303
    assert paper.codes[0] not in answer.location
    text = said(client, answer.location)
    assert "Ingeruild Cheque 1 van 10" in text
    assert "Je krijgt € 20,00" in text
    assert said(client, answer.location) == text


def test_the_script_gets_the_same_answer_as_a_piece(client: FlaskClient, paper: Paper) -> None:
    answer = scan(client, paper.codes[0], headers=FRAGMENT)
    assert answer.status_code == 200
    assert '<div class="say"' in answer.text
    assert "<html" not in answer.text
    assert "Ingeruild Cheque 1 van 10" in words(answer.text)


def test_a_double_tap_is_one_scan(client: FlaskClient, city: City, paper: Paper) -> None:
    sent = form(client, "/scan") | {"code": paper.codes[0]}
    first, second = (client.post("/scan", data=sent) for _ in range(2))
    assert first.location == second.location
    assert len(redemptions(city)) == 1


def test_the_same_key_for_another_cheque_is_refused(client: FlaskClient, paper: Paper) -> None:
    sent = form(client, "/scan")
    client.post("/scan", data=sent | {"code": paper.codes[0]})
    answer = client.post("/scan", data=sent | {"code": paper.codes[1]})
    assert answer.status_code == 422
    assert "Begin opnieuw" in words(answer.text)


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("unknown", (404, "answer-stop", "Onbekende code")),
        ("in stock", (409, "answer-wait", "Nog niet uitgedeeld")),
        ("lost", (409, "answer-stop", "Geblokkeerd")),
        ("expired", (409, "answer-stop", "Niet meer geldig")),
        ("used", (409, "answer-stop", "Al gebruikt")),
        ("second of the day", (409, "answer-wait", "Nog een cheque?")),
    ],
)
def test_each_refusal_fills_the_screen_and_is_remembered(
    client: FlaskClient, city: City, state: str, shown: tuple[int, str, str]
) -> None:
    status, tone, word = shown
    answer = scan(client, code_that_is(city, state))
    assert answer.status_code == status
    assert f'<body class="answer {tone}">' in answer.text
    assert word in words(answer.text)
    assert len(attempts(city)) == 1
    piece = scan(client, code_that_is(city, state), headers=FRAGMENT)
    assert (piece.status_code, f'data-tone="{tone}"' in piece.text) == (status, True)
    assert len(attempts(city)) == 2


def test_a_used_cheque_tells_the_place_only_to_whoever_used_it(
    client: FlaskClient, city: City, paper: Paper, provider: Person
) -> None:
    other = build.provider(city)
    own, others = paper.codes[0], handed_out(city).codes[0]
    redeem(city, provider, own)
    redeem(city, other, others)
    here, there = name_of(city, provider), name_of(city, other)
    mine, theirs = words(scan(client, own).text), words(scan(client, others).text)
    assert here in mine
    assert "Jij ruilde hem zelf in: hij telt mee" in mine
    assert there not in theirs
    assert "Vraag het gezin een andere cheque" in theirs


def test_a_provider_that_is_not_approved_is_told_whom_to_call(app: Flask, city: City) -> None:
    client = signed_in(app, build.provider(city, approved_on=None))
    assert "kan nog geen cheques inruilen" in said(client, "/scan")
    sent = {"csrf_token": token(client), "code": handed_out(city).codes[0]}
    answer = client.post("/scan", data=sent)
    assert answer.status_code == 403
    assert 'href="tel:089000001"' in answer.text


def test_the_second_cheque_of_a_day_goes_on_as_a_new_attempt(
    client: FlaskClient, city: City, paper: Paper
) -> None:
    scan(client, paper.codes[0])
    sent = form(client, "/scan") | {"code": paper.codes[1]}
    asked = client.post("/scan", data=sent)
    again = hidden_in(asked.text)
    assert again["key"] != sent["key"]
    answer = client.post("/scan", data=again | {"sameDayReason": "secondChild"})
    assert answer.status_code == 303
    assert {one.same_day_reason for one in redemptions(city)} == {None, "secondChild"}


def test_with_several_places_one_is_chosen_and_remembered(app: Flask, city: City) -> None:
    two = build.provider(city, locations=2)
    client = signed_in(app, two)
    asked = scan(client, handed_out(city).codes[0])
    assert "Waar ben je?" in words(asked.text)
    answer = client.post("/scan", data=hidden_in(asked.text) | {"locationId": str(two.location_id)})
    assert answer.status_code == 303
    assert f'value="{two.location_id}" checked' in client.get("/scan").text


def test_another_providers_place_cannot_be_chosen(client: FlaskClient, city: City) -> None:
    other = build.provider(city)
    answer = scan(client, handed_out(city).codes[0], locationId=str(other.location_id))
    assert answer.status_code == 403
    assert redemptions(city) == []


def test_an_earlier_day_can_be_chosen_and_a_wrong_one_loses_nothing(
    client: FlaskClient, city: City, provider: Person
) -> None:
    booklet = handed_out(city, days_ago=20)
    today = now().date()
    typed = booklet.typed_codes[0]
    wrong = scan(client, typed, careDate=str(today - timedelta(days=15)))
    assert wrong.status_code == 422
    assert f'value="{typed}"' in wrong.text
    assert "hoogstens 14 dagen" in words(wrong.text)
    right = scan(client, typed, careDate=str(today - timedelta(days=13)))
    assert right.status_code == 303
    assert "Vandaag, " not in said(client, right.location)


def test_nothing_typed_is_told_in_its_field(client: FlaskClient, city: City) -> None:
    answer = scan(client, "  ")
    assert answer.status_code == 422
    assert 'id="code-error"' in answer.text
    assert attempts(city) == []


def test_a_typed_code_may_have_hyphens_and_misread_signs(client: FlaskClient, city: City) -> None:
    typed = handed_out(city).typed_codes[0]
    meant = typed.replace("0", "o").replace("1", "l").lower()
    answer = scan(client, f" {meant[:4]}-{meant[4:8]} {meant[8:]} ")
    assert answer.status_code == 303


def test_a_reader_on_a_cable_may_type_the_whole_address(
    client: FlaskClient, city: City, paper: Paper
) -> None:
    assert scan(client, f"{city.base_url}/c#{paper.codes[0]}").status_code == 303


def test_a_foreign_symbol_is_refused_without_a_fault(client: FlaskClient) -> None:
    for foreign in ("https://menukaart.example/c", "BEGIN:VCARD\nN:Peeters", "x" * 5000, "\x00é☃"):
        assert 400 <= scan(client, foreign).status_code < 500


def test_ten_wrong_codes_in_a_minute_are_enough_and_right_ones_pass(
    client: FlaskClient, city: City, paper: Paper
) -> None:
    said_ = [scan(client, unknown(n)).status_code for n in range(11)]
    assert said_ == [404] * 10 + [429]
    assert scan(client, paper.codes[0]).status_code == 303


def test_an_undone_scan_says_that_the_cheque_is_open(
    client: FlaskClient, city: City, paper: Paper
) -> None:
    address = scan(client, paper.codes[0]).location
    undone = client.post(f"{address}/ongedaan", data=form(client, address))
    assert undone.location == address
    assert "Ongedaan gemaakt De cheque is weer open." in said(client, address)
    again = client.post(f"{address}/ongedaan", data={"csrf_token": token(client)})
    assert (again.status_code, "Al ongedaan gemaakt" in words(again.text)) == (409, True)
    assert scan(client, paper.codes[0]).status_code == 303


def test_a_scan_of_yesterday_is_the_regies_to_undo(
    client: FlaskClient, city: City, provider: Person
) -> None:
    booklet = handed_out(city, days_ago=3)
    scanned = redeem(city, provider, booklet.codes[0], days_ago=2)
    assert "Maak ongedaan" not in said(client, f"/scan/{scanned}")
    late = client.post(f"/scan/{scanned}/ongedaan", data={"csrf_token": token(client)})
    assert late.status_code == 409
    assert "Bel de regie" in words(late.text)


def test_another_providers_scan_is_not_here(client: FlaskClient, city: City, paper: Paper) -> None:
    scanned = redeem(city, build.provider(city), paper.codes[0])
    assert client.get(f"/scan/{scanned}").status_code == 404
    gone = client.post(f"/scan/{scanned}/ongedaan", data={"csrf_token": token(client)})
    assert gone.status_code == 404
    assert len(redemptions(city)) == 1


def test_whole_or_half_a_day_is_asked_only_where_both_are_paid(
    client: FlaskClient, city: City, paper: Paper
) -> None:
    assert "Halve dag" not in said(client, "/scan")
    build.price(city, 1200, care_moment="halfDay")
    assert "Halve dag" in said(client, "/scan")
    answer = scan(client, paper.codes[0], careMoment="halfDay")
    assert "Je krijgt € 12,00" in said(client, answer.location)


def test_a_price_that_is_not_known_is_said_to_be_so(app: Flask, city: City) -> None:
    client = signed_in(app, build.provider(city))
    answer = scan(client, handed_out(city).codes[0])
    assert "Prijs niet bekend" in said(client, answer.location)


def test_a_referrer_scans_nothing(app: Flask, city: City) -> None:
    client = signed_in(app, build.referrer(city))
    assert client.get("/scan").status_code == 403


@pytest.fixture
def provider(city: City) -> Person:
    build.price(city)
    return build.provider(city)


@pytest.fixture
def client(app: Flask, provider: Person) -> FlaskClient:
    """A browser in which a childminder is signed in."""
    return signed_in(app, provider)


@pytest.fixture
def paper(city: City) -> Paper:
    return handed_out(city)


def now() -> datetime:
    """A page takes the time from the machine."""
    return datetime.now(UTC)


def handed_out(city: City, *, days_ago: int = 1) -> Paper:
    return build.handed_out(city, build.referrer(city), now=now() - timedelta(days=days_ago))


def redeem(city: City, by: Person, code: str, *, days_ago: int = 0) -> Any:
    with build.at_work(city, by.actor, now() - timedelta(days=days_ago)) as uow:
        return redeem_cheque(uow, code=code, idempotency_key=f"key for {code}").redemption.id


def code_that_is(city: City, state: str) -> str:
    """Give the code of a cheque in a state."""
    if state == "unknown":
        return unknown(0)
    if state == "in stock":
        return build.blank(city, build.regie(city), now=now()).codes[0]
    if state == "expired":
        return handed_out(city, days_ago=400).codes[0]
    booklet = handed_out(city)
    if state == "lost":
        with build.at_work(city, build.regie(city).actor, now()) as uow:
            replace_lost_booklet(uow, booklet_id=booklet.id)
    elif state == "used":
        redeem(city, build.provider(city), booklet.codes[1])
        return booklet.codes[1]
    elif state == "second of the day":
        redeem(city, build.provider(city), booklet.codes[1])
    return booklet.codes[0]


def unknown(n: int) -> str:
    signs = f"{n:011}"
    return signs + check_sign(signs)


def scan(client: FlaskClient, code: str, **more: Any) -> TestResponse:
    headers = more.pop("headers", {})
    return client.post("/scan", data=form(client, "/scan") | {"code": code} | more, headers=headers)


def token(client: FlaskClient) -> str:
    return form(client, "/account")["csrf_token"]


def name_of(city: City, person: Person) -> str:
    with build.at_work(city) as uow:
        return uow.session.get_one(Location, person.location_id).name


def redemptions(city: City) -> list[Redemption]:
    with build.at_work(city) as uow:
        found = list(uow.session.scalars(select(Redemption)))
        uow.session.expunge_all()
        return found


def attempts(city: City) -> list[ScanAttempt]:
    with build.at_work(city) as uow:
        found = list(uow.session.scalars(select(ScanAttempt)))
        uow.session.expunge_all()
        return found
