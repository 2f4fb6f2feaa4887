"""The yardstick: a Flask view and SQLAlchemy Core that write a redemption's rows, and no more.

No throttle, no idempotency, no rules, no refusals, no log, no headers: what is left is what Flask,
SQLAlchemy, the server and the database cost by themselves.
"""

import fcntl
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy import (
    Connection,
    Engine,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    make_url,
    select,
    update,
)

from bench.servers import ADDRESS
from kernel.accounts import AccessToken, Account, AccountRole
from kernel.database import table_of
from kernel.events import PendingEvent, RecordedEvent
from kernel.organisations import Location
from vouchers.models import Booklet, Cheque, Redemption

_account, _token, _role = (table_of(one) for one in (Account, AccessToken, AccountRole))
_cheque, _booklet, _location = (table_of(one) for one in (Cheque, Booklet, Location))
_redemption, _event, _pending = (table_of(one) for one in (Redemption, RecordedEvent, PendingEvent))

IDENTITY = (
    select(_account.c.id, _account.c.organisation_id, _role.c.role)
    .join(_token, _token.c.account_id == _account.c.id)
    .join(_role, _role.c.account_id == _account.c.id)
    .where(_token.c.token_hash == bindparam("hashed"), _token.c.revoked_at.is_(None))
)
LOOK = (
    select(
        _cheque.c.id,
        _cheque.c.number,
        _booklet.c.id.label("booklet_id"),
        _booklet.c.size,
        _location.c.id.label("location_id"),
    )
    .join(_booklet, _booklet.c.id == _cheque.c.booklet_id)
    .join(_location, _location.c.organisation_id == bindparam("home"))
    .where(_cheque.c.code == bindparam("code"))
)
USE_BOOKLET = (
    update(_booklet)
    .where(_booklet.c.id == bindparam("booklet"), _booklet.c.state == "handed_out")
    .values(
        used_count=_booklet.c.used_count + 1,
        first_used_on=func.coalesce(_booklet.c.first_used_on, bindparam("day")),
        last_used_on=bindparam("day"),
    )
)
USE_CHEQUE = (
    update(_cheque)
    .where(_cheque.c.id == bindparam("cheque"), _cheque.c.state == "open")
    .values(state="used")
)
REDEEM = insert(_redemption)
TELL = insert(_event).returning(_event.c.number)
OWE = insert(_pending)


def wsgi() -> Flask:
    """Give the bare application, on the database that the environment names."""
    app = Flask("bare", static_folder=None)
    writing = writing_transactions(os.environ[ADDRESS])

    @app.post("/redeem")
    def redeem() -> ResponseReturnValue:
        token = request.headers["Authorization"].partition(" ")[2]
        code = request.get_json()["code"]
        with writing() as connection:
            return redeemed(connection, token, code), 201

    @app.get("/health")
    def health() -> str:
        return "ok"

    return app


def redeemed(connection: Connection, token: str, code: str) -> dict[str, Any]:
    """Write the rows of one redemption in the open transaction, and give its answer."""
    now = datetime.now(UTC)
    hashed = hashlib.sha256(token.encode()).hexdigest()
    account = connection.execute(IDENTITY, {"hashed": hashed}).one()
    found = connection.execute(LOOK, {"home": account.organisation_id, "code": code}).one()
    today = now.date()
    booklet = {"booklet": found.booklet_id, "day": today}
    if connection.execute(USE_BOOKLET, booklet).rowcount != 1:
        raise LookupError("the booklet cannot be used")
    if connection.execute(USE_CHEQUE, {"cheque": found.id}).rowcount != 1:
        raise LookupError("the cheque is used")
    cheque = {"cheque_id": found.id, "booklet_id": found.booklet_id, "cheque_number": found.number}
    row = redemption_row(cheque, found.location_id, account.id, now)
    connection.execute(REDEEM, row)
    number = connection.execute(TELL, event_row(row, now)).scalar_one()
    connection.execute(OWE, {"event_number": number})
    return {"id": row["id"], "cheque": found.number, "cheques": found.size, "careDate": str(today)}


def redemption_row(
    cheque: dict[str, Any], location_id: UUID, account_id: UUID, now: datetime
) -> dict[str, Any]:
    """Give the row of table `redemption`; `cheque` holds its ids and number."""
    return cheque | {
        "id": uuid4(),
        "location_id": location_id,
        "account_id": account_id,
        "used_after": 1,
        "care_date": now.date(),
        "care_moment": "fullDay",
        "redeemed_at": now,
        "idempotency_key": uuid4().hex,
        "body_hash": "",
        "price_cents": 2000,
    }


def event_row(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Give the row of table `event` that tells of a redemption's row."""
    told = ("booklet_id", "id", "location_id", "care_date", "used_after", "price_cents")
    return {
        "id": uuid4(),
        "name": "vouchers.cheque_redeemed",
        "subject_id": row["booklet_id"],
        "payload": {key: str(row[key]) for key in told},
        "occurred_at": now,
        "actor_id": row["account_id"],
    }


def writing_transactions(url: str) -> Any:
    """Give a context manager that opens a writing transaction on the database at `url`."""
    if make_url(url).get_backend_name() == "sqlite":
        return _on_sqlite(url)
    return create_engine(url, pool_size=10).begin


def _on_sqlite(url: str) -> Any:
    engine = create_engine(url, pool_size=10)
    _prepare(engine)
    file = Path(f"{make_url(url).database}.lock").open("a")  # noqa: SIM115 — open as long as we are
    turn = threading.Lock()

    @contextmanager
    def writing() -> Iterator[Connection]:
        with turn:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                with engine.begin() as connection:
                    yield connection
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)

    return writing


def _prepare(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _began(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
