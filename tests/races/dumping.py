"""Everything that a city's database holds, to compare before and after."""

from typing import Any

from sqlalchemy import select

from kernel.cities import City
from kernel.database import Base

Dump = dict[str, list[tuple[Any, ...]]]


def dump(city: City) -> Dump:
    """Give every row of every table, in an order of its own."""
    with city.database.transaction(writes=False) as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def changed(before: Dump, after: Dump) -> list[str]:
    """Name the tables that are not the same."""
    return [name for name, rows in after.items() if rows != before[name]]
