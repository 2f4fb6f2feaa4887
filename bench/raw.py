"""What the databases can do at most: the same rows, by their own drivers, without a web server."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Insert, Update, create_engine, make_url
from sqlalchemy.engine import Dialect

from bench.bare import OWE, REDEEM, TELL, USE_BOOKLET, USE_CHEQUE, event_row, redemption_row
from bench.booklet_rows import Known
from bench.city import BenchCity

WRITERS = {"SQLite": 1, "PostgreSQL": 8}  # SQLite has one writer at a time, whoever asks
_MOST_A_SECOND = 12_000


@dataclass(frozen=True, kw_only=True)
class Commits:
    """Durable commits a second, of the rows of one redemption each."""

    database: str
    writers: int
    rate: float


@dataclass(frozen=True, kw_only=True)
class _Written:
    """The statements of one redemption as a driver takes them."""

    use_booklet: str
    use_cheque: str
    redeem: str
    tell: str
    owe: str


def commits(bench: BenchCity, *, seconds: float) -> Commits:
    """Write redemptions as fast as the driver can for so many seconds, each in its own commit."""
    writers = WRITERS[bench.kind]
    cheques = bench.take(int(_MOST_A_SECOND * seconds))
    shares = [cheques[nth::writers] for nth in range(writers)]
    rates = [0.0] * writers
    write = _on_sqlite if bench.kind == "SQLite" else _on_postgresql

    def work(nth: int) -> None:
        rates[nth] = write(bench, shares[nth], seconds)

    threads = [threading.Thread(target=work, args=(nth,)) for nth in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Commits(database=bench.kind, writers=writers, rate=sum(rates))


def _on_sqlite(bench: BenchCity, cheques: Sequence[Known], seconds: float) -> float:
    written = _written(create_engine(bench.url, paramstyle="named").dialect)
    file = str(make_url(bench.url).database)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for pragma in ("foreign_keys=ON", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

        def redeem(cheque: Known) -> None:
            connection.execute("BEGIN IMMEDIATE")
            _redeem(connection.execute, written, _rows(bench, cheque, _plain))
            connection.execute("COMMIT")

        return _rate(redeem, cheques, seconds)


def _on_postgresql(bench: BenchCity, cheques: Sequence[Known], seconds: float) -> float:
    written = _written(create_engine(bench.url).dialect)
    url = make_url(bench.url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:

        def redeem(cheque: Known) -> None:
            _redeem(connection.execute, written, _rows(bench, cheque, _as_json))
            connection.commit()

        return _rate(redeem, cheques, seconds)


def _rate(redeem: Callable[[Known], None], cheques: Sequence[Known], seconds: float) -> float:
    began = time.perf_counter()
    for done, cheque in enumerate(cheques, 1):
        redeem(cheque)
        took = time.perf_counter() - began
        if took > seconds:
            return done / took
    return len(cheques) / (time.perf_counter() - began)


def _redeem(execute: Callable[..., Any], written: _Written, rows: Sequence[dict[str, Any]]) -> None:
    booklet, cheque, redemption, event = rows
    execute(written.use_booklet, booklet)
    execute(written.use_cheque, cheque)
    execute(written.redeem, redemption)
    number = execute(written.tell, event).fetchone()[0]
    execute(written.owe, {"event_number": number})


def _rows(
    bench: BenchCity, cheque: Known, driver: Callable[[Any], Any]
) -> tuple[dict[str, Any], ...]:
    now = datetime.now(UTC)
    ids = {"cheque_id": cheque.cheque_id, "booklet_id": cheque.booklet_id, "cheque_number": 1}
    row = redemption_row(ids, bench.location_id, bench.account_id, now)
    booklet = _constants(USE_BOOKLET) | {"booklet": cheque.booklet_id, "day": now.date()}
    taken = _constants(USE_CHEQUE) | {"cheque": cheque.cheque_id}
    return tuple(
        {key: driver(value) for key, value in each.items()}
        for each in (booklet, taken, row, event_row(row, now))
    )


@cache
def _constants(statement: Update) -> dict[str, Any]:
    """Give the values that stand in a statement itself, by the names SQLAlchemy gives them."""
    return {key: value for key, value in statement.compile().params.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, dict) else value


def _as_json(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict) else value


def _written(dialect: Dialect) -> _Written:
    now = datetime.now(UTC)
    nobody = UUID(int=0)
    row = redemption_row(
        {"cheque_id": nobody, "booklet_id": nobody, "cheque_number": 1}, nobody, nobody, now
    )

    def insert(statement: Insert, keys: Sequence[str]) -> str:
        return str(statement.compile(dialect=dialect, column_keys=list(keys)))

    return _Written(
        use_booklet=str(USE_BOOKLET.compile(dialect=dialect)),
        use_cheque=str(USE_CHEQUE.compile(dialect=dialect)),
        redeem=insert(REDEEM, [*row]),
        tell=str(TELL.compile(dialect=dialect, column_keys=[*event_row(row, now)])),
        owe=insert(OWE, ["event_number"]),
    )
