"""A provider's own house: its places with their hours, and the colleagues who scan there."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.administering import disable_account, enable_account
from kernel.closing import ClosingRequest, close_on, closing_periods, open_on
from kernel.invitation_letters import letter_state
from kernel.joining import ask_for_location
from kernel.letting_in import invite_again, invite_colleague, withdraw_invitation
from kernel.newcomers import Colleague
from kernel.opening import (
    WEEK,
    PhoneRequest,
    WeekRequest,
    change_hours,
    change_phone,
    own_location,
    read_hours,
)
from kernel.organisations import Admission, LocationKind
from kernel.people_at_work import AccountState, own_colleagues
from kernel.places import own_locations
from kernel.registering import PlaceRequest
from kernel.unit_of_work import UnitOfWork
from web.i18n import N_
from web.page import form_of, page

desk = Blueprint("team", __name__, url_prefix="/opvang/team")

KINDS = {LocationKind.FAMILY: N_("Gezinsopvang"), LocationKind.GROUP: N_("Groepsopvang")}
DAYS = (
    N_("Maandag"),
    N_("Dinsdag"),
    N_("Woensdag"),
    N_("Donderdag"),
    N_("Vrijdag"),
    N_("Zaterdag"),
    N_("Zondag"),
)


def _house(uow: UnitOfWork, **_path: UUID) -> str:
    places = [place for place in own_locations(uow) if _is_own(uow, place.organisation_id)]
    people = own_colleagues(uow)
    waiting = [one for one in people if one.state == AccountState.INVITED]
    return render_template(
        "team/page.html",
        places=[(place, *read_hours(uow, location_id=place.id)) for place in places],
        approved=any(place.admission(uow.today) == Admission.APPROVED for place in places),
        people=people,
        letters={one.id: letter_state(uow, account_id=one.id) for one in waiting},
        me=uow.actor.account_id,
        kinds=KINDS,
        today=uow.today,
        done=request.args.get("klaar", ""),
        about=request.args.get("wie", type=UUID),
    )


def _is_own(uow: UnitOfWork, organisation_id: UUID) -> bool:
    """Somebody of the regie who is a provider too looks after her own house here."""
    return uow.actor.organisation_id == organisation_id


@desk.get("")
@page(Role.PROVIDER)
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """Show the own places and colleagues."""
    return _house(uow)


def _place(uow: UnitOfWork, location_id: UUID) -> str:
    place = own_location(uow, location_id=location_id)
    now, later = read_hours(uow, location_id=location_id)
    return render_template(
        "team/place.html",
        place=place,
        now=now,
        later=later,
        week=WEEK,
        days=DAYS,
        closed=closing_periods(uow, location_id=location_id),
        kinds=KINDS,
        today=uow.today,
        done=request.args.get("klaar", ""),
    )


@desk.get("/plaats/<uuid:location_id>")
@page(Role.PROVIDER)
def place(uow: UnitOfWork, location_id: UUID) -> ResponseReturnValue:
    """Show one own place: where it stands, its number, its hours, its closing days."""
    return _place(uow, location_id)


@desk.post("/plaats/<uuid:location_id>/telefoon")
@page(Role.PROVIDER, again=_place)
def phone(uow: UnitOfWork, location_id: UUID) -> ResponseReturnValue:
    """Let families call another number."""
    change_phone(uow, location_id=location_id, **form_of(PhoneRequest))
    return _at(location_id, "telefoon")


@desk.post("/plaats/<uuid:location_id>/uren")
@page(Role.PROVIDER, again=_place)
def hours(uow: UnitOfWork, location_id: UUID) -> ResponseReturnValue:
    """Keep other opening hours, from a day on."""
    change_hours(uow, location_id=location_id, **form_of(WeekRequest))
    return _at(location_id, "uren")


@desk.post("/plaats/<uuid:location_id>/gesloten")
@page(Role.PROVIDER, again=_place)
def close(uow: UnitOfWork, location_id: UUID) -> ResponseReturnValue:
    """Keep days on which a place is closed."""
    given = form_of(ClosingRequest)
    close_on(uow, location_id=location_id, **given)
    return _at(location_id, "gesloten", given["first"], given["last"])


@desk.post("/plaats/<uuid:location_id>/toch-open")
@page(Role.PROVIDER, again=_place)
def reopen(uow: UnitOfWork, location_id: UUID) -> ResponseReturnValue:
    """Take closing days away again."""
    given = form_of(ClosingRequest)
    open_on(uow, location_id=location_id, **given)
    return _at(location_id, "open", given["first"], given["last"])


def _new(_uow: UnitOfWork) -> str:
    return render_template("team/new.html", kinds=KINDS, town=g.city.name)


@desk.get("/nieuw")
@page(Role.PROVIDER)
def new(uow: UnitOfWork) -> ResponseReturnValue:
    """Ask for one more place."""
    return _new(uow)


@desk.post("/nieuw")
@page(Role.PROVIDER, again=_new)
def add(uow: UnitOfWork) -> ResponseReturnValue:
    """Ask the city that one more place may take cheques."""
    ask_for_location(uow, **form_of(PlaceRequest))
    return redirect(url_for("team.show", klaar="gevraagd"), 303)


@desk.post("/mensen")
@page(Role.PROVIDER, again=_house)
def invite(uow: UnitOfWork) -> ResponseReturnValue:
    """Invite a colleague by mail."""
    account = invite_colleague(uow, **form_of(Colleague))
    return _who("uitgenodigd", account.id)


@desk.post("/mensen/<uuid:account_id>/opnieuw")
@page(Role.PROVIDER, again=_house)
def again(uow: UnitOfWork, account_id: UUID) -> ResponseReturnValue:
    """Send a colleague a new link."""
    invite_again(uow, account_id=account_id)
    return _who("opnieuw", account_id)


@desk.post("/mensen/<uuid:account_id>/intrekken")
@page(Role.PROVIDER, again=_house)
def withdraw(uow: UnitOfWork, account_id: UUID) -> ResponseReturnValue:
    """Take back an invitation that was not used."""
    withdraw_invitation(uow, account_id=account_id)
    return redirect(url_for("team.show", klaar="ingetrokken"), 303)


@desk.post("/mensen/<uuid:account_id>/uitschakelen")
@page(Role.PROVIDER, again=_house)
def disable(uow: UnitOfWork, account_id: UUID) -> ResponseReturnValue:
    """Let a colleague sign in no more."""
    disable_account(uow, account_id=account_id)
    return _who("uitgeschakeld", account_id)


@desk.post("/mensen/<uuid:account_id>/inschakelen")
@page(Role.PROVIDER, again=_house)
def enable(uow: UnitOfWork, account_id: UUID) -> ResponseReturnValue:
    """Let a colleague sign in again."""
    enable_account(uow, account_id=account_id)
    return _who("ingeschakeld", account_id)


def _who(what: str, account_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("team.show", klaar=what, wie=account_id, _anchor="mensen"), 303)


def _at(location_id: UUID, what: str, *days: date | None) -> ResponseReturnValue:
    told: dict[str, Any] = dict(zip(("van", "tot"), days, strict=False))
    there = url_for("team.place", location_id=location_id, klaar=what, **told)
    return redirect(there, 303)
