"""What lies with one referrer: to print beside a delivery, to take back, to pass on."""

from typing import Any
from uuid import UUID, uuid4

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.unit_of_work import UnitOfWork
from vouchers.delivering import deliver_booklets
from vouchers.returning import take_back_booklets
from vouchers.stock import read_receivers
from vouchers.stock_rows import read_stock_of
from vouchers.stock_schemas import ChosenBooklets, PassedOn
from web.page import page
from web.stock.room import desk


def _page(uow: UnitOfWork, holder_id: UUID) -> ResponseReturnValue:
    name, organisation, rows = read_stock_of(uow, holder_id=holder_id)
    return render_template(
        "stock/holder.html",
        holder_id=holder_id,
        name=name,
        organisation=organisation,
        rows=rows,
        receivers=read_receivers(uow),
        ticked=set(request.form.getlist("booklet")),
        delivery_key=uuid4(),
        done=request.args.get("klaar", ""),
        today=uow.today,
    )


@desk.get("/voorraad/bij/<uuid:holder_id>")
@page(Role.REGIE)
def holder(uow: UnitOfWork, holder_id: UUID) -> ResponseReturnValue:
    """Show what lies with one referrer."""
    return _page(uow, holder_id)


@desk.post("/voorraad/bij/<uuid:holder_id>/terug")
@page(Role.REGIE, again=_page)
def take_back(uow: UnitOfWork, holder_id: UUID) -> ResponseReturnValue:
    """Take ticked booklets back to the desk."""
    take_back_booklets(uow, **ChosenBooklets().load(_ticked()))
    return redirect(url_for("stock.holder", holder_id=holder_id, klaar="terug"), 303)


@desk.post("/voorraad/bij/<uuid:holder_id>/door")
@page(Role.REGIE, again=_page)
def pass_on(uow: UnitOfWork, holder_id: UUID) -> ResponseReturnValue:
    """Let ticked booklets go on to another referrer; the same form twice is one delivery."""
    given = PassedOn().load(_ticked() | {"accountId": request.form.get("accountId") or None})
    deliver_booklets(
        uow,
        holder_id=given["account_id"],
        booklet_ids=given["booklet_ids"],
        pass_on=True,
        delivery_id=request.form.get("_key", type=UUID),
    )
    return redirect(url_for("stock.holder", holder_id=holder_id, klaar="door"), 303)


def _ticked() -> dict[str, Any]:
    return {"booklet": request.form.getlist("booklet")}
