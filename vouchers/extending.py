"""The regie gives a family more time to use its booklet."""

from datetime import date
from uuid import UUID

from sqlalchemy import or_, select, update

from kernel.access import Role, allowed
from kernel.calendar import add_months, day_of
from kernel.errors import Conflict, Invalid
from kernel.rules import rules_on
from kernel.unit_of_work import UnitOfWork
from vouchers.choices import EXTEND_MONTHS, EXTEND_PAST_MONTHS
from vouchers.errors import Expired, IllegalMove, NothingLeft, NothingToTakeBack
from vouchers.events import BookletExtended, ExtensionTakenBack
from vouchers.models import MOVES, Booklet, BookletExtension, BookletState, ExtensionReason
from vouchers.replacing import own_booklet


@allowed(Role.REGIE)
def extend_booklet(
    uow: UnitOfWork, *, booklet_id: UUID, until: date, reason: ExtensionReason
) -> Booklet:
    """Let a booklet work until a later day, and keep why.

    The same extension asked twice is one. Refuses a day that is not later than the booklet's last,
    is past, or lies more than 12 months after today; a booklet that no family has, of which all
    cheques are used, or that ended more than 6 months ago (both numbers are rules). One from
    stock may go beyond its printed limit: the regie prints it anew, or writes the day on it.
    """
    booklet = own_booklet(uow, booklet_id)
    if _is_asked_again(uow, booklet, until, reason):
        return booklet
    _check(uow, booklet, until)
    was = booklet.valid_until
    assert was is not None
    moved = _move(uow, booklet, was, until)
    if not moved and _is_asked_again(uow, booklet, until, reason):
        return booklet
    if not moved:
        _check(uow, booklet, until)
        raise Conflict
    uow.session.add(
        BookletExtension(
            booklet_id=booklet.id,
            was=was,
            until=until,
            reason=reason,
            made_at=uow.now,
            made_by=uow.actor.account_id,
        )
    )
    uow.record(BookletExtended(booklet_id=booklet.id, was=was, until=until, reason=reason))
    return booklet


@allowed(Role.REGIE)
def take_back_extension(uow: UnitOfWork, *, booklet_id: UUID) -> Booklet:
    """Undo the booklet's last extension, on the day it was made: it ends when it did before.

    Refuses when there is none of today, and when a cheque was used meanwhile for a later day.
    """
    booklet = own_booklet(uow, booklet_id)
    last = last_extension(uow, booklet.id)
    if last is None or day_of(last.made_at) != uow.today:
        raise NothingToTakeBack
    unused_since = or_(Booklet.last_used_on.is_(None), Booklet.last_used_on <= last.was)
    moved = uow.session.execute(
        update(Booklet)
        .where(
            Booklet.id == booklet.id,
            Booklet.state == BookletState.HANDED_OUT,
            Booklet.valid_until == last.until,
            unused_since,
        )
        .values(valid_until=last.was)
        .returning(Booklet.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    uow.session.refresh(booklet)
    if moved is None:
        raise NothingToTakeBack
    last.taken_back_at = uow.now
    uow.record(ExtensionTakenBack(booklet_id=booklet.id, until=last.was))
    return booklet


@allowed(Role.REFERRER, Role.REGIE)
def latest_extension(uow: UnitOfWork) -> date:
    """Give the latest day until which a booklet can be extended today."""
    return add_months(uow.today, rules_on(uow.session, uow.today)[EXTEND_MONTHS])


def last_extension(uow: UnitOfWork, booklet_id: UUID) -> BookletExtension | None:
    """Give the extension that holds for a booklet, or None."""
    return uow.session.scalar(
        select(BookletExtension)
        .where(BookletExtension.booklet_id == booklet_id, BookletExtension.taken_back_at.is_(None))
        .order_by(BookletExtension.until.desc())
        .limit(1)
    )


def _move(uow: UnitOfWork, booklet: Booklet, was: date, until: date) -> bool:
    """Move the booklet's row, conditionally: it takes turns with scans, losses and other moves."""
    moved = uow.session.execute(
        update(Booklet)
        .where(
            Booklet.id == booklet.id,
            Booklet.state == BookletState.HANDED_OUT,
            Booklet.used_count < Booklet.size,
            Booklet.valid_until == was,
        )
        .values(valid_until=until)
        .returning(Booklet.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    uow.session.refresh(booklet)
    return moved is not None


def _is_asked_again(
    uow: UnitOfWork, booklet: Booklet, until: date, reason: ExtensionReason
) -> bool:
    """Say whether this very extension holds already: a retry, or a second click."""
    last = last_extension(uow, booklet.id)
    mine = last is not None and last.made_by == uow.actor.account_id
    same = last is not None and (last.until, last.reason) == (until, reason)
    return mine and same and booklet.valid_until == until


def _check(uow: UnitOfWork, booklet: Booklet, until: date) -> None:
    state = BookletState(booklet.state)
    if state != BookletState.HANDED_OUT:
        raise IllegalMove(
            "Alleen een boekje dat een gezin heeft, kan je verlengen.",
            state=state,
            allowed=sorted(MOVES[state]),
        )
    if booklet.used_count == booklet.size:
        raise NothingLeft("Van dit boekje zijn alle cheques al gebruikt. Geef een tweede boekje.")
    last, most = booklet.valid_until, latest_extension(uow)
    assert last is not None
    past = rules_on(uow.session, uow.today)[EXTEND_PAST_MONTHS]
    if add_months(last, past) < uow.today:
        raise Expired(
            f"Dit boekje is al meer dan {past} maanden voorbij. Geef het gezin een tweede boekje.",
            valid_until=last,
        )
    if until <= last or not uow.today <= until <= most:
        said = f"Kies een dag na {last:%d/%m/%Y}, vanaf vandaag tot en met {most:%d/%m/%Y}."
        raise Invalid(fields={"until": [said]})
