"""A referrer's own blank booklets and those of the colleagues: to hand out, to ask for more."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.unit_of_work import UnitOfWork
from vouchers.asking_stock import ask_for_stock, own_ask, withdraw_ask
from vouchers.batching import USUAL
from vouchers.discarding import lose_blank_booklet
from vouchers.stock import FEW
from vouchers.stock_rows import read_own_stock
from vouchers.stock_schemas import AskRequest, LossForm
from web.page import form_of, page
from web.stock.room import desk


def _page(uow: UnitOfWork, booklet_id: UUID | None = None) -> ResponseReturnValue:
    mine, others = read_own_stock(uow)
    return render_template(
        "stock/mine.html",
        mine=mine,
        others=others,
        asked=own_ask(uow),
        few=FEW,
        usual=USUAL,
        wrong_id=booklet_id,
        done=request.args.get("klaar", ""),
        today=uow.today,
    )


@desk.get("/voorraad/mijn")
@page(Role.REFERRER)
def mine(uow: UnitOfWork) -> ResponseReturnValue:
    """Show what one has in the drawer, and what the colleagues have."""
    return _page(uow)


@desk.post("/voorraad/mijn/vraag")
@page(Role.REFERRER, again=_page)
def ask_more(uow: UnitOfWork) -> ResponseReturnValue:
    """Ask the desk for more booklets; another number replaces the one before."""
    ask_for_stock(uow, **form_of(AskRequest))
    return redirect(url_for("stock.mine", klaar="gevraagd"), 303)


@desk.post("/voorraad/mijn/vraag/terug")
@page(Role.REFERRER, again=_page)
def ask_no_more(uow: UnitOfWork) -> ResponseReturnValue:
    """Take back what one asked."""
    withdraw_ask(uow)
    return redirect(url_for("stock.mine", klaar="ingetrokken"), 303)


@desk.post("/voorraad/mijn/<uuid:booklet_id>/kwijt")
@page(Role.REFERRER, again=_page)
def lose_own(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Block a booklet of the own organisation that is lost before a family has it."""
    lose_blank_booklet(uow, booklet_id=booklet_id, **form_of(LossForm))
    return redirect(url_for("stock.mine", klaar="kwijt"), 303)
