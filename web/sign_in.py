"""A person signs in with a password or asks for a code, and signs out."""

from datetime import UTC, datetime

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.errors import Invalid, Refusal
from kernel.programmes import VOUCHERS
from kernel.second_step import TICKET_LASTS, SecondStepAsked
from kernel.sessions import sign_out
from kernel.signing_in import sign_in
from web.device import device_here
from web.entering import come_in, further, led_to, target, wants_to_stay
from web.i18n import N_
from web.i18n import gettext as _
from web.identity import forget, here, hold, who
from web.page import Problems, public_page

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
DONE = {
    "wachtwoord": N_("Je wachtwoord is bewaard. Meld je er nu mee aan."),
    "te-laat": N_("Dat duurde te lang. Meld je opnieuw aan."),
}


@desk.get("/aanmelden")
@public_page
def show() -> ResponseReturnValue:
    """Ask for an address and a password or a code; whoever is signed in already goes on."""
    if who() is not None:
        return redirect(target())
    return sign_in_page()


@desk.post("/aanmelden")
@public_page
def enter() -> ResponseReturnValue:
    """Sign in, and go on where one was; with a second factor by way of its page."""
    try:
        secret = sign_in(
            g.city,
            email=request.form.get("email", "")[:254],
            password=_password(),
            now=datetime.now(UTC),
            stays=wants_to_stay(),
            device=device_here(),
        )
    except SecondStepAsked as asked:
        response = led_to(url_for("second_step.show", verder=further()))
        hold(response, asked.about["ticket"], TICKET_LASTS)
        return response
    except Refusal as refusal:
        g.problems = Problems(str(refusal), getattr(refusal, "fields", {}))
        return sign_in_page(), refusal.status
    return come_in(secret)


@desk.post("/afmelden")
@public_page
def leave() -> ResponseReturnValue:
    """End the session here and in the database, or every one of this account."""
    sign_out(g.city, secret=here(), everywhere=bool(request.form.get("overal")))
    response = led_to(url_for("sign_in.show"))
    forget(response)
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def sign_in_page() -> str:
    """Make the page that asks who somebody is, with what was wrong."""
    people = DEMO_PEOPLE if current_app.config["DEMO"] else ()
    return render_template(
        "sign_in/page.html",
        people=people,
        domain=f"{g.city.host.split('.')[0]}.example",
        further=request.values.get("verder", ""),
        done=DONE.get(request.args.get("klaar", ""), ""),
        cheque_page=url_for("cheque.show") if VOUCHERS in g.city.programmes else "",
    )


def _password() -> str:
    """Give the password that was typed; without any there is nothing to try."""
    typed = request.form.get("password", "")[:1024]
    if not typed:
        said = _("Typ je wachtwoord. Heb je er geen? Kies dan ‘Stuur me een code’.")
        raise Invalid(fields={"password": [said]})
    return typed
