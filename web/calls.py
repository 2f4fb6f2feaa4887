"""Whom to call today and why: the call first, then what came of it."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.languages import BY_CODE
from kernel.places import approved_locations
from kernel.tasks import show_tasks
from kernel.unit_of_work import UnitOfWork
from vouchers.call_reasons import BEFORE_USE
from vouchers.call_schemas import FollowUpRequest, VisitOnCallRequest
from vouchers.calls import (
    Call,
    read_call,
    read_calls,
    read_closed_calls,
    read_waiting_calls,
)
from vouchers.following_up import agree_visit_on_call, note_follow_up
from vouchers.overlooked import count_overlooked
from vouchers.past_calls import read_follow_ups
from vouchers.taking_back_calls import take_back_follow_up
from web.call_words import barriers, happenings, near, outcomes_of, proposed_days
from web.page import form_of, page, reads_file

desk = Blueprint("calls", __name__)

_HERS = (Role.REFERRER, Role.REGIE)


# It writes, though it is a GET: when a call was first on screen is kept, and only this tells it.
@desk.get("/vandaag")
@page(*_HERS, writes=True)
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """Show whom to call today, and keep that it was shown."""
    calls = read_calls(uow)
    show_tasks(uow, task_ids=[call.task_id for call in calls])
    return _page(uow, calls)


def again(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """Show the calls as they are now, with what was wrong in the card of this one.

    Its card stands there, also when somebody else closed it or put it off since the page was made.
    """
    calls = read_calls(uow)
    if task_id not in {call.task_id for call in calls}:
        calls = [call for call in [read_call(uow, task_id=task_id)] if call] + calls
    return _page(uow, calls, wrong=task_id)


@desk.post("/vandaag/<uuid:task_id>/afgerond")
@page(*_HERS, again=again)
def note(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """Write down what came of a call."""
    note_follow_up(uow, task_id=task_id, **form_of(FollowUpRequest))
    return redirect(url_for("calls.show", klaar=task_id), 303)


@desk.post("/vandaag/<uuid:task_id>/bezoek")
@page(*_HERS, again=again)
def agree(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """Write down the first visit that was agreed on the telephone."""
    agreed = form_of(VisitOnCallRequest)
    agree_visit_on_call(uow, task_id=task_id, seen=agreed["seen"], **agreed["appointment"])
    return redirect(url_for("calls.show", klaar=task_id), 303)


@desk.post("/vandaag/<uuid:task_id>/terug")
@page(*_HERS, again=again)
def undo(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """Take back what was written down of a call."""
    take_back_follow_up(uow, task_id=task_id)
    return redirect(url_for("calls.show", _anchor=f"t-{task_id}"), 303)


def _page(uow: UnitOfWork, calls: Sequence[Call], **more: Any) -> str:
    waiting, closed = read_waiting_calls(uow), read_closed_calls(uow)
    for call in (*calls, *waiting, *closed):
        reads_file(call.family_id)
    just = [call for call in (*waiting, *closed) if str(call.task_id) == request.args.get("klaar")]
    everybodys = uow.actor.is_any(Role.REGIE)
    return render_template(
        "calls/page.html",
        calls=calls,
        waiting=waiting,
        closed=closed,
        just=just[0] if just else None,
        today=uow.today,
        told=read_follow_ups(uow, booklet_ids=_booklets_of(calls, waiting, closed)),
        me=uow.actor.account_id,
        places=_places(uow, calls),
        everybodys=everybodys,
        overlooked=count_overlooked(uow) if everybodys else 0,
        refused=g.get("refusal"),
        **_words(uow.today),
        **more,
    )


def _booklets_of(*lists: Sequence[Call]) -> list[UUID]:
    return [call.booklet_id for calls in lists for call in calls]


def _words(today: date) -> dict[str, Any]:
    return {
        "near": near,
        "outcomes_of": outcomes_of,
        "happenings": happenings(),
        "barriers": barriers(),
        "proposed": proposed_days(today),
        "languages": BY_CODE,
    }


def _places(uow: UnitOfWork, calls: Sequence[Call]) -> list[tuple[UUID, str]]:
    """Give the places to visit, where a card asks for one."""
    asked = any(call.rule in BEFORE_USE for call in calls)
    return approved_locations(uow, on=uow.today) if asked else []
