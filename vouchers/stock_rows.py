"""The blank booklets by their numbers: one's own, a referrer's, a batch's, or the one sought."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from kernel.access import Role, allowed
from kernel.accounts import Account
from kernel.errors import NotFound
from kernel.organisations import Organisation
from kernel.unit_of_work import UnitOfWork
from vouchers.models import Booklet, BookletState
from vouchers.stock import ends_soon
from vouchers.typed_numbers import meant_booklets

_LONGEST = 11  # signs of a search: a number with spaces, and never a whole cheque code


@dataclass(frozen=True, kw_only=True)
class StockRow:
    """A booklet of the stock, or one that was: by its number, never by a code."""

    id: UUID
    number: str
    state: str
    batch_id: UUID | None
    holder_id: UUID | None
    holder: str | None
    organisation: str | None
    delivered_on: date | None
    outer_limit: date | None
    printed_at: datetime

    def ends_soon(self, on: date) -> bool:
        """Say whether it must be handed out within sixty days, or should have been."""
        return ends_soon(self.outer_limit, on)


@allowed(Role.REGIE)
def read_stock_of(uow: UnitOfWork, *, holder_id: UUID) -> tuple[str, str, list[StockRow]]:
    """Give a referrer's name and organisation, and the blank booklets that lie there."""
    person = uow.session.execute(
        select(Account.name, Organisation.name)
        .join(Organisation, Organisation.id == Account.organisation_id)
        .where(Account.id == holder_id)
    ).one_or_none()
    if person is None:
        raise NotFound
    held = (Booklet.holder_id == holder_id, Booklet.state == BookletState.DELIVERED)
    return person[0], person[1], _read(uow, _rows().where(*held))


@allowed(Role.REFERRER)
def read_own_stock(uow: UnitOfWork) -> tuple[list[StockRow], list[StockRow]]:
    """Give the blank booklets that one has oneself, and the colleagues'; what ends first, first."""
    held = (
        Booklet.organisation_id == uow.actor.organisation_id,
        Booklet.state == BookletState.DELIVERED,
    )
    rows = sorted(_read(uow, _rows().where(*held)), key=lambda row: str(row.outer_limit))
    mine = [row for row in rows if row.holder_id == uow.actor.account_id]
    return mine, [row for row in rows if row.holder_id != uow.actor.account_id]


@allowed(Role.REGIE)
def read_stock_booklet(uow: UnitOfWork, *, booklet_id: UUID) -> StockRow:
    """Give one booklet of this city, whatever became of it."""
    rows = _read(uow, _rows().where(Booklet.id == booklet_id))
    if not rows:
        raise NotFound
    return rows[0]


@allowed(Role.REGIE)
def read_batch_booklets(uow: UnitOfWork, *, batch_id: UUID) -> list[StockRow]:
    """Give the booklets of a batch by number: the order in which they are printed and lie."""
    return _read(uow, _rows().where(Booklet.batch_id == batch_id))


@allowed(Role.REGIE)
def find_by_number(uow: UnitOfWork, *, search: str) -> tuple[UUID | None, str]:
    """Give the booklet with a number, however it was typed; else why it is not found."""
    meant = meant_booklets(uow, search[:_LONGEST])
    if not meant:
        return None, "Typ het nummer van een boekje."
    first = meant[0]
    if first.booklet is not None:
        return first.booklet.id, ""
    return None, f"{first.said}: {first.wrong}"


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Booklet.id,
            Booklet.number,
            Booklet.state,
            Booklet.batch_id,
            Booklet.holder_id,
            Account.name.label("holder"),
            Organisation.name.label("organisation"),
            Booklet.delivered_on,
            Booklet.outer_limit,
            Booklet.printed_at,
        )
        .outerjoin(Account, Account.id == Booklet.holder_id)
        .outerjoin(Organisation, Organisation.id == Booklet.organisation_id)
        .order_by(Booklet.number)
    )


def _read(uow: UnitOfWork, statement: Select[*tuple[Any, ...]]) -> list[StockRow]:
    return [StockRow(**row) for row in uow.session.execute(statement).mappings()]
