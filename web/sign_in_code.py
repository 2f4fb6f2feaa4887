"""A person asks for six digits by mail, and types them."""

from datetime import UTC, datetime

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.errors import Refusal
from kernel.sign_in_codes import CODE_LASTS, ask_code, asked_at, enter_with_code
from web.device import device_here
from web.entering import come_in, further, led_to, target, wants_to_stay
from web.identity import STEP, hold, who
from web.page import Problems, dressed_as, public_page
from web.sign_in import sign_in_page

desk = Blueprint("sign_in_code", __name__, url_prefix="/aanmelden/code")


@desk.post("")
@public_page
def ask() -> ResponseReturnValue:
    """Mail a code to whoever may have one; the answer is the same for everybody."""
    try:
        ticket = ask_code(g.city, email=request.form.get("email", ""), now=datetime.now(UTC))
    except Refusal as refusal:
        g.problems = Problems(str(refusal), getattr(refusal, "fields", {}))
        return dressed_as(refusal, current_app.make_response(sign_in_page()))
    again = "opnieuw" if request.form.get("opnieuw") else None
    stay = "ja" if wants_to_stay() else None  # who ticked it once is not asked twice
    there = url_for("sign_in_code.show", verder=further(), blijf=stay, klaar=again)
    response = led_to(there, 303)
    hold(response, ticket, CODE_LASTS)
    return response


@desk.get("")
@public_page
def show() -> ResponseReturnValue:
    """Ask for the digits of the mail; a phone that was away may load this page again."""
    if who() is not None:
        return redirect(target())
    address = _address()
    if not address:
        return redirect(url_for("sign_in.show", verder=further()))
    return _page(address)


@desk.post("/invullen")
@public_page
def enter() -> ResponseReturnValue:
    """Sign in with the digits of the mail, and go on where one was."""
    if not _address():
        return redirect(url_for("sign_in.show", verder=further(), klaar="te-laat"))
    try:
        secret = enter_with_code(
            g.city,
            ticket=request.cookies.get(STEP, ""),
            digits=request.form.get("digits", ""),
            now=datetime.now(UTC),
            stays=wants_to_stay(),
            device=device_here(),
        )
    except Refusal as refusal:
        g.problems = Problems(str(refusal), getattr(refusal, "fields", {}))
        return dressed_as(refusal, current_app.make_response(_page(_address())))
    return come_in(secret)


def _address() -> str:
    return asked_at(g.city, ticket=request.cookies.get(STEP, ""), now=datetime.now(UTC))


def _page(address: str) -> str:
    return render_template(
        "sign_in/code.html",
        address=address,
        further=request.values.get("verder", ""),
        again=request.args.get("klaar") == "opnieuw",
    )
