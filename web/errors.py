"""How the HTML door says no: a page with a sentence and a way on."""

from uuid import uuid4

import structlog
from flask import Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from kernel.errors import Refusal, Unidentified
from kernel.logs import frames
from web.i18n import gettext
from web.page import as_refusal, dressed_as

log = structlog.get_logger(__name__)

_TITLES = {
    403: "Dit is niet voor jou",
    404: "Deze pagina vinden we niet",
    405: "Dit kan hier niet",
    409: "Dit lukt nu niet",
    413: "Dit is te groot",
    422: "Er klopt iets niet",
    429: "Even wachten",
    500: "Er ging iets mis bij ons",
    503: "Niet opgeslagen",
}
_SAID = {
    400: "We konden je aanvraag niet lezen. Ga terug en probeer opnieuw.",
    404: "Misschien is het adres fout getypt, of is de pagina verhuisd.",
    405: "Ga terug naar je startpagina en probeer het van daar.",
    413: "Dit is te groot om te versturen. Hoogstens 1 MB kan.",
    500: "We schreven op wat er gebeurde. Probeer het straks opnieuw, of bel de regie.",
}


def answer(error: Exception) -> ResponseReturnValue:
    """Give the page that tells of an error; an unforeseen one is logged and told as 500."""
    match error:
        case Unidentified():
            return _to_sign_in()
        case Refusal() | ValidationError():
            return _refused(as_refusal(error))
        case CSRFError():
            said = gettext("Je formulier was te lang open. Ga terug, herlaad en probeer opnieuw.")
            return _page(400, said)
        case HTTPException(response=Response() as ready):
            return ready
        case HTTPException() | RecursionError():  # JSON nested thousands deep: nobody means that
            status = getattr(error, "code", 400) or 500
            return _page(status, gettext(_SAID.get(status, _SAID[400])))
    trace = uuid4().hex
    log.error("unforeseen", error=type(error).__name__, trace=trace, at=frames(error))
    return _page(500, gettext(_SAID[500]), trace=trace)


def _to_sign_in() -> Response:
    """Sign in first, then go on where one was; a form that was sent is asked for again.

    A page that renews itself is told to load anew: it must not swap the sign-in page into itself.
    """
    if "HX-Request" in request.headers:
        return Response(status=401, headers={"HX-Refresh": "true"})
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    response = redirect(url_for("sign_in.show", verder=target))
    assert isinstance(response, Response)
    return response


def _refused(refusal: Refusal) -> Response:
    return dressed_as(refusal, _page(refusal.status, gettext(str(refusal))))


def _page(status: int, sentence: str, *, trace: str = "") -> Response:
    title = gettext(_TITLES.get(status, "Dit lukte niet"))
    template = "error/bare.html" if "city" not in g else "error/page.html"
    return make_response(
        render_template(template, title=title, sentence=sentence, trace=trace), status
    )
