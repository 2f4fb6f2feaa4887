"""Does the child go on in care? One tap, by whoever scans or whoever handed out."""

from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.unit_of_work import UnitOfWork
from vouchers.call_schemas import GoingRequest
from vouchers.continuing import answer_after_scan, answer_for_family
from web import booklets, scan
from web.page import form_of, page

desk = Blueprint("continuing", __name__)


def _scan_again(uow: UnitOfWork, redemption_id: UUID) -> ResponseReturnValue:
    return scan.refused(uow, redemption_id)


@desk.post("/scan/<uuid:redemption_id>/verder")
@page(Role.PROVIDER, again=_scan_again)
def answer(uow: UnitOfWork, redemption_id: UUID) -> ResponseReturnValue:
    """Keep what a provider says of a child whose cheque it scanned."""
    answer_after_scan(uow, redemption_id=redemption_id, **form_of(GoingRequest))
    if request.form.get("_terug") == "vandaag":
        return redirect(url_for("today.show", _anchor="verder"), 303)
    return redirect(url_for("scan.answer", redemption_id=redemption_id), 303)


def _booklet_again(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    return booklets.file_page(uow, booklet_id)


@desk.post("/boekjes/<uuid:booklet_id>/verder")
@page(Role.REFERRER, Role.REGIE, again=_booklet_again)
def answer_for(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Keep what a referrer knows of a family."""
    answer_for_family(uow, booklet_id=booklet_id, **form_of(GoingRequest))
    if request.form.get("_terug") == "vandaag":
        return redirect(url_for("calls.show"), 303)
    return redirect(url_for("booklet.show", booklet_id=booklet_id, _anchor="verder"), 303)
