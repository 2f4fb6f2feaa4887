"""Everybody sees who they are here, and looks after their own way in, letters and absence."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from kernel.absence import (
    AbsenceRequest,
    end_absence,
    possible_stand_ins,
    read_absence,
    say_absence,
)
from kernel.access import CITY_ROLES, Role
from kernel.calendar import day_of
from kernel.errors import Conflict, Invalid, TooMany
from kernel.own_account import (
    DeviceChosen,
    LetterChoices,
    choose_letters,
    own_account,
    own_devices,
    sign_out_device,
)
from kernel.passwords import LONGEST, SHORTEST
from kernel.proving import change_password
from kernel.second_factor import read_factor
from kernel.unit_of_work import UnitOfWork
from web.i18n import N_
from web.identity import here, who
from web.page import form_of, page

desk = Blueprint("account", __name__, url_prefix="/account")

NAMES = {
    Role.REFERRER: N_("toeleider"),
    Role.PROVIDER: N_("opvang"),
    Role.REGIE: N_("regie"),
    Role.FINANCE: N_("financiën"),
    Role.EVALUATOR: N_("evaluator"),
    Role.ADMINISTRATOR: N_("beheer"),
}
DONE = {
    "afwezig": N_("Bewaard. We weten dat je er niet bent."),
    "terug": N_("Welkom terug. Je taken en mails komen weer bij jou."),
    "mails": N_("Je keuze is bewaard."),
    "afgemeld": N_("Dat toestel is afgemeld."),
    "wachtwoord": N_("Je nieuwe wachtwoord is bewaard. Op je andere toestellen ben je afgemeld."),
    "tweede-stap": N_("Je tweede stap staat aan. Bij je volgende aanmelding vragen we een code."),
}
HAS_TASKS = (Role.REFERRER, Role.REGIE)
HEARS_GOOD_NEWS = (Role.REFERRER,)


class PasswordChange(Schema):
    """The password somebody has, and the one they want."""

    old = fields.String(
        data_key="oldPassword",
        required=True,
        validate=validate.Length(max=LONGEST, error="Dit is te lang."),
        error_messages={"required": "Typ het wachtwoord dat je nu hebt."},
    )
    new = fields.String(
        data_key="newPassword",
        required=True,
        error_messages={"required": f"Kies een wachtwoord van minstens {SHORTEST} tekens."},
    )


def _page(uow: UnitOfWork) -> ResponseReturnValue:
    actor = uow.actor
    has_tasks = actor.is_any(*HAS_TASKS)
    is_citys = actor.is_any(*CITY_ROLES)
    return render_template(
        "account/page.html",
        account=own_account(uow),
        roles=[name for role, name in NAMES.items() if actor.is_any(role)],
        done=DONE.get(request.args.get("klaar", ""), ""),
        has_tasks=has_tasks,
        hears_good_news=actor.is_any(*HEARS_GOOD_NEWS),
        absence=read_absence(uow) if has_tasks else None,
        colleagues=possible_stand_ins(uow) if has_tasks else (),
        devices=own_devices(uow, secret=here()),
        factor=read_factor(uow) if is_citys else None,
        today=uow.today,
        day_of=day_of,
        sent=request.endpoint if request.method == "POST" else "",
    )


@desk.get("")
@page()
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """Say who is signed in, with which roles, and what can be changed."""
    return _page(uow)


@desk.post("/afwezig")
@page(again=_page)
def be_away(uow: UnitOfWork) -> ResponseReturnValue:
    """Keep from which day until which day somebody is away."""
    say_absence(uow, **form_of(AbsenceRequest))
    return _done("afwezig")


@desk.post("/terug")
@page()
def be_back(uow: UnitOfWork) -> ResponseReturnValue:
    """Let work and letters come to somebody again."""
    end_absence(uow)
    return _done("terug")


@desk.post("/mails")
@page(again=_page)
def letters(uow: UnitOfWork) -> ResponseReturnValue:
    """Keep which letters somebody wants, of those that they can get at all."""
    chosen: dict[str, Any] = form_of(LetterChoices)
    choose_letters(
        uow,
        tasks=chosen["tasks"] if uow.actor.is_any(*HAS_TASKS) else None,
        good_news=chosen["good_news"] if uow.actor.is_any(*HEARS_GOOD_NEWS) else None,
    )
    return _done("mails")


@desk.post("/toestel")
@page(again=_page)
def sign_out_elsewhere(uow: UnitOfWork) -> ResponseReturnValue:
    """End the session on one of one's own devices."""
    sign_out_device(uow, **form_of(DeviceChosen))
    return _done("afgemeld")


@desk.post("/wachtwoord")
@page(again=_page, again_for=(Invalid, Conflict, TooMany), writes=False)
def new_password(_uow: UnitOfWork) -> ResponseReturnValue:
    """Keep another password; it opens its own transactions, for a password takes long."""
    signed_in = who()
    assert signed_in is not None
    change_password(
        g.city,
        signed_in.actor,
        **form_of(PasswordChange),
        secret=here(),
        now=datetime.now(UTC),
    )
    return _done("wachtwoord")


def _done(what: str) -> ResponseReturnValue:
    return redirect(url_for("account.show", klaar=what), 303)
