"""A kept connection that the server closed is replaced before anybody notices."""

import time

from sqlalchemy import func, select, text

from kernel.cities import City
from kernel.database import Database

DEADLINE = 10.0


def test_a_connection_that_the_server_closed_is_replaced_unseen(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.transaction(writes=True) as session:
        closed = session.scalar(select(func.pg_backend_pid()))
    _close(postgres_url, closed)
    with database.transaction(writes=True) as session:
        assert session.scalar(select(func.pg_backend_pid())) != closed
    database.dispose()


def test_a_single_question_is_answered_and_leaves_no_transaction_open(city: City) -> None:
    assert city.database.ask(select(text("1")), {}) == [(1,)]
    with city.database.transaction(writes=True) as session:  # the same kept connection
        session.execute(text("CREATE TABLE kept (n integer)"))
    assert city.database.ask(select(text("count(*)")).select_from(text("kept")), {}) == [(0,)]


def _close(url: str, pid: int | None) -> None:
    """Let the server close a connection, and wait until it has."""
    other = Database(url)
    alive = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
    with other.transaction(writes=True) as session:
        session.execute(select(func.pg_terminate_backend(pid)))
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until:
        with other.transaction(writes=False) as session:
            if session.scalar(alive, {"pid": pid}) == 0:
                break
    other.dispose()
