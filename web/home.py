"""Everybody's start page is the desk where their work lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from web.i18n import N_
from web.identity import who
from web.page import public_page
from web.rooms import OF_PROGRAMME

desk = Blueprint("home", __name__)


@dataclass(frozen=True)
class Entry:
    """A line of the menu: where it leads, what it says, its drawing."""

    endpoint: str
    label: str
    icon: str

    @property
    def room(self) -> str:
        """The room that it leads to."""
        return self.endpoint.partition(".")[0]


# Each role's menu; its first line is the role's desk.
MENU: Mapping[Role, Sequence[Entry]] = {
    Role.REFERRER: (
        Entry("hand_out.show", N_("Nieuw boekje"), "booklet"),
        Entry("calls.show", N_("Vandaag"), "phone"),
        Entry("booklet.index", N_("Mijn boekjes"), "search"),
        Entry("stock.mine", N_("Voorraad"), "hands"),
    ),
    Role.PROVIDER: (
        Entry("scan.show", N_("Scan"), "scan"),
        Entry("today.show", N_("Vandaag"), "people"),
        Entry("money.show", N_("Mijn geld"), "euro"),
        Entry("team.show", N_("Onze opvang"), "house"),
    ),
    Role.REGIE: (
        Entry("figures.show", N_("Bereik"), "chart"),
        Entry("calls.show", N_("Opvolging"), "phone"),
        Entry("booklet.index", N_("Boekjes"), "booklet"),
        Entry("stock.index", N_("Voorraad"), "hands"),
        Entry("locations.index", N_("Opvang"), "house"),
        Entry("children.index", N_("Kinderen"), "child"),
        Entry("purchases.index", N_("Aankopen"), "euro"),
    ),
    Role.EVALUATOR: (Entry("evaluating.show", N_("Cijfers"), "chart"),),
    Role.FINANCE: (Entry("money.finance", N_("Geld"), "euro"),),
    Role.ADMINISTRATOR: (
        Entry("people.index", N_("Mensen"), "people"),
        Entry("locations.index", N_("Opvang"), "house"),
        Entry("audit.index", N_("Inzage"), "look"),
        Entry("keeping.show", N_("Bewaren"), "lock"),
        Entry("api_page.show", N_("API"), "file"),
    ),
}


# A room that has no line in somebody's menu lies behind another's.
BEHIND = {
    "overlooked": "calls",
    "families": "booklet",
    "hand_out": "booklet",
    "people": "locations",
}


def navigation() -> Sequence[Entry]:
    """Give the menu of whoever is signed in, as far as its pages exist in this city."""
    signed_in = who()
    if signed_in is None:
        return ()
    entries = [e for role, menu in MENU.items() if signed_in.actor.is_any(role) for e in menu]
    return [e for e in dict.fromkeys(entries) if _is_on(e.room)]


def room_here(entries: Sequence[Entry]) -> str:
    """Give the room whose line of the menu is marked on this page, or ''."""
    room = request.blueprint or ""
    return room if any(entry.room == room for entry in entries) else BEHIND.get(room, "")


def _is_on(room: str) -> bool:
    """Say whether the city uses the programme that a room belongs to."""
    return all(
        room not in its_rooms or programme in g.city.programmes
        for programme, its_rooms in OF_PROGRAMME.items()
    )


@desk.get("/")
@public_page
def show() -> ResponseReturnValue:
    """Lead to the desk of whoever is signed in, or to the sign-in page.

    A desk lies in a programme; an administrator's is the house itself. Whoever works in a programme
    that the city does not use, is told so.
    """
    signed_in = who()
    if signed_in is None:
        return redirect(url_for("sign_in.show"))
    entries = navigation()
    keeps_house = signed_in.actor.is_any(Role.ADMINISTRATOR)
    desks = [entry for entry in entries if _is_in_a_programme(entry)]
    if desks or (entries and keeps_house):
        return redirect(url_for((desks or entries)[0].endpoint))
    return render_template("home/nothing.html", entries=entries)


def _is_in_a_programme(entry: Entry) -> bool:
    """Say whether a line of the menu leads into a programme: what both share is nobody's desk."""
    return any(entry.room in its_rooms for its_rooms in OF_PROGRAMME.values())
