"""A family loses its booklet with four cheques used: six are left, on paper and in every figure."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kernel.cities import City
from tests import build
from tests.build import Paper, Person
from tests.figures import Say
from tests.vouchers.paper import found_by_zxing, render, words_in
from tests.web.people import form, said, signed_in, words

USED = 4
NOW = datetime.now(UTC)


@pytest.mark.parametrize("from_stock", [False, True], ids=["on the spot", "from stock"])
def test_lost_with_four_used_through_every_door(
    city: City, app: Flask, figure: Say, *, from_stock: bool
) -> None:
    """Through pages, paper and API; a booklet from stock is replaced on the spot as any other."""
    referrer, provider, regie = build.referrer(city), build.provider(city), build.regie(city)
    nadia, opener = signed_in(app, referrer), app.test_client()
    old_id = _hand_out(city, nadia, referrer, regie, from_stock=from_stock)
    old = _codes(nadia, old_id)
    assert len(old) == 10
    scans = build.token(city, provider, now=NOW)
    for day, code in enumerate(old[:USED]):
        on = (NOW - timedelta(days=day)).date()
        body = {"code": code, "careDate": str(on)}
        assert opener.post("/api/v1/redemptions", json=body, headers=scans).status_code == 201

    action = f"/boekjes/{old_id}/kwijt"
    lost = nadia.post(action, data=form(nadia, f"/boekjes/{old_id}", action=action))
    new_id = lost.location.split("/")[2]
    assert "6 gratis cheques" in said(nadia, lost.location)
    new = _codes(nadia, new_id)
    assert (len(new), set(new) & set(old)) == (10 - USED, set())

    answers = [_scan(opener, code, scans) for code in old[USED:]]
    assert answers == [(409, "blocked")] * (10 - USED)
    again = [_scan(opener, code, scans) for code in old[:USED]]
    assert again == [(409, "blocked")] * USED
    baby = signed_in(app, provider)
    page = baby.post("/scan", data=form(baby, "/scan") | {"code": old[USED]})
    assert "Geblokkeerd" in words(page.text)
    assert nadia.get(f"/boekjes/{old_id}/boekje.pdf").status_code == 409
    for code in new:
        body = {"code": code, "sameDayReason": "secondChild"}
        assert opener.post("/api/v1/redemptions", json=body, headers=scans).status_code == 201

    funnel = opener.get(
        f"/api/v1/statistics/uptake?from={NOW.year}-01-01&until={NOW.year}-12-31",
        headers=build.token(city, regie, now=NOW),
    )
    assert funnel.json is not None
    total = funnel.json["total"]
    assert (total["handedOut"], total["firstUse"], total["allUsed"]) == (1, 1, 1)
    figure("lost", f"{USED} used + {len(new)} printed anew = 10; old ones blocked; 1 family")


def _hand_out(
    city: City, nadia: FlaskClient, referrer: Person, regie: Person, *, from_stock: bool
) -> str:
    more = {"way": "now"}
    if from_stock:
        paper: Paper = build.blank(city, regie, now=NOW)
        build.delivered(city, regie, referrer, paper.number, now=NOW)
        more = {"way": "stock", "booklet": paper.typed_codes[5]}
    answers = {"family.reference": "OC-7", "family.language": "tr", "meetsCriteria": "true"}
    given = nadia.post("/meegeven", data=form(nadia, "/meegeven") | answers | more)
    assert given.status_code == 303, words(given.text)
    return str(given.location.split("/")[2])


def _codes(nadia: FlaskClient, booklet_id: str) -> list[str]:
    """Give what a phone reads on the printed pages, in the order of the cheques."""
    pdf = nadia.get(f"/boekjes/{booklet_id}/boekje.pdf")
    assert pdf.status_code == 200
    assert "Opstap Genk" in words_in(pdf.data, page=1)
    sheets = (found_by_zxing(sheet) for sheet in render(pdf.data, dpi=150))
    down = (sorted(found, key=lambda one: one.top) for found in sheets)
    return [one.text.rpartition("#")[2] for found in down for one in found]


def _scan(client: FlaskClient, code: str, headers: dict[str, str]) -> tuple[int, str]:
    answer = client.post("/api/v1/redemptions", json={"code": code}, headers=headers)
    assert answer.json is not None
    return answer.status_code, str(answer.json["code"])
