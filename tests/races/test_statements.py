"""A scan asks the database little: at most eight statements, whoever else is added to its path."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event

from kernel.cities import City
from tests import build
from tests.figures import Say

AT_MOST = 8
_FREE = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


def test_a_redemption_takes_at_most_eight_statements(
    city: City, client: FlaskClient, figure: Say
) -> None:
    """Through the API: identity, throttle, price, idempotency and event included."""
    build.price(city, 2000)
    token = build.token(city, build.provider(city))
    referrer = build.referrer(city)
    warm, paper = (build.handed_out(city, referrer, now=datetime.now(UTC)) for _ in range(2))
    _redeem(client, warm.codes[0], token)
    with _counted(city) as scan:
        assert _redeem(client, paper.codes[0], token) == 201
    with _counted(city) as retry:
        assert _redeem(client, paper.codes[0], token) == 201
    with _counted(city) as refused:
        assert _redeem(client, paper.codes[0], token, key="another") == 409
    for asked in (scan, retry, refused):
        assert 0 < len(asked) <= AT_MOST, asked
    told = f"{len(scan)} statements a redemption, {len(retry)} a retry, {len(refused)} a refusal"
    figure("V2", f"{told} (at most {AT_MOST})")


def _redeem(client: FlaskClient, code: str, token: dict[str, str], key: str = "") -> int:
    answer = client.post(
        "/api/v1/redemptions",
        json={"code": code},
        headers=token | {"Idempotency-Key": key or code},
    )
    return answer.status_code


@contextmanager
def _counted(city: City) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_c: Any, _k: Any, statement: str, _p: Any, _x: Any, _m: Any) -> None:
        if not statement.lstrip().upper().startswith(_FREE):
            asked.append(statement)

    event.listen(city.database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(city.database.engine, "before_cursor_execute", note)
