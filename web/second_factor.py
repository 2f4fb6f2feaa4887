"""Whoever works for the city sets up a second step: an app on their phone, one square, one code."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from kernel.access import CITY_ROLES
from kernel.errors import Conflict, Invalid, TooMany
from kernel.passwords import LONGEST
from kernel.proving import renew_second_factor
from kernel.second_factor import DigitsTyped, begin_factor, confirm_factor, read_factor
from kernel.unit_of_work import UnitOfWork
from web.identity import here, who
from web.page import form_of, must_set_up, page
from web.qr import square

desk = Blueprint("second_factor", __name__, url_prefix="/account/tweede-stap")

_CITYS = tuple(sorted(CITY_ROLES))
_TOLD = (Invalid, Conflict, TooMany)


class Renewal(Schema):
    """The password, before a second step is set up anew."""

    password = fields.String(
        data_key="factorPassword",
        required=True,
        validate=validate.Length(max=LONGEST, error="Dit is te lang."),
        error_messages={"required": "Typ je wachtwoord."},
    )


def _page(uow: UnitOfWork) -> ResponseReturnValue:
    factor, signed_in = read_factor(uow), who()
    drawn: Any = square(factor.scanned) if factor.scanned else None
    return render_template(
        "account/second_factor.html",
        factor=factor,
        square=drawn,
        is_due=signed_in is not None and must_set_up(signed_in),
    )


@desk.get("")
@page(*_CITYS)
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """Say what a second step is, or show the square until it was confirmed."""
    return _page(uow)


@desk.post("/begin")
@page(*_CITYS, again=_page)
def begin(uow: UnitOfWork) -> ResponseReturnValue:
    """Make the secret that the square holds."""
    begin_factor(uow)
    return redirect(url_for("second_factor.show"), 303)


@desk.post("")
@page(*_CITYS, again=_page)
def confirm(uow: UnitOfWork) -> ResponseReturnValue:
    """Let the second step count, now that the app shows the right code."""
    confirm_factor(uow, **form_of(DigitsTyped))
    return redirect(url_for("account.show", klaar="tweede-stap"), 303)


@desk.post("/opnieuw")
@page(*_CITYS, again=_page, again_for=_TOLD, writes=False)
def renew(_uow: UnitOfWork) -> ResponseReturnValue:
    """Begin anew on another phone; it opens its own transactions, for a password takes long."""
    signed_in = who()
    assert signed_in is not None
    renew_second_factor(
        g.city,
        signed_in.actor,
        **form_of(Renewal),
        secret=here(),
        now=datetime.now(UTC),
    )
    return redirect(url_for("second_factor.show"), 303)
