"""A mapping says how another register's columns become a place that we know."""

import re
from dataclasses import dataclass

FIELDS = {
    "name": "naam",
    "kind": "soort opvang",
    "organisation": "organisator",
    "address": "adres",
    "postcode": "postcode",
    "municipality": "gemeente",
    "phone": "telefoon",
    "latitude": "breedtegraad",
    "longitude": "lengtegraad",
    "licensed_places": "capaciteit",
    "valid_from": "begindatum",
}
NEEDED = ("name", "kind", "organisation")


@dataclass(frozen=True, kw_only=True)
class ColumnRule:
    """How one thing is read: from the first filled column, changed, checked, or by default."""

    columns: tuple[str, ...] = ()
    default: str | None = None
    required: bool = False
    strip: bool = True
    change: dict[str, str]
    replace: dict[str, str]
    pattern: re.Pattern[str] | None = None
    cuts: bool = False
    date: str = "%Y-%m-%d"


@dataclass(frozen=True, kw_only=True)
class KeyRule:
    """What makes a place one place, and which of its rows counts."""

    rule: ColumnRule
    counts: str
    by: str | None
    date: str


@dataclass(frozen=True, kw_only=True)
class SkipRule:
    """Rows that are not ours: left out before anything else is asked of them, and counted."""

    column: str
    values: frozenset[str]
    why: str


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """Everything that is needed to read one register's file."""

    key: KeyRule
    fields: dict[str, ColumnRule]
    skip: tuple[SkipRule, ...] = ()
    delimiter: str | None = None
    encoding: str | None = None

    @property
    def columns(self) -> list[str]:
        """Every column that the mapping needs in the header."""
        by = [self.key.by] if self.key.by else []
        rules = [self.key.rule, *self.fields.values()]
        named = [column for rule in rules for column in rule.columns]
        return list(dict.fromkeys([*named, *by, *(skip.column for skip in self.skip)]))
