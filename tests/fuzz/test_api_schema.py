"""The API does what its OpenAPI document says, for every role, whatever is sent (FIGURES F1)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, cycle, product
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from schemathesis.transport.wsgi import WSGITransport

from app import create_app
from kernel.cities import City
from tests import build
from tests.access.world import World, build_world
from tests.conftest import city_at, settings_for
from tests.figures import Say, rounds
from tests.fuzz.schema_run import DOCUMENT, SEED, Known, run_schemathesis

NOW = datetime.now(UTC)
ROLES = ("referrer", "provider", "regie", "evaluator", "nobody")
EXAMPLES = 200  # for each operation; a tenth in the short run
UNREADABLE: Sequence[str | bytes] = (
    "{",
    "NaN",
    "[" * 100_000,
    '{"family": ' * 50_000,
    '{"code": ' + "9" * 5_000 + "}",
    '{"a": 1e400}',
    "\ufeff{}",
    b"\xff\xfe",
)
AS_TEXT: Sequence[tuple[str, Any]] = (
    ("family.numberOfChildren", "2"),
    ("family.numberOfChildren", 2.5),
    ("family.numberOfChildren", True),
    ("goodNewsConsent", "true"),
    ("meetsCriteria", 1),
)


@pytest.mark.parametrize("role", ROLES)
def test_no_request_breaks_the_document(
    role: str, sqlite_city: City, tmp_path: Path, figure: Say
) -> None:
    fuzzed(role, sqlite_city, tmp_path, figure, examples=rounds(EXAMPLES))


def test_nor_on_postgresql(postgres_city: City, tmp_path: Path, figure: Say) -> None:
    fuzzed("regie", postgres_city, tmp_path, figure, examples=rounds(EXAMPLES) // 2)


def test_the_document_is_valid(app: Flask) -> None:
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, app)
    assert schema.raw_schema["openapi"].startswith("3.1")
    schema.validate()


def test_what_is_no_json_is_not_taken_for_nothing(city: City, client: FlaskClient) -> None:
    token = build.token(city, build.regie(city))
    for content_type in ("", "text/plain", "application/x-www-form-urlencoded"):
        answer = client.post(
            "/api/v1/booklets", data="{}", headers=token, content_type=content_type
        )
        assert answer.status_code == 415, content_type
        assert answer.json is not None
        assert "application/json" in answer.json["detail"]


def test_what_cannot_be_read_is_told_so(city: City, client: FlaskClient) -> None:
    token = build.token(city, build.provider(city))
    for body, path in product(UNREADABLE, ("redemptions", "cheques/lookup")):
        answer = client.post(
            f"/api/v1/{path}", data=body, headers=token, content_type="application/json"
        )
        assert answer.status_code in {400, 422}, body[:20]
        assert answer.json is not None
        assert answer.json["detail"].endswith(".")


def test_a_number_written_as_text_is_told_by_its_field(city: City, client: FlaskClient) -> None:
    token = build.token(city, build.referrer(city))
    for place, wrong in AS_TEXT:
        body: dict[str, Any] = {"family": {"reference": "OC-1", "language": "ar"}}
        (body["family"] if "." in place else body)[place.rpartition(".")[2]] = wrong
        answer = client.post("/api/v1/booklets", json=body, headers=token)
        assert answer.status_code == 422
        assert answer.json is not None
        assert [issue["name"] for issue in answer.json["issues"]] == [place]


def test_a_code_of_any_signs_is_only_unknown(city: City, client: FlaskClient) -> None:
    token = build.token(city, build.provider(city))
    for code in ("\x00", "\ud800", "a\x00b" * 4, "é" * 12, "'; DROP TABLE"):
        for path in ("redemptions", "cheques/lookup"):
            answer = client.post(f"/api/v1/{path}", json={"code": code}, headers=token)
            assert answer.status_code == 404, ascii(code)
            assert answer.json is not None
            assert answer.json["code"] == "unknown-code"


def test_a_period_may_begin_and_end_anywhere(city: City, client: FlaskClient) -> None:
    token = build.token(city, build.regie(city))
    for since, until in product(("0001-01-01", "9999-12-31"), repeat=2):
        for path in ("redemptions", "statistics/uptake"):
            answer = client.get(f"/api/v1/{path}?from={since}&until={until}", headers=token)
            assert answer.status_code == 200, f"{path} {since} {until}"


def test_a_day_that_is_none_is_told_by_its_field(city: City, client: FlaskClient) -> None:
    token = build.token(city, build.regie(city))
    for day in ("31/02/2027", "2027-02-31", "0000-00-00", "-1", "", "'", "\x00"):
        for path in ("redemptions", "statistics/uptake"):
            query = {"from": day, "until": "2027-01-01"}
            answer = client.get(f"/api/v1/{path}", query_string=query, headers=token)
            assert answer.status_code == 422, day
            assert answer.json is not None
            issues = [(each["in"], each["name"]) for each in answer.json["issues"]]
            assert issues == [("query", "from")], day


def fuzzed(role: str, city: City, folder: Path, figure: Say, *, examples: int) -> None:
    """Run schemathesis as somebody, and say what it counted."""
    world = build_world(city)
    headers = {} if role == "nobody" else build.token(city, world.people[role])
    app = create_app(settings_for(city, folder))
    run = run_schemathesis(app, headers, examples=examples, known=values_of(city, world))
    assert run.faults == [], "\n\n".join(run.faults[:5])
    assert len(run.operations) == run.told
    errors = sum(count for status, count in run.statuses.items() if status >= 500)
    assert errors == 0
    counts = ", ".join(f"{run.statuses[status]} × {status}" for status in sorted(run.statuses))
    figure(
        f"F1 {role}",
        f"{run.asked} requests ({counts}), {errors} server errors, 0 schema breaks, seed {SEED}",
        database="SQLite" if city.database.dialect == "sqlite" else "PostgreSQL",
    )


def values_of(city: City, world: World) -> dict[str, Known]:
    """Give what is really here: open codes, a place, today, a first visit; and what it is for."""
    papers = [build.handed_out(city, world.people["referrer"], now=NOW) for _ in range(5)]
    codes = [code for paper in papers for code in (*paper.codes[:5], *paper.typed_codes[5:])]
    today, place = NOW.date(), str(world.location_id)
    visit = {"locationId": place, "on": f"{today + timedelta(7)}", "company": "referrer"}
    days = [f"{today}", f"{today - timedelta(3)}", "0001-01-01", "9999-12-31"]
    return {
        "code": (cycle([*codes, "7K3M9QW2XRT6", "X"]), is_code),
        "locationId": (cycle([place, None]), lambda given: given is None),
        "family": (families(), lambda given: given is None),
        "careDate": (cycle(days), lambda given: given is None),
        "appointment": (cycle([visit, None]), lambda given: given is None),
        "meetsCriteria": (cycle([True, True, False]), lambda given: isinstance(given, bool)),
    }


def families() -> Iterator[dict[str, str] | None]:
    for number in count(1):
        yield {"reference": f"F-{number}", "language": "ar", "phone": "+32 470 12 34 56"}
        yield None


def is_code(given: Any) -> bool:
    return isinstance(given, str) and 1 <= len(given) <= 64


@pytest.fixture
def sqlite_city(sqlite_url: str) -> Iterator[City]:
    city = city_at(sqlite_url)
    yield city
    city.database.dispose()


@pytest.fixture
def postgres_city(postgres_url: str) -> Iterator[City]:
    city = city_at(postgres_url)
    yield city
    city.database.dispose()


@pytest.fixture(autouse=True)
def _no_socket_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Schemathesis hands a probe of its own `max_redirects`, which has no meaning in a process."""
    send = WSGITransport.send

    def sent(transport: Any, case: Any, *, session: Any = None, **kwargs: Any) -> Any:
        for name in ("max_redirects", "verify", "cert", "proxies"):
            kwargs.pop(name, None)
        return send(transport, case, session=session, **kwargs)

    monkeypatch.setattr(WSGITransport, "send", sent)
