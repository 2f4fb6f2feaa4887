"""What anybody may know: the city's colours, privacy, accessibility, and help."""

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue

from kernel.forgetting import terms_of
from web.i18n import spoken, translated_languages
from web.keeping import REGISTER
from web.page import public_page
from web.saying import lasting

desk = Blueprint("about", __name__)


@desk.get("/theme.css")
@public_page
def theme() -> ResponseReturnValue:
    """Give the city's five colours."""
    response = Response(g.city.theme.css(), mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@desk.get("/privacy")
@public_page
def privacy() -> ResponseReturnValue:
    """Say what is kept of a family, why, how long, and whom to ask, in the family's language."""
    g.language = spoken(request.args.get("taal")) or "nl"
    terms = {
        name: lasting(count, unit) for name, (count, unit) in terms_of(g.city, REGISTER).items()
    }
    return render_template("about/privacy.html", languages=translated_languages(), terms=terms)


@desk.get("/toegankelijkheid")
@public_page
def accessibility() -> ResponseReturnValue:
    """Say what works for whom, what does not yet, and where to complain."""
    return render_template("about/accessibility.html")


@desk.get("/hulp")
@public_page
def help_page() -> ResponseReturnValue:
    """Say how the work goes for each role, and whom to call."""
    return render_template("about/help.html")
