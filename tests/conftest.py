"""Real databases for every test: SQLite and PostgreSQL, each test with a city of its own."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache

from app import create_app, migrate
from kernel.access import Actor
from kernel.calendar import BRUSSELS
from kernel.cities import Cities, City
from kernel.database import Database
from kernel.settings import Settings
from kernel.unit_of_work import UnitOfWork, unit_of_work

if TYPE_CHECKING:  # pytest loads it as a plugin, below
    from tests.postgres import TestServer

pytest_plugins = ["tests.figures"]

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=BRUSSELS)
DATABASES = ("sqlite", "postgres")


class _Compiled(BytecodeCache):
    """Templates compiled by one test, for the application of the next."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A command that a test runs sets up the logs; the next test finds them as they were."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres() -> Iterator["TestServer"]:
    """A PostgreSQL server, started when the first test asks for it."""
    from tests.postgres import running_server  # noqa: PLC0415 — pytest rewrites it first

    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, copied for each test."""
    file = tmp_path_factory.mktemp("template") / "empty.db"
    migrate_at(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    copy = tmp_path / "city.db"
    shutil.copy(sqlite_template, copy)
    return f"sqlite:///{copy}"


@pytest.fixture
def postgres_url(postgres: "TestServer") -> Iterator[str]:
    url = postgres.lend("migrated", migrate_at)
    yield url
    postgres.take_back("migrated", url)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty, migrated database, once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def city(database_url: str) -> Iterator[City]:
    """A city called Genk, empty."""
    genk = city_at(database_url)
    yield genk
    genk.database.dispose()


@pytest.fixture
def acting(city: City) -> Callable[..., object]:
    """Open a writing unit of work in the city, as somebody, at a moment."""

    def as_(actor: Actor, *, now: datetime = MONDAY, writes: bool = True) -> object:
        return unit_of_work(city, actor, writes=writes, now=now)

    return as_


@pytest.fixture
def app(city: City, tmp_path: Path) -> Flask:
    """The whole application, for the one city."""
    made = create_app(settings_for(city, tmp_path))
    made.jinja_env.bytecode_cache = _COMPILED
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def city_at(url: str, **more: object) -> City:
    """Give a city on a database, as the demo's Genk is set up."""
    given = {
        "host": "genk.localhost",
        "base_url": "http://genk.localhost",
        "database": Database(url),
        "programmes": frozenset(os.environ.get("PROGRAMMES", "vouchers,occasioneel").split(",")),
        "name": "Genk",
        "desk_phone": "089 00 00 01",
        "desk_address": "Demoplein 1, 3600 Genk",
        "desk_hours": "werkdagen van 9 tot 16 uur",
        "privacy_contact": "privacy@genk.example",
        "secret_key": "a key for tests",
    }
    return City(**(given | more))  # type: ignore[arg-type]


def settings_for(city: City, folder: Path) -> Settings:
    """Give the settings of an installation that serves one city, on any host."""
    return Settings(
        folder=folder,
        cities=Cities([city], any_host=True),
        port=8000,
        demo=False,
        secret_key="a key for tests",
    )


def migrate_at(url: str) -> None:
    """Bring an empty database to the newest shape, and leave no connection to it open."""
    city = city_at(url)
    migrate(city)
    city.database.dispose()


__all__ = ["MONDAY", "UnitOfWork"]
