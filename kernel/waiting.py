"""Who asked to take part and waits for the city, with what the register knows of the place."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from kernel.access import Role, allowed
from kernel.accounts import Account, AccountRole
from kernel.joining import waits_for_answer
from kernel.organisations import Location, Organisation, OrganisationKind
from kernel.text import sought
from kernel.unit_of_work import UnitOfWork

MOST = 50  # requests on one page; a city has no more, unless it chose so
_LONGEST = 60


@dataclass(frozen=True, kw_only=True)
class KnownPlace:
    """What the register says of the place that somebody says to be."""

    name: str
    kind: str
    organisation: str
    address: str
    postcode: str
    municipality: str
    phone: str
    register_number: str | None
    approved_on: date | None
    ended_on: date | None
    people: int


@dataclass(frozen=True, kw_only=True)
class RequestRow:
    """A place that asked: as it was written down, by whom, and whether their address is proved."""

    id: UUID
    name: str
    kind: str
    organisation: str
    address: str
    postcode: str
    municipality: str
    phone: str
    register_number: str | None
    asked_at: datetime
    person: str
    email: str
    proved: bool
    known: KnownPlace | None


@allowed(Role.REGIE, Role.ADMINISTRATOR)
def read_requests(uow: UnitOfWork, *, search: str = "") -> list[RequestRow]:
    """Give the places that wait for an answer, the longest waiting first, or those searched."""
    known, theirs = aliased(Location), aliased(Organisation)
    people = (
        select(func.count(Account.id))
        .where(Account.organisation_id == known.organisation_id, Account.disabled_at.is_(None))
        .correlate(known)
        .scalar_subquery()
    )
    asker = aliased(Account)
    rows = uow.session.execute(
        select(Location, Organisation.name, asker, known, theirs.name, people)
        .join(Organisation, Organisation.id == Location.organisation_id)
        .join(asker, asker.id == Location.asked_by)
        .outerjoin(known, known.id == Location.same_as_id)
        .outerjoin(theirs, theirs.id == known.organisation_id)
        .where(waits_for_answer(), _matches(sought(search, at_most=_LONGEST)))
        .order_by(Location.asked_at, Location.id)
        .limit(MOST)
    )
    return [_row(row) for row in rows]


def city_desk(session: Session) -> UUID | None:
    """Give the organisation that answers requests: where the regie works, else the city itself."""
    regie = exists().where(
        Account.organisation_id == Organisation.id,
        Account.disabled_at.is_(None),
        AccountRole.account_id == Account.id,
        AccountRole.role == str(Role.REGIE),
    )
    return session.scalar(
        select(Organisation.id)
        .where(or_(regie, Organisation.kind == OrganisationKind.CITY))
        .order_by(case((regie, 0), else_=1), Organisation.name)
        .limit(1)
    )


def _row(row: Any) -> RequestRow:
    place, organisation, asker, known, theirs, people = row
    assert place.asked_at is not None
    beside = (
        KnownPlace(
            organisation=theirs,
            people=people,
            approved_on=known.approved_on,
            ended_on=known.ended_on,
            **_place(known),
        )
        if known
        else None
    )
    return RequestRow(
        id=place.id,
        organisation=organisation,
        asked_at=place.asked_at,
        person=asker.name,
        email=asker.email,
        proved=asker.password_hash is not None or asker.seen_at is not None,
        known=beside,
        **_place(place),
    )


def _place(location: Location) -> dict[str, Any]:
    told = ("name", "kind", "address", "postcode", "municipality", "phone", "register_number")
    return {name: getattr(location, name) for name in told}


def _matches(search: str) -> ColumnElement[bool]:
    if not search:
        return true()
    columns = (Location.name, Organisation.name, Location.municipality, Location.postcode)
    return or_(*(column.icontains(search, autoescape=True) for column in columns))
