"""The places that the city buys: prepared, started, paused, paid differently, wound down, ended."""

import secrets
from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.standing import STEPS, note_standing
from kernel.unit_of_work import UnitOfWork
from occasioneel.bought import buyable_locations, read_purchase, read_purchases
from occasioneel.children import read_children_on
from occasioneel.errors import StandingMissing, StepNotAllowed, TooFewLicensed
from occasioneel.histories import read_history
from occasioneel.licences import cap_on
from occasioneel.models import MOVES, PurchaseState
from occasioneel.purchasing import activate_purchase, cancel_purchase, draft_purchase
from occasioneel.schemas import (
    AmountRequest,
    EndRequest,
    PurchaseRequest,
    StandingRequest,
    WindDownRequest,
)
from occasioneel.steering import (
    end_purchase,
    resume_purchase,
    set_day_amounts,
    suspend_purchase,
    wind_down_purchase,
)
from web import care_words
from web.forms import key_of_form
from web.page import form_of, page, reads_file

desk = Blueprint("purchases", __name__)

_ABOUT_STANDING = (StandingMissing, StepNotAllowed, TooFewLicensed)


@desk.get("/aankopen")
@page(Role.REGIE)
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """List the purchases, those that run first."""
    rows = read_purchases(uow)
    return render_template("purchases/index.html", rows=rows, today=uow.today, words=care_words)


def _form(uow: UnitOfWork) -> ResponseReturnValue:
    refusal = g.get("refusal")
    standing = any(name.startswith("standing.") for name in request.form)
    return render_template(
        "purchases/new.html",
        locations=buyable_locations(uow),
        most=cap_on(uow.session, uow.today),
        steps=STEPS,
        asks_standing=standing or isinstance(refusal, _ABOUT_STANDING),
        key=secrets.token_urlsafe(16),
        today=uow.today,
        words=care_words,
    )


@desk.get("/aankopen/nieuw")
@page(Role.REGIE)
def new(uow: UnitOfWork) -> ResponseReturnValue:
    """Ask what to buy, where, from when, and for how much."""
    return _form(uow)


@desk.post("/aankopen/nieuw")
@page(Role.REGIE, again=_form)
def add(uow: UnitOfWork) -> ResponseReturnValue:
    """Prepare a purchase; the same form sent twice prepares it once."""
    purchase = draft_purchase(uow, **form_of(PurchaseRequest), idempotency_key=key_of_form())
    return _done("ontwerp", purchase.id)


def _file(uow: UnitOfWork, purchase_id: UUID) -> ResponseReturnValue:
    file = read_purchase(uow, purchase_id=purchase_id)
    children = read_children_on(uow, purchase_id=purchase_id)
    for child in children.values():
        reads_file(child.family_id)
    return render_template(
        "purchases/show.html",
        file=file,
        row=file.row,
        children=children,
        can=MOVES[PurchaseState(file.row.state)],
        history=read_history(uow, subject_id=purchase_id),
        steps=STEPS,
        done=request.args.get("klaar", ""),
        today=uow.today,
        words=care_words,
    )


@desk.get("/aankopen/<uuid:purchase_id>")
@page(Role.REGIE)
def show(uow: UnitOfWork, purchase_id: UUID) -> ResponseReturnValue:
    """Open a purchase: its places and who is on them, what is paid, and what happened."""
    return _file(uow, purchase_id)


@desk.post("/aankopen/<uuid:purchase_id>/starten")
@page(Role.REGIE, again=_file)
def start(uow: UnitOfWork, purchase_id: UUID) -> ResponseReturnValue:
    """Buy the places of a draft."""
    activate_purchase(uow, purchase_id=purchase_id)
    return _done("gestart", purchase_id)


@desk.post("/aankopen/<uuid:purchase_id>/annuleren")
@page(Role.REGIE, again=_file)
def cancel(uow: UnitOfWork, purchase_id: UUID) -> ResponseReturnValue:
    """Let a draft come to nothing."""
    cancel_purchase(uow, purchase_id=purchase_id)
    return _done("geannuleerd", purchase_id)


@desk.post("/aankopen/<uuid:purchase_id>/pauzeren")
@page(Role.REGIE, again=_file)
def suspend(uow: UnitOfWork, purchase_id: UUID) -> ResponseReturnValue:
    """Let no new children come for a while."""
    suspend_purchase(uow, purchase_id=purchase_id)
    return _done("gepauzeerd", purchase_id)


@desk.post("/aankopen/<uuid:purchase_id>/hervatten")
@page(Role.REGIE, again=_file)
def resume(uow: UnitOfWork, purchase_id: UUID) -> ResponseReturnValue:
    """Let new children come again."""
    resume_purchase(uow, purchase_id=purchase_id)
    return _done("hervat", purchase_id)


@desk.post("/aankopen/<uuid:purchase_id>/afbouwen")
@page(Role.REGIE, again=_file)
def wind_down(uow: UnitOfWork, purchase_id: UUID) -> ResponseReturnValue:
    """Stop buying, for a reason."""
    wind_down_purchase(uow, purchase_id=purchase_id, **form_of(WindDownRequest))
    return _done("afbouw", purchase_id)


@desk.post("/aankopen/<uuid:purchase_id>/beeindigen")
@page(Role.REGIE, again=_file)
def end(uow: UnitOfWork, purchase_id: UUID) -> ResponseReturnValue:
    """End a purchase that was wound down."""
    end_purchase(uow, purchase_id=purchase_id, **form_of(EndRequest))
    return _done("beeindigd", purchase_id)


@desk.post("/aankopen/<uuid:purchase_id>/bedrag")
@page(Role.REGIE, again=_file)
def set_amounts(uow: UnitOfWork, purchase_id: UUID) -> ResponseReturnValue:
    """Pay another amount from a day on."""
    set_day_amounts(uow, purchase_id=purchase_id, **form_of(AmountRequest))
    return _done("bedrag", purchase_id)


@desk.post("/aankopen/<uuid:purchase_id>/stand")
@page(Role.REGIE, again=_file)
def set_standing(uow: UnitOfWork, purchase_id: UUID) -> ResponseReturnValue:
    """Write down what the location's licence says."""
    where = read_purchase(uow, purchase_id=purchase_id).row.location_id
    note_standing(uow, location_id=where, **form_of(StandingRequest)["standing"])
    return _done("stand", purchase_id)


def _done(what: str, purchase_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("purchases.show", purchase_id=purchase_id, klaar=what), 303)
