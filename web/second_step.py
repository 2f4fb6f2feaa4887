"""After the password, somebody who works for the city types the six digits of their app."""

from datetime import UTC, datetime

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.errors import Refusal
from kernel.second_step import SecondStepOver, is_waiting, take_second_step
from web.device import device_here
from web.entering import come_in, further, led_to, target
from web.identity import STEP, let_go, who
from web.page import Problems, dressed_as, public_page

desk = Blueprint("second_step", __name__, url_prefix="/aanmelden/tweede-stap")


@desk.get("")
@public_page
def show() -> ResponseReturnValue:
    """Ask for the digits; whoever did not give a password just before begins there."""
    if who() is not None:
        return redirect(target())
    ticket = request.cookies.get(STEP, "")
    if not is_waiting(g.city, ticket=ticket, now=datetime.now(UTC)):
        return _over()
    return _page()


@desk.post("")
@public_page
def enter() -> ResponseReturnValue:
    """Sign in, and go on where one was."""
    try:
        secret = take_second_step(
            g.city,
            ticket=request.cookies.get(STEP, ""),
            digits=request.form.get("digits", ""),
            now=datetime.now(UTC),
            device=device_here(),
        )
    except SecondStepOver:
        return _over()
    except Refusal as refusal:
        g.problems = Problems(str(refusal), getattr(refusal, "fields", {}))
        return dressed_as(refusal, current_app.make_response(_page()))
    return come_in(secret)


def _over() -> ResponseReturnValue:
    response = led_to(url_for("sign_in.show", verder=further(), klaar="te-laat"))
    let_go(response)
    return response


def _page() -> str:
    return render_template("sign_in/second_step.html", further=request.values.get("verder", ""))
