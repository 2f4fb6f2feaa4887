"""Two periods of one thing never overlap: kept by a pair of triggers on both databases."""

import re
from dataclasses import dataclass

from sqlalchemy import Connection, text

APPEND_ONLY = ("event", "audit", "frozen_cohort")
_LOTS = 1024  # a power of two


@dataclass(frozen=True)
class Period:
    """A table whose rows with equal `keys` must not share a day; NULL as end means "still".

    A table that has two such rules says what each is `called`.
    """

    table: str
    keys: tuple[str, ...]
    called: str = ""

    @property
    def name(self) -> str:
        """The name that the triggers and their refusal carry."""
        return f"overlap_{self.called or self.table}"


PERIODS = (
    Period("dated_rule", ("name",)),
    Period("care_moment_price", ("care_moment",)),
    Period("location_standing", ("location_id",)),
    Period("day_amount", ("purchase_id", "kind")),
    Period("bought_place", ("location_id", "number")),
    Period("placement", ("bought_place_id",), called="placement_place"),
    Period("placement", ("child_id",), called="placement_child"),
)


def install_triggers(connection: Connection) -> None:
    """Put every trigger in place, anew.

    Run after each upgrade: a migration that rebuilds an SQLite table drops its triggers unseen.
    """
    statements = _sqlite if connection.dialect.name == "sqlite" else _postgresql
    for statement in statements():
        connection.execute(text(statement))


def trigger_names(dialect: str) -> list[str]:
    """Give the name of every trigger that a database of this dialect must have."""
    statements = _sqlite() if dialect == "sqlite" else _postgresql()
    made = (re.match(r"CREATE (?:OR REPLACE )?TRIGGER (\w+)", each) for each in statements)
    return [found[1] for found in made if found]


def _overlapping(period: Period) -> str:
    equal = " AND ".join(f"other.{key} = NEW.{key}" for key in period.keys)
    return (
        f"SELECT 1 FROM {period.table} AS other WHERE {equal} AND other.id <> NEW.id"  # noqa: S608
        " AND (NEW.valid_until IS NULL OR other.valid_from <= NEW.valid_until)"
        " AND (other.valid_until IS NULL OR other.valid_until >= NEW.valid_from)"
    )


def _sqlite() -> list[str]:
    made = []
    for period in PERIODS:
        for moment in ("INSERT", "UPDATE"):
            name = f"{period.name}_{moment.lower()}"
            made += [
                f"DROP TRIGGER IF EXISTS {name}",
                (
                    f"CREATE TRIGGER {name} AFTER {moment} ON {period.table}"
                    f" WHEN EXISTS ({_overlapping(period)})"
                    f" BEGIN SELECT RAISE(ABORT, '{period.name}'); END"
                ),
            ]
    for table in APPEND_ONLY:
        for moment in ("UPDATE", "DELETE"):
            name = f"append_only_{table}_{moment.lower()}"
            made += [
                f"DROP TRIGGER IF EXISTS {name}",
                (
                    f"CREATE TRIGGER {name} BEFORE {moment} ON {table}"
                    f" BEGIN SELECT RAISE(ABORT, 'append_only_{table}'); END"
                ),
            ]
    return made


def _postgresql() -> list[str]:
    made = []
    for period in PERIODS:
        # Two inserts at once do not see each other's row: they take turns by the key's hash, in a
        # thousand lots, as an import of all places would fill PostgreSQL's table of locks.
        key = " || '|' || ".join(f"NEW.{key}::text" for key in period.keys)
        made += [
            (
                f"CREATE OR REPLACE FUNCTION {period.name}() RETURNS trigger LANGUAGE plpgsql AS $$"
                " BEGIN PERFORM pg_advisory_xact_lock("
                f"hashtext('{period.table}'), hashtext({key}) & {_LOTS - 1});"
                f" IF EXISTS ({_overlapping(period)}) THEN RAISE EXCEPTION '{period.name}' USING"
                f" ERRCODE = 'exclusion_violation', CONSTRAINT = '{period.name}'; END IF;"
                " RETURN NEW; END $$"
            ),
            (
                f"CREATE OR REPLACE TRIGGER {period.name}_insert BEFORE INSERT OR UPDATE"
                f" ON {period.table} FOR EACH ROW EXECUTE FUNCTION {period.name}()"
            ),
        ]
    made.append(
        "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION 'append-only'; END $$"
    )
    made += [
        (
            f"CREATE OR REPLACE TRIGGER append_only_{table} BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION append_only()"
        )
        for table in APPEND_ONLY
    ]
    return made
