"""Everybody's start page is the desk where their work lies."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, current_app, redirect, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from web.i18n import gettext as _
from web.identity import who
from web.page import public_page

desk = Blueprint("home", __name__)


@dataclass(frozen=True)
class Entry:
    """A line of the menu: where it leads, what it says, its drawing."""

    endpoint: str
    label: str
    icon: str


def _entries(role: Role) -> tuple[Entry, ...]:
    """Give a role's menu; its first line is the role's desk."""
    match role:
        case Role.REFERRER:
            return (
                Entry("hand_out.show", _("Nieuw boekje"), "booklet"),
                Entry("calls.show", _("Vandaag"), "phone"),
                Entry("booklets.index", _("Mijn boekjes"), "search"),
            )
        case Role.PROVIDER:
            return (
                Entry("scan.show", _("Scan"), "scan"),
                Entry("places.today", _("Vandaag"), "people"),
                Entry("money.show", _("Mijn geld"), "euro"),
            )
        case Role.REGIE:
            return (
                Entry("figures.show", _("Bereik"), "chart"),
                Entry("calls.show", _("Opvolging"), "phone"),
                Entry("booklets.index", _("Boekjes"), "booklet"),
                Entry("places.index", _("Opvang"), "house"),
            )
        case Role.EVALUATOR:
            return (Entry("figures.evaluator", _("Cijfers"), "chart"),)
        case Role.FINANCE:
            return (Entry("money.finance", _("Geld"), "euro"),)
        case Role.ADMINISTRATOR:
            return (
                Entry("places.index", _("Opvang"), "house"),
                Entry("api_page.show", _("API"), "file"),
            )
        case _:
            return ()


def navigation() -> Sequence[Entry]:
    """Give the menu of whoever is signed in, as far as its pages exist in this city."""
    signed_in = who()
    if signed_in is None:
        return ()
    entries = [e for role in Role if signed_in.actor.is_any(role) for e in _entries(role)]
    return [e for e in dict.fromkeys(entries) if e.endpoint in current_app.view_functions]


@desk.get("/")
@public_page
def show() -> ResponseReturnValue:
    """Lead to the desk of whoever is signed in, or to the sign-in page."""
    entries = navigation()
    if entries:
        return redirect(url_for(entries[0].endpoint))
    return redirect(url_for("sign_in.account" if who() else "sign_in.show"))
