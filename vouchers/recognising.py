"""A booklet is recognised by its number, or by any of its cheques, typed or scanned."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select

from kernel.errors import Invalid
from kernel.unit_of_work import UnitOfWork
from vouchers import codes
from vouchers.errors import TooManyWrongCodes, UnknownBooklet
from vouchers.models import Booklet, Cheque, ScanAttempt

UNKNOWN_IN_A_MINUTE = 10
_LENGTHS = (codes.NUMBER, codes.TYPED_CODE, codes.CODE)


def recognised_booklet(uow: UnitOfWork, text: str) -> Booklet:
    """Give the booklet that is meant, whoever has it.

    Takes its number (8 signs, the last one checks the others), a cheque's typed code (12), what its
    QR code holds (16), or the whole address in it. Refuses what cannot be one of those, with what
    is wrong; what nobody printed; and, after ten of those in a minute, all that is unknown.
    """
    signs = signs_in(text)
    if wrong := wrong_with(signs):
        raise Invalid(fields={"booklet": [wrong]})
    found: Booklet | None = uow.session.scalar(_by_signs(signs))
    if found is None:
        raise TooManyWrongCodes(retry_after=60) if _guesses(uow) else UnknownBooklet
    return found


def signs_in(text: str) -> str:
    """Give the signs that somebody meant; a reader on a cable types the QR code's whole address."""
    return codes.normalised(text.rpartition("#")[2])


def wrong_with(signs: str) -> str:
    """Say what keeps these signs from being a number or a code, or ''."""
    if not codes.may_be(signs) or len(signs) not in _LENGTHS:
        counted = f" Je typte er {len(signs)}." if 0 < len(signs) < codes.CODE else ""
        return f"Een nummer heeft {codes.NUMBER} tekens: letters en cijfers.{counted}"
    if len(signs) != codes.CODE and not codes.is_whole(signs):
        return "Er klopt een teken niet. Kijk het nummer na op het boekje."
    return ""


def _by_signs(signs: str) -> Select[Any]:
    if len(signs) == codes.NUMBER:
        return select(Booklet).where(Booklet.number == signs)
    column = Cheque.typed_code if len(signs) == codes.TYPED_CODE else Cheque.code
    return select(Booklet).join(Cheque, Cheque.booklet_id == Booklet.id).where(column == signs)


def _guesses(uow: UnitOfWork) -> bool:
    """Say whether this account asked in vain too often in the last minute."""
    lately = (
        ScanAttempt.account_id == uow.actor.account_id,
        ScanAttempt.refusal == UnknownBooklet.code,
        ScanAttempt.at > uow.now - timedelta(minutes=1),
    )
    asked = uow.session.scalar(select(func.count(ScanAttempt.id)).where(*lately)) or 0
    return asked >= UNKNOWN_IN_A_MINUTE
