"""How many blank booklets lie where: at the desk, and with each referrer."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import case, func, select

from kernel.access import Role, allowed
from kernel.accounts import Account, AccountRole
from kernel.organisations import Organisation
from kernel.unit_of_work import UnitOfWork
from vouchers.models import Booklet, BookletState

WARN_BEFORE = timedelta(days=60)  # of the last day on which a blank booklet may be handed out
FEW = 3  # blank booklets; with fewer a referrer runs out before the next delivery


def ends_soon(limit: date | None, on: date) -> bool:
    """Say whether a blank booklet must be handed out within sixty days, or should have been."""
    return limit is not None and limit - WARN_BEFORE <= on


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A referrer who has, or had, blank booklets."""

    id: UUID
    name: str
    organisation: str
    count: int
    last_delivered_on: date | None
    first_limit: date | None
    is_gone: bool

    @property
    def is_low(self) -> bool:
        """Say whether it is time for a delivery; nobody who left needs one."""
        return self.count < FEW and not self.is_gone

    def ends_soon(self, on: date) -> bool:
        """Say whether the first of them must be handed out within sixty days."""
        return ends_soon(self.first_limit, on)


@allowed(Role.REGIE)
def count_at_desk(uow: UnitOfWork) -> int:
    """Give how many blank booklets lie at the desk."""
    lying = Booklet.state == BookletState.PRINTED
    return uow.session.scalar(select(func.count(Booklet.id)).where(lying)) or 0


@allowed(Role.REGIE)
def read_holders(uow: UnitOfWork) -> list[Holder]:
    """Give everybody who has blank booklets, or had and still works, by organisation and name."""
    held = case((Booklet.state == BookletState.DELIVERED, 1), else_=0)
    limit = case((Booklet.state == BookletState.DELIVERED, Booklet.outer_limit))
    count = func.sum(held)
    rows = uow.session.execute(
        select(
            Account.id,
            Account.name,
            Organisation.name.label("organisation"),
            count.label("count"),
            func.max(Booklet.delivered_on).label("last_delivered_on"),
            func.min(limit).label("first_limit"),
            Account.disabled_at.is_not(None).label("is_gone"),
        )
        .join(Organisation, Organisation.id == Account.organisation_id)
        .join(Booklet, Booklet.holder_id == Account.id)
        .group_by(Account.id, Account.name, Account.disabled_at, Organisation.name)
        .having((count > 0) | Account.disabled_at.is_(None))
        .order_by(Organisation.name, Account.name)
    )
    return [Holder(**row) for row in rows.mappings()]


@allowed(Role.REGIE)
def read_receivers(uow: UnitOfWork) -> dict[str, list[tuple[UUID, str, int]]]:
    """Give for each organisation the referrers who can get booklets, with how many they have."""
    held = (
        select(func.count(Booklet.id))
        .where(Booklet.holder_id == Account.id, Booklet.state == BookletState.DELIVERED)
        .scalar_subquery()
    )
    rows = uow.session.execute(
        select(Organisation.name, Account.id, Account.name, held)
        .join(Account, Account.organisation_id == Organisation.id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(AccountRole.role == Role.REFERRER, Account.disabled_at.is_(None))
        .order_by(Organisation.name, Account.name)
    )
    found: dict[str, list[tuple[UUID, str, int]]] = {}
    for home, account_id, name, count in rows:
        found.setdefault(home, []).append((account_id, name, count))
    return found


@dataclass(frozen=True, kw_only=True)
class DeliveryRow:
    """A delivery that was made: how many booklets of it are still there, and with whom."""

    id: UUID
    holder_id: UUID
    holder: str
    organisation: str
    count: int
    delivered_on: date


@allowed(Role.REGIE)
def read_delivery(uow: UnitOfWork, *, delivery_id: UUID) -> DeliveryRow | None:
    """Give a delivery, or None when all of it was taken back or passed on."""
    row = uow.session.execute(
        select(
            Account.id.label("holder_id"),
            Account.name.label("holder"),
            Organisation.name.label("organisation"),
            func.count(Booklet.id).label("count"),
            func.max(Booklet.delivered_on).label("delivered_on"),
        )
        .join(Organisation, Organisation.id == Account.organisation_id)
        .join(Booklet, Booklet.holder_id == Account.id)
        .where(Booklet.delivery_id == delivery_id)
        .group_by(Account.id, Account.name, Organisation.name)
    ).one_or_none()
    return DeliveryRow(id=delivery_id, **row._mapping) if row else None  # noqa: SLF001
