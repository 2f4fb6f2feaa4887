"""A provider's day: what was scanned, what can be undone, whether there is room."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kernel.calendar import day_of
from kernel.cities import City
from kernel.organisations import Location, Room
from kernel.places import tell_room
from tests import build
from tests.build import Paper, Person
from tests.web.people import form, said, signed_in
from vouchers.redeeming import redeem_cheque

TODAY = "/opvang/vandaag"
ROOM = "/opvang/vandaag/plaats"


def test_an_empty_day_says_what_to_do(client: FlaskClient) -> None:
    text = said(client, TODAY)
    assert "Vandaag nog geen cheques" in text
    assert "Scan een cheque" in text
    assert "0 cheques, € 0,00" in text


def test_todays_scans_stand_with_their_undo_and_the_months_total(
    client: FlaskClient, city: City, provider: Person
) -> None:
    booklet = handed_out(city)
    scanned = redeem(city, provider, booklet.codes[0])
    text = said(client, TODAY)
    assert "1 cheque ingeruild Cheque 1 van 10 , € 20,00" in text
    assert "1 cheque, € 20,00" in text
    undone = client.post(
        f"/scan/{scanned}/ongedaan", data=form(client, TODAY, action=f"/scan/{scanned}/ongedaan")
    )
    assert undone.status_code == 303
    text = said(client, TODAY)
    assert "0 cheques ingeruild" in text
    assert "Ongedaan" in text
    assert "0 cheques, € 0,00" in text


def test_a_booklet_is_named_by_its_last_four_signs_and_a_family_never(
    client: FlaskClient, city: City, provider: Person
) -> None:
    booklet = handed_out(city, family={"name": "Kanarie Vogelaar", "phone": "0470 99 88 77"})
    redeem(city, provider, booklet.codes[0])
    html = client.get(TODAY).text
    assert booklet.number[-4:] in html
    for hidden in (booklet.number, "Kanarie", "0470", *booklet.codes, *booklet.typed_codes):
        assert hidden not in html


def test_a_scan_of_an_earlier_day_of_this_month_is_found_under_its_day(
    app: Flask, city: City, provider: Person
) -> None:
    """Scanned today for care of before: it is today's to undo, and of that day's month."""
    before = day_of(now()) - timedelta(days=2)
    redeem(city, provider, handed_out(city).codes[0], care_date=before)
    text = said(signed_in(app, provider), TODAY)
    assert "1 cheque ingeruild" in text
    assert "voor " in text


def test_what_another_provider_scanned_is_not_shown(client: FlaskClient, city: City) -> None:
    redeem(city, build.provider(city), handed_out(city).codes[0])
    assert "Vandaag nog geen cheques" in said(client, TODAY)


def test_room_is_told_with_one_button_and_seen_at_once(
    client: FlaskClient, city: City, provider: Person
) -> None:
    answer = tell(client, "some")
    assert answer.status_code == 303
    html = client.get(TODAY).text
    assert 'value="some" aria-pressed="true"' in html
    assert room_of(city, provider) == Room.SOME


def test_what_was_said_fifteen_days_ago_is_unknown(
    client: FlaskClient, city: City, provider: Person
) -> None:
    for days, pressed in ((13, True), (15, False)):
        with build.at_work(city, provider.actor, now() - timedelta(days=days)) as uow:
            assert provider.location_id is not None
            tell_room(uow, location_id=provider.location_id, room=Room.YES)
        assert ('aria-pressed="true"' in client.get(TODAY).text) is pressed
    assert "Na 14 dagen tonen we dat niet meer" in said(client, TODAY)


def test_room_is_one_of_three_words(client: FlaskClient, city: City, provider: Person) -> None:
    answer = tell(client, "misschien")
    assert answer.status_code == 422
    assert "Kies een van de drie" in answer.text
    assert room_of(city, provider) is None


def test_nobody_speaks_for_anothers_place(client: FlaskClient, city: City) -> None:
    other = build.provider(city)
    assert tell(client, "no", locationId=str(other.location_id)).status_code == 404
    assert room_of(city, other) is None


def test_each_of_several_places_has_its_own_day(app: Flask, city: City) -> None:
    two = build.provider(city, locations=2)
    second = two.more_locations[0]
    redeem(city, two, handed_out(city).codes[0], location_id=second)
    client = signed_in(app, two)
    assert "Vandaag nog geen cheques" in said(client, f"{TODAY}?plaats={two.location_id}")
    assert "1 cheque ingeruild" in said(client, f"{TODAY}?plaats={second}")
    assert tell(client, "yes", locationId=str(second)).status_code == 303
    assert "1 cheque ingeruild" in said(client, TODAY)  # it stays where one was


def test_a_provider_without_a_place_is_told_whom_to_call(app: Flask, city: City) -> None:
    client = signed_in(app, build.provider(city, locations=0))
    assert "Je hebt nog geen opvangplaats" in said(client, TODAY)


@pytest.fixture
def provider(city: City) -> Person:
    build.price(city)
    return build.provider(city)


@pytest.fixture
def client(app: Flask, provider: Person) -> FlaskClient:
    return signed_in(app, provider)


def now() -> datetime:
    return datetime.now(UTC)


def handed_out(city: City, **more: Any) -> Paper:
    return build.handed_out(city, build.referrer(city), now=now() - timedelta(days=10), **more)


def redeem(city: City, by: Person, code: str, **more: Any) -> Any:
    with build.at_work(city, by.actor, now()) as uow:
        return redeem_cheque(uow, code=code, idempotency_key=code, **more).redemption.id


def tell(client: FlaskClient, room: str, **more: str) -> Any:
    return client.post(ROOM, data=form(client, TODAY, action=ROOM) | {"room": room} | more)


def room_of(city: City, person: Person) -> str | None:
    with build.at_work(city) as uow:
        return uow.session.get_one(Location, person.location_id).room
