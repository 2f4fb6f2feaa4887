"""What a provider redeemed, one scan after the other."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from kernel.access import Role, allowed
from kernel.organisations import Location
from kernel.unit_of_work import UnitOfWork
from vouchers.models import Booklet, Redemption, undo_until


@dataclass(frozen=True, kw_only=True)
class ScanRow:
    """One redemption in a list."""

    id: UUID
    cheque_number: int
    size: int
    used_after: int
    booklet_number: str
    care_date: date
    care_moment: str
    location_id: UUID
    location_name: str
    price_cents: int | None
    redeemed_at: datetime
    annulled_at: datetime | None

    def can_undo(self, now: datetime) -> bool:
        """Say whether its provider may still undo it."""
        return self.annulled_at is None and now <= undo_until(self.redeemed_at)


_ROW = (
    Redemption.id,
    Redemption.cheque_number,
    Booklet.size,
    Redemption.used_after,
    Booklet.number.label("booklet_number"),
    Redemption.care_date,
    Redemption.care_moment,
    Redemption.location_id,
    Location.name.label("location_name"),
    Redemption.price_cents,
    Redemption.redeemed_at,
    Redemption.annulled_at,
)


@allowed(Role.PROVIDER, Role.REGIE)
def read_redemptions(uow: UnitOfWork, *, since: date, until: date) -> list[ScanRow]:
    """Give the actor's own redemptions by day of care, newest first, annulled ones included.

    The regie gets every provider's. Both days are included.
    """
    rows = uow.session.execute(
        _own(uow, select(*_ROW))
        .join(Booklet, Booklet.id == Redemption.booklet_id)
        .where(Redemption.care_date.between(since, until))
        .order_by(Redemption.care_date.desc(), Redemption.redeemed_at.desc())
    )
    return [ScanRow(**row._mapping) for row in rows]  # noqa: SLF001 — SQLAlchemy's public name


@allowed(Role.PROVIDER, Role.REGIE)
def read_redemption(uow: UnitOfWork, *, redemption_id: UUID) -> ScanRow | None:
    """Give one redemption of the actor's own, or None."""
    row = uow.session.execute(
        _own(uow, select(*_ROW))
        .join(Booklet, Booklet.id == Redemption.booklet_id)
        .where(Redemption.id == redemption_id)
    ).one_or_none()
    return None if row is None else ScanRow(**row._mapping)  # noqa: SLF001


def _own(uow: UnitOfWork, statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    joined = statement.select_from(Redemption).join(Location, Location.id == Redemption.location_id)
    if uow.actor.is_any(Role.REGIE):
        return joined
    return joined.where(Location.organisation_id == uow.actor.organisation_id)
