"""A provider undoes a scan."""

from uuid import UUID

from sqlalchemy import func, select, update

from kernel.access import Role, allowed
from kernel.errors import Conflict, NotFound
from kernel.organisations import Location
from kernel.unit_of_work import UnitOfWork
from vouchers.errors import AlreadyAnnulled, Blocked, UndoTooLate
from vouchers.events import RedemptionAnnulled
from vouchers.models import Booklet, BookletState, Cheque, ChequeState, Redemption


@allowed(Role.PROVIDER, Role.REGIE)
def annul_redemption(uow: UnitOfWork, *, redemption_id: UUID) -> Redemption:
    """Undo a scan: the cheque is open again, and every figure reads as if it was never scanned.

    A provider undoes its own until the end of the day of scanning, and at least two hours; the
    regie later too. Refuses another's scan as if it were not there, one that is undone already,
    and one whose booklet was blocked since: its cheques may have been printed anew.
    """
    redemption = _own_redemption(uow, redemption_id)
    if redemption.annulled_at is not None:
        raise AlreadyAnnulled
    if uow.now > redemption.undo_until and not uow.actor.is_any(Role.REGIE):
        raise UndoTooLate
    used_after = _count_back(uow, redemption)
    _open_cheque(uow, redemption)
    _date_again(uow, redemption)
    uow.record(
        RedemptionAnnulled(
            booklet_id=redemption.booklet_id,
            redemption_id=redemption.id,
            location_id=redemption.location_id,
            used_after=used_after,
        )
    )
    uow.session.refresh(redemption)
    return redemption


def _own_redemption(uow: UnitOfWork, redemption_id: UUID) -> Redemption:
    row = uow.session.execute(
        select(Redemption, Location.organisation_id)
        .join(Location, Location.id == Redemption.location_id)
        .where(Redemption.id == redemption_id)
    ).one_or_none()
    own = row is not None and row[1] == uow.actor.organisation_id
    if row is None or not (own or uow.actor.is_any(Role.REGIE)):
        raise NotFound
    redemption: Redemption = row[0]
    return redemption


def _count_back(uow: UnitOfWork, redemption: Redemption) -> int:
    """Take one off the booklet, first of all rows, so that a loss and an undo take turns."""
    used_after = uow.session.execute(
        update(Booklet)
        .where(
            Booklet.id == redemption.booklet_id,
            Booklet.state == BookletState.HANDED_OUT,
            Booklet.used_count > 0,
        )
        .values(used_count=Booklet.used_count - 1)
        .returning(Booklet.used_count)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if used_after is None:
        uow.session.refresh(redemption)
        if redemption.annulled_at is not None:
            raise AlreadyAnnulled
        raise Blocked("Dit boekje is intussen geblokkeerd. Bel de regie om dit te verbeteren.")
    return used_after


def _date_again(uow: UnitOfWork, redemption: Redemption) -> None:
    """Let the booklet's first and last day of use be those of what is left.

    A statement of its own: one that waited for the row would not see what it waited for.
    """
    live = (Redemption.booklet_id == redemption.booklet_id, Redemption.annulled_at.is_(None))
    uow.session.execute(
        update(Booklet)
        .where(Booklet.id == redemption.booklet_id)
        .values(
            first_used_on=select(func.min(Redemption.care_date)).where(*live).scalar_subquery(),
            last_used_on=select(func.max(Redemption.care_date)).where(*live).scalar_subquery(),
        )
        .execution_options(synchronize_session=False)
    )


def _open_cheque(uow: UnitOfWork, redemption: Redemption) -> None:
    annulled = uow.session.execute(
        update(Redemption)
        .where(Redemption.id == redemption.id, Redemption.annulled_at.is_(None))
        .values(annulled_at=uow.now, annulled_by=uow.actor.account_id)
        .returning(Redemption.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if annulled is None:
        raise AlreadyAnnulled
    opened = uow.session.execute(
        update(Cheque)
        .where(Cheque.id == redemption.cheque_id, Cheque.state == ChequeState.USED)
        .values(state=ChequeState.OPEN)
        .returning(Cheque.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if opened is None:
        raise Conflict
