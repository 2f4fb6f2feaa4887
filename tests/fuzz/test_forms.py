"""Every form takes whatever is sent: kept as it was meant, or refused with nothing lost (F3)."""

import time
from datetime import datetime, timedelta
from itertools import count
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kernel.calendar import BRUSSELS
from kernel.cities import City
from tests.access.world import build_world
from tests.figures import Say
from tests.fuzz.answers import check
from tests.fuzz.forms import ROLES, Form, Site, forms_in, site
from tests.fuzz.hostile import VALUES, encoded, shapes, some

FORM = "application/x-www-form-urlencoded"
ADDRESSES = (
    "/%00",
    "/%ff%fe",
    "//evil.example/",
    "/\\evil.example",
    "/boekjes/%3Cscript%3Ealert(7191)%3C/script%3E",
    "/boekjes/00000000-0000-0000-0000-00000000000g",
    "/wachtwoord/%00",
    "/wachtwoord/" + "a." * 3_000,
    "/" + "a/" * 4_000,
    "/c?code=%00&taal=%ff",
)
HEADERS = (
    ("Origin", "http://["),
    ("Origin", "null"),
    ("Origin", "\xff"),
    ("Cookie", "__Host-opstap=\xff\xfe; __Host-form=a.b.c; =; x"),
    ("Cookie", "__Host-opstap=" + "a" * 5_000),
    ("Accept-Language", "nl;q=x,,\xff;q=1e400"),
    ("If-None-Match", '"' + "\xff" * 100),
    ("If-Modified-Since", "31 Feb 0000"),
    ("HX-Request", "\xff"),
    ("Authorization", "Basic \xff"),
    ("X-Forwarded-Host", "evil.example"),
)
_SLOW = 5.0  # seconds for one answer, on a busy machine
_NO_VISIT = {"appointment.locationId": "", "appointment.on": "", "appointment.company": ""}
_IN_A_WEEK = datetime.now(BRUSSELS).date() + timedelta(7)
_numbers = count(1)


@pytest.fixture
def house(app: Flask, city: City) -> Site:
    return site(app, city, build_world(city))


def test_every_field_takes_whatever_is_typed(house: Site, figure: Say) -> None:
    sent, refused = 0, 0
    forms = house.forms()
    for form in forms:
        for name in form.can_be_typed_in:
            for value in some(VALUES, f"{form.rule} {name}"):
                refused += typed(house, form, name, value) >= 400
                sent += 1
    fields = sum(len(form.can_be_typed_in) for form in forms)
    assert 0 < refused < sent
    figure(
        "F3 fields",
        f"{sent} hostile values in {fields} fields of {len(forms)} forms: {refused} refused with a "
        "sentence and what was typed, 0 server errors, 0 raw in a page",
    )


def test_every_form_takes_whatever_shape_comes(house: Site, figure: Say) -> None:
    sent = 0
    forms = house.forms()
    for form in forms:
        for shape, body, content_type in shapes(form.fields):
            answer = house.sends(form, body, content_type)
            check(answer, f"{form.rule} {shape}")
            if form.rule != "/c" and shape in {"no token", "a wrong token", "nothing"}:
                assert answer.status_code == 400, f"{form.rule} {shape}"
            if shape == "2 MB":
                assert answer.status_code == 413, form.rule
            sent += 1
    figure("F3 shapes", f"{sent} wrong bodies to {len(forms)} forms: 0 server errors")


def test_every_page_takes_whatever_is_asked(house: Site, figure: Say) -> None:
    asked = 0
    for rule in house.pages():
        names, role = house.asks(rule), house.may_open(rule)[0]
        for name in names:
            for value in some(VALUES, f"{rule.rule} {name}"):
                if len(value) > 20_000:
                    continue  # no server takes so long an address
                path = f"{house.address(rule)}?{encoded([(name, value)])}"
                check(house.browsers[role].get(path), f"GET {rule.rule}?{name}={value[:40]!r}")
                asked += 1
    assert asked > 50
    figure("F3 addresses", f"{asked} hostile questions to pages: 0 server errors, 0 raw in a page")


def test_an_address_that_is_none_is_told_so(client: FlaskClient) -> None:
    for path in ADDRESSES:
        check(client.get(path), path)
    for name in ("%00.css", "../app.py", "%2e%2e/app.py"):
        assert client.get(f"/static/{name}").status_code == 404, name


def test_a_header_that_is_none_breaks_nothing(client: FlaskClient) -> None:
    for header, value in HEADERS:
        told = f"{header}: {value[:20]!r}"
        for path in ("/", "/c", "/privacy", "/aanmelden", "/static/opstap.css"):
            check(client.get(path, headers={header: value}), f"{path} {told}")
        sent = client.post("/c", data={"code": "7K3M9QW2XRT6"}, headers={header: value})
        check(sent, f"POST {told}")


def test_a_reference_that_ends_in_no_number_leaves_the_next_proposal_whole(
    house: Site,
) -> None:
    form = next(one for one in house.forms() if one.rule == "/meegeven")
    browser = house.browsers[form.role]
    proposed = form.fields["family.reference"]
    for end in ("²", "٣", "9" * 20, "x", "-1"):
        given = right(form) | {"family.reference": f"{proposed[:-3]}{end}"}
        assert browser.post("/meegeven", data=given).status_code == 303, end
        assert browser.get("/meegeven").status_code == 200, end


def test_whoever_is_signed_in_is_led_to_a_page_of_this_site_only(house: Site) -> None:
    for target in VALUES:
        if len(target) < 20_000:
            path = f"/aanmelden?{encoded([('verder', target)])}"
            answer = house.browsers["referrer"].get(path)
            check(answer, path[:60])
            assert urlsplit(answer.headers["Location"]).netloc == "", path[:60]


def test_a_birth_month_that_no_child_has_is_told_so(house: Site) -> None:
    form = next(one for one in house.forms() if one.rule == "/meegeven")
    for month in ("9999-12", "0001-01", "2024-13", "2024-5", "202405", "2024-W05", "٢٠٢٤-٠٥"):
        assert typed(house, form, "child.birthMonth", month) == 422, month


def typed(house: Site, form: Form, name: str, value: str) -> int:
    """Type something in a field, send the form, and look at what comes back."""
    told = f"{form.rule} {name}={value[:40]!r}"
    started = time.monotonic()
    body = encoded(list((right(form) | {name: value}).items())).encode()
    answer = house.sends(form, body, FORM)
    check(answer, told)
    assert time.monotonic() - started < _SLOW, told
    out = answer.status_code == 302 and "/aanmelden" in answer.headers["Location"]
    assert out == (form.rule == "/afmelden"), told
    again = [one for one in forms_in(answer) if one.action == form.action and name in one.texts]
    if answer.status_code == 422 and name in form.texts:
        shown = {one.fields[name] for one in again}
        assert shown == {_as_sent(value)}, f"{told} is lost: {str(shown)[:80]}"
    return answer.status_code


def right(form: Form) -> dict[str, str]:
    """Give a form as somebody would send it who means it: another one each time."""
    number = f"H-{next(_numbers)}"
    by_rule = {
        "/meegeven": _NO_VISIT | {"family.reference": number, "child.birthMonth": ""},
        "/boekjes/<uuid:booklet_id>/eerste-bezoek": {"appointment.on": f"{_IN_A_WEEK}"},
        "/regie/opvang/nieuw": {"name": number, "address": "Straat 1", "postcode": "3600"},
        "/scan": {"key": number},
        "/opvang/meedoen": {
            "organisation": number,
            "name": number,
            "address": "Straat 1",
            "postcode": "3600",
            "phone": "089 00 00 01",
            "registerNumber": "",
            "person": number,
            "email": f"{number}@genk.example",
        },
        "/opvang/team/nieuw": {
            "name": number,
            "address": "Straat 1",
            "postcode": "3600",
            "registerNumber": "",
        },
        "/opvang/team/mensen": {"name": number, "email": f"{number}@genk.example"},
        "/beheer/mensen/uitnodigen": {
            "name": number,
            "email": f"{number}@genk.example",
            "roles.referrer": "true",
            "newOrganisation": number,
            "organisation": "",
            "prefix": "",
        }
        | {f"roles.{role}": "" for role in ROLES if role not in {"nobody", "referrer"}},
    }
    return form.fields | by_rule.get(form.rule, {})


def _as_sent(value: str) -> str:
    """Half a pair is no UTF-8: it stays as it stood in the body."""
    return encoded([("", value)])[1:] if "\ud800" in value else value
