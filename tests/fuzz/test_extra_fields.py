"""A field that nobody asked for changes nothing, in a form or in a program's request (Z2)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from kernel.cities import City
from kernel.database import Base
from tests import build
from tests.access.world import NOW, World, build_world
from tests.build import at_work
from tests.figures import Say
from tests.fuzz.forms import site
from tests.fuzz.hostile import encoded, some
from tests.fuzz.test_forms import FORM, right

MARK = "7191817"
ID = "71918171-7191-4719-8719-719181719181"
EXTRA: dict[str, str] = {
    "id": ID,
    "role": "administrator",
    "roles": "administrator",
    "status": MARK,
    "state": "blocked_error",
    "amount": MARK,
    "priceCents": MARK,
    "price_cents": MARK,
    "cents": MARK,
    "used_count": MARK,
    "usedCount": MARK,
    "size": MARK,
    "organisation_id": ID,
    "organisationId": ID,
    "family_id": ID,
    "account_id": ID,
    "origin_id": ID,
    "validUntil": "2719-01-01",
    "valid_until": "2719-01-01",
    "approvedOn": "2719-01-01",
    "handed_out_on": "2719-01-01",
    "redeemed_at": "2719-01-01T00:00:00Z",
    "training": "true",
    "actor": ID,
    "uow": MARK,
    "idempotency_key": MARK,
    "phone_key": MARK,
    "booklet_id": ID,
    "__class__": MARK,
    "_method": "DELETE",
}
_NEVER = (MARK, ID, "2719-01-01")
_ABOUT_ACCOUNTS = (
    "/account",
    "/beheer/mensen",
    "/opvang/meedoen",
    "/opvang/team/mensen",
)
_KEPT = ("account_role", "account", "access_token", "care_moment_price", "dated_rule")


@pytest.fixture
def world(city: City) -> World:
    return build_world(city)


def test_no_form_takes_a_field_that_it_does_not_have(
    app: Flask, city: City, world: World, figure: Say
) -> None:
    house, sent = site(app, city, world), 0
    before, compared = rows(city, _KEPT), False
    # Forms that are about accounts come last: after them accounts are others, as they should be.
    forms = sorted(house.forms(), key=lambda form: form.rule.startswith(_ABOUT_ACCOUNTS))
    for form in forms:
        if form.rule.startswith(("/afmelden", "/wachtwoord")):
            continue
        if form.rule.startswith(_ABOUT_ACCOUNTS) and not compared:
            assert rows(city, _KEPT) == before
            compared = True
        own = {*form.fields, *(name.partition(".")[0] for name in form.fields)}
        for name, value in ((name, EXTRA[name]) for name in some(list(EXTRA), form.rule)):
            if name in own:
                continue
            for where in {name, *(f"{part}.{name}" for part in own if f"{part}." in "".join(own))}:
                body = encoded([*right(form).items(), (where, value)])
                answer = house.sends(form, body.encode(), FORM)
                assert answer.status_code < 500, f"{form.rule} {where}"
                sent += 1
        every = encoded([*right(form).items(), *EXTRA.items()])
        assert house.sends(form, every.encode(), FORM).status_code < 500, form.rule
    holds_nothing_of_it(city)
    assert compared
    figure("Z2 forms", f"{sent} extra fields in {len(forms)} forms: 0 with an effect")


def test_no_request_takes_a_field_that_it_does_not_have(
    city: City, client: FlaskClient, world: World, figure: Say
) -> None:
    sent = 0
    bodies = right_bodies(city, world)
    for path, role, body, places in bodies:
        headers = build.token(city, world.people[role])
        before = rows(city)
        for name, value in EXTRA.items():
            for place in places:
                answer = client.post(
                    path, json=with_extra(body, place, name, value), headers=headers
                )
                told = f"{path} {place}.{name}"
                assert answer.status_code == 422, told
                assert answer.json is not None
                named = [issue["name"] for issue in answer.json["issues"]]
                assert named == [f"{place}.{name}".lstrip(".")], told
                sent += 1
        assert rows(city) == before, path
        assert client.post(path, json=body, headers=headers).status_code < 300, path
    figure("Z2 API", f"{sent} extra fields in {len(bodies)} bodies: each refused by its name")


def test_what_takes_no_body_ignores_one(city: City, client: FlaskClient, world: World) -> None:
    for path, role in (
        (f"/api/v1/redemptions/{world.redemption_id}/annulment", "provider"),
        (f"/api/v1/booklets/{world.paper.id}/loss", "referrer"),
    ):
        headers = build.token(city, world.people[role])
        answer = client.post(path, json=EXTRA, headers=headers, query_string=EXTRA)
        assert answer.status_code == 201
    holds_nothing_of_it(city)


def right_bodies(city: City, world: World) -> list[tuple[str, str, dict[str, Any], Sequence[str]]]:
    """Give for each address a body that is right, who may send it, and where it has fields."""
    paper = build.handed_out(city, world.people["referrer"], now=NOW)
    today = NOW.date()
    booklet = {
        "family": {"reference": "Z-1", "language": "ar"},
        "child": {"firstName": "Nour"},
        "appointment": {"locationId": f"{world.location_id}", "on": f"{today + timedelta(7)}"},
        "meetsCriteria": True,
    }
    scan = {"code": paper.codes[0], "locationId": f"{world.location_id}"}
    return [
        ("/api/v1/booklets", "referrer", booklet, ("", "family", "child", "appointment")),
        ("/api/v1/cheques/lookup", "provider", scan, ("",)),
        ("/api/v1/redemptions", "provider", scan, ("",)),
    ]


def with_extra(body: dict[str, Any], place: str, name: str, value: str) -> dict[str, Any]:
    if place:
        return body | {place: body[place] | {name: value}}
    return body | {name: value}


def rows(city: City, tables: Sequence[str] = ()) -> dict[str, list[str]]:
    """Give every row of these tables (all, if none is named), as text."""
    with at_work(city) as uow:
        return {
            table.name: sorted(str(tuple(row)) for row in uow.session.execute(select(table)))
            for table in Base.metadata.sorted_tables
            if not tables or table.name in tables
        }


def holds_nothing_of_it(city: City) -> None:
    stored = "\n".join(text for kept in rows(city).values() for text in kept)
    assert [sign for sign in _NEVER if sign in stored] == []
