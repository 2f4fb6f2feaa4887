"""Each test on PostgreSQL has a real database of its own, made in milliseconds."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from tests.postgres import TestServer, running_server


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    where = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(where, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_two_copies_of_one_kind_start_equal_and_live_apart(server: TestServer) -> None:
    made: list[str] = []

    def fill(url: str) -> None:
        made.append(url)
        ask(url, "CREATE TABLE child AS SELECT 1 AS id")

    first, second = server.copy_of("children", fill), server.copy_of("children", fill)
    ask(first, "INSERT INTO child VALUES (2)")
    assert len(made) == 1
    assert ask(first, "SELECT count(*) FROM child") == [(2,)]
    assert ask(second, "SELECT count(*) FROM child") == [(1,)]


def test_a_database_is_dropped_also_while_somebody_is_connected(server: TestServer) -> None:
    url = server.fresh_database()
    where = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(where, autocommit=True) as connection:
        server.drop(url)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_a_commit_waits_for_the_disk(server: TestServer) -> None:
    url = server.fresh_database()
    assert ask(url, "SHOW fsync") == [("on",)]
    assert ask(url, "SHOW synchronous_commit") == [("on",)]


def test_another_server_can_be_named(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSTAP_TEST_POSTGRES", server.address("postgres"))
    with running_server() as same:
        copy = same.copy_of("empty", lambda _url: None)
        assert ask(copy, "SELECT current_database()") == [(make_url(copy).database,)]
        same.drop(copy)
    names = {name for (name,) in ask(server.address("postgres"), "SELECT datname FROM pg_database")}
    assert not names & set(same.templates.values())


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    with running_server() as running:
        yield running


def test_a_database_goes_to_the_next_test_empty_and_only_in_its_own_shape(
    server: TestServer,
) -> None:
    def fill(url: str) -> None:
        ask(url, "CREATE TABLE child (id integer GENERATED ALWAYS AS IDENTITY)")

    first = server.lend("lent", fill)
    ask(first, "INSERT INTO child DEFAULT VALUES")
    server.take_back("lent", first)
    again = server.lend("lent", fill)
    assert again == first
    assert ask(again, "INSERT INTO child DEFAULT VALUES RETURNING id") == [(1,)]
    ask(again, "ALTER TABLE child ADD COLUMN name text")
    server.take_back("lent", again)
    assert server.lend("lent", fill) != first
