"""A booklet laid out over three sheets: the cover, cheques 1 to 5, cheques 6 to 10."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from vouchers.booklet_pdf.contents import PrintedBooklet, PrintedCheque, Sender
from vouchers.booklet_pdf.phrases import Phrases
from vouchers.booklet_pdf.voices import on_a_cheque, on_the_cover, spoken_in, unbroken
from vouchers.codes import grouped
from vouchers.qr import Symbol, symbol

CHEQUES_A_SHEET = 5
QR_SIDE_MM = 42
"""With its quiet zone. Alternating left and right keeps any two symbols 40 mm apart or more."""
SMALLEST_MODULE_MM = 0.5
"""Below this an old phone's camera no longer tells the squares apart."""

# A page holds only what it prints: typst hashes what it hands on, and large values cost time.
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


def _number(booklet: PrintedBooklet) -> str:
    return grouped(booklet.number).replace(" ", "-")


def _chosen(pages: list[Page], only_page: int | None) -> list[Page]:
    return [page for nth, page in enumerate(pages, start=1) if only_page in {None, nth}]


def _pages(booklet: PrintedBooklet, sender: Sender) -> list[Page]:
    spoken = spoken_in(booklet)
    sheets = [
        booklet.cheques[start : start + CHEQUES_A_SHEET]
        for start in range(0, len(booklet.cheques), CHEQUES_A_SHEET)
    ]
    return [
        _cover(booklet, sender, spoken),
        *(_sheet(cheques, booklet, sender, spoken) for cheques in sheets),
    ]


def _cover(booklet: PrintedBooklet, sender: Sender, spoken: list[Phrases]) -> Page:
    visit = booklet.first_visit
    dutch, *beside = (on_the_cover(one, booklet, sender) for one in spoken)
    return {
        "kind": "cover",
        "city": f"Opstap {sender.city}",
        "number": _number(booklet),
        "count": len(booklet.cheques),
        "phone": unbroken(sender.desk_phone),
        "address": sender.desk_address,
        "hours": sender.desk_hours,
        "visit": visit and {"location": visit.location, "companion": visit.companion},
        "dutch": dutch,
        "beside": beside,
        # Booklets with the same tongue have the same small print.
        "tongue": f"{booklet.language} {booklet.valid_until is None}",
    }


def _sheet(
    cheques: Sequence[PrintedCheque],
    booklet: PrintedBooklet,
    sender: Sender,
    spoken: list[Phrases],
) -> Page:
    dutch, *beside = spoken
    says = dutch.sections["cheque"]
    first, last = cheques[0].number, cheques[-1].number
    range_said = f"Cheque {first}" if first == last else f"Cheques {first} tot {last}"
    city, number, phone = f"Opstap {sender.city}", _number(booklet), unbroken(sender.desk_phone)
    return {
        "kind": "cheques",
        "heading": f"{range_said} · boekje {number}",
        "size": booklet.size,
        "once": says["once"],
        "until": says["until"],
        "lastDay": booklet.valid_until and dutch.day(booklet.valid_until),
        "deeds": [says["tear"], says["go"], says["play"]],
        "provider": f"{dutch.sections['provider']['scan']} {_host(sender)}",
        "origin": f"{city} · boekje {number} · {phone}",
        "beside": [on_a_cheque(one) for one in beside],
        "cheques": [_cheque(cheque, sender) for cheque in cheques],
    }


def _cheque(cheque: PrintedCheque, sender: Sender) -> Page:
    return {
        "number": cheque.number,
        "typed": grouped(cheque.typed_code),
        "symbol": _readable(symbol(sender.base_url, cheque.code)).svg(),
    }


def _readable(drawn: Symbol) -> Symbol:
    if QR_SIDE_MM / drawn.side < SMALLEST_MODULE_MM:
        raise ValueError("the web address is too long for a QR symbol that a phone can read")
    return drawn


def _host(sender: Sender) -> str:
    """Give the address to type a code at; it may break after a dot, to stay off the symbol."""
    return urlsplit(sender.base_url).netloc.replace(".", ".\u200b")
