"""Which page somebody read, in words."""

from collections.abc import Mapping

from web.i18n import N_
from web.i18n import gettext as _

_PAGES: Mapping[str, str] = {
    "audit.index": N_("zoeken wie dit gezin bekeek"),
    "audit.download": N_("bestand: wie dit gezin bekeek"),
    "audit.find": N_("zoeken wie dit gezin bekeek"),
    "booklet.agree": N_("boekje: eerste bezoek"),
    "booklet.along": N_("boekje: laat meekijken"),
    "booklet.give_another": N_("boekje: tweede boekje"),
    "booklet.lose": N_("boekje: kwijt"),
    "booklet.paper": N_("boekje: afdrukken"),
    "booklet.show": N_("boekje"),
    "booklet.take_back": N_("boekje: terugnemen"),
    "booklets.lose": N_("programma: boekje kwijt"),
    "booklets.print_pdf": N_("programma: boekje afdrukken"),
    "booklets.read": N_("programma: boekje"),
    "calls.note": N_("oproepen"),
    "calls.show": N_("oproepen"),
    "calls.undo": N_("oproepen"),
    "families.removal": N_("gezin wissen"),
    "families.remove": N_("gezin wissen"),
    "families.told": N_("alle gegevens van het gezin"),
    "families.told_to_a_program": N_("bestand: alle gegevens van het gezin"),
}
_ROOMS: Mapping[str, str] = {
    "batches": N_("programma: voorraad"),
    "booklet": N_("boekje"),
    "booklets": N_("programma: boekje"),
    "calls": N_("oproepen"),
    "children": N_("kinderen in de opvang"),
    "continuing": N_("gaat het kind verder"),
    "follow_up": N_("opvolging"),
    "hand_out": N_("boekje meegeven"),
    "placements": N_("programma: kinderen in de opvang"),
    "purchases": N_("aankopen"),
    "stock": N_("voorraad"),
}


def said_page(what: str) -> str:
    """Give a page in words, by its own name, else by its room's; else its name itself."""
    room = what.partition(".")[0]
    return _(_PAGES.get(what) or _ROOMS.get(room) or what)


def is_said(what: str) -> bool:
    """Say whether there are words for a page."""
    return said_page(what) != what
