"""Keep what a city has: take a backup, put it back, and show that it would work."""

import os
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import click

import app
from kernel.backing_up import CityInside, write_backup
from kernel.checking import run_checks
from kernel.cities import City
from kernel.database import Database
from kernel.errors import Conflict, NotFound
from kernel.overlap import install_triggers
from kernel.restoring import check_empty, load_city, read_manifest
from terminal.chosen import chosen, city_option, settings
from terminal.looking import CHECKS


class NotMigrated(Conflict):
    """The database has the shape of another version of the house."""

    code = "not-migrated"
    sentence = "Deze databank is van een andere versie van Opstap. Doe eerst: opstap migrate"


class FileThere(Conflict):
    """A backup never takes the place of another file."""

    code = "file-there"
    sentence = "Dit bestand bestaat al. Kies een andere naam."


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@city_option
def backup(file: Path, host: str | None) -> None:
    """Put everything of every city into FILE, while people work on.

    The file holds names: keep it as safe as the database. The secret key is not in it.
    """
    if file.exists():
        raise FileThere
    began, part = time.monotonic(), file.with_name(file.name + ".part")
    try:
        part.touch(mode=0o600, exist_ok=False)
        with part.open("r+b") as into:
            inside = _backed_up(chosen(host), into)
            os.fsync(into.fileno())
        part.rename(file)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
    for city in inside:
        click.echo(f"{city.host}: {_told(city)}")
    click.echo(f"{file}: {file.stat().st_size:,} bytes, {time.monotonic() - began:.1f} s")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--other-key", is_flag=True, help="Even when SECRET_KEY is not the backup's own.")
@city_option
def restore(file: Path, host: str | None, *, other_key: bool) -> None:
    """Put FILE back into databases that hold nothing yet, and check every rule."""
    began = time.monotonic()
    with file.open("rb") as from_file:
        found = read_manifest(from_file, key=None if other_key else settings().secret_key)
        for city, inside in _paired(chosen(host), found):
            restore_city(city, inside, from_file)
            click.echo(f"{city.host}: {_told(inside)}, genomen op {inside.taken_at}")
            _check(city)
    click.echo(f"Teruggezet in {time.monotonic() - began:.1f} s.")


@click.command()
@city_option
def drill(host: str | None) -> None:
    """Take a backup, put it back into a file that is thrown away, and compare every row."""
    for city in chosen(host):
        began = time.monotonic()
        with (
            tempfile.TemporaryDirectory() as folder,
            tempfile.TemporaryFile(dir=folder) as taken,
            tempfile.TemporaryFile(dir=folder) as again,
        ):
            (before,) = _backed_up([city], taken)
            saved = time.monotonic()
            spare = replace(city, database=Database(f"sqlite:///{folder}/drill.db"))
            try:
                restore_city(spare, before, taken)
                (after,) = _backed_up([spare], again)
                _check(spare)
            finally:
                spare.database.dispose()
        if after.tables != before.tables:
            raise click.ClickException(f"{city.host}: de teruggezette rijen zijn niet dezelfde.")
        took = f"back-up {saved - began:.1f} s, terugzetten {time.monotonic() - saved:.1f} s"
        click.echo(f"{city.host}: {_told(before)}, elke rij dezelfde; {took}")


def restore_city(city: City, inside: CityInside, from_file: IO[bytes]) -> None:
    """Put one city of a backup into an empty database, and bring it to this version's shape.

    An older backup is put into the tables of its own time first. All of it, or nothing.
    """
    with city.database.transaction(writes=True) as session:
        connection = session.connection()
        check_empty(connection)
        app.bring_to(connection, inside.revision)
        load_city(from_file, inside, connection)
        app.bring_to(connection, "head")
        install_triggers(connection)


def _backed_up(cities: list[City], into: IO[bytes]) -> list[CityInside]:
    given = settings()
    inside = write_backup(into, cities, key=given.secret_key, now=datetime.now(UTC))
    if any(city.revision != app.newest_revision() for city in inside):
        raise NotMigrated
    return inside


def _paired(cities: list[City], found: list[CityInside]) -> list[tuple[City, CityInside]]:
    """Give each city its part of the backup: by host name, or the only one to the only one."""
    if len(cities) == len(found) == 1:
        return [(cities[0], found[0])]
    by_host = {inside.host: inside for inside in found}
    missing = [city.host for city in cities if city.host not in by_host]
    if missing:
        raise NotFound(f"Niet in deze back-up: {', '.join(missing)}. Kies een stad met --city.")
    return [(city, by_host[city.host]) for city in cities]


def _check(city: City) -> None:
    """Ask every rule, but those that only a running clock keeps."""
    rules = [each for each in CHECKS if not each.of_the_clock]
    with city.database.transaction(writes=False) as session:
        done = run_checks(session, rules, now=datetime.now(UTC))
    broken = [each.check.sentence for each in done if not each.holds]
    if broken:
        raise click.ClickException(f"{city.host}: niet in orde: {' '.join(broken)}")
    click.echo(f"{city.host}: {len(done)} regels nagekeken, alle in orde")


def _told(inside: CityInside) -> str:
    return f"{sum(each.rows for each in inside.tables):,} rijen in {len(inside.tables)} tabellen"
