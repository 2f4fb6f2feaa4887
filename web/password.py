"""Somebody who was invited chooses a password."""

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.errors import Invalid
from kernel.inviting import choose_password, whose_link
from web.page import Problems, public_page

desk = Blueprint("password", __name__, url_prefix="/wachtwoord")


@desk.get("/<token>")
@public_page
def show(token: str) -> ResponseReturnValue:
    """Ask for a new password, by a link that works once."""
    account = whose_link(g.city, token=token, key=current_app.config["SECRET_KEY"])
    return render_template("password/page.html", email=account.email, token=token)


@desk.post("/<token>")
@public_page
def choose(token: str) -> ResponseReturnValue:
    """Keep the new password, and lead to the sign-in page."""
    key = current_app.config["SECRET_KEY"]
    try:
        choose_password(g.city, token=token, password=request.form.get("password", ""), key=key)
    except Invalid as refused:  # the form again, with its sentence: nothing else was typed
        g.problems = Problems(str(refused), refused.fields)
        account = whose_link(g.city, token=token, key=key)
        return render_template("password/page.html", email=account.email, token=token), 422
    return redirect(url_for("sign_in.show", klaar="wachtwoord"), 303)
