"""One booklet of the stock: where it is, through whose hands it went, and what can be done."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.unit_of_work import UnitOfWork
from vouchers.custody import read_custody
from vouchers.discarding import lose_blank_booklet, throw_away_booklet
from vouchers.returning import take_back_booklets
from vouchers.stock_rows import read_stock_booklet
from vouchers.stock_schemas import LossForm, WasteForm
from web.page import form_of, page
from web.stock.room import desk


def _page(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    return render_template(
        "stock/booklet.html",
        row=read_stock_booklet(uow, booklet_id=booklet_id),
        custody=read_custody(uow, booklet_id=booklet_id),
        done=request.args.get("klaar", ""),
        today=uow.today,
    )


@desk.get("/voorraad/<uuid:booklet_id>")
@page(Role.REGIE)
def booklet(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Show one booklet, whatever became of it."""
    return _page(uow, booklet_id)


@desk.post("/voorraad/<uuid:booklet_id>/terug")
@page(Role.REGIE, again=_page)
def bring_back(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Take one booklet back to the desk."""
    take_back_booklets(uow, booklet_ids=[booklet_id])
    return _done("terug", booklet_id)


@desk.post("/voorraad/<uuid:booklet_id>/kwijt")
@page(Role.REGIE, again=_page)
def lose(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Block a booklet that is lost before a family has it."""
    lose_blank_booklet(uow, booklet_id=booklet_id, **form_of(LossForm))
    return _done("kwijt", booklet_id)


@desk.post("/voorraad/<uuid:booklet_id>/weggooien")
@page(Role.REGIE, again=_page)
def throw_away(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Block a booklet of which the paper is thrown away."""
    throw_away_booklet(uow, booklet_id=booklet_id, **form_of(WasteForm))
    return _done("weggegooid", booklet_id)


def _done(what: str, booklet_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("stock.booklet", booklet_id=booklet_id, klaar=what), 303)
