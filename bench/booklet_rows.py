"""Rows of booklets in the hands of families, in the bulk that measuring asks for."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.orm import Session

from kernel.accounts import Account
from kernel.database import table_of
from kernel.people import Family
from vouchers.codes import CODE, TYPED_CODE
from vouchers.models import Booklet, BookletState, Cheque, ChequeState

CHEQUES_A_BOOKLET = 10
_numbers = count(1)


class Known(NamedTuple):
    """A cheque by what a scan shows and by what its rows are called."""

    code: str
    cheque_id: UUID
    booklet_id: UUID


def hand_out(session: Session, *, by: UUID, wanted: int, used: bool = False) -> list[Known]:
    """Put at least `wanted` cheques in the hands of families, a table at a time.

    `by` is the account that hands them out. `used` writes them as if each was redeemed already;
    their redemptions are the caller's. First comes every booklet's first cheque, then every second
    one: neighbours share no booklet.
    """
    booklets = [uuid4() for _ in range(-(-wanted // CHEQUES_A_BOOKLET))]
    known = [
        Known(uuid4().hex[:CODE].upper(), uuid4(), booklet)
        for _ in range(CHEQUES_A_BOOKLET)
        for booklet in booklets
    ]
    _write(session, booklets, known, by=by, used=used)
    return known


def _write(
    session: Session, booklets: Sequence[UUID], known: Sequence[Known], *, by: UUID, used: bool
) -> None:
    home, made_at = session.get_one(Account, by).organisation_id, datetime.now(UTC)
    state, count_used = (ChequeState.USED, CHEQUES_A_BOOKLET) if used else (ChequeState.OPEN, 0)
    families = {booklet: uuid4() for booklet in booklets}
    session.execute(
        insert(table_of(Family)), [_family(one, home, made_at) for one in families.values()]
    )
    session.execute(
        insert(table_of(Booklet)),
        [_booklet(*ids, by, made_at) | {"used_count": count_used} for ids in families.items()],
    )
    session.execute(
        insert(table_of(Cheque)),
        [_cheque(one, nth // len(booklets), state) for nth, one in enumerate(known)],
    )


def _family(family_id: UUID, home: UUID, made_at: datetime) -> dict[str, Any]:
    return {
        "id": family_id,
        "organisation_id": home,
        "reference": family_id.hex,
        "language": "nl",
        "created_at": made_at,
        "number_of_children": CHEQUES_A_BOOKLET,  # all its cheques may be used on one day
    }


def _booklet(booklet_id: UUID, family_id: UUID, by: UUID, made_at: datetime) -> dict[str, Any]:
    day = made_at.date()
    return {
        "id": booklet_id,
        "number": f"{next(_numbers):08}",
        "size": CHEQUES_A_BOOKLET,
        "state": BookletState.HANDED_OUT,
        "origin_id": booklet_id,
        "printed_at": made_at,
        "printed_by": by,
        "family_id": family_id,
        "ordinal": 1,
        "handed_out_on": day,
        "handed_out_by": by,
        "valid_until": day + timedelta(days=364),
        "retroactive": False,
        "good_news_consent": False,
        "training": False,
    }


def _cheque(known: Known, nth: int, state: ChequeState) -> dict[str, Any]:
    return {
        "id": known.cheque_id,
        "number": nth + 1,
        "code": known.code,
        "typed_code": uuid4().hex[:TYPED_CODE].upper(),
        "state": state,
        "booklet_id": known.booklet_id,
    }
