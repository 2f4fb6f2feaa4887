"""A cheque is taken: its booklet's row first, then its own, each only if it is as we saw it.

Both updates guard themselves, so that whoever comes second changes nothing and is told why. Each
statement is built once: a scan only binds its values.
"""

from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, bindparam, case, func, or_, select, update

from kernel.database import table_of
from vouchers.models import Booklet, BookletState, Cheque, ChequeState, Redemption
from vouchers.scan_facts import ScanFacts

_BOOKLET, _CHEQUE, _REDEMPTION = (table_of(one) for one in (Booklet, Cheque, Redemption))
_KEEP = _REDEMPTION.insert()
_COLUMNS = tuple(column.key for column in _REDEMPTION.columns)
_ON: ColumnElement[Any] = bindparam("on", type_=Booklet.valid_until.type)


def take_cheque(
    connection: Connection, facts: ScanFacts, on: date, *, answered: bool
) -> int | None:
    """Use a cheque for care on a day.

    Takes what was seen of it, and whether the same-day question was answered. Gives how many of
    the booklet are used now, or None when somebody else changed a row since we looked.
    """
    used_after = connection.execute(
        _use_booklet(answered=answered, first_of_day=not facts.same_day),
        {"booklet": facts.known_booklet, "on": on}
        | ({} if answered else {"seen": facts.used_count}),
    )
    count: int | None = used_after.scalar_one_or_none()
    if count is None:
        return None
    if connection.execute(_use_cheque(), {"cheque": facts.known_cheque}).rowcount != 1:
        connection.execute(_recount(), {"booklet": facts.known_booklet})
        return None
    return count


def keep_redemption(connection: Connection, redemption: Redemption) -> None:
    """Write a redemption's row."""
    connection.execute(_KEEP, {column: getattr(redemption, column) for column in _COLUMNS})


def booklet_guards() -> tuple[ColumnElement[bool], ...]:
    """Give what must hold of the booklet row at the moment it is used."""
    return (
        Booklet.state == BookletState.HANDED_OUT,
        Booklet.valid_until >= _ON,
        Booklet.used_count < Booklet.size,
    )


def cheque_guards() -> tuple[ColumnElement[bool], ...]:
    """Give what must hold of the cheque row at the moment it is used."""
    return (Cheque.state == ChequeState.OPEN,)


def _same_day_guards(*, first_of_day: bool) -> tuple[ColumnElement[bool], ...]:
    """Give what must hold where nobody answered the same-day question.

    No other cheque was used since we looked: it might be one of the same day.
    """
    unchanged = Booklet.used_count == bindparam("seen")
    if not first_of_day:
        return (unchanged,)
    return (unchanged, or_(Booklet.last_used_on.is_(None), Booklet.last_used_on != _ON))


@cache
def _use_booklet(*, answered: bool, first_of_day: bool) -> Any:
    unanswered = () if answered else _same_day_guards(first_of_day=first_of_day)
    return (
        update(_BOOKLET)
        .where(Booklet.id == bindparam("booklet"), *booklet_guards(), *unanswered)
        .values(
            used_count=Booklet.used_count + 1,
            first_used_on=case((Booklet.first_used_on < _ON, Booklet.first_used_on), else_=_ON),
            last_used_on=case((Booklet.last_used_on > _ON, Booklet.last_used_on), else_=_ON),
        )
        .returning(_BOOKLET.c.used_count)
    )


@cache
def _use_cheque() -> Update:
    return (
        update(_CHEQUE)
        .where(Cheque.id == bindparam("cheque"), *cheque_guards())
        .values(state=ChequeState.USED)
    )


@cache
def _recount() -> Update:
    """The cheque itself was taken meanwhile: the booklet goes back to what its cheques say."""
    live = (_REDEMPTION.c.booklet_id == bindparam("booklet"), _REDEMPTION.c.annulled_at.is_(None))
    return (
        update(_BOOKLET)
        .where(Booklet.id == bindparam("booklet"))
        .values(
            used_count=Booklet.used_count - 1,
            first_used_on=select(func.min(_REDEMPTION.c.care_date)).where(*live).scalar_subquery(),
            last_used_on=select(func.max(_REDEMPTION.c.care_date)).where(*live).scalar_subquery(),
        )
    )
