"""A provider's software redeems over HTTP: each refusal is a problem with a code and a sentence."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from kernel.cities import City
from tests import build
from tests.build import at_work
from vouchers.models import Redemption, ScanAttempt
from vouchers.replacing import replace_lost_booklet

NOW = datetime.now(UTC)
Post = Callable[..., TestResponse]


def test_a_redemption_is_answered_with_what_it_is_worth(city: City, client: FlaskClient) -> None:
    build.price(city, 2000)
    provider = build.provider(city)
    paper = build.handed_out(city, build.referrer(city), now=NOW)
    answer = post(client, city, provider)({"code": paper.codes[6]})
    assert answer.status_code == 201
    assert answer.json is not None
    told = answer.json
    assert (told["cheque"], told["cheques"], told["used"]) == (7, 10, 1)
    assert (told["priceCents"], told["careMoment"]) == (2000, "fullDay")
    assert told["locationId"] == str(provider.location_id)
    assert not {paper.codes[6], paper.typed_codes[6]} & set(map(str, told.values()))


def test_every_refusal_has_its_code_status_and_sentence(city: City, client: FlaskClient) -> None:
    referrer, regie = build.referrer(city), build.regie(city)
    provider, other = build.provider(city), build.provider(city)
    unapproved = build.provider(city, approved_on=None)
    used = build.handed_out(city, referrer, now=NOW)
    lost = build.handed_out(city, referrer, now=NOW)
    old = build.handed_out(city, referrer, now=NOW - timedelta(days=400))
    with at_work(city, referrer.actor, NOW) as uow:
        replace_lost_booklet(uow, booklet_id=lost.id)
    build.scanned(city, other, used.codes[0], now=NOW)
    cases = [
        (provider, "7K3M9QW2XRT6", 404, "unknown-code"),
        (unapproved, used.codes[1], 403, "provider-not-approved"),
        (provider, lost.codes[0], 409, "blocked"),
        (provider, build.blank(city, regie, now=NOW).codes[0], 409, "not-handed-out"),
        (provider, old.codes[0], 409, "expired"),
        (provider, used.codes[0], 409, "already-used"),
        (provider, used.codes[1], 409, "same-day-question"),
        (build.provider(city, locations=2), used.codes[1], 422, "location-needed"),
    ]
    for who, code, status, problem in cases:
        answer = post(client, city, who)({"code": code})
        assert answer.json is not None
        assert (answer.status_code, answer.json["code"]) == (status, problem)
        assert answer.mimetype == "application/problem+json"
        assert answer.json["type"] == f"urn:problem-type:opstap:{problem}"
        assert len(answer.json["detail"]) > 20
        assert code not in answer.text
    with at_work(city) as uow:
        kept = set(uow.session.scalars(select(ScanAttempt.refusal)))
        codes = list(uow.session.scalars(select(ScanAttempt.code_hash)))
    assert kept == {problem for *_, problem in cases}
    assert not {"7K3M9QW2XRT6", *used.codes} & set(codes)


def test_a_used_cheque_tells_the_date_and_not_who(city: City, client: FlaskClient) -> None:
    provider, other = build.provider(city), build.provider(city)
    paper = build.handed_out(city, build.referrer(city), now=NOW)
    build.scanned(city, other, paper.codes[0], now=NOW)
    answer = post(client, city, provider)({"code": paper.codes[0]})
    assert answer.json is not None
    assert "usedOn" in answer.json
    assert str(other.location_id) not in answer.text


def test_a_retry_with_its_key_gets_the_same_answer(city: City, client: FlaskClient) -> None:
    paper = build.handed_out(city, build.referrer(city), now=NOW)
    send = post(client, city, build.provider(city))
    body = {"code": paper.codes[0]}
    first, again = send(body, key="k"), send(body, key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    other = send({"code": paper.codes[1]}, key="k")
    assert (other.status_code, other.json and other.json["code"]) == (422, "idempotency-mismatch")


def test_the_eleventh_unknown_code_in_a_minute_waits_and_right_ones_pass(
    city: City, client: FlaskClient
) -> None:
    paper = build.handed_out(city, build.referrer(city), now=NOW)
    send = post(client, city, build.provider(city))
    statuses = [send({"code": "7K3M9QW2XRT6"}).status_code for _ in range(11)]
    assert statuses == [404] * 10 + [429]
    assert send({"code": "7K3M9QW2XRT6"}).headers["Retry-After"] == "60"
    assert send({"code": paper.codes[0]}).status_code == 201


def test_an_undone_scan_leaves_the_list_with_its_mark(city: City, client: FlaskClient) -> None:
    provider = build.provider(city)
    paper = build.handed_out(city, build.referrer(city), now=NOW)
    headers = build.token(city, provider)
    made = client.post("/api/v1/redemptions", json={"code": paper.codes[0]}, headers=headers)
    assert made.json is not None
    undo = f"/api/v1/redemptions/{made.json['id']}/annulment"
    assert client.post(undo, headers=headers).status_code == 201
    again = client.post(undo, headers=headers)
    assert (again.status_code, again.json and again.json["code"]) == (409, "already-annulled")
    listed = client.get("/api/v1/redemptions?from=2020-01-01&until=2099-01-01", headers=headers)
    assert listed.json is not None
    [row] = listed.json["items"]
    assert "annulledAt" in row


def test_a_lookup_says_what_a_scan_would_and_changes_nothing(
    city: City, client: FlaskClient
) -> None:
    provider = build.provider(city)
    paper = build.handed_out(city, build.referrer(city), now=NOW)
    headers = build.token(city, provider)
    for code in (paper.codes[2], paper.typed_codes[2]):
        answer = client.post("/api/v1/cheques/lookup", json={"code": code}, headers=headers)
        assert answer.json is not None
        assert (answer.json["number"], answer.json["used"]) == (3, 0)
    with at_work(city) as uow:
        assert uow.session.scalar(select(func.count()).select_from(Redemption)) == 0
    unknown = client.post("/api/v1/cheques/lookup", json={"code": "x"}, headers=headers)
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"code": ""}, 422),
        ({"code": 12}, 422),
        ({"code": "x" * 65}, 422),
        ({"code": "x", "amount": 9}, 422),
        ({"code": "x", "careDate": "31/12/2026"}, 422),
        ({"code": "x", "careMoment": "night"}, 422),
        ({"code": "x", "locationId": "here"}, 422),
        ([], 422),
        ("x", 422),
    ],
)
def test_a_body_that_cannot_be_right_is_told_field_by_field(
    city: City, client: FlaskClient, body: Any, status: int
) -> None:
    answer = post(client, city, build.provider(city))(body)
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["issues"]


@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe", b"", b"nul\x00", b"[" * 5000])
def test_what_is_no_json_is_refused_kindly(city: City, client: FlaskClient, raw: bytes) -> None:
    headers = build.token(city, build.provider(city)) | {"Content-Type": "application/json"}
    answer = client.post("/api/v1/redemptions", data=raw, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic eDp5", "Bearer \u00e9"])
def test_without_a_token_nothing_of_the_request_is_read(client: FlaskClient, header: str) -> None:
    answer = client.post("/api/v1/redemptions", data=b"{", headers={"Authorization": header})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json is not None
    assert answer.json["code"] == "no-token"


def test_a_token_of_another_scope_or_role_stays_out(city: City, client: FlaskClient) -> None:
    from kernel.signing_in import create_token  # noqa: PLC0415

    provider, referrer = build.provider(city), build.referrer(city)
    reader = create_token(city, email=provider.email, now=NOW, scopes=["statistics"])
    for headers, problem in (
        ({"Authorization": f"Bearer {reader}"}, "scope-missing"),
        (build.token(city, referrer), "forbidden"),
    ):
        answer = client.post("/api/v1/redemptions", json={"code": "x"}, headers=headers)
        assert answer.json is not None
        assert (answer.status_code, answer.json["code"]) == (403, problem)


def test_a_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    answer = client.delete("/api/v1/redemptions")
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    assert answer.mimetype == "application/problem+json"


def test_a_key_that_is_no_key_is_refused(city: City, client: FlaskClient) -> None:
    send = post(client, city, build.provider(city))
    for key in ("", " ", "k" * 65, "één"):
        answer = send({"code": "7K3M9QW2XRT6"}, key=key)
        assert answer.status_code == 422


def post(client: FlaskClient, city: City, by: build.Person) -> Post:
    headers = build.token(city, by)

    def send(body: Any, *, key: str | None = None) -> TestResponse:
        more = {} if key is None else {"Idempotency-Key": key}
        return client.post("/api/v1/redemptions", json=body, headers=headers | more)

    return send
