"""Does the child go on in care? Asked once at a time of whoever sees it, and never guessed."""

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import aliased

from kernel.access import Role, allowed
from kernel.calendar import add_months, day_of
from kernel.errors import Conflict, NotFound
from kernel.organisations import Location
from kernel.unit_of_work import UnitOfWork
from vouchers.events import ContinuationTold
from vouchers.models import Booklet, BookletState, Continuation, Going, Redemption
from vouchers.replacing import own_booklet


class Moment(StrEnum):
    """When it is asked: before the end, at the last cheque, a month and three months after it."""

    EIGHTH = "eighth"
    TENTH = "tenth"
    ONE_MONTH = "one-month"
    THREEMONTHS_AFTER = "three-months"


class Side(StrEnum):
    """Who answers."""

    PROVIDER = "provider"
    REFERRER = "referrer"


_BEFORE_LAST = 2  # asked first when so many cheques are left: at the eighth of ten
MONTHS_AFTER = {Moment.ONE_MONTH: 1, Moment.THREEMONTHS_AFTER: 3}


class AnsweredBefore(Conflict):
    """Something else was answered on an earlier day; it stands until the next time it is asked."""

    code = "answered-before"
    sentence = (
        "Hier is op een vorige dag al op geantwoord. Dat blijft staan tot we het opnieuw vragen."
    )


class TooEarlyToAsk(Conflict):
    """Nobody asks yet whether the child goes on."""

    code = "too-early-to-ask"
    sentence = "Dit vragen we pas vanaf de achtste cheque. Je hoeft nu niets te doen."


def moment_of(booklet: Booklet, on: date) -> Moment | None:
    """Say which moment a day is for a booklet; None before its first cheque.

    The last cheque is the last that was used: of an expired booklet too.
    """
    if booklet.last_used_on is None:
        return None
    if booklet.used_count < booklet.size and not booklet.is_expired(on):
        return Moment.EIGHTH
    late = [
        m for m, months in MONTHS_AFTER.items() if on >= add_months(booklet.last_used_on, months)
    ]
    return late[-1] if late else Moment.TENTH


def is_asked_of_provider(booklet: Booklet) -> bool:
    """Say whether enough is used to ask the provider: the eighth cheque of ten, or later."""
    return booklet.size - booklet.used_count <= _BEFORE_LAST and booklet.used_count > 0


@allowed(Role.PROVIDER)
def answer_after_scan(uow: UnitOfWork, *, redemption_id: UUID, answer: Going) -> Continuation:
    """Let a provider say whether the child of a booklet that it scanned goes on.

    An answer counts for the moment of today; it can be changed on the same day, and "weet niet"
    on any day. Refuses another's scan as if it were not there, an undone one, a booklet of which
    fewer than eight cheques of ten are used, and a second answer on a later day.
    """
    redemption = uow.session.scalar(
        select(Redemption)
        .join(Location, Location.id == Redemption.location_id)
        .where(
            Redemption.id == redemption_id,
            Location.organisation_id == uow.actor.organisation_id,
        )
    )
    if redemption is None:
        raise NotFound
    booklet = _locked(uow, redemption.booklet_id)
    if redemption.annulled_at is not None or not is_asked_of_provider(booklet):
        raise TooEarlyToAsk
    return _answer(uow, booklet, Side.PROVIDER, answer)


@allowed(Role.REFERRER, Role.REGIE)
def answer_for_family(uow: UnitOfWork, *, booklet_id: UUID, answer: Going) -> Continuation:
    """Let a referrer say whether the child goes on: from the first cheque on, else as above.

    Refuses another organisation's booklet as if it were not there.
    """
    own_booklet(uow, booklet_id)
    booklet = _locked(uow, booklet_id)
    return _answer(uow, booklet, Side.REFERRER, answer)


@allowed(Role.PROVIDER, Role.REFERRER, Role.REGIE)
def known_answer(uow: UnitOfWork, *, booklet_id: UUID, side: Side) -> Continuation | None:
    """Give what this side answered for the moment of today, or None."""
    booklet = uow.session.get(Booklet, booklet_id)
    moment = moment_of(booklet, uow.today) if booklet else None
    return _said(uow, booklet_id, side, moment) if moment else None


def _locked(uow: UnitOfWork, booklet_id: UUID) -> Booklet:
    """Keep the booklet's row until the end: two taps at once are one answer."""
    return uow.session.get_one(Booklet, booklet_id, with_for_update=True)


def _answer(uow: UnitOfWork, booklet: Booklet, side: Side, answer: Going) -> Continuation:
    moment = moment_of(booklet, uow.today)
    if moment is None or booklet.state != BookletState.HANDED_OUT:
        raise TooEarlyToAsk
    said = _said(uow, booklet.id, side, moment)
    if said is None:
        said = Continuation(
            booklet_id=booklet.id,
            moment=moment,
            side=side,
            answer=answer,
            answered_at=uow.now,
            answered_by=uow.actor.account_id,
        )
        uow.session.add(said)
    elif said.answer == answer:
        return said
    elif said.answer != Going.UNKNOWN and day_of(said.answered_at) != uow.today:
        raise AnsweredBefore
    said.answer, said.answered_at, said.answered_by = answer, uow.now, uow.actor.account_id
    uow.session.flush()
    uow.record(ContinuationTold(booklet_id=booklet.id, moment=moment, side=side, answer=answer))
    return said


def _said(uow: UnitOfWork, booklet_id: UUID, side: Side, moment: Moment) -> Continuation | None:
    return uow.session.scalar(
        select(Continuation).where(
            Continuation.booklet_id == booklet_id,
            Continuation.side == side,
            Continuation.moment == moment,
        )
    )


def known_continuation(origin_id: ColumnElement[UUID] | Any) -> ColumnElement[Any]:
    """Give what is known of a family after its last cheque: here, elsewhere, no, or NULL.

    Takes the column of the family's first booklet (`origin_id`). The latest answer of each side
    counts, if no cheque of the family was scanned after it; of two sides that both know, the later
    one counts. "Weet niet" is no knowledge: it stays unknown (product/statistics.md 1, bounds).
    """
    its, scanned, newer = aliased(Booklet), aliased(Booklet), aliased(Continuation)
    used_since = exists(
        select(Redemption.id)
        .join(scanned, scanned.id == Redemption.booklet_id)
        .where(
            scanned.origin_id == its.origin_id,
            Redemption.annulled_at.is_(None),
            Redemption.redeemed_at > Continuation.answered_at,
        )
    )
    other = aliased(Booklet)
    said_since = exists(
        select(newer.id)
        .join(other, other.id == newer.booklet_id)
        .where(
            other.origin_id == its.origin_id,
            newer.side == Continuation.side,
            newer.answered_at > Continuation.answered_at,
        )
    )
    return (
        select(Continuation.answer)
        .join(its, its.id == Continuation.booklet_id)
        .where(
            its.origin_id == origin_id,
            Continuation.answer != Going.UNKNOWN,
            ~used_since,
            ~said_since,
        )
        .order_by(Continuation.answered_at.desc())
        .limit(1)
        .correlate_except(Continuation, its)
        .scalar_subquery()
    )


def still_in_care(origin_id: ColumnElement[UUID] | Any) -> ColumnElement[bool]:
    """Say of a family whether its child is still in care, as far as known.

    True when the last that is known after its last cheque is "ja, hier" or "ja, elders"; false
    when it is "nee" **or not known**: ask `known_continuation` where the two must be told apart.
    """
    known = func.coalesce(known_continuation(origin_id), "")
    return case((known.in_([Going.HERE.value, Going.ELSEWHERE.value]), True), else_=False)
