"""Every look into a family's file leaves a row that the house itself cannot change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, insert, select, true
from sqlalchemy.orm import Mapped, mapped_column

from kernel.access import Actor, Role, allowed
from kernel.accounts import Account
from kernel.calendar import end_of_day
from kernel.cities import City
from kernel.database import Base
from kernel.events import Number
from kernel.organisations import Organisation
from kernel.people import Family
from kernel.unit_of_work import UnitOfWork

PAGE = 50


class AuditRow(Base):
    """Who looked at whose file, when, and through what; ids only.

    A trigger refuses every change, and lets a row go only once it is five years old.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index(None, "subject_id", "number"),
        Index(None, "account_id", "number"),
        Index(None, "at"),
    )

    number: Mapped[int] = mapped_column(Number, primary_key=True, init=False)
    at: Mapped[datetime]
    account_id: Mapped[UUID]
    what: Mapped[str]
    subject_id: Mapped[UUID]


def note_reading(city: City, actor: Actor, *, what: str, subject_ids: list[UUID]) -> None:
    """Write down that the actor reads these families' files, before the answer leaves.

    A transaction of its own: without the row no answer.
    """
    if not subject_ids:
        return
    with city.database.transaction(writes=True) as session:
        now = datetime.now(UTC)
        session.execute(
            insert(AuditRow),
            [
                {"at": now, "account_id": actor.account_id, "what": what, "subject_id": subject}
                for subject in subject_ids
            ],
        )


@dataclass(frozen=True, kw_only=True)
class Look:
    """Somebody looked at a family's file."""

    number: int
    at: datetime
    what: str
    account_id: UUID
    name: str | None
    organisation: str | None
    family_id: UUID
    reference: str | None


@dataclass(frozen=True, kw_only=True)
class Sought:
    """Which looks are asked for: of a person, at a family, in a period of whole days."""

    account_id: UUID | None = None
    family_id: UUID | None = None
    since: date | None = None
    until: date | None = None


@allowed(Role.ADMINISTRATOR)
def read_looks(
    uow: UnitOfWork, *, sought: Sought, before: int | None = None, at_most: int = PAGE
) -> tuple[list[Look], bool]:
    """Give the looks that are sought, the newest first, and whether there are older ones.

    `before` is the number of the last one that was shown: the next page goes on from there.
    """
    rows = uow.session.execute(
        select(
            AuditRow.number,
            AuditRow.at,
            AuditRow.what,
            AuditRow.account_id,
            Account.name,
            Organisation.name.label("organisation"),
            AuditRow.subject_id.label("family_id"),
            Family.reference,
        )
        .outerjoin(Account, Account.id == AuditRow.account_id)
        .outerjoin(Organisation, Organisation.id == Account.organisation_id)
        .outerjoin(Family, Family.id == AuditRow.subject_id)
        .where(*_matching(sought), AuditRow.number < before if before else true())
        .order_by(AuditRow.number.desc())
        .limit(at_most + 1)
    )
    found = [_look(row) for row in rows]
    return found[:at_most], len(found) > at_most


@dataclass(frozen=True, kw_only=True)
class Looker:
    """Somebody who may have looked: for a list to choose from."""

    id: UUID
    name: str
    organisation: str


@allowed(Role.ADMINISTRATOR)
def read_lookers(uow: UnitOfWork) -> list[Looker]:
    """Give everybody with an account, by organisation and name."""
    rows = uow.session.execute(
        select(Account.id, Account.name, Organisation.name)
        .join(Organisation, Organisation.id == Account.organisation_id)
        .order_by(Organisation.name, Account.name, Account.id)
    )
    return [Looker(id=row[0], name=row[1], organisation=row[2]) for row in rows]


def _look(row: Any) -> Look:
    number, at, what, account_id, name, organisation, family_id, reference = row
    return Look(
        number=number,
        at=at,
        what=what,
        account_id=account_id,
        name=name,
        organisation=organisation,
        family_id=family_id,
        reference=reference,
    )


def _matching(sought: Sought) -> Sequence[ColumnElement[bool]]:
    asked = []
    if sought.account_id is not None:
        asked.append(AuditRow.account_id == sought.account_id)
    if sought.family_id is not None:
        asked.append(AuditRow.subject_id == sought.family_id)
    if sought.since is not None:
        asked.append(AuditRow.at >= end_of_day(sought.since - timedelta(days=1)))
    if sought.until is not None:
        asked.append(AuditRow.at < end_of_day(sought.until))
    return asked
