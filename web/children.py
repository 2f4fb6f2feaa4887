"""The children on bought places, by the days to their limit; placed, moved, ended by hand."""

import secrets
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.calendar import add_months
from kernel.languages import BY_CODE, LANGUAGES
from kernel.places import districts
from kernel.unit_of_work import UnitOfWork
from occasioneel.bought import free_places
from occasioneel.children import (
    ChildFile,
    PlacedChild,
    districts_with_children,
    locations_with_children,
    read_child,
    read_children,
)
from occasioneel.ending import end_placement, take_back_end
from occasioneel.families import propose_reference
from occasioneel.histories import read_history
from occasioneel.limits import Standing
from occasioneel.moving import move_child, restart_clock
from occasioneel.placing import place_child, take_back_placing
from occasioneel.schemas import (
    CardRequest,
    MoveRequest,
    PlacementEndRequest,
    PlacementRequest,
    RestartRequest,
    StepRequest,
)
from occasioneel.stepping import note_step, take_back_step
from web import care_words
from web.forms import key_of_form
from web.page import form_of, page, reads_file

desk = Blueprint("children", __name__)

_MONTHS_BACK = 48  # of birth: a child over three can be placed, and somebody is told
_OPEN = "kaart"  # the choice of children whose card waits
CHOICES: dict[str, Standing] = {
    "voorbij": Standing.OVER,
    "een-maand": Standing.LAST,
    "twee-maanden": Standing.FIRST,
}


@desk.get("/kinderen")
@page(Role.REGIE)
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """List the children by the days to their limit, those beyond it first."""
    location_id, district_id = (_id(name) for name in ("opvang", "wijk"))
    children = read_children(uow, location_id=location_id, district_id=district_id)
    chosen = request.args.get("toon", "")
    shown = [child for child in children if _is_chosen(child, chosen, uow.today)]
    for child in shown:
        reads_file(child.family_id)
    return render_template(
        "children/index.html",
        children=shown,
        total=len(children),
        counts=_counts(children, uow.today),
        chosen=chosen if chosen in {*CHOICES, _OPEN} else "",
        location_id=location_id,
        district_id=district_id,
        locations=locations_with_children(uow),
        districts=districts_with_children(uow),
        done=_done_with(children),
        today=uow.today,
        words=care_words,
    )


def _form(uow: UnitOfWork) -> ResponseReturnValue:
    before = _before(uow)
    places = free_places(uow)
    return render_template(
        "children/new.html",
        before=before,
        places=places,
        asked=request.args.get("plaats", ""),
        proposed=before.reference if before else propose_reference(uow),
        languages=LANGUAGES,
        districts=districts(uow),
        birth_months=[add_months(uow.today.replace(day=1), -n) for n in range(_MONTHS_BACK)],
        key=secrets.token_urlsafe(16),
        refusal=g.get("refusal"),
        today=uow.today,
        words=care_words,
    )


@desk.get("/kinderen/nieuw")
@page(Role.REGIE)
def new(uow: UnitOfWork) -> ResponseReturnValue:
    """Ask for a child and a place."""
    return _form(uow)


@desk.post("/kinderen/nieuw")
@page(Role.REGIE, again=_form)
def add(uow: UnitOfWork) -> ResponseReturnValue:
    """Place a child; the same form sent twice places it once."""
    placement = place_child(
        uow,
        **form_of(PlacementRequest),
        idempotency_key=key_of_form(),
        phone_key=current_app.config["SECRET_KEY"],
    )
    return _done("geplaatst", placement.id)


def _file(uow: UnitOfWork, placement_id: UUID) -> ResponseReturnValue:
    file = _opened(uow, placement_id)
    return render_template(
        "children/show.html",
        file=file,
        child=file.child,
        history=read_history(uow, subject_id=file.child.episode_id),
        places=[place for place in free_places(uow) if place.id != file.bought_place_id],
        language=BY_CODE.get(file.language),
        done=request.args.get("klaar", ""),
        today=uow.today,
        words=care_words,
    )


@desk.get("/kinderen/<uuid:placement_id>")
@page(Role.REGIE)
def show(uow: UnitOfWork, placement_id: UUID) -> ResponseReturnValue:
    """Open a child's placement: what is next, how long still, and what happened."""
    return _file(uow, placement_id)


@desk.post("/kinderen/<uuid:placement_id>/verplaatsen")
@page(Role.REGIE, again=_file)
def move(uow: UnitOfWork, placement_id: UUID) -> ResponseReturnValue:
    """Let the child go on at another place."""
    moved = move_child(uow, placement_id=placement_id, **form_of(MoveRequest))
    return _done("verplaatst", moved.id)


@desk.post("/kinderen/<uuid:placement_id>/opnieuw-tellen")
@page(Role.REGIE, again=_file)
def restart(uow: UnitOfWork, placement_id: UUID) -> ResponseReturnValue:
    """Let the child's months count from another day."""
    placement = restart_clock(uow, placement_id=placement_id, **form_of(RestartRequest))
    return _done("opnieuw", placement.id)


@desk.post("/kinderen/<uuid:placement_id>/stoppen")
@page(Role.REGIE, again=_file)
def end(uow: UnitOfWork, placement_id: UUID) -> ResponseReturnValue:
    """End the child's placement, with what came of it."""
    end_placement(uow, placement_id=placement_id, **form_of(PlacementEndRequest))
    return _done("gestopt", placement_id)


@desk.post("/kinderen/<uuid:placement_id>/toch-niet")
@page(Role.REGIE, again=_file)
def undo_end(uow: UnitOfWork, placement_id: UUID) -> ResponseReturnValue:
    """Take back an end of today."""
    take_back_end(uow, placement_id=placement_id)
    return _done("", placement_id)


@desk.post("/kinderen/<uuid:placement_id>/vergissing")
@page(Role.REGIE, again=_file)
def undo(uow: UnitOfWork, placement_id: UUID) -> ResponseReturnValue:
    """Take back a placement of today."""
    take_back_placing(uow, placement_id=placement_id)
    return redirect(url_for("children.index", klaar="teruggenomen"), 303)


@desk.post("/kinderen/<uuid:placement_id>/stap")
@page(Role.REGIE, again=_file)
def step(uow: UnitOfWork, placement_id: UUID) -> ResponseReturnValue:
    """Close the child's card with the next step, and go back to where it was done."""
    _opened(uow, placement_id)
    note_step(uow, **form_of(StepRequest))
    if request.form.get("_van") == "lijst":
        return redirect(url_for("children.index", klaar=placement_id), 303)
    return _done("stap", placement_id)


@desk.post("/kinderen/<uuid:placement_id>/stap-terug")
@page(Role.REGIE, again=_file)
def undo_step(uow: UnitOfWork, placement_id: UUID) -> ResponseReturnValue:
    """Open the child's card again: its step of today was a mistake."""
    _opened(uow, placement_id)
    take_back_step(uow, **form_of(CardRequest))
    return _done("", placement_id)


def _opened(uow: UnitOfWork, placement_id: UUID) -> ChildFile:
    file = read_child(uow, placement_id=placement_id)
    reads_file(file.child.family_id)
    return file


def _before(uow: UnitOfWork) -> ChildFile | None:
    """Give the child that is placed again, by its earlier placement: its name is in no address."""
    placement_id = _id("opnieuw")
    return _opened(uow, placement_id) if placement_id else None


def _done_with(children: list[PlacedChild]) -> Any:
    """Give the child whose card was just closed, or a word for what was done."""
    said = request.args.get("klaar", "")
    return next((child for child in children if str(child.placement_id) == said), said)


def _is_chosen(child: PlacedChild, chosen: str, today: date) -> bool:
    if chosen == _OPEN:
        return child.open_card is not None
    return chosen not in CHOICES or child.limit.standing(today) == CHOICES[chosen]


def _counts(children: list[PlacedChild], today: date) -> dict[str, int]:
    return {
        chosen: sum(_is_chosen(child, chosen, today) for child in children)
        for chosen in (*CHOICES, _OPEN)
    }


def _id(name: str) -> UUID | None:
    return request.args.get(name, type=UUID)


def _done(what: str, placement_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("children.show", placement_id=placement_id, klaar=what or None), 303)
