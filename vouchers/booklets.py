"""The booklets that an organisation handed out, to find one again."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from kernel.access import Role, allowed
from kernel.calendar import day_of
from kernel.organisations import District, Location, Organisation
from kernel.people import Child, Family
from kernel.text import sought
from kernel.unit_of_work import UnitOfWork
from vouchers import codes
from vouchers.extending import last_extension
from vouchers.from_stock import home_of_stock
from vouchers.models import Appointment, Booklet, BookletState
from vouchers.replacing import family_began, own_booklet

PAGE = 50
_LAST_PAGE = 100_000  # nobody has more, and the databases count no further than 64 bits
_LONGEST = 40  # signs of a search


class Standing(StrEnum):
    """How a booklet is doing, as people say it: read, never stored."""

    STOCK = "stock"
    UNUSED = "unused"
    IN_USE = "in-use"
    COMPLETED = "completed"
    EXPIRED = "expired"
    BLOCKED = "blocked"


@dataclass(frozen=True, kw_only=True)
class BookletRow:
    """A booklet in a list: by the family's reference, never by a name."""

    id: UUID
    number: str
    reference: str | None
    organisation: str | None
    state: str
    size: int
    used_count: int
    handed_out_on: date | None
    valid_until: date | None
    last_used_on: date | None
    replaces_id: UUID | None

    def standing(self, on: date) -> Standing:
        """Say how the booklet is doing on a day."""
        return standing(self.state, self.used_count, self.size, self.valid_until, on)


def standing(state: str, used: int, size: int, valid_until: date | None, on: date) -> Standing:
    """Say how a booklet is doing on a day, from what is stored of it."""
    if state in {BookletState.BLOCKED_LOST, BookletState.BLOCKED_ERROR}:
        return Standing.BLOCKED
    if state != BookletState.HANDED_OUT:
        return Standing.STOCK
    if used == size:
        return Standing.COMPLETED
    if valid_until is not None and valid_until < on:
        return Standing.EXPIRED
    return Standing.IN_USE if used else Standing.UNUSED


_ROW = (
    Booklet.id,
    Booklet.number,
    Family.reference,
    Organisation.name.label("organisation"),
    Booklet.state,
    Booklet.size,
    Booklet.used_count,
    Booklet.handed_out_on,
    Booklet.valid_until,
    Booklet.last_used_on,
    Booklet.replaces_id,
)


@allowed(Role.REFERRER, Role.REGIE)
def read_booklets(
    uow: UnitOfWork, *, search: str = "", unused: bool = False, page: int = 1
) -> tuple[list[BookletRow], int]:
    """Give a page of 50 booklets of the own organisation (the regie: of all), newest first.

    `search` finds part of a reference, or a booklet's number however it was typed: then also one
    from stock, which has a list of its own. `unused` gives only those that a family has and that
    wait for their first use. Gives the rows and how many there are in all.
    """
    found = and_(_own(uow), _unused(uow.today)) if unused else _own(uow)
    if text := sought(search, at_most=_LONGEST):
        found = and_(found, _matches(text))
    else:
        found = and_(found, Booklet.family_id.is_not(None))
    total = uow.session.scalar(
        select(func.count(Booklet.id))
        .outerjoin(Family, Family.id == Booklet.family_id)
        .where(found)
    )
    rows = uow.session.execute(
        _rows()
        .where(found)
        .order_by(Booklet.handed_out_on.desc(), Booklet.printed_at.desc(), Booklet.id)
        .limit(PAGE)
        .offset((min(max(page, 1), _LAST_PAGE) - 1) * PAGE)
    )
    return [BookletRow(**row._mapping) for row in rows], total or 0  # noqa: SLF001


@dataclass(frozen=True, kw_only=True)
class BookletFile:
    """One booklet with its family, for whoever handed it out."""

    row: BookletRow
    family_id: UUID | None
    name: str | None
    phone: str | None
    language: str | None
    district: str | None
    district_id: UUID | None
    first_names: tuple[str, ...]
    visit_on: date | None
    visit_location_id: UUID | None
    visit_at: str | None
    visit_company: str | None
    replaced_by: UUID | None
    began: bool  # a cheque was used, from this booklet or from the one that it replaces
    outer_limit: date | None  # printed on a booklet from stock; its last day is written by hand
    extended_today: bool
    removed: bool  # on the family's request: it is nobody's now


@allowed(Role.REFERRER, Role.REGIE)
def read_booklet(uow: UnitOfWork, *, booklet_id: UUID) -> BookletFile:
    """Give one booklet with its family and its first visit; refuse another organisation's.

    Who reads this reads a family's file: the door leaves an audit row.
    """
    booklet = own_booklet(uow, booklet_id)
    row = uow.session.execute(
        _rows(
            Family.id.label("family_id"),
            Family.removed_at,
            Family.name,
            Family.phone,
            Family.language,
            District.name.label("district"),
            District.id.label("district_id"),
        )
        .outerjoin(District, District.id == Family.district_id)
        .where(Booklet.id == booklet.id)
    ).one()
    visit = uow.session.execute(
        select(Appointment.day, Location.id, Location.name, Appointment.company)
        .join(Location, Location.id == Appointment.location_id)
        .where(Appointment.booklet_id == booklet.id, Appointment.replaced_at.is_(None))
    ).one_or_none()
    names = uow.session.scalars(
        select(Child.first_name).where(
            Child.family_id == booklet.family_id, Child.first_name.is_not(None)
        )
    )
    new = uow.session.scalar(select(Booklet.id).where(Booklet.replaces_id == booklet.id))
    began = uow.session.scalar(select(family_began()).where(Booklet.id == booklet.id))
    last = last_extension(uow, booklet.id)
    columns = {column.key for column in _ROW}
    return BookletFile(
        row=BookletRow(**{k: v for k, v in row._mapping.items() if k in columns}),  # noqa: SLF001
        family_id=row.family_id,
        name=row[len(_ROW) + 2],
        phone=row.phone,
        language=row.language,
        district=row.district,
        district_id=row.district_id,
        first_names=tuple(name for name in names if name),
        visit_on=visit[0] if visit else None,
        visit_location_id=visit[1] if visit else None,
        visit_at=visit[2] if visit else None,
        visit_company=visit[3] if visit else None,
        replaced_by=new,
        began=bool(began),
        outer_limit=booklet.outer_limit,
        extended_today=last is not None and day_of(last.made_at) == uow.today,
        removed=row.removed_at is not None,
    )


@allowed(Role.REFERRER, Role.REGIE)
def count_unused(uow: UnitOfWork) -> int:
    """Give how many booklets of the own organisation (the regie: of all) wait for a first use."""
    statement = select(func.count(Booklet.id)).where(_own(uow), _unused(uow.today))
    return uow.session.scalar(statement) or 0


@allowed(Role.REFERRER, Role.REGIE)
def given_this_year(uow: UnitOfWork) -> int:
    """Give how many families the own organisation gave a booklet this year."""
    counted = uow.session.scalar(
        select(func.count(Booklet.id)).where(
            Booklet.organisation_id == uow.actor.organisation_id,
            Booklet.handed_out_on >= date(uow.today.year, 1, 1),
            Booklet.replaces_id.is_(None),
            Booklet.training.is_(False),
            Booklet.state != BookletState.BLOCKED_ERROR,
        )
    )
    return counted or 0


@allowed(Role.REFERRER, Role.REGIE)
def propose_reference(uow: UnitOfWork, *, number: str = "") -> str:
    """Propose a reference for a new family: the organisation's letters, the year, a number.

    With the number of a booklet from stock, in the row of whose family it will be.
    """
    home = home_of_stock(uow, number=number)
    prefix = uow.session.scalar(select(Organisation.prefix).where(Organisation.id == home))
    start = f"{prefix or 'OP'}-{uow.today.year}-"
    taken = uow.session.scalars(
        select(Family.reference).where(
            Family.organisation_id == home, Family.reference.startswith(start)
        )
    )
    numbers = [int(rest) for rest in (ref.removeprefix(start) for ref in taken) if rest.isdecimal()]
    return f"{start}{max(numbers, default=0) + 1:03}"


def _rows(*more: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(*_ROW, *more)
        .select_from(Booklet)
        .outerjoin(Family, Family.id == Booklet.family_id)
        .outerjoin(Organisation, Organisation.id == Booklet.organisation_id)
    )


def _unused(today: date) -> ColumnElement[bool]:
    return and_(
        Booklet.state == BookletState.HANDED_OUT,
        Booklet.used_count == 0,
        Booklet.valid_until >= today,
        Booklet.training.is_(False),
        ~family_began(),
    )


def _own(uow: UnitOfWork) -> ColumnElement[bool]:
    if uow.actor.is_any(Role.REGIE):
        return Booklet.id.is_not(None)
    return Booklet.organisation_id == uow.actor.organisation_id


def _matches(search: str) -> ColumnElement[bool]:
    return or_(
        Family.reference.icontains(search, autoescape=True),
        Booklet.number == codes.normalised(search),
    )
