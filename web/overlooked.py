"""The regie's list of families that nobody follows up: call the referrer, or call the family."""

from typing import Any
from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.unit_of_work import UnitOfWork
from vouchers.overlooked import most_overlooked, read_overlooked
from vouchers.taking_over import give_back, take_over
from web.call_words import happenings, near
from web.page import page

desk = Blueprint("overlooked", __name__)


@desk.get("/regie/opvolging")
@page(Role.REGIE)
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """Show which families nobody follows up, of all organisations or of one."""
    return _page(uow)


def again(uow: UnitOfWork, **_path: Any) -> ResponseReturnValue:
    """Show the list as it is now, with why not."""
    return _page(uow)


@desk.post("/regie/opvolging/<uuid:task_id>/overnemen")
@page(Role.REGIE, again=again)
def take(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """Take a family over: it stands in the regie's own list."""
    take_over(uow, task_id=task_id)
    return redirect(url_for("overlooked.show", overgenomen=task_id), 303)


@desk.post("/regie/opvolging/<uuid:task_id>/teruggeven")
@page(Role.REGIE, again=again)
def give(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """Give a family back to its referrer."""
    give_back(uow, task_id=task_id)
    return redirect(url_for("overlooked.show"), 303)


def _page(uow: UnitOfWork) -> str:
    every = read_overlooked(uow)
    chosen = request.args.get("organisatie", type=UUID)
    return render_template(
        "overlooked/page.html",
        found=[each for each in every if chosen in {None, each.organisation_id}],
        most=most_overlooked(every),
        chosen=chosen,
        taken=request.args.get("overgenomen", type=UUID),
        today=uow.today,
        near=near,
        happenings=happenings(),
        refused=g.get("refusal"),
    )
