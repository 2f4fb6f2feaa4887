"""A backup is put back into an empty database: all of it, or nothing."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from itertools import islice
from typing import IO, Any
from uuid import UUID
from zipfile import BadZipFile, ZipFile

from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    Float,
    Integer,
    Select,
    String,
    Time,
    Uuid,
    bindparam,
    column,
    func,
    insert,
    inspect,
    select,
    table,
    text,
    update,
)
from sqlalchemy.types import TypeEngine

from kernel.backing_up import FORMAT, MANIFEST, CityInside, TableInside, fingerprint, member
from kernel.database import Json, UtcDateTime
from kernel.errors import Conflict, Invalid

_AT_ONCE = 1000  # rows written at a time
_TYPES: Mapping[str, TypeEngine[Any]] = {
    "instant": UtcDateTime(),
    "uuid": Uuid(),
    "date": Date(),
    "time": Time(),
    "bool": Boolean(),
    "int": Integer(),
    "float": Float(),
    "text": String(),
    "json": Json,
}
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "instant": datetime.fromisoformat,
    "uuid": UUID,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
}


class NoBackup(Invalid):
    """The file is not a backup of Opstap, or it was damaged."""

    code = "no-backup"
    sentence = "Dit bestand is geen volledige back-up van Opstap. Neem een andere."


class OtherKey(Conflict):
    """The backup was made by an installation with another secret key."""

    code = "other-key"
    sentence = (
        "Deze back-up hoort bij een andere SECRET_KEY. Zet eerst die sleutel terug: anders werken "
        "de tweede stap bij het aanmelden en het herkennen van telefoonnummers niet meer."
    )


class NotEmpty(Conflict):
    """There is something in the database already."""

    code = "not-empty"
    sentence = "In deze databank staat al iets. Een back-up komt alleen in een lege databank terug."


def read_manifest(file: IO[bytes], *, key: str | None) -> list[CityInside]:
    """Give the cities in a backup, in the order of the file.

    Refuses what is no backup, and one of an installation with another `key` (None: any key).
    """
    try:
        with ZipFile(file) as inside:
            told = json.loads(inside.read(MANIFEST))
        cities = [_city(each) for each in told["cities"]]
        right = told["format"] == FORMAT
    except (BadZipFile, KeyError, TypeError, ValueError) as error:
        raise NoBackup from error
    if not right:
        raise NoBackup
    if key is not None and told["key"] != fingerprint(key):
        raise OtherKey
    return cities


def check_empty(connection: Connection) -> None:
    """Refuse a database in which any table holds a row."""
    for name in inspect(connection).get_table_names():
        there = connection.execute(select(func.count()).select_from(table(name))).scalar_one()
        if there and name != "alembic_version":
            raise NotEmpty


def load_city(file: IO[bytes], city: CityInside, connection: Connection) -> int:
    """Put a city's rows into the tables of its own revision; gives how many.

    They must be empty, and without triggers. Refuses a file whose rows are not those that were
    written; the caller's transaction then leaves nothing behind.
    """
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    with ZipFile(file) as inside:
        for each in city.tables:
            try:
                with inside.open(member(city.host, each.name)) as lines:
                    _load_table(connection, each, lines)
            except (BadZipFile, KeyError, ValueError) as error:
                raise NoBackup from error
    _count_on(connection, city)
    return sum(each.rows for each in city.tables)


def _city(told: dict[str, Any]) -> CityInside:
    tables = tuple(
        TableInside(**each | {"points_to_itself": tuple(each["points_to_itself"])})
        for each in told["tables"]
    )
    return CityInside(**told | {"tables": tables})


def _load_table(connection: Connection, inside: TableInside, lines: IO[bytes]) -> None:
    target = table(
        inside.name, *(column(name, _TYPES[kind]) for name, kind in inside.columns.items())
    )
    digest, count, later = hashlib.sha256(), 0, []
    rows = (_row(inside, line) for line in _digested(lines, digest))
    while some := list(islice(rows, _AT_ONCE)):
        count += len(some)
        later += [pointers for row in some if (pointers := _pointers(inside, row))]
        connection.execute(insert(target), some)
    if later:  # every row is there now, so each may point to another
        pointing = update(target).where(target.c.id == bindparam("row"))
        connection.execute(
            pointing.values({n: bindparam(n) for n in later[0] if n != "row"}), later
        )
    if digest.hexdigest() != inside.sha256 or count != inside.rows:
        raise NoBackup


def _pointers(inside: TableInside, row: dict[str, Any]) -> dict[str, Any]:
    """Take out of a row what points to others of its table; gives nothing where nothing points."""
    taken = {name: row[name] for name in inside.points_to_itself}
    row.update(dict.fromkeys(taken))
    return taken | {"row": row["id"]} if any(taken.values()) else {}


def _digested(lines: IO[bytes], digest: Any) -> Iterator[bytes]:
    for line in lines:
        digest.update(line)
        yield line


def _row(inside: TableInside, line: bytes) -> dict[str, Any]:
    cells = json.loads(line)
    return {
        name: cell if cell is None or kind not in _READERS else _READERS[kind](cell)
        for (name, kind), cell in zip(inside.columns.items(), cells, strict=True)
    }


def _count_on(connection: Connection, city: CityInside) -> None:
    """Let PostgreSQL number new rows after those that came back; SQLite does by itself."""
    if connection.dialect.name == "sqlite":
        return
    for inside in city.tables:
        for name in inside.columns:
            sequence = connection.execute(
                select(func.pg_get_serial_sequence(inside.name, name))
            ).scalar_one()
            if sequence is not None:
                last: Select[Any] = select(func.max(column(name))).select_from(table(inside.name))
                highest = connection.execute(last).scalar_one()
                connection.execute(select(func.setval(sequence, highest or 1, highest is not None)))
