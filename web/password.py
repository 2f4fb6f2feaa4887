"""Somebody who was invited chooses a password; somebody who forgot one asks for a link."""

from datetime import UTC, datetime

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.errors import Invalid, Refusal
from kernel.forgotten import send_new_link
from kernel.inviting import choose_password, whose_link
from web.page import Problems, dressed_as, public_page

desk = Blueprint("password", __name__, url_prefix="/wachtwoord")


@desk.get("/vergeten")
@public_page
def forgotten() -> ResponseReturnValue:
    """Ask for the address to which a link goes, or say that it went."""
    return render_template("password/forgotten.html", sent=request.args.get("klaar") == "ja")


@desk.post("/vergeten")
@public_page
def ask() -> ResponseReturnValue:
    """Mail a link to whoever has an account; the answer is the same for everybody."""
    try:
        send_new_link(g.city, email=request.form.get("email", ""), now=datetime.now(UTC))
    except Refusal as refusal:
        g.problems = Problems(str(refusal), getattr(refusal, "fields", {}))
        page = render_template("password/forgotten.html", sent=False)
        return dressed_as(refusal, current_app.make_response(page))
    return redirect(url_for("password.forgotten", klaar="ja"), 303)


@desk.get("/<token>")
@public_page
def show(token: str) -> ResponseReturnValue:
    """Ask for a new password, by a link that works once."""
    return _page(token)


@desk.post("/<token>")
@public_page
def choose(token: str) -> ResponseReturnValue:
    """Keep the new password, and lead to the sign-in page."""
    key = current_app.config["SECRET_KEY"]
    try:
        choose_password(g.city, token=token, password=request.form.get("password", ""), key=key)
    except Invalid as refused:  # the form again, with its sentence: nothing else was typed
        g.problems = Problems(str(refused), refused.fields)
        return _page(token), 422
    return redirect(url_for("sign_in.show", klaar="wachtwoord"), 303)


def _page(token: str) -> str:
    account = whose_link(g.city, token=token, key=current_app.config["SECRET_KEY"])
    is_new = account.password_hash is None
    return render_template("password/page.html", email=account.email, token=token, is_new=is_new)
