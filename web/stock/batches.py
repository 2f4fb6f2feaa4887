"""A batch of blank booklets on screen: asked, watched while it is made, printed, picked."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.unit_of_work import UnitOfWork, unit_of_work
from vouchers.batches import (
    BatchRow,
    batch_for_print,
    note_download,
    read_batch,
    read_batches,
    read_downloads,
)
from vouchers.batching import cancel_batch
from vouchers.booklet_pdf import booklet_pdf
from vouchers.discarding import throw_away_rest
from vouchers.stock_rows import read_batch_booklets
from vouchers.stock_schemas import WasteForm
from web.page import form_of, page
from web.stock.room import desk


def live_batches(uow: UnitOfWork, batches: Sequence[BatchRow]) -> dict[str, Any]:
    """Give what the part with the progress needs: it asks for itself until all is made."""
    downloads = read_downloads(uow, batch_ids=[batch.id for batch in batches])
    return {
        "batches": batches,
        "downloads": downloads,
        "unfinished": any(batch.is_unfinished for batch in batches),
        "tag": hashlib.sha256(repr((batches, downloads)).encode()).hexdigest()[:20],
        "today": uow.today,
    }


@desk.get("/voorraad/reeksen")
@page(Role.REGIE)
def progress(uow: UnitOfWork) -> ResponseReturnValue:
    """Give the part with the batches; a browser that has it already is told so."""
    if "HX-Request" not in request.headers:
        return redirect(url_for("stock.index", _anchor="reeksen"))
    return _live("stock/_batches.html", live_batches(uow, read_batches(uow)))


def _batch(uow: UnitOfWork, batch_id: UUID) -> ResponseReturnValue:
    row = read_batch(uow, batch_id=batch_id)
    return render_template(
        "stock/batch.html",
        **live_batches(uow, [row]),
        row=row,
        booklets=read_batch_booklets(uow, batch_id=batch_id) if row.is_ready else [],
        done=request.args.get("klaar", ""),
    )


@desk.get("/voorraad/reeksen/<uuid:batch_id>")
@page(Role.REGIE)
def batch(uow: UnitOfWork, batch_id: UUID) -> ResponseReturnValue:
    """Show one batch: how far it is, and its booklets by number, to pick from."""
    row = read_batch(uow, batch_id=batch_id)
    if "HX-Request" not in request.headers:
        return _batch(uow, batch_id)
    if not row.is_unfinished:  # what can be done with it stands on the whole page
        return Response(status=204, headers={"HX-Refresh": "true"})
    return _live("stock/_progress.html", live_batches(uow, [row]), batch=row)


@desk.get("/voorraad/reeksen/<uuid:batch_id>/boekjes.pdf")
@page(Role.REGIE)
def paper(uow: UnitOfWork, batch_id: UUID) -> ResponseReturnValue:
    """Give the batch's booklets that are in stock as one PDF; who took it is kept.

    It holds the cheques' codes, so no cache keeps it.
    """
    booklets, sender = batch_for_print(uow, batch_id=batch_id)
    pdf = booklet_pdf(booklets, sender)
    with unit_of_work(g.city, uow.actor, writes=True) as noting:
        note_download(noting, batch_id=batch_id, booklets=len(booklets))
    response = Response(pdf, mimetype="application/pdf")
    name = f"reeks-{uow.today}-{len(booklets)}-boekjes.pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@desk.post("/voorraad/reeksen/<uuid:batch_id>/annuleren")
@page(Role.REGIE, again=_batch)
def cancel(uow: UnitOfWork, batch_id: UUID) -> ResponseReturnValue:
    """Stop a batch that is being made; a second click says the same."""
    cancel_batch(uow, batch_id=batch_id)
    return redirect(url_for("stock.batch", batch_id=batch_id, klaar="geannuleerd"), 303)


@desk.post("/voorraad/reeksen/<uuid:batch_id>/weggooien")
@page(Role.REGIE, again=_batch)
def throw_away_all(uow: UnitOfWork, batch_id: UUID) -> ResponseReturnValue:
    """Throw away what still lies at the desk of a batch."""
    throw_away_rest(uow, batch_id=batch_id, **form_of(WasteForm))
    return redirect(url_for("stock.batch", batch_id=batch_id, klaar="weggegooid"), 303)


def _live(template: str, told: dict[str, Any], **more: Any) -> Response:
    if told["tag"] in request.if_none_match:
        response = Response(status=304)
    else:
        response = make_response(render_template(template, **told, **more))
    response.set_etag(told["tag"])
    response.vary.add("HX-Request")
    return response
