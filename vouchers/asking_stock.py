"""A referrer asks the desk for more blank booklets; a delivery, or the desk, settles it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from kernel.access import Role, allowed
from kernel.accounts import Account, AccountRole
from kernel.errors import Invalid
from kernel.events import RecordedEvent
from kernel.organisations import Organisation
from kernel.unit_of_work import UnitOfWork
from vouchers.batching import MOST
from vouchers.errors import NothingAsked
from vouchers.events import StockAnswered, StockAsked

_NAMES = (StockAsked.name, StockAnswered.name)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A referrer waits for blank booklets."""

    holder_id: UUID
    name: str
    organisation: str
    booklets: int
    at: datetime


@allowed(Role.REFERRER)
def ask_for_stock(uow: UnitOfWork, *, booklets: int) -> None:
    """Ask the desk for 1 to 50 blank booklets. While that is open, a new number replaces the old.

    The same number asked again changes nothing.
    """
    if not 1 <= booklets <= MOST:
        raise Invalid(fields={"booklets": [f"Vraag 1 tot {MOST} boekjes."]})
    me = uow.actor.account_id
    uow.session.execute(select(Account.id).where(Account.id == me).with_for_update())
    open_ask = own_ask(uow)
    if open_ask is None or open_ask.booklets != booklets:
        uow.record(StockAsked(holder_id=me, booklets=booklets))


@allowed(Role.REFERRER)
def own_ask(uow: UnitOfWork) -> Ask | None:
    """Give what one asked oneself and still waits for, or None."""
    return next(iter(_read(uow, _open().where(Account.id == uow.actor.account_id))), None)


@allowed(Role.REFERRER)
def withdraw_ask(uow: UnitOfWork) -> None:
    """Take back what one asked oneself: no booklets are needed after all."""
    _settle(uow, uow.actor.account_id)


@allowed(Role.REGIE)
def read_asks(uow: UnitOfWork) -> list[Ask]:
    """Give who waits for blank booklets, the longest waiting first."""
    return _read(uow, _open())


@allowed(Role.REGIE)
def settle_ask(uow: UnitOfWork, *, holder_id: UUID) -> None:
    """Say that a referrer needs no delivery after all; refuses when nothing is asked."""
    _settle(uow, holder_id)


def ask_anew(uow: UnitOfWork, holder_id: UUID) -> None:
    """Let a referrer wait again for what was asked, because the delivery was undone."""
    last = uow.session.execute(
        select(RecordedEvent.name, RecordedEvent.payload)
        .where(RecordedEvent.subject_id == holder_id, RecordedEvent.name.in_(_NAMES))
        .order_by(RecordedEvent.number.desc())
        .limit(2)
    ).all()
    if [name for name, _ in last] == [StockAnswered.name, StockAsked.name]:
        uow.record(StockAsked(holder_id=holder_id, booklets=last[1].payload["booklets"]))


def _settle(uow: UnitOfWork, holder_id: UUID) -> None:
    if not _read(uow, _open().where(Account.id == holder_id)):
        raise NothingAsked
    uow.record(StockAnswered(holder_id=holder_id, booklets=0))


def _open() -> Select[*tuple[Any, ...]]:
    """Find the last thing asked or answered of each referrer, where that was asked.

    By the subjects' index: it reads no other event than those few.
    """
    other = aliased(RecordedEvent)
    last = (
        select(func.max(other.number))
        .where(other.subject_id == Account.id, other.name.in_(_NAMES))
        .scalar_subquery()
    )
    return (
        select(
            Account.id,
            Account.name,
            Organisation.name,
            RecordedEvent.payload,
            RecordedEvent.occurred_at,
        )
        .join(AccountRole, AccountRole.account_id == Account.id)
        .join(Organisation, Organisation.id == Account.organisation_id)
        .join(RecordedEvent, RecordedEvent.number == last)
        .where(
            AccountRole.role == Role.REFERRER,
            Account.disabled_at.is_(None),
            RecordedEvent.name == StockAsked.name,
        )
        .order_by(RecordedEvent.number)
    )


def _read(uow: UnitOfWork, statement: Select[*tuple[Any, ...]]) -> list[Ask]:
    return [
        Ask(holder_id=one, name=name, organisation=home, booklets=told["booklets"], at=at)
        for one, name, home, told, at in uow.session.execute(statement)
    ]
