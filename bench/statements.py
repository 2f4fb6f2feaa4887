"""V2: how many statements one redemption through the real door asks of its database."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from secrets import token_hex
from typing import Any

from sqlalchemy import Engine, event

from app import create_app
from bench.city import BenchCity
from kernel.cities import Cities
from kernel.settings import Settings

_NOT_COUNTED = ("BEGIN", "COMMIT", "SAVEPOINT", "PRAGMA")


def statements(bench: BenchCity, folder: Path) -> list[str]:
    """Give the statements of one redemption, by the word each begins with and its table."""
    settings = Settings(
        folder=folder,
        cities=Cities([bench.city], any_host=True),
        port=0,
        demo=False,
        secret_key=token_hex(),
    )
    client = create_app(settings).test_client()
    (cheque,) = bench.take(1)
    with _heard(bench.city.database.engine) as heard, redirect_stdout(io.StringIO()):
        answer = client.post(
            "/api/v1/redemptions",
            json={"code": cheque.code},
            headers={"Authorization": f"Bearer {bench.token}", "Idempotency-Key": cheque.code},
        )
    if answer.status_code != 201:  # noqa: PLR2004 — created
        raise RuntimeError(answer.get_data(as_text=True))
    return [_shortened(statement) for statement in heard]


def _shortened(statement: str) -> str:
    words = statement.replace("\n", " ").split()
    place = {"SELECT": "FROM", "INSERT": "INTO", "UPDATE": "UPDATE"}.get(words[0], words[0])
    return f"{words[0]} {words[len(words) - 1 - words[::-1].index(place) + 1]}"


@contextmanager
def _heard(engine: Engine) -> Iterator[list[str]]:
    said: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(_NOT_COUNTED):
            said.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", listen)
