"""What cheques are worth, month by month and place by place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, extract, func, select

from kernel.access import Role, allowed
from kernel.organisations import Location, Organisation
from kernel.unit_of_work import UnitOfWork
from vouchers.models import Booklet, Redemption


@dataclass(frozen=True, kw_only=True)
class MonthAtPlace:
    """One location in one month of care: how many cheques, and their worth where it is known."""

    month: date  # its first day
    organisation_id: UUID
    organisation_name: str
    location_id: UUID
    location_name: str
    cheques: int
    cents: int
    without_price: int


@allowed(Role.PROVIDER)
def own_earnings(uow: UnitOfWork, *, since: date, until: date) -> list[MonthAtPlace]:
    """Give what the actor's own locations earned, newest month first; both days are included."""
    own = _live(since, until).where(Location.organisation_id == uow.actor.organisation_id)
    return _read(uow, own)


@allowed(Role.FINANCE, Role.REGIE)
def city_earnings(uow: UnitOfWork, *, since: date, until: date) -> list[MonthAtPlace]:
    """Give what every provider's locations earned, newest month first; both days are included."""
    return _read(uow, _live(since, until))


def _live(since: date, until: date) -> Select[*tuple[Any, ...]]:
    """What counts: scanned, not undone, and no exercise."""
    return (
        select(
            _YEAR,
            _MONTH,
            Organisation.id.label("organisation_id"),
            Organisation.name.label("organisation_name"),
            Location.id.label("location_id"),
            Location.name.label("location_name"),
            func.count(Redemption.id).label("cheques"),
            func.coalesce(func.sum(Redemption.price_cents), 0).label("cents"),
            func.count(Redemption.price_cents).label("priced"),
        )
        .select_from(Redemption)
        .join(Booklet, Booklet.id == Redemption.booklet_id)
        .join(Location, Location.id == Redemption.location_id)
        .join(Organisation, Organisation.id == Location.organisation_id)
        .where(
            Redemption.care_date.between(since, until),
            Redemption.annulled_at.is_(None),
            Location.training.is_(False),
            Booklet.training.is_(False),
        )
        .group_by(_YEAR, _MONTH, Organisation.id, Organisation.name, Location.id, Location.name)
        .order_by(_YEAR.desc(), _MONTH.desc(), Organisation.name, Location.name)
    )


def _read(uow: UnitOfWork, statement: Select[*tuple[Any, ...]]) -> list[MonthAtPlace]:
    return [
        MonthAtPlace(
            month=date(int(row.year), int(row.month), 1),
            organisation_id=row.organisation_id,
            organisation_name=row.organisation_name,
            location_id=row.location_id,
            location_name=row.location_name,
            cheques=row.cheques,
            cents=int(row.cents),
            without_price=row.cheques - row.priced,
        )
        for row in uow.session.execute(statement)
    ]


@dataclass(frozen=True, kw_only=True)
class Sum:
    """What several lines are together."""

    cheques: int
    cents: int
    without_price: int


def together(lines: Sequence[MonthAtPlace]) -> Sum:
    """Add lines up."""
    return Sum(
        cheques=sum(line.cheques for line in lines),
        cents=sum(line.cents for line in lines),
        without_price=sum(line.without_price for line in lines),
    )


_YEAR = extract("year", Redemption.care_date).label("year")
_MONTH = extract("month", Redemption.care_date).label("month")
