"""The booklets that were handed out: found again, looked at, printed, replaced."""

import secrets
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from marshmallow import pre_load

from kernel.access import Role
from kernel.languages import BY_CODE
from kernel.places import approved_locations, nearest_places
from kernel.unit_of_work import UnitOfWork
from vouchers import codes
from vouchers.booklet_pdf import booklet_pdf
from vouchers.booklets import PAGE, BookletFile, Standing, read_booklet, read_booklets
from vouchers.giving_again import give_second_booklet
from vouchers.histories import read_history
from vouchers.models import BookletState
from vouchers.printing import booklet_for_print
from vouchers.replacing import replace_lost_booklet, withdraw_booklet
from vouchers.schemas import VisitRequest
from vouchers.visiting import agree_first_visit
from web.i18n import speaking, spoken
from web.page import form_of, page, reads_file

# Not "booklets": that is the name of the JSON door's own, which takes tokens instead of forms.
desk = Blueprint("booklet", __name__)
desk.app_template_filter("grouped")(codes.grouped)

_HERS = (Role.REFERRER, Role.REGIE)


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
    search = request.args.get("zoek", "")[:40]
    unused = "ongebruikt" in request.args
    number = request.args.get("pagina", 1, type=int)
    rows, total = read_booklets(uow, search=search, unused=unused, page=number)
    return render_template(
        "booklets/index.html",
        rows=rows,
        total=total,
        search=search,
        unused=unused,
        number=number,
        size=PAGE,
        today=uow.today,
        everybodys=uow.actor.is_any(Role.REGIE),
    )


def _file(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    file = _opened(uow, booklet_id)
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
    )


@desk.get("/boekjes/<uuid:booklet_id>")
@page(*_HERS)
def show(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Open a booklet's file: how it stands, what to do next, and what happened."""
    return _file(uow, booklet_id)


@desk.get("/boekjes/<uuid:booklet_id>/meekijken")
@page(*_HERS)
def along(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Turn the screen to the family: its booklet and the places near it, in its language."""
    file = _opened(uow, booklet_id)
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
    """Give the booklet as a PDF to print; it holds the cheques' codes, so no cache keeps it."""
    file = _opened(uow, booklet_id)
    booklet, sender = booklet_for_print(uow, booklet_id=booklet_id)
    name = f"boekje-{file.row.number}.pdf"
    response = Response(booklet_pdf([booklet], sender), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@desk.post("/boekjes/<uuid:booklet_id>/eerste-bezoek")
@page(*_HERS, again=_file)
def agree(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Write down a first visit, or another day for it."""
    agree_first_visit(uow, booklet_id=booklet_id, **form_of(VisitForm)["appointment"])
    return _done("bezoek", booklet_id)


@desk.post("/boekjes/<uuid:booklet_id>/kwijt")
@page(*_HERS, again=_file)
def lose(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Block a lost booklet and show the family the new one; a second click shows the same."""
    new_id = _opened(uow, booklet_id).replaced_by
    if new_id is None:
        new_id = replace_lost_booklet(uow, booklet_id=booklet_id).id
    return redirect(url_for("booklet.along", booklet_id=new_id), 303)


@desk.post("/boekjes/<uuid:booklet_id>/tweede")
@page(Role.REGIE, again=_file)
def give_another(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Give the family a second booklet; the same form sent twice shows the same one."""
    _opened(uow, booklet_id)
    key = request.form.get("_key", "")[:64] or None
    made = give_second_booklet(uow, booklet_id=booklet_id, idempotency_key=key)
    return redirect(url_for("booklet.along", booklet_id=made.booklet.id), 303)


@desk.post("/boekjes/<uuid:booklet_id>/terugnemen")
@page(*_HERS, again=_file)
def take_back(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Take back a booklet that was handed out by mistake; a second click says the same."""
    if _opened(uow, booklet_id).row.state != BookletState.BLOCKED_ERROR:
        withdraw_booklet(uow, booklet_id=booklet_id)
    return _done("teruggenomen", booklet_id)


def _opened(uow: UnitOfWork, booklet_id: UUID) -> BookletFile:
    file = read_booklet(uow, booklet_id=booklet_id)
    reads_file(file.family_id)
    return file


def _done(what: str, booklet_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("booklet.show", booklet_id=booklet_id, klaar=what), 303)
