"""The regie's page of the stock: what lies where, who asks for more, forms to make and deliver."""

import secrets
from uuid import UUID, uuid4

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.unit_of_work import UnitOfWork
from vouchers.asking_stock import read_asks, settle_ask
from vouchers.batches import read_batches
from vouchers.batching import USUAL, ask_batch
from vouchers.delivering import deliver_booklets
from vouchers.returning import undo_delivery
from vouchers.stock import count_at_desk, read_delivery, read_holders, read_receivers
from vouchers.stock_rows import find_by_number
from vouchers.stock_schemas import BatchRequest, DeliveryForm
from web.page import form_of, page
from web.stock.batches import live_batches
from web.stock.room import desk


def _page(uow: UnitOfWork, wrong_number: str = "") -> ResponseReturnValue:
    delivery_id = request.args.get("levering", type=UUID)
    return render_template(
        "stock/page.html",
        at_desk=count_at_desk(uow),
        holders=read_holders(uow),
        receivers=read_receivers(uow),
        **live_batches(uow, read_batches(uow)),
        asks=read_asks(uow),
        usual=USUAL,
        delivery=read_delivery(uow, delivery_id=delivery_id) if delivery_id else None,
        delivery_key=uuid4(),
        batch_key=secrets.token_urlsafe(16),
        chosen=request.args.get("voor", ""),
        sought=request.args.get("zoek", ""),
        wrong_number=wrong_number,
        done=request.args.get("klaar", ""),
    )


def again(uow: UnitOfWork, **_: UUID) -> ResponseReturnValue:
    """Make the page anew, whichever of its forms was refused."""
    return _page(uow)


@desk.get("/voorraad")
@page(Role.REGIE)
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """Show what lies where; `zoek` leads to the booklet with that number, or says why not."""
    if "zoek" not in request.args:
        return _page(uow)
    booklet_id, wrong = find_by_number(uow, search=request.args["zoek"])
    if booklet_id is None:
        return _page(uow, wrong_number=wrong)
    return redirect(url_for("stock.booklet", booklet_id=booklet_id))


@desk.post("/voorraad/leveren")
@page(Role.REGIE, again=again)
def deliver(uow: UnitOfWork) -> ResponseReturnValue:
    """Deliver booklets; the same form sent twice is one delivery."""
    given = form_of(DeliveryForm)
    typed = given["numbers"].strip()
    made = deliver_booklets(
        uow,
        holder_id=given["account_id"],
        numbers=typed,
        batch_id=None if typed else given["batch_id"],
        count=given["count"],
        pass_on=given["pass_on"],
        delivery_id=request.form.get("_key", type=UUID),
    )
    return redirect(url_for("stock.index", klaar="geleverd", levering=made.delivery_id), 303)


@desk.post("/voorraad/reeksen")
@page(Role.REGIE, again=again)
def ask(uow: UnitOfWork) -> ResponseReturnValue:
    """Ask for a batch; the same form sent twice is one batch."""
    wanted = form_of(BatchRequest)["booklets"]
    key = request.form.get("_key", "")[:64] or None
    batch = ask_batch(uow, wanted=wanted, idempotency_key=key).batch
    return redirect(url_for("stock.batch", batch_id=batch.id), 303)


@desk.post("/voorraad/leveringen/<uuid:delivery_id>/terug")
@page(Role.REGIE, again=again)
def undo(uow: UnitOfWork, delivery_id: UUID) -> ResponseReturnValue:
    """Undo a delivery of today: its booklets lie at the desk again."""
    undo_delivery(uow, delivery_id=delivery_id)
    return redirect(url_for("stock.index", klaar="ongedaan"), 303)


@desk.post("/voorraad/vragen/<uuid:holder_id>/afgehandeld")
@page(Role.REGIE, again=again)
def settle(uow: UnitOfWork, holder_id: UUID) -> ResponseReturnValue:
    """Say that what a referrer asked needs no delivery."""
    settle_ask(uow, holder_id=holder_id)
    return redirect(url_for("stock.index", klaar="afgehandeld"), 303)
