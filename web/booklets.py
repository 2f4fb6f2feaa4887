"""The booklets that were handed out: found again, looked at, printed, replaced."""

import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from marshmallow import pre_load

from kernel.access import Role
from kernel.errors import NotFound
from kernel.languages import BY_CODE
from kernel.places import approved_locations, nearest_places
from kernel.unit_of_work import UnitOfWork
from vouchers import codes
from vouchers.booklet_pdf import booklet_pdf
from vouchers.booklets import BookletFile, Standing, read_booklet, read_booklets
from vouchers.continuing import Side, known_answer
from vouchers.extending import latest_extension
from vouchers.finding import find_booklet, is_whole_code, may_be_code
from vouchers.giving_again import give_second_booklet
from vouchers.histories import read_history
from vouchers.models import BookletState
from vouchers.printing import booklet_for_print, sheets_of
from vouchers.replacing import replace_lost_booklet, withdraw_booklet
from vouchers.schemas import VisitRequest
from vouchers.visiting import agree_first_visit
from web.booklet_list import NOT_FOUND, list_page
from web.i18n import speaking, spoken
from web.page import form_of, page, reads_file
from web.unknown import remember_unknown

# Not "booklets": that is the name of the JSON door's own, which takes tokens instead of forms.
desk = Blueprint("booklet", __name__)
desk.app_template_filter("grouped")(codes.grouped)

_HERS = (Role.REFERRER, Role.REGIE)
_LONGEST = 200  # signs of a search: a reader on a cable types the QR code's whole address


class VisitForm(VisitRequest):
    """The page's form: it always has a visit, and says of each field what is missing."""

    @pre_load
    def _with_visit(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"appointment": {}} | given


@desk.get("/boekjes")
@page(*_HERS)
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """List the own organisation's booklets (the regie: all), fifty a page, or those searched.

    With `ongebruikt` only those that wait for their first use.
    """
    return list_page(uow)


@desk.post("/boekjes/zoek")
@page(*_HERS, again=list_page, again_for=NOT_FOUND, on_refusal=remember_unknown)
def find(uow: UnitOfWork) -> ResponseReturnValue:
    """Open the booklet of a cheque by its code; any other search goes to an address of its own.

    The code comes in the body and stays there: an address would be kept in logs and histories.
    """
    text = request.form.get("zoek", "")[:_LONGEST]
    if not may_be_code(text):
        only = "1" if "ongebruikt" in request.form else None
        return redirect(url_for("booklet.index", zoek=text[:40] or None, ongebruikt=only), 303)
    if read_booklets(uow, search=text)[1] or not is_whole_code(text):
        return list_page(uow)
    return redirect(url_for("booklet.show", booklet_id=find_booklet(uow, text=text)), 303)


def file_page(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Give a booklet's file as it is now, with what was wrong with a form on it."""
    file = opened(uow, booklet_id)
    return render_template(
        "booklets/show.html",
        file=file,
        row=file.row,
        language=BY_CODE.get(file.language or ""),
        history=read_history(uow, booklet_id=booklet_id),
        locations=approved_locations(uow, on=uow.today),
        today=uow.today,
        done=request.args.get("klaar", ""),
        everybodys=uow.actor.is_any(Role.REGIE),
        new_key=secrets.token_urlsafe(16),
        sheets=sheets_of(file.row.size),
        latest=latest_extension(uow),
        warnings=request.args.getlist("let_op"),
        going=known_answer(uow, booklet_id=booklet_id, side=Side.REFERRER),
    )


@desk.get("/boekjes/<uuid:booklet_id>")
@page(*_HERS)
def show(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Open a booklet's file: how it stands, what to do next, and what happened."""
    return file_page(uow, booklet_id)


@desk.get("/boekjes/<uuid:booklet_id>/meekijken")
@page(*_HERS)
def along(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Turn the screen to the family: its booklet and the places near it, in its language."""
    file = opened(uow, booklet_id)
    if file.row.standing(uow.today) not in {Standing.UNUSED, Standing.IN_USE}:
        return redirect(url_for("booklet.show", booklet_id=booklet_id))
    places = nearest_places(uow, district_id=file.district_id)
    with speaking(spoken(file.language) or "nl"):
        familys = render_template(
            "booklets/_along.html", file=file, row=file.row, places=places, today=uow.today
        )
    return render_template(
        "booklets/along.html",
        file=file,
        row=file.row,
        familys=Markup(familys),  # noqa: S704 — made by the template above
        language=BY_CODE.get(file.language or ""),
        is_spoken=spoken(file.language) == file.language,
        warnings=request.args.getlist("let_op"),
        today=uow.today,
    )


@desk.get("/boekjes/<uuid:booklet_id>/boekje.pdf")
@page(*_HERS)
def paper(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Give the booklet as a PDF to print, or with `pagina` one page of it (1 is the cover).

    It holds the cheques' codes, so no cache keeps it.
    """
    file = opened(uow, booklet_id)
    booklet, sender = booklet_for_print(uow, booklet_id=booklet_id)
    only = request.args.get("pagina")
    pages = {str(sheet.page): sheet.page for sheet in sheets_of(file.row.size)}
    if only is not None and only not in pages:
        raise NotFound
    name = f"boekje-{file.row.number}{f'-{only}' if only else ''}.pdf"
    pdf = booklet_pdf([booklet], sender, only_page=pages[only] if only else None)
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@desk.post("/boekjes/<uuid:booklet_id>/eerste-bezoek")
@page(*_HERS, again=file_page)
def agree(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Write down a first visit, or another day for it."""
    agree_first_visit(uow, booklet_id=booklet_id, **form_of(VisitForm)["appointment"])
    return done("bezoek", booklet_id)


@desk.post("/boekjes/<uuid:booklet_id>/kwijt")
@page(*_HERS, again=file_page)
def lose(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Block a lost booklet and show the family the new one; a second click shows the same."""
    new_id = opened(uow, booklet_id).replaced_by
    if new_id is None:
        new_id = replace_lost_booklet(uow, booklet_id=booklet_id).id
    return redirect(url_for("booklet.along", booklet_id=new_id), 303)


@desk.post("/boekjes/<uuid:booklet_id>/tweede")
@page(Role.REGIE, again=file_page)
def give_another(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Give the family a second booklet; the same form sent twice shows the same one."""
    opened(uow, booklet_id)
    key = request.form.get("_key", "")[:64] or None
    made = give_second_booklet(uow, booklet_id=booklet_id, idempotency_key=key)
    return redirect(url_for("booklet.along", booklet_id=made.booklet.id), 303)


@desk.post("/boekjes/<uuid:booklet_id>/terugnemen")
@page(*_HERS, again=file_page)
def take_back(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Take back a booklet that was handed out by mistake; a second click says the same."""
    if opened(uow, booklet_id).row.state != BookletState.BLOCKED_ERROR:
        withdraw_booklet(uow, booklet_id=booklet_id)
    return done("teruggenomen", booklet_id)


def opened(uow: UnitOfWork, booklet_id: UUID) -> BookletFile:
    """Read a booklet's file for a page; who reads a family's file leaves an audit row."""
    file = read_booklet(uow, booklet_id=booklet_id)
    reads_file(file.family_id)
    return file


def done(what: str, booklet_id: UUID, warnings: Sequence[str] = ()) -> ResponseReturnValue:
    """Lead back to the booklet's page, which says what was done and what to look out for."""
    told: dict[str, Any] = {"klaar": what, "let_op": list(warnings)}
    return redirect(url_for("booklet.show", booklet_id=booklet_id, **told), 303)
