"""One web server of two processes for each kind of database, for all tests that need no own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from kernel.cities import City
from tests import build
from tests.conftest import DATABASES, city_at, migrate_at
from tests.races.server import Server, serving


@dataclass(frozen=True)
class Served:
    """A city that pays 20 euros for a care moment, and the server that serves it."""

    city: City
    server: Server


@pytest.fixture(scope="session", params=DATABASES)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        url = f"sqlite:///{shutil.copy(template, folder / 'city.db')}"
    else:
        url = request.getfixturevalue("postgres").copy_of("migrated", migrate_at)
    city = city_at(url)
    try:
        build.price(city, 2000)
        with serving(city, folder) as server:
            yield Served(city, server)
    finally:
        city.database.dispose()


@pytest.fixture
def postgres_city(postgres_url: str) -> Iterator[City]:
    with _closing(city_at(postgres_url)) as city:
        yield city


@pytest.fixture
def sqlite_city(sqlite_url: str) -> Iterator[City]:
    with _closing(city_at(sqlite_url)) as city:
        yield city


@contextmanager
def _closing(city: City) -> Iterator[City]:
    try:
        yield city
    finally:
        city.database.dispose()
