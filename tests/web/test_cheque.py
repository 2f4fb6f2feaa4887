"""A family opens any of its cheques and sees what is left: no account, no name, no trace."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from kernel.cities import City
from kernel.organisations import Location, Room
from kernel.people import Family
from tests import build
from tests.build import MONDAY, Paper, Person, at_work
from tests.web.people import form, signed_in, words
from vouchers.annulling import annul_redemption
from vouchers.models import Booklet
from vouchers.replacing import replace_lost_booklet

PAGE = "/c"
TEN_DAYS_AGO = MONDAY - timedelta(days=10)
GARBAGE = ("", " ", "\x00", "7K3M\ud800", "'; --", "١٢٣", "%00", "A" * 100_000, "K" * 16, "U" * 12)


def test_any_cheque_tells_how_many_are_left(client: FlaskClient, ours: Paper) -> None:
    for code in (*ours.codes, *ours.typed_codes):
        text = _told(client, code)
        assert "nog 7 van de 10 cheques" in text
        assert "Gebruik ze tot en met vrijdag 27 augustus 2027" in text


def test_a_code_is_read_as_people_type_it(client: FlaskClient, ours: Paper) -> None:
    typed = ours.typed_codes[0].lower().replace("0", "o").replace("1", "l")
    assert "nog 7 van de 10" in _told(client, f" {typed[:4]}-{typed[4:8]} {typed[8:]}\n")


def test_a_cheque_says_whether_it_is_used(client: FlaskClient, ours: Paper) -> None:
    used, unused = _told(client, ours.codes[0]), _told(client, ours.codes[3])
    assert "Deze cheque is gebruikt op vrijdag 28 augustus 2026" in used
    assert "Deze cheque: ingeruild op 28 augustus 2026" in used
    assert "Deze cheque is nog niet gebruikt" in unused
    assert "Deze cheque: nog niet ingeruild" in unused


def test_an_undone_scan_reads_as_never_scanned(
    city: City, client: FlaskClient, ours: Paper, zon: Person
) -> None:
    redemption = build.scanned(city, zon, ours.codes[9])
    assert "nog 6 van de 10" in _told(client, ours.codes[9])
    with at_work(city, zon.actor) as uow:
        annul_redemption(uow, redemption_id=redemption)
    text = _told(client, ours.codes[9])
    assert "nog 7 van de 10" in text
    assert "nog niet gebruikt" in text


def test_the_last_cheque_is_one_cheque(
    city: City, client: FlaskClient, ours: Paper, zon: Person
) -> None:
    _use(city, zon, ours, 9, start=3)
    text = _told(client, ours.codes[9])
    assert "1 cheque over" in text
    assert "Gebruik hem tot en met" in text


def test_a_booklet_that_is_used_up_asks_to_go_on(
    city: City, client: FlaskClient, ours: Paper, zon: Person
) -> None:
    _use(city, zon, ours, 10, start=3)
    text = _told(client, ours.codes[0])
    assert "Alle cheques zijn gebruikt" in text
    assert "Wil je verder?" in text
    assert "089 00 00 01" in text


def test_an_expired_booklet_says_until_when_it_was(client: FlaskClient, ours: Paper) -> None:
    with time_machine.travel(datetime(2027, 8, 27, 23, 59, tzinfo=MONDAY.tzinfo)):
        assert "Gebruik ze tot en met" in _told(client, ours.codes[5])
    with time_machine.travel(datetime(2027, 8, 28, 0, 1, tzinfo=MONDAY.tzinfo)):
        text = _told(client, ours.codes[5])
    assert "Je kon het gebruiken tot en met vrijdag 27 augustus 2027" in text
    assert "Heb je nog opvang nodig?" in text


def test_a_lost_booklet_leads_to_the_new_one(
    city: City, client: FlaskClient, ours: Paper, nadia: Person
) -> None:
    with at_work(city, nadia.actor) as uow:
        new = build.paper(replace_lost_booklet(uow, booklet_id=ours.id))
    old = _told(client, ours.codes[5])
    assert "Dit boekje werkt niet meer" in old
    assert "Ik ben van de opvang" not in old
    assert "nog 7 van de 7 cheques" in _told(client, new.codes[0])


def test_a_booklet_from_stock_asks_for_a_call(city: City, client: FlaskClient) -> None:
    text = _told(client, build.blank(city, build.regie(city)).codes[0])
    assert "Dit boekje is nog niet klaar" in text
    assert "089 00 00 01" in text


def test_an_unknown_code_is_told_gently_and_asked_again(client: FlaskClient) -> None:
    answer = client.post(PAGE, data={"code": "7k3m 9qw2 xrt6"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 404
    assert "We vinden deze cheque niet" in page
    assert 'value="7k3m 9qw2 xrt6"' in page
    assert 'aria-describedby="code-hint code-error"' in page


@pytest.mark.parametrize("garbage", GARBAGE)
def test_whatever_is_typed_is_answered(client: FlaskClient, garbage: str) -> None:
    asked: list[dict[str, Any]] = [{"json": {"code": garbage, "taal": garbage}}]
    if garbage.isascii():
        asked.append({"data": {"code": garbage, "taal": garbage}})
    for how in asked:
        assert client.post(PAGE, **how).status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"code": 7}', b'{"code": ["A"]}'])
def test_a_body_without_a_code_is_answered(client: FlaskClient, body: bytes) -> None:
    answer = client.post(PAGE, data=body, content_type="application/json")
    assert answer.status_code == 404
    assert "Typ de twaalf tekens" in answer.get_data(as_text=True)


def test_a_script_gets_a_piece_and_a_form_gets_a_page(client: FlaskClient, ours: Paper) -> None:
    piece = client.post(PAGE, json={"code": ours.codes[0]}).get_data(as_text=True)
    page = client.post(PAGE, data={"code": ours.codes[0]}).get_data(as_text=True)
    assert "<html" not in piece
    assert "<html" in page
    for text in (piece, page):
        assert "nog 7 van de 10 cheques" in words(text)


def test_the_page_speaks_the_familys_language_until_another_is_chosen(
    city: City, client: FlaskClient, nadia: Person
) -> None:
    code = build.handed_out(city, nadia, family={"language": "ar"}).codes[0]
    familys = client.post(PAGE, json={"code": code}).get_data(as_text=True)
    assert 'lang="ar" dir="rtl"' in familys
    assert "قسائم متبقية" in words(familys)
    assert 'lang="fr" dir="ltr"' in client.post(PAGE, json={"code": code, "taal": "fr"}).text
    for no_language in ("ti", "xx", "../../etc", "AR"):
        sent = {"code": code, "taal": no_language}
        assert 'lang="ar" dir="rtl"' in client.post(PAGE, json=sent).text


def test_a_language_without_a_catalogue_reads_dutch(
    city: City, client: FlaskClient, nadia: Person
) -> None:
    code = build.handed_out(city, nadia, family={"language": "ti"}).codes[0]
    assert "nog 10 van de 10 cheques" in _told(client, code)


def test_dutch_stands_beside_another_language(
    city: City, client: FlaskClient, nadia: Person
) -> None:
    code = build.handed_out(city, nadia, family={"language": "ar"}).codes[0]
    text = _told(client, code)
    assert "استعملوها حتى يوم الاثنين 6 أيلول/سبتمبر 2027" in text
    assert "Gebruik ze tot en met maandag 6 september 2027" in text
    assert _told(client, code, taal="nl").count("Gebruik ze tot en met") == 1


def test_without_a_script_the_choice_of_a_language_keeps_the_code(
    client: FlaskClient, ours: Paper
) -> None:
    page = client.post(PAGE, data={"code": ours.typed_codes[0]}).get_data(as_text=True)
    assert f'<input type="hidden" name="code" value="{ours.typed_codes[0]}">' in page
    assert '<button class="btn btn-s btn-plain" name="taal" value="ar"' in page
    chosen = client.post(PAGE, data={"code": ours.typed_codes[0], "taal": "ar"})
    assert '<html lang="ar" dir="rtl">' in chosen.get_data(as_text=True)


def test_the_form_does_not_choose_dutch_for_an_arabic_family(
    city: City, client: FlaskClient, nadia: Person
) -> None:
    code = build.handed_out(city, nadia, family={"language": "ar"}).typed_codes[0]
    fields = form(client, PAGE)
    assert '<html lang="ar"' in client.post(PAGE, data=fields | {"code": code}).text
    chosen = form(client, f"{PAGE}?taal=fr")
    assert '<html lang="fr"' in client.post(PAGE, data=chosen | {"code": code}).text


def test_three_places_near_with_room_first(
    city: City, client: FlaskClient, ours: Paper, zon: Person
) -> None:
    _places(city, zon, ours)
    text = _told(client, ours.codes[5])
    first, second, third = (text.index(name) for name in ("Veraf", "Dichtbij", "Onbekend"))
    assert first < second < third
    assert "Vol" not in text
    assert "7,8 kilometer" in text
    assert "600 meter" in text
    assert 'href="tel:+3289000112"' in client.post(PAGE, json={"code": ours.codes[5]}).text


def test_nothing_of_a_person_is_shown(city: City, client: FlaskClient, nadia: Person) -> None:
    family = {"language": "nl", "name": "Familie Geheim", "phone": "0470 12 34 56"}
    child = {"first_name": "Elif"}
    paper = build.handed_out(city, nadia, reference="OC-SECRET", family=family, child=child)
    page = client.post(PAGE, data={"code": paper.codes[0]}).get_data(as_text=True)
    for hidden in ("Geheim", "0470", "Elif", "OC-SECRET", "Nadia", paper.number, str(paper.id)):
        assert hidden not in page


def test_a_familys_phone_gets_no_cookie(client: FlaskClient, ours: Paper) -> None:
    answers = (client.get(PAGE), client.post(PAGE, data={"code": ours.codes[0]}))
    for answer in answers:
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"


def test_no_code_comes_into_a_log_or_an_address(client: FlaskClient, ours: Paper) -> None:
    with capture_logs() as lines:
        page = client.post(PAGE, json={"code": ours.codes[0]}).get_data(as_text=True)
        client.post(PAGE, data={"code": ours.typed_codes[0]})
    assert len(lines) == 2
    assert not [line for line in lines if ours.codes[0] in str(line)]
    assert not [line for line in lines if ours.typed_codes[0] in str(line)]
    assert ours.codes[0] not in page


def test_a_provider_finds_one_quiet_button(client: FlaskClient, ours: Paper) -> None:
    button = '<a class="btn btn-quiet" href="/scan" data-redeem>'
    assert button in client.post(PAGE, json={"code": ours.codes[5]}).text
    assert button not in client.post(PAGE, json={"code": ours.codes[0]}).text


def test_another_site_cannot_ask(client: FlaskClient, ours: Paper) -> None:
    away = {"Origin": "https://elsewhere.example"}
    assert client.post(PAGE, json={"code": ours.codes[0]}, headers=away).status_code == 403


def test_whoever_is_signed_in_reads_the_same_page(app: Flask, ours: Paper, zon: Person) -> None:
    page = signed_in(app, zon).post(PAGE, data={"code": ours.codes[0]}).get_data(as_text=True)
    assert "nog 7 van de 10 cheques" in words(page)
    assert "Hoofdmenu" not in page


@pytest.fixture(autouse=True)
def _on_monday() -> Iterator[None]:
    """The pages read the clock: it is Monday 7 September 2026."""
    with time_machine.travel(MONDAY):
        yield


@pytest.fixture
def nadia(city: City) -> Person:
    return build.referrer(city)


@pytest.fixture
def zon(city: City) -> Person:
    build.price(city)
    return build.provider(city)


@pytest.fixture
def ours(city: City, nadia: Person, zon: Person) -> Paper:
    """A booklet of ten days old, of which three cheques were used on its first three days."""
    paper = build.handed_out(city, nadia, now=TEN_DAYS_AGO)
    _use(city, zon, paper, 3)
    return paper


def _use(city: City, by: Person, paper: Paper, until: int, start: int = 0) -> None:
    for number in range(start, until):
        day = TEN_DAYS_AGO + timedelta(days=number)
        build.scanned(city, by, paper.codes[number], now=day)


def _places(city: City, zon: Person, ours: Paper) -> None:
    district = build.district(city)
    with at_work(city) as uow:
        family_id = uow.session.get_one(Booklet, ours.id).family_id
        uow.session.get_one(Family, family_id).district_id = district
    for name, latitude, room in (
        ("Veraf", 51.04, Room.YES),
        ("Dichtbij", 50.975, Room.SOME),
        ("Vol", 50.97, Room.NO),
    ):
        build.location(
            city,
            organisation_id=zon.organisation_id,
            name=name,
            latitude=latitude,
            longitude=5.48,
            room=room,
            room_said_at=MONDAY,
        )
    with at_work(city) as uow:
        uow.session.get_one(Location, zon.location_id).name = "Onbekend"


def _told(client: FlaskClient, code: str, **more: str) -> str:
    answer: TestResponse = client.post(PAGE, json={"code": code} | more)
    assert answer.status_code == 200
    return words(answer.get_data(as_text=True))
