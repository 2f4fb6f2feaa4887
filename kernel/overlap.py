"""Two periods of one thing never overlap: kept by a pair of triggers on both databases."""

import re
from dataclasses import dataclass

from sqlalchemy import Connection, text

APPEND_ONLY = ("event", "audit", "frozen_cohort")
KEPT_YEARS = {"audit": 5}  # what may go once it is so old, by the database's own clock
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
            years = KEPT_YEARS.get(table) if moment == "DELETE" else None
            young = f" WHEN OLD.at >= datetime('now', '-{years} years')" if years else ""
            made += [
                f"DROP TRIGGER IF EXISTS {name}",
                (
                    f"CREATE TRIGGER {name} BEFORE {moment} ON {table}{young}"
                    f" BEGIN SELECT RAISE(ABORT, 'append_only_{table}'); END"
                ),
            ]
    return made + _removed_on_sqlite()


def _gains_a_person() -> str:
    """Say of a family's new row that it holds what a removal took away."""
    columns = ("name", "phone", "phone_hash", "number_of_children")
    return " OR ".join(f"NEW.{column} IS NOT NULL" for column in columns)


_OF_REMOVED = "SELECT 1 FROM family WHERE id = NEW.family_id AND removed_at IS NOT NULL"
_GAINS_A_CHILD = "(NEW.first_name IS NOT NULL OR NEW.birth_month IS NOT NULL)"


def _removed_on_sqlite() -> list[str]:
    """Keep a removed family empty, whichever deed forgets to ask."""
    family = f"NEW.removed_at IS NOT NULL AND ({_gains_a_person()})"
    child = f"{_GAINS_A_CHILD} AND EXISTS ({_OF_REMOVED})"
    made = []
    for table, when in (("family", family), ("child", child)):
        for moment in ("INSERT", "UPDATE"):
            name = f"removed_{table}_{moment.lower()}"
            made += [
                f"DROP TRIGGER IF EXISTS {name}",
                (
                    f"CREATE TRIGGER {name} AFTER {moment} ON {table} WHEN {when}"
                    " BEGIN SELECT RAISE(ABORT, 'removed_family'); END"
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
                f"hashtext('{period.name}'), hashtext({key}) & {_LOTS - 1});"
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
    for table in APPEND_ONLY:
        made += [
            _kept(table),
            (
                f"CREATE OR REPLACE TRIGGER append_only_{table} BEFORE UPDATE OR DELETE ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION {_guard(table)}()"
            ),
            (
                f"CREATE OR REPLACE TRIGGER append_only_{table}_all BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
            ),
        ]
    return [each for each in made if each] + _removed_on_postgresql()


def _guard(table: str) -> str:
    return f"append_only_{table}" if table in KEPT_YEARS else "append_only"


def _kept(table: str) -> str:
    """Give the function that lets only old rows go, or nothing where none may."""
    if table not in KEPT_YEARS:
        return ""
    return (
        f"CREATE OR REPLACE FUNCTION {_guard(table)}() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN IF TG_OP = 'DELETE' AND OLD.at < clock_timestamp()"
        f" - interval '{KEPT_YEARS[table]} years' THEN RETURN OLD; END IF;"
        " RAISE EXCEPTION 'append-only'; END $$"
    )


def _removed_on_postgresql() -> list[str]:
    family = f"NEW.removed_at IS NOT NULL AND ({_gains_a_person()})"
    child = f"{_GAINS_A_CHILD} AND EXISTS ({_OF_REMOVED})"
    made = []
    for table, when in (("family", family), ("child", child)):
        made += [
            (
                f"CREATE OR REPLACE FUNCTION removed_{table}() RETURNS trigger LANGUAGE plpgsql"
                f" AS $$ BEGIN IF {when} THEN RAISE EXCEPTION 'removed_family' USING"
                " ERRCODE = 'check_violation', CONSTRAINT = 'removed_family'; END IF;"
                " RETURN NEW; END $$"
            ),
            (
                f"CREATE OR REPLACE TRIGGER removed_{table} BEFORE INSERT OR UPDATE ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION removed_{table}()"
            ),
        ]
    return made
