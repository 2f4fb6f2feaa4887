"""The places that take cheques: found, approved, ended, or written down by hand."""

from typing import Any
from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.approving import (
    OTHERWISE,
    REASONS,
    Declining,
    approve_location,
    decline_location,
    end_location,
    take_back_approval,
)
from kernel.errors import NotFound
from kernel.organisations import LocationKind
from kernel.places import districts
from kernel.registering import LocationRequest, provider_organisations, register_location
from kernel.unit_of_work import UnitOfWork
from kernel.waiting import read_requests
from vouchers.locations import PAGE, Chosen, LocationRow, read_location, read_locations
from web.i18n import N_
from web.page import form_of, page

desk = Blueprint("locations", __name__)

_CITYS = (Role.REGIE, Role.ADMINISTRATOR)
CHOICES = {
    Chosen.ALL: N_("Alle"),
    Chosen.WAITING: N_("Wacht op goedkeuring"),
    Chosen.APPROVED: N_("Goedgekeurd"),
    Chosen.USED: N_("Cheques deze maand"),
    Chosen.ENDED: N_("Gestopt"),
    Chosen.DECLINED: N_("Niet goedgekeurd"),
}
KINDS = {LocationKind.GROUP: N_("Groepsopvang"), LocationKind.FAMILY: N_("Gezinsopvang")}


def _list(uow: UnitOfWork, **_path: UUID) -> ResponseReturnValue:
    """Make the list, with the undo bar of what was just done, or what was wrong."""
    search = request.args.get("zoek", "")[:60]
    asked = request.args.get("toon", "")
    chosen = Chosen(asked) if asked in set(Chosen) else Chosen.ALL
    number = max(request.args.get("pagina", 1, type=int), 1)
    rows, total = read_locations(uow, search=search, chosen=chosen, page=number)
    just = request.args.get("plaats", type=UUID)
    first = number == 1 and chosen in {Chosen.ALL, Chosen.WAITING}
    return render_template(
        "locations/index.html",
        requests=read_requests(uow, search=search) if first else [],
        rows=rows,
        total=total,
        search=search,
        chosen=chosen,
        choices=CHOICES,
        kinds=KINDS,
        number=number,
        size=PAGE,
        today=uow.today,
        now=uow.now,
        just=read_location(uow, location_id=just) if just else None,
        done=request.args.get("klaar", ""),
    )


@desk.get("/regie/opvang")
@page(*_CITYS)
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """List the places, those that wait for approval first, fifty a page, or those searched."""
    return _list(uow)


@desk.post("/regie/opvang/<uuid:location_id>/goedkeuren")
@page(*_CITYS, again=_list)
def approve(uow: UnitOfWork, location_id: UUID) -> ResponseReturnValue:
    """Let a place redeem cheques from today on."""
    before = _known(uow, location_id)
    approve_location(uow, location_id=location_id)
    return _done("goedgekeurd" if before.approved_on is None else "opnieuw", location_id)


def _why(uow: UnitOfWork, location_id: UUID) -> ResponseReturnValue:
    return render_template(
        "locations/decline.html",
        row=_known(uow, location_id),
        reasons=REASONS,
        otherwise=OTHERWISE,
    )


@desk.get("/regie/opvang/<uuid:location_id>/weigeren")
@page(*_CITYS)
def why(uow: UnitOfWork, location_id: UUID) -> ResponseReturnValue:
    """Ask why a place that asked may not take part."""
    return _why(uow, location_id)


@desk.post("/regie/opvang/<uuid:location_id>/weigeren")
@page(*_CITYS, again=_why)
def decline(uow: UnitOfWork, location_id: UUID) -> ResponseReturnValue:
    """Say no to a place that asked, with the reason."""
    _known(uow, location_id)
    decline_location(uow, location_id=location_id, **form_of(Declining))
    return _done("geweigerd", location_id)


@desk.post("/regie/opvang/<uuid:location_id>/terug")
@page(*_CITYS, again=_list)
def take_back(uow: UnitOfWork, location_id: UUID) -> ResponseReturnValue:
    """Undo an approval of today."""
    take_back_approval(uow, location_id=location_id)
    return _done("", location_id)


@desk.post("/regie/opvang/<uuid:location_id>/stoppen")
@page(*_CITYS, again=_list)
def end(uow: UnitOfWork, location_id: UUID) -> ResponseReturnValue:
    """Let today be a place's last day for cheques."""
    end_location(uow, location_id=location_id)
    return _done("gestopt", location_id)


def _form(uow: UnitOfWork) -> ResponseReturnValue:
    return render_template(
        "locations/new.html",
        kinds=KINDS,
        districts=districts(uow),
        organisations=provider_organisations(uow),
        town=g.city.name,
    )


@desk.get("/regie/opvang/nieuw")
@page(*_CITYS)
def new(uow: UnitOfWork) -> ResponseReturnValue:
    """Ask for one place."""
    return _form(uow)


@desk.post("/regie/opvang/nieuw")
@page(*_CITYS, again=_form)
def add(uow: UnitOfWork) -> ResponseReturnValue:
    """Write down one place."""
    location = register_location(uow, **form_of(LocationRequest))
    return _done("nieuw", location.id)


def _known(uow: UnitOfWork, location_id: UUID) -> LocationRow:
    row = read_location(uow, location_id=location_id)
    if row is None:
        raise NotFound
    return row


def _done(what: str, location_id: UUID) -> ResponseReturnValue:
    """Go back to the list as it was filtered, and say what was done to which place."""
    there: dict[str, Any] = {
        name: request.args[name] for name in ("zoek", "toon", "pagina") if name in request.args
    }
    if what:
        there |= {"klaar": what, "plaats": location_id}
    return redirect(url_for("locations.index", **there), 303)
