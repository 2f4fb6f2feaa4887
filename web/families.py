"""What a family may ask: to see everything that is kept of it, and to be forgotten."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from kernel.access import Role
from kernel.calendar import day_of
from kernel.languages import BY_CODE
from kernel.money import euro
from kernel.removing import read_removal, remove_family
from kernel.telling import Part, tell_family
from kernel.unit_of_work import UnitOfWork
from vouchers.codes import grouped
from web.audit_words import said_page
from web.i18n import clock, month_name, short_day
from web.i18n import gettext as _
from web.keeping import FAMILY_FILES
from web.keeping_words import WORDS
from web.page import form_of, page, reads_file

desk = Blueprint("families", __name__)

_SURE = "Zet een vinkje als je zeker bent. Wissen kan niet terug."


class RemovalForm(Schema):
    """Somebody is sure."""

    sure = fields.Boolean(
        required=True,
        validate=validate.Equal(comparable=True, error=_SURE),
        error_messages={"required": _SURE, "invalid": _SURE},
    )


def _removal(uow: UnitOfWork, family_id: UUID) -> ResponseReturnValue:
    reads_file(family_id)
    return render_template(
        "families/removal.html",
        removal=read_removal(uow, family_id=family_id, files=FAMILY_FILES),
        everybodys=uow.actor.is_any(Role.REGIE),
        day_of=day_of,
    )


@desk.get("/gezinnen/<uuid:family_id>/wissen")
@page(Role.REGIE, Role.ADMINISTRATOR)
def removal(uow: UnitOfWork, family_id: UUID) -> ResponseReturnValue:
    """Show what goes and what stays when this family is removed, or that it is."""
    return _removal(uow, family_id)


@desk.post("/gezinnen/<uuid:family_id>/wissen")
@page(Role.REGIE, Role.ADMINISTRATOR, again=_removal)
def remove(uow: UnitOfWork, family_id: UUID) -> ResponseReturnValue:
    """Remove a family. It cannot be undone, so it asks once, on a page of its own."""
    form_of(RemovalForm)
    remove_family(uow, family_id=family_id, files=FAMILY_FILES)
    return redirect(url_for("families.removal", family_id=family_id), 303)


@desk.get("/gezinnen/<uuid:family_id>/gegevens")
@page(Role.REGIE)
def told(uow: UnitOfWork, family_id: UUID) -> ResponseReturnValue:
    """Show everything that is kept of a family, to print and give."""
    reads_file(family_id)
    parts = tell_family(uow, family_id=family_id, files=FAMILY_FILES)
    return render_template(
        "families/told.html",
        parts=parts,
        family_id=family_id,
        said=said,
        today=uow.today,
        everybodys=True,
    )


@desk.get("/gezinnen/<uuid:family_id>/gegevens.json")
@page(Role.REGIE)
def told_to_a_program(uow: UnitOfWork, family_id: UUID) -> Response:
    """Give the same as a file that a program reads (GDPR art. 20)."""
    reads_file(family_id)
    parts = tell_family(uow, family_id=family_id, files=FAMILY_FILES)
    text = json.dumps({part.title: _told(part) for part in parts}, ensure_ascii=False, indent=1)
    response = Response(text, mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="gegevens.json"'
    return response


def said(label: str, value: Any) -> str:
    """Give a value as a family reads it; `label` is the column that it stands in."""
    if value is None or value == "":
        return "-"
    if label == "Bedrag in cent":
        return euro(value)
    if isinstance(value, bool):
        return _("ja") if value else _("nee")
    if isinstance(value, date):
        return _when(label, value)
    return _in_words(label, str(value))


def _in_words(label: str, value: str) -> str:
    if label == "Taal" and value in BY_CODE:
        return BY_CODE[value].dutch_name
    if label == "Welke pagina":
        return said_page(value)
    if label == "Nummer":
        return grouped(value)
    return _(WORDS[value]) if value in WORDS and label in _CODED else value


_CODED = {
    "Antwoord",
    "Aan wie",
    "Hoe het eindigde",
    "Hoelang",
    "Reden",
    "Signaal",
    "Staat",
    "Waarom",
    "Waarom bellen",
    "Waarom twee op een dag",
    "Wanneer gevraagd",
    "Wat eruit kwam",
    "Wat hield tegen",
    "Wie gaat mee",
}


def _when(label: str, value: date) -> str:
    """Give a moment, a day, or of a child no more than its month."""
    if isinstance(value, datetime):
        return f"{short_day(day_of(value))}, {clock(value)}"
    return month_name(value) if label == "Geboren in de maand van" else short_day(value)


def _told(part: Part) -> Sequence[Mapping[str, Any]]:
    return [
        dict(zip(part.labels, (_plain(value) for value in row), strict=True)) for row in part.rows
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
