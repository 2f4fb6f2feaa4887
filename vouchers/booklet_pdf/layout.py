"""A booklet laid out over three sheets: the cover, cheques 1 to 5, cheques 6 to 10."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from vouchers.booklet_pdf.contents import (
    EVERY_LANGUAGE,
    PrintedBooklet,
    PrintedCheque,
    Sender,
)
from vouchers.booklet_pdf.phrases import Phrases, languages, phrases
from vouchers.codes import grouped
from vouchers.qr import Symbol, symbol

CHEQUES_A_SHEET = 5
QR_SIDE_MM = 42
"""With its quiet zone. Alternating left and right keeps any two symbols 40 mm apart or more."""
SMALLEST_MODULE_MM = 0.5
"""Below this an old phone's camera no longer tells the squares apart."""

_COMPLAINTS = "gegevensbeschermingsautoriteit.be"

Page = dict[str, Any]


def laid_out(booklets: Sequence[PrintedBooklet], sender: Sender, only_page: int | None) -> Page:
    """Give everything the template prints, as plain values.

    `only_page` (from 1) keeps that sheet of each booklet; a sheet that no booklet has is refused
    with ValueError, and so is a web address too long for a symbol that an old phone can read.
    """
    pages = [page for one in booklets for page in _chosen(_pages(one, sender), only_page)]
    if not pages:
        raise ValueError(f"no booklet has a page {only_page}")
    return {"title": _title(booklets, sender), "qrSide": QR_SIDE_MM, "pages": pages}


def _title(booklets: Sequence[PrintedBooklet], sender: Sender) -> str:
    what = f"Boekje {_number(booklets[0])}" if len(booklets) == 1 else f"{len(booklets)} boekjes"
    return f"{what}, Opstap {sender.city}"


def _unbroken(phone: str) -> str:
    """Keep a phone number on one line."""
    return re.sub(r"(?<=\d) (?=\d)", "\u00a0", phone)


def _number(booklet: PrintedBooklet) -> str:
    return grouped(booklet.number).replace(" ", "-")


def _host(sender: Sender) -> str:
    """Give the address to type a code at; it may break after a dot, to stay off the symbol."""
    return urlsplit(sender.base_url).netloc.replace(".", ".\u200b")


def _chosen(pages: list[Page], only_page: int | None) -> list[Page]:
    return pages if only_page is None else pages[only_page - 1 : only_page] if only_page > 0 else []


def _pages(booklet: PrintedBooklet, sender: Sender) -> list[Page]:
    voices = _voices(booklet, sender)
    letterhead = {
        "city": f"Opstap {sender.city}",
        "provider": f"{phrases('nl').sections['provider']['scan']} {_host(sender)}",
        "phone": _unbroken(sender.desk_phone),
        "number": _number(booklet),
        "size": booklet.size,
        "dutch": voices[0],
        "beside": voices[1:],
    }
    sheets = [
        booklet.cheques[start : start + CHEQUES_A_SHEET]
        for start in range(0, len(booklet.cheques), CHEQUES_A_SHEET)
    ]
    cover = letterhead | {"kind": "cover"} | _cover(booklet, sender)
    return [cover] + [letterhead | _sheet(cheques, sender) for cheques in sheets]


def _cover(booklet: PrintedBooklet, sender: Sender) -> Page:
    visit = booklet.first_visit
    return {
        "count": len(booklet.cheques),
        "address": sender.desk_address,
        "hours": sender.desk_hours,
        "visit": visit and {"location": visit.location, "companion": visit.companion},
    }


def _sheet(cheques: Sequence[PrintedCheque], sender: Sender) -> Page:
    first, last = cheques[0].number, cheques[-1].number
    return {
        "kind": "cheques",
        "heading": f"Cheque {first}" if first == last else f"Cheques {first} tot {last}",
        "cheques": [
            {
                "number": cheque.number,
                "typed": grouped(cheque.typed_code),
                "symbol": _readable(symbol(sender.base_url, cheque.code)).svg(),
            }
            for cheque in cheques
        ],
    }


def _readable(drawn: Symbol) -> Symbol:
    if QR_SIDE_MM / drawn.side < SMALLEST_MODULE_MM:
        raise ValueError("the web address is too long for a QR symbol that a phone can read")
    return drawn


def _voices(booklet: PrintedBooklet, sender: Sender) -> list[Page]:
    """Dutch first; then the family's language, or every other one on a booklet from stock."""
    codes = ["nl", booklet.language]
    if booklet.language == EVERY_LANGUAGE:
        codes = [language.code for language in languages()]
    return [_voice(phrases(code), booklet, sender) for code in dict.fromkeys(codes)]


def _voice(spoken: Phrases, booklet: PrintedBooklet, sender: Sender) -> Page:
    cover, privacy = spoken.sections["cover"], spoken.sections["privacy"]
    count, limit, visit = len(booklet.cheques), booklet.outer_limit, booklet.first_visit
    return {
        "language": spoken.language.code.split("-")[0],
        "direction": spoken.language.direction,
        "font": spoken.language.font,
        "cover": cover,
        "strip": spoken.sections["strip"],
        "cheque": spoken.sections["cheque"],
        "free": cover["free_one"] if count == 1 else spoken.fill(cover["free"], n=str(count)),
        "lastDay": booklet.valid_until and spoken.day(booklet.valid_until),
        "limit": limit and spoken.fill(cover["outer_limit"], date=spoken.day(limit)),
        "visitDay": visit and spoken.day(visit.on),
        "privacy": {
            "heading": privacy["heading"],
            "short": privacy["short"],
            "notice": [_notice(spoken, sentence, sender) for sentence in privacy["notice"]],
        },
    }


def _notice(spoken: Phrases, sentence: str, sender: Sender) -> str:
    return spoken.fill(
        sentence,
        controller=sender.controller,
        privacy_contact=_unbroken(sender.privacy_contact),
        complaint=_COMPLAINTS,
    )
