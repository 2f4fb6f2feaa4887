"""A referrer's software hands out, reads, prints and replaces booklets over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from kernel.cities import City
from tests import build
from tests.build import Paper, Person, at_work
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
        ("POST", "/hand-out"),
    ):
        address = f"/api/v1/booklets/{paper.id}{path}"
        json = body() if path == "/hand-out" else None
        answer = client.open(address, method=method, json=json, headers=stranger)
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


def test_one_from_stock_is_handed_out_by_its_id_or_by_what_stands_on_it(
    city: City, client: FlaskClient
) -> None:
    nadia, papers = stocked(city, 3)
    headers = build.token(city, nadia, now=NOW)
    by_id = f"/api/v1/booklets/{papers[0].id}/hand-out"
    bodies = (
        (by_id, body()),
        ("/api/v1/booklets", body(booklet=papers[1].number, family=FAMILY | {"reference": "B"})),
        ("/api/v1/booklets", body(booklet=papers[2].codes[0], family=FAMILY | {"reference": "C"})),
    )
    for (path, json), paper in zip(bodies, papers, strict=True):
        made = client.post(path, json=json, headers=headers)
        assert made.status_code == 201, made.json
        assert made.json is not None
        assert (made.json["id"], made.json["state"]) == (str(paper.id), "handed_out")
        for code in (*paper.codes, *paper.typed_codes):
            assert code not in made.text


def test_a_retry_from_stock_is_the_first_answer_and_another_s_key_is_its_own(
    city: City, client: FlaskClient
) -> None:
    for _ in range(2):
        nadia, papers = stocked(city)
        headers = build.token(city, nadia, now=NOW) | {"Idempotency-Key": "1"}
        path = f"/api/v1/booklets/{papers[0].id}/hand-out"
        first, again = (client.post(path, json=body(), headers=headers) for _ in range(2))
        assert first.json == again.json
        assert "Idempotent-Replayed" not in first.headers
        assert again.headers["Idempotent-Replayed"] == "true"
        other = client.post(path, json=body(family=FAMILY | {"reference": "X"}), headers=headers)
        assert (other.status_code, code_of(other)) == (422, "idempotency-mismatch")


@pytest.mark.parametrize(
    ("booklet", "status", "code"),
    [
        ("K7P2", 422, "invalid"),
        ("7K3M9QW2XRT5", 422, "invalid"),
        ("\x00", 422, "invalid"),
        ("00000000", 404, "unknown-booklet"),
        ("the other's", 409, "not-your-stock"),
        ("handed out", 409, "already-handed-out"),
        ("blocked", 409, "blocked"),
        ("old", 409, "stock-outdated"),
    ],
)
def test_each_refusal_of_stock_has_its_code(
    city: City, client: FlaskClient, booklet: str, status: int, code: str
) -> None:
    nadia, papers = stocked(city, 3)
    _, others = stocked(city)
    headers = build.token(city, nadia, now=NOW)
    client.post(f"/api/v1/booklets/{papers[0].id}/hand-out", json=body(), headers=headers)
    with at_work(city) as uow:
        uow.session.get_one(Booklet, papers[1].id).state = "blocked_lost"
        uow.session.get_one(Booklet, papers[2].id).outer_limit = NOW.date() - timedelta(days=1)
    said = {
        "the other's": others[0].number,
        "handed out": papers[0].number,
        "blocked": papers[1].number,
        "old": papers[2].number,
    }.get(booklet, booklet)
    json = body(booklet=said, family=FAMILY | {"reference": "OC-2"})
    answer = client.post("/api/v1/booklets", json=json, headers=headers)
    assert (answer.status_code, code_of(answer)) == (status, code)


def test_the_regie_writes_a_hand_out_down_afterwards(city: City, client: FlaskClient) -> None:
    nadia, papers = stocked(city, now=NOW - timedelta(days=50))
    since = (NOW - timedelta(days=20)).date()
    path = f"/api/v1/booklets/{papers[0].id}/hand-out"
    told = body(retroactive=True, handedOutOn=str(since))
    referrer = client.post(path, json=told, headers=build.token(city, nadia, now=NOW))
    assert referrer.status_code == 403
    made = client.post(path, json=told, headers=build.token(city, build.regie(city), now=NOW))
    assert made.status_code == 201
    with at_work(city) as uow:
        kept = uow.session.get_one(Booklet, papers[0].id)
        assert (kept.retroactive, kept.handed_out_on) == (True, since)


def test_a_booklet_gets_more_time_once(city: City, client: FlaskClient) -> None:
    headers = build.token(city, build.regie(city), now=NOW)
    paper = build.handed_out(city, build.referrer(city), now=NOW - timedelta(days=300))
    path = f"/api/v1/booklets/{paper.id}/extension"
    until = (NOW + timedelta(days=200)).date()
    right = {"until": str(until), "reason": "trajectory"}
    answers = [client.post(path, json=right, headers=headers) for _ in range(2)]
    assert [(a.status_code, a.json and a.json["validUntil"]) for a in answers] == [
        (201, str(until))
    ] * 2
    for wrong, field in (
        ({"until": str(until)}, "reason"),
        ({"reason": "not-for-a-while"}, "until"),
        ({"until": str(NOW.date()), "reason": "not-for-a-while"}, "until"),
        (right | {"reason": "because"}, "reason"),
    ):
        refused = client.post(path, json=wrong, headers=headers)
        assert refused.json is not None
        assert (refused.status_code, refused.json["issues"][0]["name"]) == (422, field)
    blank = build.blank(city, build.regie(city), now=NOW)
    stock = client.post(f"/api/v1/booklets/{blank.id}/extension", json=right, headers=headers)
    assert stock.json is not None
    assert (stock.status_code, stock.json["code"], stock.json["state"]) == (
        409,
        "illegal-move",
        "printed",
    )


def test_one_page_is_printed_by_its_number(city: City, client: FlaskClient) -> None:
    referrer = build.referrer(city)
    headers = build.token(city, referrer, now=NOW)
    paper = build.handed_out(city, referrer, now=NOW)
    path = f"/api/v1/booklets/{paper.id}/print"
    sheets = render(client.get(f"{path}?page=3", headers=headers).data, dpi=150)
    assert [one.rpartition("#")[2] for one in decoded_by_zxing(sheets[0])] == sorted(
        paper.codes[5:]
    )
    assert len(sheets) == 1
    assert client.get(f"{path}?page=4", headers=headers).status_code == 422
    small = client.post(f"/api/v1/booklets/{paper.id}/loss", headers=headers)
    assert small.json is not None
    with at_work(city) as uow:
        new = uow.session.get_one(Booklet, UUID(small.json["id"]))
        new.size, gone = 4, new.cheques[4:]
        for cheque in gone:
            uow.session.delete(cheque)
    answer = client.get(f"/api/v1/booklets/{small.json['id']}/print?page=3", headers=headers)
    assert (answer.status_code, code_of(answer)) == (404, "not-found")


def stocked(city: City, count: int = 1, *, now: datetime = NOW) -> tuple[Person, list[Paper]]:
    """Give a referrer, and blank booklets that were delivered to her."""
    regie, nadia = build.regie(city), build.referrer(city)
    papers = [build.blank(city, regie, now=now) for _ in range(count)]
    build.delivered(city, regie, nadia, *(paper.number for paper in papers), now=now)
    return nadia, papers


def code_of(answer: TestResponse) -> str:
    assert answer.json is not None
    return str(answer.json["code"])


def body(**more: Any) -> dict[str, Any]:
    return {"family": FAMILY, "meetsCriteria": True} | more
