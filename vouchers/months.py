"""A month of care at a provider's places, day by day, as it can be read, printed and kept."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from kernel.access import Role, allowed
from kernel.calendar import add_months
from kernel.organisations import Location
from kernel.rules import rules_on
from kernel.unit_of_work import UnitOfWork
from vouchers.choices import PAYMENT_DAY
from vouchers.models import Booklet, CareMoment, Redemption


@dataclass(frozen=True, kw_only=True)
class DayAtPlace:
    """One day of care at one place, for one price: whole and half days, and their worth."""

    day: date
    location_id: UUID
    location_name: str
    cheques: int
    halves: int
    price_cents: int | None
    cents: int


@dataclass(frozen=True, kw_only=True)
class Payment:
    """When the city pays a month, where it chose a day for that."""

    around: date | None
    is_past: bool


@allowed(Role.PROVIDER)
def own_month(uow: UnitOfWork, *, month: date) -> list[DayAtPlace]:
    """Give the days of a month (its first day) on which the actor's own places took cheques.

    By place and day; a half day has a line of its own where its price is another. Scans that were
    undone and exercises do not count.
    """
    half = Redemption.care_moment == CareMoment.HALF_DAY
    rows = uow.session.execute(
        select(
            Redemption.care_date,
            Location.id,
            Location.name,
            half.label("half"),
            Redemption.price_cents,
            func.count(Redemption.id).label("count"),
        )
        .select_from(Redemption)
        .join(Booklet, Booklet.id == Redemption.booklet_id)
        .join(Location, Location.id == Redemption.location_id)
        .where(
            Location.organisation_id == uow.actor.organisation_id,
            Redemption.care_date.between(month, add_months(month, 1) - timedelta(days=1)),
            Redemption.annulled_at.is_(None),
            Location.training.is_(False),
            Booklet.training.is_(False),
        )
        .group_by(Redemption.care_date, Location.id, Location.name, half, Redemption.price_cents)
        .order_by(func.lower(Location.name), Location.id, Redemption.care_date, half)
    )
    return [_line(row) for row in rows]


@allowed(Role.PROVIDER)
def first_month(uow: UnitOfWork) -> date | None:
    """Give the first month in which the actor's own places took a cheque, or None."""
    first = uow.session.scalar(
        select(func.min(Redemption.care_date))
        .join(Location, Location.id == Redemption.location_id)
        .where(
            Location.organisation_id == uow.actor.organisation_id,
            Redemption.annulled_at.is_(None),
        )
    )
    return first.replace(day=1) if first else None


@allowed(Role.PROVIDER)
def payment_of(uow: UnitOfWork, *, month: date) -> Payment:
    """Say around which day the city pays a month, where it chose a day.

    Whether it did is not known here.
    """
    following = add_months(month, 1)
    day = rules_on(uow.session, following)[PAYMENT_DAY]
    if day is None:
        return Payment(around=None, is_past=False)
    around = min(following + timedelta(days=day - 1), add_months(following, 1) - timedelta(days=1))
    return Payment(around=around, is_past=around < uow.today)


def _line(row: Any) -> DayAtPlace:
    day, place, name, half, price, count = row
    return DayAtPlace(
        day=day,
        location_id=place,
        location_name=name,
        cheques=count,
        halves=count if half else 0,
        price_cents=price,
        cents=(price or 0) * count,
    )
