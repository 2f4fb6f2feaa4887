"""A rule that the database keeps says no in the same words as a rule in the code."""

import re

from sqlalchemy.exc import IntegrityError

from kernel.errors import Conflict, Refusal

_REFUSALS: dict[str, type[Refusal]] = {}
_COLUMNS: dict[str, str] = {}


def refuse_by(constraint: str, refusal: type[Refusal], *, columns: str = "") -> None:
    """Say which refusal a violated constraint means.

    Takes the constraint's or index's name and, for SQLite, which names columns instead, those
    columns as it prints them: `booklet.family_id, booklet.ordinal`.
    """
    _REFUSALS[constraint] = refusal
    if columns:
        _COLUMNS[columns] = constraint


def violated(error: IntegrityError) -> str:
    """Give the name of the constraint that was violated, on either database; else ''."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return str(diagnosis.constraint_name or "")
    text = str(error.orig)
    if found := re.search(r"CHECK constraint failed: (\w+)", text):
        return found[1]
    if found := re.search(r"UNIQUE constraint failed: (.+)", text):
        return _COLUMNS.get(found[1], found[1])
    if found := re.search(r"(overlap_\w+|removed_family)", text):
        return found[1]
    return ""


def refusal_of(error: IntegrityError) -> Refusal | None:
    """Give the refusal that belongs to a violated constraint.

    None when it is not one that a person can cause: then it is our own mistake, and shows as one.
    """
    name = violated(error)
    if name in _REFUSALS:
        return _REFUSALS[name](constraint=name)
    if name.startswith("overlap_"):
        return Conflict("Voor die periode staat er al iets. Sluit eerst de vorige periode af.")
    return None
