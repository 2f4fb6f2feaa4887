"""A person signs in, sees who they are here, and signs out."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.errors import Refusal
from kernel.signing_in import sign_in, sign_out
from kernel.unit_of_work import UnitOfWork
from web.i18n import gettext as _
from web.identity import COOKIE, forget, remember, who
from web.page import Problems, page, public_page

desk = Blueprint("sign_in", __name__)

# The demo's accounts, so that a visitor of the demo can be each of its people.
DEMO_PEOPLE = (
    ("toeleider", "Toeleider"),
    ("opvang", "Opvang"),
    ("opvang2", "Opvang, met twee plaatsen"),
    ("regie", "Regie"),
    ("financien", "Financiën"),
    ("evaluator", "Evaluator"),
    ("beheer", "Beheer"),
)


@desk.get("/aanmelden")
@public_page
def show() -> ResponseReturnValue:
    """Ask for an address and a password; whoever is signed in already goes on."""
    if who() is not None:
        return redirect(_next())
    return _page()


@desk.post("/aanmelden")
@public_page
def enter() -> ResponseReturnValue:
    """Sign in, and go on where one was."""
    email = request.form.get("email", "")[:254]
    try:
        secret = sign_in(
            g.city,
            email=email,
            password=request.form.get("password", "")[:1024],
            now=datetime.now(UTC),
        )
    except Refusal as refusal:
        g.problems = Problems(str(refusal), {"email": [], "password": []})
        return _page(), refusal.status
    response = redirect(_next())
    assert isinstance(response, Response)
    remember(response, secret)
    return response


@desk.post("/afmelden")
@public_page
def leave() -> ResponseReturnValue:
    """End the session here and in the database."""
    sign_out(g.city, secret=request.cookies.get(COOKIE, ""))
    response = redirect(url_for("sign_in.show"))
    assert isinstance(response, Response)
    forget(response)
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


@desk.get("/account")
@page()
def account(_uow: UnitOfWork) -> ResponseReturnValue:
    """Say who is signed in here, with which roles, and let them leave."""
    names = {
        Role.REFERRER: _("toeleider"),
        Role.PROVIDER: _("opvang"),
        Role.REGIE: _("regie"),
        Role.FINANCE: _("financiën"),
        Role.EVALUATOR: _("evaluator"),
        Role.ADMINISTRATOR: _("beheer"),
    }
    signed_in = who()
    roles = [name for role, name in names.items() if signed_in and signed_in.actor.is_any(role)]
    return render_template("sign_in/account.html", roles=roles)


def _page() -> str:
    people = DEMO_PEOPLE if current_app.config["DEMO"] else ()
    domain = f"{g.city.host.split('.')[0]}.example"
    return render_template(
        "sign_in/page.html",
        people=people,
        domain=domain,
        further=request.values.get("verder", ""),
        cheque_page=url_for("cheque.show"),
    )


def _next() -> str:
    """Give where to go after signing in: a page of this site only."""
    target = request.values.get("verder", "")
    return target if _is_ours(target) else url_for("home.show")


def _is_ours(target: str) -> bool:
    if not target.startswith("/") or target.startswith(("//", "/\\")):
        return False
    try:
        parts = urlsplit(target)
    except ValueError:  # no address at all, such as /\t/[
        return False
    return not parts.netloc and not parts.scheme
