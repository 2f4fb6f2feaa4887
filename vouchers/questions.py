"""Of which booklets a provider is asked whether the child goes on: by date and number, no names."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select

from kernel.access import Role, allowed
from kernel.calendar import add_months, day_of
from kernel.organisations import Location
from kernel.unit_of_work import UnitOfWork
from vouchers.continuing import MONTHS_AFTER, Moment, Side, is_asked_of_provider, moment_of
from vouchers.models import Booklet, BookletState, Continuation, Redemption

ASKED = timedelta(days=14)  # so long it stands on the page, then nobody is asked any more
_FARTHEST = timedelta(days=110)  # three months after the last cheque, and two weeks


@dataclass(frozen=True, kw_only=True)
class Question:
    """Does the child of this booklet go on? With what was answered today, if anything was."""

    redemption_id: UUID
    booklet_number: str
    used_count: int
    size: int
    last_on: date
    moment: Moment
    answer: str | None


@allowed(Role.PROVIDER)
def read_questions(uow: UnitOfWork, *, location_id: UUID) -> list[Question]:
    """Give the questions that a location still has, the latest first.

    At the eighth and the last cheque, and one and three months after the last; each for fourteen
    days, of booklets that were used last at this location, of the actor's own. What was answered
    on an earlier day is not asked again.
    """
    since = Redemption.care_date >= uow.today - _FARTHEST
    rows = _last_uses(uow, since, Redemption.location_id == location_id)
    return _questions(uow, rows)


@allowed(Role.PROVIDER)
def question_after_scan(uow: UnitOfWork, *, redemption_id: UUID) -> Question | None:
    """Give the question that a scan of one's own asks, or None: only at the eighth and the last."""
    asked = Redemption.used_after.in_([Booklet.size - 2, Booklet.size])
    rows = _last_uses(uow, Redemption.id == redemption_id, asked)
    return next(iter(_questions(uow, rows)), None)


def _last_uses(uow: UnitOfWork, *which: ColumnElement[bool]) -> list[tuple[Redemption, Booklet]]:
    rows = uow.session.execute(
        select(Redemption, Booklet)
        .join(Booklet, Booklet.id == Redemption.booklet_id)
        .join(Location, Location.id == Redemption.location_id)
        .where(
            *which,
            Location.organisation_id == uow.actor.organisation_id,
            Redemption.annulled_at.is_(None),
            Redemption.care_date == Booklet.last_used_on,
            Booklet.state == BookletState.HANDED_OUT,
            Booklet.training.is_(False),
            Booklet.used_count >= Booklet.size - 2,
        )
        .order_by(Redemption.care_date.desc(), Redemption.redeemed_at.desc())
    )
    return [(row[0], row[1]) for row in rows]


def _questions(uow: UnitOfWork, rows: list[tuple[Redemption, Booklet]]) -> list[Question]:
    last = {row[1].id: (row[0], row[1]) for row in reversed(list(rows))}
    said = {
        (each.booklet_id, each.moment): each
        for each in uow.session.scalars(
            select(Continuation).where(
                Continuation.booklet_id.in_(last), Continuation.side == Side.PROVIDER
            )
        )
    }
    found = []
    for redemption, booklet in reversed(last.values()):
        moment = moment_of(booklet, uow.today)
        if moment is None or not is_asked_of_provider(booklet) or not _is_asked(booklet, uow.today):
            continue
        answer = said.get((booklet.id, moment))
        if answer is None or day_of(answer.answered_at) == uow.today:
            found.append(_question(redemption, booklet, moment, answer))
    return found


def _question(
    redemption: Redemption, booklet: Booklet, moment: Moment, said: Continuation | None
) -> Question:
    return Question(
        redemption_id=redemption.id,
        booklet_number=booklet.number,
        used_count=booklet.used_count,
        size=booklet.size,
        last_on=redemption.care_date,
        moment=moment,
        answer=said.answer if said else None,
    )


def _is_asked(booklet: Booklet, on: date) -> bool:
    """Say whether the fourteen days in which a moment is asked are not over."""
    moment, last = moment_of(booklet, on), booklet.last_used_on
    assert moment is not None
    assert last is not None
    return on < add_months(last, MONTHS_AFTER.get(moment, 0)) + ASKED
