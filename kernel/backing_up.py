"""A city's whole database goes into one file, as it was at one moment, while people work on."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from typing import IO, Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    Select,
    String,
    Table,
    Time,
    Uuid,
    select,
    table,
)
from sqlalchemy import column as named
from sqlalchemy.orm import Session

from kernel.cities import City
from kernel.database import Base, Json, UtcDateTime

FORMAT = 1
MANIFEST = "manifest.json"
_AT_ONCE = 2000  # rows read at a time
_KINDS: tuple[tuple[type[Any], str], ...] = (
    (UtcDateTime, "instant"),
    (Uuid, "uuid"),
    (Date, "date"),
    (Time, "time"),
    (Boolean, "bool"),
    (Integer, "int"),
    (Float, "float"),
    (String, "text"),
    (type(Json), "json"),
)


@dataclass(frozen=True, kw_only=True)
class TableInside:
    """One table of a backup: what it holds, in which order, and a digest of its rows."""

    name: str
    columns: dict[str, str]  # each with its kind
    points_to_itself: tuple[str, ...]  # columns that name another row of the same table
    rows: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class CityInside:
    """One city of a backup: its tables in the order in which they can be put back."""

    host: str
    name: str
    revision: str
    taken_at: str
    tables: tuple[TableInside, ...]


def write_backup(
    file: IO[bytes], cities: list[City], *, key: str, now: datetime
) -> list[CityInside]:
    """Write every row of these cities into one zip file.

    Takes an open binary file and the installation's `key`, of which only a fingerprint is kept.
    Each city is read in one transaction that sees one moment: nobody has to stop working. The file
    holds everything, names too: keep it as safe as the database.
    """
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=6) as into:
        inside = [_write_city(into, city, now) for city in cities]
        manifest = {
            "format": FORMAT,
            "key": fingerprint(key),
            "cities": [asdict(city) for city in inside],
        }
        into.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return inside


def fingerprint(key: str) -> str:
    """Give a sign by which two installations' keys can be told equal, and nothing more."""
    return hashlib.sha256(f"opstap backup {key}".encode()).hexdigest()[:16]


def member(host: str, name: str) -> str:
    """Give where in the file a table lies."""
    return f"{host}/{name}.jsonl"


def kinds_of(whole: Table) -> dict[str, str]:
    """Give for each column of a table what kind of thing it holds."""
    return {column.name: _kind(column) for column in whole.columns}


def _write_city(into: ZipFile, city: City, now: datetime) -> CityInside:
    with city.database.snapshot() as session:
        revision = session.scalar(
            select(named("version_num")).select_from(table("alembic_version"))
        )
        inside = [_write_table(into, city, session, each) for each in Base.metadata.sorted_tables]
    return CityInside(
        host=city.host,
        name=city.name,
        revision=str(revision),
        taken_at=now.astimezone(UTC).isoformat(),
        tables=tuple(inside),
    )


def _write_table(into: ZipFile, city: City, session: Session, whole: Table) -> TableInside:
    digest, rows = hashlib.sha256(), 0
    with into.open(member(city.host, whole.name), "w", force_zip64=True) as lines:
        for line in _lines(session, whole, city.database.dialect):
            digest.update(line)
            lines.write(line)
            rows += 1
    return TableInside(
        name=whole.name,
        columns=kinds_of(whole),
        points_to_itself=tuple(
            key.parent.name for key in whole.foreign_keys if key.column.table is whole
        ),
        rows=rows,
        sha256=digest.hexdigest(),
    )


def _lines(session: Session, whole: Table, dialect: str) -> Iterator[bytes]:
    """Give each row as a line, in the order of its key: the same on both databases."""
    found = session.execute(_in_order(whole, dialect), execution_options={"yield_per": _AT_ONCE})
    for row in found:
        cells = [_plain(cell) for cell in row]
        line = json.dumps(cells, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        yield line.encode() + b"\n"


def _in_order(whole: Table, dialect: str) -> Select[Any]:
    keys = [
        key.collate("C") if dialect == "postgresql" and isinstance(key.type, String) else key
        for key in whole.primary_key.columns
    ]
    return select(whole).order_by(*keys)


def _kind(column: Column[Any]) -> str:
    return next(kind for known, kind in _KINDS if isinstance(column.type, known))


def _plain(cell: Any) -> Any:
    if isinstance(cell, UUID):
        return cell.hex
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return cell
