"""What one booklet says in one language, every gap filled in."""

import re
from typing import Any

from vouchers.booklet_pdf.contents import EVERY_LANGUAGE, PrintedBooklet, Sender
from vouchers.booklet_pdf.phrases import Phrases, languages, phrases

_COMPLAINTS = "gegevensbeschermingsautoriteit.be"

Voice = dict[str, Any]


def spoken_in(booklet: PrintedBooklet) -> list[Phrases]:
    """Dutch first; then the family's language, or every other one on a booklet from stock."""
    codes = ["nl", booklet.language]
    if booklet.language == EVERY_LANGUAGE:
        codes = [language.code for language in languages()]
    return [phrases(code) for code in dict.fromkeys(codes)]


def on_the_cover(spoken: Phrases, booklet: PrintedBooklet, sender: Sender) -> Voice:
    """Give what the cover says in one language."""
    cover, count = spoken.sections["cover"], len(booklet.cheques)
    limit, visit = booklet.outer_limit, booklet.first_visit
    return _manner(spoken) | {
        "cover": cover,
        "strip": spoken.sections["strip"],
        "privacy": _privacy(spoken, sender),
        "free": cover["free_one"] if count == 1 else spoken.fill(cover["free"], n=str(count)),
        "lastDay": booklet.valid_until and spoken.day(booklet.valid_until),
        "limit": limit and spoken.fill(cover["outer_limit"], date=spoken.day(limit)),
        "visitDay": visit and spoken.day(visit.on),
    }


def on_a_cheque(spoken: Phrases) -> Voice:
    """Give the one sentence that a cheque says in the family's language."""
    return _manner(spoken) | {"once": spoken.sections["cheque"]["once"]}


def unbroken(text: str) -> str:
    """Keep each phone number in a text on one line."""
    return re.sub(r"(?<=\d) (?=\d)", "\u00a0", text)


def _manner(spoken: Phrases) -> Voice:
    one = spoken.language
    return {"language": one.code.split("-")[0], "direction": one.direction, "font": one.font}


def _privacy(spoken: Phrases, sender: Sender) -> Voice:
    """Fill in the notice of article 13 GDPR."""
    told = spoken.sections["privacy"]
    values = {
        "controller": sender.controller,
        "privacy_contact": unbroken(sender.privacy_contact),
        "complaint": _COMPLAINTS,
    }
    return {
        "heading": told["heading"],
        "short": told["short"],
        "notice": [spoken.fill(sentence, **values) for sentence in told["notice"]],
    }
