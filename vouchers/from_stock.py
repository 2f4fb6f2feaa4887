"""A booklet from stock is taken for a family: once, by one of those to whom it belongs."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from kernel.access import Role, allowed
from kernel.errors import Conflict, Refusal
from kernel.unit_of_work import UnitOfWork
from vouchers import codes
from vouchers.errors import AlreadyHandedOut, NotYourStock, StockBlocked, StockOutdated
from vouchers.models import MOVES, Booklet, BookletState
from vouchers.recognising import recognised_booklet

_SOURCES = [state for state, moves in MOVES.items() if BookletState.HANDED_OUT in moves]
_BLOCKED = {BookletState.BLOCKED_LOST, BookletState.BLOCKED_ERROR}


@allowed(Role.REFERRER, Role.REGIE)
def look_at_stock(uow: UnitOfWork, *, booklet: str) -> Booklet:
    """Give the booklet that could be handed out now, changing nothing; refuse as a hand-out would.

    Takes what `recognised_booklet` takes.
    """
    meant = recognised_booklet(uow, booklet)
    if refusal := why_not(uow, meant, uow.today):
        raise refusal
    return meant


@allowed(Role.REFERRER, Role.REGIE)
def count_own_stock(uow: UnitOfWork) -> int:
    """Give how many booklets the own organisation has to hand out."""
    lying = and_(
        Booklet.state == BookletState.DELIVERED,
        Booklet.organisation_id == uow.actor.organisation_id,
        or_(Booklet.outer_limit.is_(None), Booklet.outer_limit >= uow.today),
    )
    return uow.session.scalar(select(func.count(Booklet.id)).where(lying)) or 0


@allowed(Role.REFERRER, Role.REGIE)
def home_of_stock(uow: UnitOfWork, *, number: str) -> UUID:
    """Give the organisation whose family the one with this booklet will be: mostly one's own.

    The regie also writes down for a referrer, of a booklet that was delivered to it.
    """
    signs = codes.normalised(number)
    if uow.actor.is_any(Role.REGIE) and codes.is_whole(signs):
        home = uow.session.scalar(select(Booklet.organisation_id).where(Booklet.number == signs))
        return home or uow.actor.organisation_id
    return uow.actor.organisation_id


def take_from_stock(uow: UnitOfWork, booklet: Booklet, *, on: date) -> bool:
    """Take the booklet's row, first of all rows and conditionally; False when it cannot be had.

    Whoever comes at the same moment waits here, and then finds it taken.
    """
    taken = uow.session.execute(
        update(Booklet)
        .where(Booklet.id == booklet.id, *_may_be_had(uow, on))
        .values(handed_out_on=on)
        .returning(Booklet.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    uow.session.refresh(booklet)
    return taken is not None


def why_not(uow: UnitOfWork, booklet: Booklet, on: date) -> Refusal | None:
    """Give why the actor cannot hand this booklet out for a family on a day, or None.

    Of another organisation's booklet nothing more is told; of one's own, how it stands. The regie
    may give any, also one that still lies at the desk; a referrer what was delivered to the own
    organisation, whichever colleague holds it.
    """
    own = uow.actor.is_any(Role.REGIE) or booklet.organisation_id == uow.actor.organisation_id
    if booklet.state == BookletState.HANDED_OUT:
        return _handed_out(booklet) if own else AlreadyHandedOut()
    if not own:
        return NotYourStock()
    if booklet.state in _BLOCKED:
        return StockBlocked(state=booklet.state)
    if booklet.outer_limit is not None and booklet.outer_limit < on:
        return StockOutdated(valid_until=booklet.outer_limit)
    return None


def refused_taking(uow: UnitOfWork, booklet: Booklet, on: date) -> Refusal:
    """Give why the booklet was not to be had, as it stands now."""
    return why_not(uow, booklet, on) or Conflict()


def _may_be_had(uow: UnitOfWork, on: date) -> Sequence[ColumnElement[bool]]:
    """Say in the statement itself what `why_not` says of a row that was read."""
    here = (
        Booklet.state.in_(_SOURCES),
        or_(Booklet.outer_limit.is_(None), Booklet.outer_limit >= on),
    )
    if uow.actor.is_any(Role.REGIE):
        return here
    return (*here, Booklet.organisation_id == uow.actor.organisation_id)


def _handed_out(booklet: Booklet) -> AlreadyHandedOut:
    return AlreadyHandedOut(
        booklet_id=booklet.id,
        state=booklet.state,
        handed_out_on=booklet.handed_out_on,
        used=booklet.used_count,
        size=booklet.size,
    )
