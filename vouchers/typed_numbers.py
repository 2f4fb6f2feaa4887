"""Which booklets somebody means by the numbers that were typed, pasted or scanned."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from kernel.unit_of_work import UnitOfWork
from vouchers import codes
from vouchers.models import Booklet, Cheque

MOST = 200  # booklets at once
_SAFE_TO_SAY = 10  # signs: what is longer may be a cheque's code, and is never said again


@dataclass(frozen=True)
class Meant:
    """One booklet that was meant: the booklet, or what is wrong with how it was typed."""

    said: str
    booklet: Booklet | None = None
    wrong: str = ""


def meant_booklets(uow: UnitOfWork, text: str) -> list[Meant]:
    """Give for each number in a text the booklet it stands for, or what is wrong with it.

    Numbers stand on lines, or are parted by commas or spaces; a scanner may have typed the address
    in a cheque's QR code instead. What is meant twice is given once.
    """
    entries = list(dict.fromkeys(_entries(text)))[: MOST + 1]
    known = _known(uow, entries)
    found: dict[object, Meant] = {}
    for place, entry in enumerate(entries, 1):
        meant = known.get(entry) or _unknown(place, entry)
        found.setdefault(meant.booklet.id if meant.booklet else entry, meant)
    return list(found.values())


def booklets_by_id(uow: UnitOfWork, ids: Iterable[UUID]) -> list[Meant]:
    """Give booklets by their ids, each once; one that is not there is said as such."""
    wanted = list(dict.fromkeys(ids))
    found = {b.id: b for b in uow.session.scalars(select(Booklet).where(Booklet.id.in_(wanted)))}
    return [
        Meant(found[one].number, found[one])
        if one in found
        else Meant("Een boekje", wrong="dit boekje is er niet.")
        for one in wanted
    ]


def _entries(text: str) -> Iterator[str]:
    for line in re.split(r"[\n,;]+", text):
        _, is_address, code = line.partition("#")
        if is_address:
            yield codes.normalised(code)
        else:
            yield from _numbers(line)


def _numbers(line: str) -> Iterator[str]:
    """Part a line in numbers of eight signs, with or without the space in their middle."""
    whole = re.sub(r"\s", "", codes.normalised(line))
    apart = [codes.normalised(word) for word in line.split()]
    if whole and len(whole) % codes.NUMBER == 0:
        yield from (whole[i : i + codes.NUMBER] for i in range(0, len(whole), codes.NUMBER))
    elif any(len(word) == codes.NUMBER for word in apart):
        yield from apart
    elif whole:
        yield whole


def _known(uow: UnitOfWork, entries: Iterable[str]) -> dict[str, Meant]:
    sound = [entry for entry in entries if codes.may_be(entry)]
    numbers = [entry for entry in sound if len(entry) == codes.NUMBER]
    scanned = [entry for entry in sound if len(entry) == codes.CODE]
    known: dict[str, Meant] = {}
    by_number = select(Booklet).where(Booklet.number.in_(numbers))
    for booklet in uow.session.scalars(by_number):
        known[booklet.number] = Meant(booklet.number, booklet)
    by_code = select(Cheque.code, Booklet).join(Booklet, Booklet.id == Cheque.booklet_id)
    for code, booklet in uow.session.execute(by_code.where(Cheque.code.in_(scanned))):
        known[code] = Meant(booklet.number, booklet)
    return known


def _unknown(place: int, entry: str) -> Meant:
    """Say of what nobody knows how to put it right; a code is never said again."""
    said = codes.grouped(entry) if len(entry) <= _SAFE_TO_SAY else f"Nummer {place}"
    if len(entry) in {codes.TYPED_CODE, codes.CODE}:
        wrong = "dit is de code van een cheque. Typ het nummer van het boekje: het staat vooraan."
    elif len(entry) != codes.NUMBER:
        wrong = f"een nummer heeft {codes.NUMBER} tekens."
    elif not codes.is_whole(entry):
        wrong = "er klopt een teken niet. Kijk het na op de kaft."
    else:
        wrong = "dit nummer kennen we niet in deze stad."
    return Meant(said, wrong=wrong)
