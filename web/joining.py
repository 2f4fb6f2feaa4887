"""Whoever cares for children asks to take part, without an account; the city decides."""

from datetime import UTC, datetime

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from kernel.errors import Refusal
from kernel.joining import JoiningRequest, ask_to_join
from kernel.organisations import LocationKind
from web.i18n import N_
from web.page import Problems, as_refusal, dressed_as, form_of, public_page

desk = Blueprint("joining", __name__)

KINDS = {LocationKind.FAMILY: N_("Gezinsopvang"), LocationKind.GROUP: N_("Groepsopvang")}


@desk.get("/opvang/meedoen")
@public_page
def show() -> ResponseReturnValue:
    """Ask for the place and for an address, or say that the letter is on its way."""
    return _page()


@desk.post("/opvang/meedoen")
@public_page
def ask() -> ResponseReturnValue:
    """Write the request down; the answer is the same whoever the address belongs to."""
    try:
        ask_to_join(g.city, now=datetime.now(UTC), **form_of(JoiningRequest))
    except (Refusal, ValidationError) as refused:
        refusal = as_refusal(refused)
        g.problems = Problems(str(refusal), getattr(refusal, "fields", {}))
        return dressed_as(refusal, _page())
    return redirect(url_for("joining.show", klaar="ja"), 303)


def _page() -> Response:
    return make_response(
        render_template(
            "joining/page.html",
            kinds=KINDS,
            town=g.city.name,
            done=request.args.get("klaar") == "ja" and request.method == "GET",
        )
    )
