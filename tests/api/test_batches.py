"""A program of the regie asks for a batch, sees it grow, prints it and delivers its booklets."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from jobs.schedule import JOBS
from kernel.cities import City
from kernel.events import RecordedEvent
from tests import build
from tests.build import Person, at_work
from tests.vouchers.paper import decoded_by_zxing, render
from vouchers.events import BatchDownloaded
from vouchers.models import Batch, Booklet, Cheque

BATCHES = "/api/v1/booklet-batches"
MAKE = next(job for job in JOBS if job.name == "make-batches")


def test_a_batch_is_accepted_and_tells_how_far_it_is(
    city: City, client: FlaskClient, regie: Person, token: dict[str, str]
) -> None:
    accepted = client.post(BATCHES, json={"booklets": 7}, headers=token)
    assert accepted.status_code == 202
    assert accepted.json is not None
    assert accepted.json.items() >= {"state": "waiting", "booklets": 7, "made": 0}.items()
    where = accepted.headers["Location"]
    waiting = client.get(where, headers=token)
    assert (waiting.headers["Retry-After"], waiting.json) == ("1", accepted.json)
    assert MAKE.run(city, None) == 7
    ready = client.get(where, headers=token)
    assert ready.json is not None
    assert ready.json.items() >= {"state": "ready", "booklets": 7, "made": 7}.items()
    assert "Retry-After" not in ready.headers
    assert ready.json["finishedAt"]
    with at_work(city) as uow:
        assert uow.session.scalar(select(func.count()).select_from(Booklet)) == 7


def test_without_a_number_it_is_ten_and_a_retry_is_the_same_batch(
    city: City, client: FlaskClient, token: dict[str, str]
) -> None:
    keyed = token | {"Idempotency-Key": "k"}
    first = client.post(BATCHES, json={}, headers=keyed)
    again = client.post(BATCHES, json={}, headers=keyed)
    assert first.json == again.json
    assert first.headers["Location"] == again.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    other = client.post(BATCHES, json={"booklets": 9}, headers=keyed)
    assert (other.status_code, other.json and other.json["code"]) == (422, "idempotency-mismatch")
    with at_work(city) as uow:
        assert list(uow.session.scalars(select(Batch.wanted))) == [10]


@pytest.mark.parametrize("wanted", [0, 51, -1, "10", 1.5, None])
def test_a_number_that_cannot_be_is_refused(
    client: FlaskClient, token: dict[str, str], wanted: object
) -> None:
    assert client.post(BATCHES, json={"booklets": wanted}, headers=token).status_code == 422


def test_a_batch_is_cancelled_once_and_never_when_it_is_ready(
    city: City, client: FlaskClient, regie: Person, token: dict[str, str]
) -> None:
    where = client.post(BATCHES, json={}, headers=token).headers["Location"]
    for _ in range(2):
        cancelled = client.post(f"{where}/cancellation", headers=token)
        assert cancelled.json is not None
        assert (cancelled.status_code, cancelled.json["state"]) == (200, "cancelled")
    ready = f"{BATCHES}/{build.batch(city, regie, 1)}"
    refused = client.post(f"{ready}/cancellation", headers=token)
    assert (refused.status_code, refused.json and refused.json["code"]) == (409, "batch-ready")
    assert client.get(f"{BATCHES}/{uuid4()}", headers=token).status_code == 404


def test_a_ready_batch_is_printed_whole_and_who_took_it_is_kept(
    city: City, client: FlaskClient, regie: Person, token: dict[str, str]
) -> None:
    where = client.post(BATCHES, json={"booklets": 12}, headers=token).headers["Location"]
    early = client.get(f"{where}/print", headers=token)
    assert (early.status_code, early.json and early.json["code"]) == (409, "batch-not-ready")
    MAKE.run(city, None)
    printed = client.get(f"{where}/print", headers=token)
    assert printed.mimetype == "application/pdf"
    with at_work(city) as uow:
        codes = set(uow.session.scalars(select(Cheque.code)))
        told = select(RecordedEvent.actor_id).where(RecordedEvent.name == BatchDownloaded.name)
        assert list(uow.session.scalars(told)) == [regie.actor.account_id]
    pages = render(printed.data, dpi=110)
    assert len(pages) == 36
    found = {text.rpartition("#")[2] for page in pages for text in decoded_by_zxing(page)}
    assert found == codes


def test_a_booklet_is_delivered_passed_on_and_told_why_not(
    city: City, client: FlaskClient, regie: Person, token: dict[str, str]
) -> None:
    one, two = build.referrer(city), build.referrer(city)
    paper = build.lying(city, build.batch(city, regie, 1))[0]
    where = f"/api/v1/booklets/{paper.id}/delivery"
    first = {"accountId": str(one.actor.account_id)}
    keyed = token | {"Idempotency-Key": "k"}
    given = client.post(where, json=first, headers=keyed)
    assert given.json is not None
    assert (given.status_code, given.json["state"]) == (200, "delivered")
    assert client.post(where, json=first, headers=keyed).headers["Idempotent-Replayed"] == "true"
    other = {"accountId": str(two.actor.account_id)}
    refused = client.post(where, json=other, headers=token)
    assert refused.json is not None
    assert (refused.status_code, refused.json["code"]) == (409, "illegal-move")
    assert (refused.json["state"], "printed" in refused.json["allowed"]) == ("delivered", True)
    passed = client.post(where, json=other | {"passOn": True}, headers=token)
    assert passed.status_code == 200
    with at_work(city) as uow:
        assert uow.session.get_one(Booklet, paper.id).holder_id == two.actor.account_id
    nobody = client.post(where, json={"accountId": str(uuid4())}, headers=token)
    assert nobody.status_code == 422
    unknown = f"/api/v1/booklets/{uuid4()}/delivery"
    assert client.post(unknown, json=first, headers=token).status_code == 404


def test_no_answer_holds_a_code(
    city: City, client: FlaskClient, regie: Person, token: dict[str, str]
) -> None:
    batch_id, referrer = build.batch(city, regie, 1), build.referrer(city)
    paper = build.lying(city, batch_id)[0]
    answers = [
        client.get(f"{BATCHES}/{batch_id}", headers=token).text,
        client.post(
            f"/api/v1/booklets/{paper.id}/delivery",
            json={"accountId": str(referrer.actor.account_id)},
            headers=token,
        ).text,
    ]
    with at_work(city) as uow:
        answers += [str(payload) for payload in uow.session.scalars(select(RecordedEvent.payload))]
    assert not any(code in text for code in (*paper.codes, *paper.typed_codes) for text in answers)


def test_batches_are_the_regies(city: City, client: FlaskClient) -> None:
    for person in (build.referrer(city), build.provider(city)):
        answer = client.post(BATCHES, json={}, headers=build.token(city, person))
        assert answer.status_code == 403


@pytest.fixture
def regie(city: City) -> Person:
    return build.regie(city)


@pytest.fixture
def token(city: City, regie: Person) -> dict[str, str]:
    return build.token(city, regie, now=datetime.now(UTC))
