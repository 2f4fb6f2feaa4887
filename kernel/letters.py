"""A letter is written down with what it tells of, and leaves afterwards: not lost, not doubled."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.accounts import Account
from kernel.database import Base, Entity
from kernel.events import Event
from kernel.unit_of_work import UnitOfWork


class LetterKind(StrEnum):
    """What a letter is for."""

    INVITATION = "invitation"
    SIGN_IN_CODE = "sign-in-code"
    MORNING = "morning"
    GOOD_NEWS = "good-news"
    NOTICE = "notice"  # something about the account itself, such as a factor that was reset


_GOOD_NEWS = text("kind = 'good-news'")


class Letter(Entity):
    """A letter to one account: once for each kind, what it is about, and period.

    Good news is told to one account only, whoever stands in for whom. No name and no secret stands
    in a letter: `{link}` and `{code}` in the body are filled in when it leaves.
    """

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("account_id", "kind", "about_id", "period"),
        Index(
            None,
            "about_id",
            "period",
            unique=True,
            sqlite_where=_GOOD_NEWS,
            postgresql_where=_GOOD_NEWS,
        ),
        Index(None, "written_at"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str]
    about_id: Mapped[UUID]
    period: Mapped[str]
    subject: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]


class ToldTask(Base):
    """A task that a morning letter told an account of, and when: so that it is told once."""

    __tablename__ = "told_task"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    task_id: Mapped[UUID] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]


@dataclass(frozen=True, kw_only=True)
class LetterWritten(Event):
    """A letter waits to leave. No letter waits for another: a sign-in code is in a hurry."""

    name: ClassVar[str] = "kernel.letter_written"
    subject: ClassVar[str] = "letter_id"
    letter_id: UUID
    account_id: UUID


def write_letter(
    uow: UnitOfWork,
    *,
    account_id: UUID,
    kind: LetterKind,
    about_id: UUID,
    period: str,
    subject: str,
    body: str,
) -> bool:
    """Write a letter that leaves after the commit; says whether it was not written before.

    Takes a `subject` of at most 120 signs and a plain `body`, both without names. A second letter
    of the same kind about the same thing in the same `period` is not written; good news not even
    to somebody else.
    """
    known = select(Letter.id).where(
        Letter.kind == kind, Letter.about_id == about_id, Letter.period == period
    )
    if kind != LetterKind.GOOD_NEWS:
        known = known.where(Letter.account_id == account_id)
    if uow.session.scalar(known) is not None:
        return False
    letter = Letter(
        account_id=account_id,
        kind=kind,
        about_id=about_id,
        period=period,
        subject=subject,
        body=body,
        written_at=uow.now,
    )
    uow.session.add(letter)
    uow.session.flush()
    uow.record(LetterWritten(letter_id=letter.id, account_id=account_id))
    return True


def stands_in_for(session: Session, account_id: UUID, on: date) -> UUID | None:
    """Give who does an account's work on a day: itself, its stand-in, or None: the organisation.

    Somebody who is away without a stand-in, whose stand-in is away or gone, or whose account is
    disabled, leaves the work to the organisation.
    """
    account = session.get(Account, account_id)
    if account is None or account.disabled_at is not None:
        return None
    if not account.is_away(on):
        return account.id
    other = session.get(Account, account.stand_in_id) if account.stand_in_id else None
    if other is None or other.disabled_at is not None or other.is_away(on):
        return None
    return other.id
