"""Whom to call today and why: the call first, then one word about what came of it."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.languages import BY_CODE
from kernel.tasks import show_tasks
from kernel.unit_of_work import UnitOfWork
from vouchers.calls import (
    Call,
    CallOutcome,
    note_call,
    read_calls,
    read_closed_calls,
    read_waiting_calls,
    take_back_call,
)
from vouchers.schemas import CallRequest
from web.i18n import gettext as _
from web.i18n import long_day
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
    """Show the calls as they are now, with what was wrong in the card of this one."""
    return _page(uow, read_calls(uow), wrong=task_id)


@desk.post("/vandaag/<uuid:task_id>/afgerond")
@page(*_HERS, again=again)
def note(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """Write down what came of a call."""
    note_call(uow, task_id=task_id, **form_of(CallRequest))
    return redirect(url_for("calls.show", klaar=task_id), 303)


@desk.post("/vandaag/<uuid:task_id>/terug")
@page(*_HERS, again=again)
def undo(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """Take back what was written down of a call."""
    take_back_call(uow, task_id=task_id)
    return redirect(url_for("calls.show", _anchor=f"t-{task_id}"), 303)


def outcomes() -> dict[str, str]:
    """Give what can come of a call, as it stands on the chips."""
    return {
        CallOutcome.WILL_GO: _("Gaat binnenkort"),
        CallOutcome.NOT_REACHED: _("Niet bereikt"),
        CallOutcome.NEEDS_HELP: _("Hulp nodig"),
        CallOutcome.DOES_NOT_WANT: _("Wil niet"),
    }


def near(day: date, today: date) -> str:
    """Give a day of this week as one says it: vandaag, morgen, else its weekday."""
    away = (day - today).days
    return {0: _("vandaag"), 1: _("morgen")}.get(away, long_day(day).split()[0])


def _page(uow: UnitOfWork, calls: Sequence[Call], **more: Any) -> str:
    waiting, closed = read_waiting_calls(uow), read_closed_calls(uow)
    for call in (*calls, *waiting, *closed):
        reads_file(call.family_id)
    just = [call for call in (*waiting, *closed) if str(call.task_id) == request.args.get("klaar")]
    return render_template(
        "calls/page.html",
        calls=calls,
        waiting=waiting,
        closed=closed,
        just=just[0] if just else None,
        today=uow.today,
        near=near,
        outcomes=outcomes(),
        languages=BY_CODE,
        everybodys=uow.actor.is_any(Role.REGIE),
        refused=g.get("refusal"),
        **more,
    )
