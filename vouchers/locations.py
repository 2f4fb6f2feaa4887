"""The places that take cheques, as the city looks after them: approved or not, used or not."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true

from kernel.access import Role, allowed
from kernel.joining import waits_for_answer
from kernel.organisations import Admission, District, Location, Organisation, Room
from kernel.places import ROOM_HOLDS
from kernel.text import sought
from kernel.unit_of_work import UnitOfWork
from vouchers.models import Redemption

PAGE = 50
_LAST_PAGE = 100_000  # nobody has more, and the databases count no further than 64 bits
_LONGEST = 60  # signs of a search


class Chosen(StrEnum):
    """Which places to list."""

    ALL = "all"
    WAITING = "waiting"
    APPROVED = "approved"
    ENDED = "ended"
    USED = "used"  # at least one cheque this month
    DECLINED = "declined"


@dataclass(frozen=True, kw_only=True)
class LocationRow:
    """A place in the city's list, with what it says of its week and when it last took a cheque."""

    id: UUID
    name: str
    kind: str
    organisation: str
    address: str
    postcode: str
    municipality: str
    district: str | None
    phone: str
    approved_on: date | None
    ended_on: date | None
    training: bool
    room: str | None
    room_said_at: datetime | None
    asked_at: datetime | None
    declined_at: datetime | None
    declined_because: str | None
    last_used_on: date | None
    this_month: int

    def admission(self, on: date) -> Admission:
        """Say whether it takes cheques on a day."""
        if self.declined_at is not None:
            return Admission.DECLINED
        if self.approved_on is None or self.approved_on > on:
            return Admission.WAITING
        ended = self.ended_on is not None and self.ended_on < on
        return Admission.ENDED if ended else Admission.APPROVED

    def room_now(self, now: datetime) -> Room | None:
        """Give what it says of its week, or None when that was too long ago."""
        fresh = self.room_said_at is not None and now - self.room_said_at <= ROOM_HOLDS
        return Room(self.room) if self.room and fresh else None


@allowed(Role.REGIE, Role.ADMINISTRATOR)
def read_locations(
    uow: UnitOfWork, *, search: str = "", chosen: Chosen = Chosen.ALL, page: int = 1
) -> tuple[list[LocationRow], int]:
    """Give a page of 50 places, those that wait for approval first, and how many there are.

    `search` finds part of a name, an organisation, an address, a postcode or a district. A place
    that asked to take part is not among them before the city answered: `read_requests` gives it.
    """
    scans = _scans(uow.today)
    this_month = func.coalesce(scans.c.this_month, 0)
    found = and_(
        _chosen(chosen, uow.today, this_month),
        _matches(sought(search, at_most=_LONGEST)),
        Location.joined_at.is_(None),
        ~waits_for_answer(),
    )
    statement = _joined(select(*_ROW, scans.c.last_used_on, this_month.label("this_month")), scans)
    rows = uow.session.execute(
        statement.where(found)
        .order_by(Location.approved_on.is_not(None), func.lower(Location.name), Location.id)
        .limit(PAGE)
        .offset((min(max(page, 1), _LAST_PAGE) - 1) * PAGE)
    ).mappings()
    counted = _joined(select(func.count(Location.id)), scans).where(found)
    return [LocationRow(**dict(row)) for row in rows], uow.session.scalar(counted) or 0


@allowed(Role.REGIE, Role.ADMINISTRATOR)
def read_location(uow: UnitOfWork, *, location_id: UUID) -> LocationRow | None:
    """Give one place, or None when it is not known."""
    scans = _scans(uow.today)
    this_month = func.coalesce(scans.c.this_month, 0).label("this_month")
    statement = _joined(select(*_ROW, scans.c.last_used_on, this_month), scans)
    row = uow.session.execute(statement.where(Location.id == location_id)).mappings().first()
    return LocationRow(**dict(row)) if row else None


def awaiting(today: date) -> ColumnElement[bool]:
    """Give the condition of a place that waits for the city's yes: never approved, or not yet."""
    return and_(
        or_(Location.approved_on.is_(None), Location.approved_on > today),
        Location.declined_at.is_(None),
        Location.joined_at.is_(None),
    )


_ROW = (
    Location.id,
    Location.name,
    Location.kind,
    Organisation.name.label("organisation"),
    Location.address,
    Location.postcode,
    Location.municipality,
    District.name.label("district"),
    Location.phone,
    Location.approved_on,
    Location.ended_on,
    Location.training,
    Location.room,
    Location.room_said_at,
    Location.asked_at,
    Location.declined_at,
    Location.declined_because,
)


def _scans(today: date) -> Any:
    """Each place's last care date, and its cheques of this month; undone scans do not count."""
    in_month = Redemption.care_date >= today.replace(day=1)
    return (
        select(
            Redemption.location_id,
            func.max(Redemption.care_date).label("last_used_on"),
            func.sum(case((in_month, 1), else_=0)).label("this_month"),
        )
        .where(Redemption.annulled_at.is_(None))
        .group_by(Redemption.location_id)
        .subquery("scans")
    )


def _joined(statement: Select[*tuple[Any, ...]], scans: Any) -> Select[*tuple[Any, ...]]:
    return (
        statement.select_from(Location)
        .join(Organisation, Organisation.id == Location.organisation_id)
        .outerjoin(District, District.id == Location.district_id)
        .outerjoin(scans, scans.c.location_id == Location.id)
    )


def _chosen(chosen: Chosen, today: date, this_month: ColumnElement[int]) -> ColumnElement[bool]:
    ended = and_(Location.ended_on.is_not(None), Location.ended_on < today)
    goes_on = or_(Location.ended_on.is_(None), Location.ended_on >= today)
    match chosen:
        case Chosen.WAITING:
            return awaiting(today)
        case Chosen.APPROVED:
            return and_(Location.approved_on <= today, goes_on)
        case Chosen.ENDED:
            return and_(Location.approved_on <= today, ended)
        case Chosen.DECLINED:
            return Location.declined_at.is_not(None)
        case Chosen.USED:
            return and_(this_month > 0, Location.training.is_(False))
        case _:
            return true()


def _matches(search: str) -> ColumnElement[bool]:
    if not search:
        return true()
    columns = (
        Location.name,
        Organisation.name,
        Location.address,
        Location.postcode,
        Location.municipality,
        District.name,
    )
    return or_(*(column.icontains(search, autoescape=True) for column in columns))
