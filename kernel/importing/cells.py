"""A cell becomes a value by its rule, or says in plain Dutch why it cannot."""

import math
import unicodedata
from collections.abc import Mapping as Dictionary
from datetime import date, datetime

from kernel.importing.faults import Reason, echo
from kernel.importing.mapping import ColumnRule

LONGEST = {
    "name": 100,
    "organisation": 100,
    "register_number": 40,
    "address": 200,
    "postcode": 10,
    "municipality": 100,
    "phone": 25,
}
MOST_PLACES = 2000
_YEARS = range(1950, 2101)


class WrongCell(Exception):
    """A cell cannot be used, for this reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


def read_cell(rule: ColumnRule, cells: Dictionary[str, str], *, label: str, longest: int) -> str:
    """Give what a row says by a rule, as text; '' where it says nothing and need not.

    Takes the row by column, the field's Dutch name and its most signs. Refuses with WrongCell.
    """
    value = _first_filled(rule, cells)
    for part, instead in rule.change.items():
        value = value.replace(part, instead)
    value = rule.replace.get(value, value) or rule.default or ""
    value = unicodedata.normalize("NFC", value)
    if not value:
        if rule.required:
            empty = " en ".join(rule.columns)
            raise WrongCell(Reason(f"{label} ontbreekt", f"kolom {empty} is leeg"))
        return ""
    if rule.pattern and not rule.pattern.fullmatch(value):
        raise WrongCell(Reason(f"{label} is niet zoals verwacht", echo(value)))
    if len(value) > longest and not rule.cuts:
        raise WrongCell(
            Reason(f"{label} is te lang", f"{len(value)} tekens, hoogstens {longest} mag")
        )
    return value[:longest].rstrip() if rule.strip else value[:longest]


def _first_filled(rule: ColumnRule, cells: Dictionary[str, str]) -> str:
    for column in rule.columns:
        value = cells[column].strip() if rule.strip else cells[column]
        if value:
            return value
    return ""


def day_in(value: str, written: str, *, label: str) -> date:
    """Give the day that a text says in a format as strptime takes it, of 1950 to 2100."""
    try:
        day = datetime.strptime(value, written).date()  # noqa: DTZ007 — a day has no zone
    except ValueError:
        raise WrongCell(Reason(f"{label} is geen datum zoals {written}", echo(value))) from None
    if day.year not in _YEARS:
        raise WrongCell(Reason(f"{label} ligt buiten 1950 tot 2100", echo(value)))
    return day


def places_in(value: str, *, label: str) -> int:
    """Give a whole number of places, 1 to 2,000."""
    if not (value.isascii() and value.isdecimal() and len(value) <= len(str(MOST_PLACES))):
        raise WrongCell(Reason(f"{label} is geen geheel getal", echo(value)))
    if not 1 <= int(value) <= MOST_PLACES:
        raise WrongCell(Reason(f"{label} ligt niet tussen 1 en {MOST_PLACES}", echo(value)))
    return int(value)


def degrees_in(value: str, *, label: str, within: tuple[float, float]) -> float:
    """Give a coordinate in degrees, with a decimal point or comma, of the Low Countries."""
    try:
        degrees = float(value.replace(",", "."))
    except ValueError:
        raise WrongCell(Reason(f"{label} is geen getal", echo(value))) from None
    if not (math.isfinite(degrees) and within[0] <= degrees <= within[1]):
        least, most = within
        asked = f"{echo(value)}; tussen {least:g} en {most:g} verwacht, misschien omgewisseld"
        raise WrongCell(Reason(f"{label} ligt niet in België of Nederland", asked))
    return degrees
