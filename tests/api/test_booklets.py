"""A referrer's software hands out, reads, prints and replaces booklets over HTTP."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from kernel.cities import City
from tests import build
from tests.build import at_work
from tests.vouchers.paper import decoded_by_zxing, render
from vouchers.models import Booklet, Cheque

NOW = datetime.now(UTC)
FAMILY = {"reference": "OC-1", "language": "ar"}


def test_on_the_spot_it_is_handed_out_and_shows_no_code(city: City, client: FlaskClient) -> None:
    referrer = build.referrer(city)
    made = client.post("/api/v1/booklets", json=body(), headers=build.token(city, referrer))
    assert made.status_code == 201
    assert made.json is not None
    assert made.json["state"] == "handed_out"
    assert [cheque["state"] for cheque in made.json["cheques"]] == ["open"] * 10
    assert set(made.json["cheques"][0]) == {"number", "state"}
    with at_work(city) as uow:
        for code, typed in uow.session.execute(select(Cheque.code, Cheque.typed_code)):
            assert code not in made.text
            assert typed not in made.text


def test_a_retry_with_its_key_gives_the_same_booklet(city: City, client: FlaskClient) -> None:
    headers = build.token(city, build.referrer(city)) | {"Idempotency-Key": "k"}
    first = client.post("/api/v1/booklets", json=body(), headers=headers)
    again = client.post("/api/v1/booklets", json=body(), headers=headers)
    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"
    with at_work(city) as uow:
        assert uow.session.scalar(select(func.count()).select_from(Booklet)) == 1


def test_without_a_family_the_regie_gets_a_blank_one(city: City, client: FlaskClient) -> None:
    made = client.post("/api/v1/booklets", json={}, headers=build.token(city, build.regie(city)))
    assert made.json is not None
    assert (made.status_code, made.json["state"]) == (201, "printed")
    assert "validUntil" not in made.json
    refused = client.post(
        "/api/v1/booklets", json={}, headers=build.token(city, build.referrer(city))
    )
    assert refused.status_code == 403


def test_a_retry_for_a_blank_one_makes_no_second(city: City, client: FlaskClient) -> None:
    headers = build.token(city, build.regie(city)) | {"Idempotency-Key": "k"}
    first = client.post("/api/v1/booklets", json={}, headers=headers)
    again = client.post("/api/v1/booklets", json={}, headers=headers)
    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"
    other = client.post("/api/v1/booklets", json=body(), headers=headers)
    assert (other.status_code, other.json and other.json["code"]) == (422, "idempotency-mismatch")


def test_its_print_holds_ten_codes_that_a_scanner_reads(city: City, client: FlaskClient) -> None:
    headers = build.token(city, build.referrer(city))
    made = client.post("/api/v1/booklets", json=body(), headers=headers)
    assert made.json is not None
    pdf = client.get(f"/api/v1/booklets/{made.json['id']}/print", headers=headers)
    assert pdf.mimetype == "application/pdf"
    read = {text for page in render(pdf.data, dpi=150) for text in decoded_by_zxing(page)}
    with at_work(city) as uow:
        codes = set(uow.session.scalars(select(Cheque.code)))
    assert read == {f"http://genk.localhost/c#{code}" for code in codes}


def test_a_lost_one_gives_another(city: City, client: FlaskClient) -> None:
    referrer = build.referrer(city)
    headers = build.token(city, referrer)
    paper = build.handed_out(city, referrer, now=NOW)
    new = client.post(f"/api/v1/booklets/{paper.id}/loss", headers=headers)
    assert new.json is not None
    assert (new.status_code, len(new.json["cheques"])) == (201, 10)
    old = client.get(f"/api/v1/booklets/{paper.id}", headers=headers)
    assert old.json is not None
    assert old.json["state"] == "blocked_lost"
    twice = client.post(f"/api/v1/booklets/{paper.id}/loss", headers=headers)
    assert (twice.status_code, twice.json and twice.json["code"]) == (409, "illegal-move")
    printed = client.get(f"/api/v1/booklets/{paper.id}/print", headers=headers)
    assert printed.status_code == 409


def test_another_organisations_booklet_is_not_there(city: City, client: FlaskClient) -> None:
    paper = build.handed_out(city, build.referrer(city), now=NOW)
    stranger = build.token(city, build.referrer(city))
    for method, path in (
        ("GET", ""),
        ("GET", "/print"),
        ("POST", "/loss"),
    ):
        address = f"/api/v1/booklets/{paper.id}{path}"
        answer = client.open(address, method=method, headers=stranger)
        assert answer.status_code == 404
    unknown = client.get(f"/api/v1/booklets/{uuid4()}", headers=stranger)
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("family", "field"),
    [
        ({"language": "ar"}, "family.reference"),
        ({"reference": "OC-1"}, "family.language"),
        ({"reference": "85.07.30-033.28", "language": "ar"}, "family.reference"),
        ({"reference": "x" * 41, "language": "ar"}, "family.reference"),
        ({"reference": "a\x00b", "language": "ar"}, "family.reference"),
        ({"reference": "OC-1", "language": "xx"}, "family.language"),
        ({"reference": "OC-1", "language": "ar", "phone": "bel mij"}, "family.phone"),
        ({"reference": "OC-1", "language": "ar", "district": str(uuid4())}, "family.district"),
        ({"reference": "OC-1", "language": "ar", "numberOfChildren": 0}, "family.numberOfChildren"),
        ({"reference": "OC-1", "language": "ar", "nationalNumber": "1"}, "family.nationalNumber"),
    ],
)
def test_a_family_that_cannot_be_right_is_told_by_its_field(
    city: City, client: FlaskClient, family: dict[str, Any], field: str
) -> None:
    headers = build.token(city, build.referrer(city))
    answer = client.post(
        "/api/v1/booklets", json={"family": family, "meetsCriteria": True}, headers=headers
    )
    assert answer.status_code == 422
    assert answer.json is not None
    assert [issue["name"] for issue in answer.json["issues"]] == [field]


@pytest.mark.parametrize("name", ["نور الهدى", "O'Neill-D’Hondt", "می‌خواهم", "Đặng Thị Ngọc", "N"])
def test_real_names_are_kept_as_they_are(city: City, client: FlaskClient, name: str) -> None:
    from kernel.people import Family  # noqa: PLC0415

    headers = build.token(city, build.referrer(city))
    made = client.post(
        "/api/v1/booklets",
        json={"family": FAMILY | {"name": name}, "meetsCriteria": True},
        headers=headers,
    )
    assert made.status_code == 201
    with at_work(city) as uow:
        assert uow.session.scalars(select(Family.name)).one() == name


def body(**more: Any) -> dict[str, Any]:
    return {"family": FAMILY, "meetsCriteria": True} | more
