"""What the regie sees of a Monday morning in four numbers, each of which has a list behind it."""

from dataclasses import dataclass

from sqlalchemy import func, select

from kernel.access import Role, allowed
from kernel.organisations import Location
from kernel.unit_of_work import UnitOfWork
from vouchers.booklets import count_unused
from vouchers.calls import count_calls
from vouchers.locations import awaiting
from vouchers.models import Redemption


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Calls to make today, booklets without a first use, places that wait, cheques this month."""

    calls: int
    unused: int
    waiting_places: int
    cheques_this_month: int


@allowed(Role.REGIE)
def read_overview(uow: UnitOfWork) -> Overview:
    """Give the four numbers of now. Training is in none of them."""
    waiting = select(func.count(Location.id)).where(awaiting(uow.today))
    this_month = (
        select(func.count(Redemption.id))
        .join(Location, Location.id == Redemption.location_id)
        .where(
            Redemption.annulled_at.is_(None),
            Redemption.care_date >= uow.today.replace(day=1),
            Location.training.is_(False),
        )
    )
    return Overview(
        calls=count_calls(uow),
        unused=count_unused(uow),
        waiting_places=uow.session.scalar(waiting) or 0,
        cheques_this_month=uow.session.scalar(this_month) or 0,
    )
