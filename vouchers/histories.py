"""What happened with one booklet, from its hand-out to its last cheque."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from kernel.access import Role, allowed
from kernel.calendar import day_of
from kernel.organisations import Location
from kernel.unit_of_work import UnitOfWork
from vouchers.models import Appointment, Booklet, BookletExtension, Redemption
from vouchers.replacing import own_booklet


class Happening(StrEnum):
    """What can happen with a booklet, as its referrer tells it."""

    HANDED_OUT = "handed-out"
    VISIT_AGREED = "visit-agreed"
    USED = "used"
    LOST = "lost"
    TOLD_LATER = "told-later"  # handed out, and written down afterwards by the regie
    EXTENDED = "extended"


@dataclass(frozen=True, kw_only=True)
class HistoryLine:
    """One thing that happened: when, where, with which cheque, or about which day."""

    on: date
    what: Happening
    where: str | None = None
    cheque_number: int | None = None
    about: date | None = None
    reason: str | None = None


@allowed(Role.REFERRER, Role.REGIE)
def read_history(uow: UnitOfWork, *, booklet_id: UUID) -> list[HistoryLine]:
    """Give what happened with a booklet, the latest first; refuse another organisation's.

    A use that was undone is read as never scanned, an extension taken back as never made. Only this
    booklet's lines: a replaced one has its own.
    """
    booklet = own_booklet(uow, booklet_id)
    lines = [*_uses(uow, booklet), *_losses(uow, booklet), *_visits(uow, booklet)]
    lines += _extensions(uow, booklet)
    if booklet.handed_out_on is not None:
        what = Happening.TOLD_LATER if booklet.retroactive else Happening.HANDED_OUT
        lines.append(HistoryLine(on=booklet.handed_out_on, what=what))
    return sorted(lines, key=lambda line: line.on, reverse=True)


def _uses(uow: UnitOfWork, booklet: Booklet) -> list[HistoryLine]:
    rows = uow.session.execute(
        select(Redemption.care_date, Redemption.cheque_number, Location.name)
        .join(Location, Location.id == Redemption.location_id)
        .where(Redemption.booklet_id == booklet.id, Redemption.annulled_at.is_(None))
        .order_by(Redemption.care_date.desc(), Redemption.redeemed_at.desc())
    )
    return [
        HistoryLine(on=on, what=Happening.USED, cheque_number=number, where=where)
        for on, number, where in rows
    ]


def _visits(uow: UnitOfWork, booklet: Booklet) -> list[HistoryLine]:
    rows = uow.session.execute(
        select(Appointment.made_at, Appointment.day, Location.name)
        .join(Location, Location.id == Appointment.location_id)
        .where(Appointment.booklet_id == booklet.id)
        .order_by(Appointment.made_at.desc())
    )
    return [
        HistoryLine(on=day_of(made), what=Happening.VISIT_AGREED, about=day, where=where)
        for made, day, where in rows
    ]


def _extensions(uow: UnitOfWork, booklet: Booklet) -> list[HistoryLine]:
    rows = uow.session.scalars(
        select(BookletExtension)
        .where(BookletExtension.booklet_id == booklet.id, BookletExtension.taken_back_at.is_(None))
        .order_by(BookletExtension.made_at.desc())
    )
    return [
        HistoryLine(
            on=day_of(row.made_at), what=Happening.EXTENDED, about=row.until, reason=row.reason
        )
        for row in rows
    ]


def _losses(uow: UnitOfWork, booklet: Booklet) -> list[HistoryLine]:
    days = uow.session.scalars(
        select(Booklet.handed_out_on).where(Booklet.replaces_id == booklet.id)
    )
    return [HistoryLine(on=day, what=Happening.LOST) for day in days if day is not None]
