"""A family loses its booklet: it is blocked at once, and what was left is printed anew."""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import aliased

from kernel.access import Role, allowed
from kernel.errors import NotFound
from kernel.unit_of_work import UnitOfWork
from vouchers.errors import Expired, IllegalMove, NothingLeft
from vouchers.events import BookletBlocked, BookletHandedOut, BookletReplaced, FirstVisitAgreed
from vouchers.issuing import new_booklet
from vouchers.models import MOVES, Appointment, Booklet, BookletState
from vouchers.visiting import appointment_of


@allowed(Role.REFERRER, Role.REGIE)
def replace_lost_booklet(uow: UnitOfWork, *, booklet_id: UUID) -> Booklet:
    """Block a lost booklet and give the family one with only the cheques that were left.

    Used cheques stay used; the new booklet ends on the same day, counts as the same family's, and
    keeps a first visit that is still to come.
    Refuses another organisation's booklet, one that is not in a family's hands (a second click
    finds it blocked), one that is expired, and one that is used up.
    """
    lost = own_booklet(uow, booklet_id)
    if lost.family_id is None:  # stock: there is nobody to give another one to
        state = BookletState(lost.state)
        raise IllegalMove(state=state, allowed=sorted(MOVES[state]))
    if lost.is_expired(uow.today):
        raise Expired
    _block(uow, lost, BookletState.BLOCKED_LOST)
    left = lost.size - lost.used_count
    if left == 0:
        raise NothingLeft
    ordinal = last_ordinal(uow, lost) + 1
    new = new_booklet(uow, size=left)
    new.state = BookletState.HANDED_OUT
    new.origin_id, new.replaces_id = lost.origin_id, lost.id
    new.family_id, new.ordinal = lost.family_id, ordinal
    new.organisation_id, new.training = lost.organisation_id, lost.training
    new.handed_out_on, new.handed_out_by = uow.today, uow.actor.account_id
    new.valid_until, new.good_news_consent = lost.valid_until, lost.good_news_consent
    uow.session.flush()
    assert new.family_id is not None
    assert new.organisation_id is not None
    assert new.valid_until is not None
    uow.record(
        BookletHandedOut(
            booklet_id=new.id,
            family_id=new.family_id,
            organisation_id=new.organisation_id,
            cheques=left,
            valid_until=new.valid_until,
        )
    )
    uow.record(BookletReplaced(booklet_id=lost.id, replaced_by_id=new.id, cheques=left))
    _keep_visit(uow, lost, new)
    return new


@allowed(Role.REFERRER, Role.REGIE)
def withdraw_booklet(uow: UnitOfWork, *, booklet_id: UUID) -> Booklet:
    """Take back a booklet that was handed out by mistake, before any cheque is used.

    It stays out of every figure. Refuses a booklet that is used: then it is lost, or fine.
    """
    booklet = own_booklet(uow, booklet_id)
    if booklet.used_count:
        raise IllegalMove("Er is al een cheque gebruikt. Is het boekje kwijt? Kies 'Boekje kwijt'.")
    _block(uow, booklet, BookletState.BLOCKED_ERROR, unused=True)
    return booklet


def family_began() -> ColumnElement[bool]:
    """Say of a booklet whether a cheque was used from it, or from the one that it replaces."""
    same = aliased(Booklet)
    return exists().where(same.origin_id == Booklet.origin_id, same.used_count > 0)


def _keep_visit(uow: UnitOfWork, lost: Booklet, new: Booklet) -> None:
    """Let the first visit that was agreed hold for the new booklet: the family still goes."""
    visit = appointment_of(uow, lost.id)
    if visit is None or visit.day < uow.today or lost.used_count:
        return
    where, day = visit.location_id, visit.day
    kept = Appointment(
        booklet_id=new.id,
        location_id=where,
        day=day,
        company=visit.company,
        made_at=visit.made_at,
    )
    uow.session.add(kept)
    uow.record(FirstVisitAgreed(booklet_id=new.id, location_id=where, day=day))


def last_ordinal(uow: UnitOfWork, booklet: Booklet) -> int:
    """Give the number of the family's newest booklet: the regie may have given it several."""
    family_s = Booklet.family_id == booklet.family_id
    return uow.session.scalar(select(func.max(Booklet.ordinal)).where(family_s)) or 0


def own_booklet(uow: UnitOfWork, booklet_id: UUID) -> Booklet:
    """Give a booklet of the actor's organisation (the regie has them all), else refuse."""
    booklet = uow.session.scalar(select(Booklet).where(Booklet.id == booklet_id))
    own = booklet is not None and booklet.organisation_id == uow.actor.organisation_id
    if booklet is None or not (own or uow.actor.is_any(Role.REGIE)):
        raise NotFound
    return booklet


def _block(uow: UnitOfWork, booklet: Booklet, to: BookletState, *, unused: bool = False) -> None:
    """Move the booklet row first and conditionally, so that it takes turns with every scan."""
    sources = [state for state, moves in MOVES.items() if to in moves]
    statement = update(Booklet).where(Booklet.id == booklet.id, Booklet.state.in_(sources))
    if unused:
        statement = statement.where(Booklet.used_count == 0)
    moved = uow.session.execute(
        statement.values(state=to)
        .returning(Booklet.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    uow.session.refresh(booklet)
    if moved is None:
        raise IllegalMove(state=booklet.state, allowed=sorted(MOVES[BookletState(booklet.state)]))
    uow.record(BookletBlocked(booklet_id=booklet.id, state=to))
