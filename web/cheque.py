"""A family points a phone at any of its cheques and sees what is left: no account, no name."""

from typing import Any

from flask import Blueprint, current_app, g, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from kernel.places import nearest_places
from kernel.unit_of_work import UnitOfWork
from vouchers.errors import UnknownCode
from vouchers.looking_up import OwnBooklet, read_own_booklet
from web.i18n import spoken, translated_languages
from web.page import holders_page, public_page

desk = Blueprint("cheque", __name__)

_LONGEST = 64  # signs that somebody may type where a code is meant


@desk.get("/c")
@public_page
def show() -> ResponseReturnValue:
    """Give the page that reads the code behind `#`, with a form to type it where nothing reads."""
    _speak(None)
    return _page("cheque/page.html")


@desk.post("/c")
@holders_page
def look(uow: UnitOfWork) -> ResponseReturnValue:
    """Tell what is left of a booklet: a piece for the page that asked by JSON, else a page.

    The code comes in the body: an address would be kept in logs and histories.
    """
    booklet = read_own_booklet(uow, code=_code())
    _speak(booklet.language)
    return _answer(
        booklet=booklet,
        stage=_stage(booklet, expired=booklet.is_expired(uow.today)),
        places=nearest_places(uow, district_id=booklet.district_id),
    )


@desk.errorhandler(UnknownCode)
def unknown(_refused: UnknownCode) -> ResponseReturnValue:
    """Say gently that no cheque has this code, and ask for it again."""
    _speak(None)
    return _answer(stage="unknown", sent=_code().strip()), UnknownCode.status


@desk.record_once
def _ask_no_token(state: BlueprintSetupState) -> None:
    """Looking changes nothing and needs no cookie, so there is nothing to forge: no CSRF token.

    A token would need a cookie, and a family's phone gets none from us.
    """
    state.app.extensions["csrf"].exempt(look)


def _stage(booklet: OwnBooklet, *, expired: bool) -> str:
    """Name what the page must say first."""
    if booklet.is_blocked:
        return "blocked"
    if not booklet.is_handed_out:
        return "in-stock"
    if booklet.left == 0:
        return "all-used"
    return "expired" if expired else "in-use"


def _answer(**told: Any) -> str:
    template = "cheque/_answer.html" if request.is_json else "cheque/page.html"
    return _page(template, typed_code="" if request.is_json else _code(), **told)


def _page(template: str, **told: Any) -> str:
    scan = "scan.show" in current_app.view_functions
    return render_template(
        template,
        languages=translated_languages(),
        asked=spoken(_sent("taal")),
        scan_page=url_for("scan.show") if scan else "",
        **told,
    )


def _code() -> str:
    """Give what was sent as a code, whatever it was."""
    return _sent("code")[:_LONGEST]


def _sent(name: str) -> str:
    body = request.get_json(silent=True) if request.is_json else None
    value = body.get(name) if isinstance(body, dict) else request.values.get(name)
    # Half of a surrogate pair can be sent in JSON, and in no page.
    return value.encode(errors="ignore").decode() if isinstance(value, str) else ""


def _speak(familys: str | None) -> None:
    """Let the page speak the language that was asked for, else the family's, else Dutch."""
    g.language = spoken(_sent("taal")) or spoken(familys) or "nl"
