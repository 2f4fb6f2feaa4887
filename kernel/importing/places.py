"""One row of another register becomes one place, checked as if it was typed by hand."""

from collections.abc import Callable
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from kernel.errors import Invalid
from kernel.importing.cells import (
    LONGEST,
    WrongCell,
    day_in,
    degrees_in,
    places_in,
    read_cell,
)
from kernel.importing.faults import Reason
from kernel.importing.mapping import FIELDS, ColumnRule, Mapping
from kernel.organisations import LocationKind
from kernel.text import Line, Phone

_SHORT_CELL = 40  # for what becomes a number or a date
_NORTH, _EAST = (49.0, 54.0), (2.0, 8.0)  # Belgium and the Netherlands


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedPlace:
    """A place as a file tells it: `given` holds only the location's fields that the file fills.

    `line` is where its row begins. Without `valid_from` a capacity holds from the day of import.
    """

    line: int
    register_number: str
    organisation: str
    given: dict[str, Any]
    licensed_places: int | None = None
    valid_from: date | None = None


class PlaceFields(Schema):
    """The texts of a place, held to what every door of Opstap accepts."""

    register_number = Line(at_most=LONGEST["register_number"], required=True)
    organisation = Line(at_most=LONGEST["organisation"], required=True)
    name = Line(at_most=LONGEST["name"], required=True)
    kind = fields.String(required=True, validate=validate.OneOf(list(LocationKind)))
    address = Line(at_most=LONGEST["address"])
    postcode = Line(at_most=LONGEST["postcode"])
    municipality = Line(at_most=LONGEST["municipality"])
    phone = Phone(at_most=LONGEST["phone"])


_SCHEMA = PlaceFields()
_LABELS = FIELDS | {"register_number": "registernummer"}

_Reader = Callable[[str, ColumnRule], Any]
_READERS: Dictionary[str, _Reader] = {
    "licensed_places": lambda value, _: places_in(value, label=FIELDS["licensed_places"]),
    "valid_from": lambda value, rule: day_in(value, rule.date, label=FIELDS["valid_from"]),
    "latitude": lambda value, _: degrees_in(value, label=FIELDS["latitude"], within=_NORTH),
    "longitude": lambda value, _: degrees_in(value, label=FIELDS["longitude"], within=_EAST),
}


def read_place(
    mapping: Mapping, cells: Dictionary[str, str], *, register_number: str, line: int
) -> ImportedPlace | tuple[Reason, ...]:
    """Give the place that a row tells of, or every reason why it cannot be used."""
    values: dict[str, Any] = {"register_number": register_number}
    reasons: list[Reason] = []
    for field, rule in mapping.fields.items():
        try:
            value = _read(field, rule, cells)
        except WrongCell as wrong:
            reasons.append(wrong.reason)
        else:
            if value != "":
                values[field] = value
    reasons += _missing(values, reasons)
    values, wrong_texts = _checked(values)
    reasons += wrong_texts
    return tuple(reasons) if reasons else _place(values, line)


def _read(field: str, rule: ColumnRule, cells: Dictionary[str, str]) -> Any:
    longest = LONGEST.get(field, _SHORT_CELL)
    value = read_cell(rule, cells, label=FIELDS[field], longest=longest)
    return _READERS[field](value, rule) if value and field in _READERS else value


def _missing(values: Dictionary[str, Any], told: list[Reason]) -> list[Reason]:
    """Name what a place cannot do without, unless it was told already."""
    if told:
        return []
    missing = [
        Reason(f"{FIELDS[field]} ontbreekt")
        for field in ("name", "kind", "organisation")
        if field not in values
    ]
    if ("latitude" in values) != ("longitude" in values):
        missing.append(Reason("van de coördinaten is er maar één"))
    return missing


def _checked(values: dict[str, Any]) -> tuple[dict[str, Any], list[Reason]]:
    """Hold the texts to the schema; give them as it kept them, and what it refused."""
    texts = {field: value for field, value in values.items() if field in _SCHEMA.fields}
    try:
        return values | _SCHEMA.load(texts, partial=True), []
    except ValidationError as error:
        messages = Invalid.of_messages(error.messages).fields
        return values, [
            Reason(f"{_LABELS[field]} kan niet", _said(field, said, texts))
            for field, said in messages.items()
        ]


def _said(field: str, said: list[str], texts: Dictionary[str, str]) -> str:
    if field == "kind":
        known = ", ".join(f"'{kind}'" for kind in LocationKind)
        return f"{texts[field]!r} is niet een van {known}; geef het een plaats in 'replace'"
    return " ".join(said).rstrip(".")


def _place(values: dict[str, Any], line: int) -> ImportedPlace:
    own = {
        field: values.pop(field, None)
        for field in ("register_number", "organisation", "licensed_places", "valid_from")
    }
    return ImportedPlace(line=line, given=values, **own)
