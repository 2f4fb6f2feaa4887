"""How many blank booklets somebody has in hand, for whoever lets that person go."""

from uuid import UUID

from sqlalchemy import func, select

from kernel.access import Role, allowed
from kernel.unit_of_work import UnitOfWork
from vouchers.models import Booklet, BookletState


@allowed(Role.ADMINISTRATOR, Role.REGIE)
def booklets_held(uow: UnitOfWork, *, account_id: UUID) -> int:
    """Give how many blank booklets were delivered to somebody and not handed out yet."""
    held = select(func.count(Booklet.id)).where(
        Booklet.holder_id == account_id, Booklet.state == BookletState.DELIVERED
    )
    return uow.session.scalar(held) or 0
