"""How long the cheque programme keeps what is of people, and what it tells a family that asks."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from kernel.events import RecordedEvent
from kernel.family_files import FamilyFile
from kernel.keeping import Kept, Term, Unit
from kernel.kept import before, deletes
from kernel.people import Family
from kernel.programmes import VOUCHERS
from kernel.tasks import Task
from kernel.unit_of_work import UnitOfWork
from vouchers.events import BookletBlocked
from vouchers.models import Booklet, BookletState, FollowUp, Redemption, ScanAttempt
from vouchers.telling import TOLD

_BLOCKED = (BookletState.BLOCKED_LOST, BookletState.BLOCKED_ERROR)
_COMPARED = or_(Booklet.body_hash.is_not(None), Booklet.hand_out_hash.is_not(None))
REMOVED = "family-removed"  # the outcome of a call that nobody has to make any more

# The paper in the family's hands promises six months: a city may choose less, never more.
FAMILY = Term(rule="vouchers.family_months", count=6, unit=Unit.MONTHS, least=1, most=6)
ATTEMPTS = Term(rule="vouchers.scan_attempt_days", count=90, unit=Unit.DAYS, least=30, most=365)
LINES = Term(rule="vouchers.line_days", count=90, unit=Unit.DAYS, least=1, most=365)


def _booklet_end() -> ColumnElement[Any]:
    """Give the day a booklet ended: blocked, used up, or its last day, extended ones included."""
    blocked_on = (
        select(func.date(func.min(RecordedEvent.occurred_at), type_=Date))
        .where(RecordedEvent.subject_id == Booklet.id, RecordedEvent.name == BookletBlocked.name)
        .correlate(Booklet)
        .scalar_subquery()
    )
    return case(
        (Booklet.state.in_(_BLOCKED), func.coalesce(blocked_on, Booklet.handed_out_on)),
        (Booklet.used_count == Booklet.size, Booklet.last_used_on),
        else_=Booklet.valid_until,
    )


def _last_end() -> ColumnElement[Any]:
    return (
        select(func.max(_booklet_end(), type_=Date))
        .where(Booklet.family_id == Family.id)
        .correlate(Family)
        .scalar_subquery()
    )


def _forget(session: Session, ids: Sequence[UUID]) -> None:
    """Forget what a hand-out's retry is compared with: it was made of the name and the phone."""
    theirs = update(Booklet).where(Booklet.family_id.in_(ids), _COMPARED)
    session.execute(
        theirs.values(body_hash=None, hand_out_hash=None),
        execution_options={"synchronize_session": False},
    )


def _of_family(family_id: UUID) -> Select[Any]:
    return select(Booklet.id).where(Booklet.family_id == family_id)


def _open_calls(family_id: UUID) -> ColumnElement[bool]:
    return and_(Task.subject_id.in_(_of_family(family_id)), Task.closed_at.is_(None))


def _lines(family_id: UUID) -> ColumnElement[bool]:
    return and_(FollowUp.booklet_id.in_(_of_family(family_id)), FollowUp.line.is_not(None))


def _close(uow: UnitOfWork, family_id: UUID) -> None:
    """Call nobody any more, tell nobody any more, and let what was written down go."""
    quiet: Any = {"execution_options": {"synchronize_session": False}}
    uow.session.execute(
        update(Task)
        .where(_open_calls(family_id))
        .values(closed_at=uow.now, closed_by=uow.actor.account_id, outcome=REMOVED),
        **quiet,
    )
    uow.session.execute(update(FollowUp).where(_lines(family_id)).values(line=None), **quiet)
    uow.session.execute(
        update(Booklet).where(Booklet.family_id == family_id).values(good_news_consent=False),
        **quiet,
    )


def _goes(session: Session, family_id: UUID) -> Mapping[str, int]:
    return {
        "Geplande oproepen": _number(session, Task.id, _open_calls(family_id)),
        "Notities bij een oproep": _number(session, FollowUp.id, _lines(family_id)),
    }


def _stays(session: Session, family_id: UUID) -> Mapping[str, int]:
    used = and_(Redemption.booklet_id.in_(_of_family(family_id)), Redemption.annulled_at.is_(None))
    cents = session.scalar(select(func.coalesce(func.sum(Redemption.price_cents), 0)).where(used))
    return {
        "Boekjes, zonder gezin erbij": _number(session, Booklet.id, Booklet.family_id == family_id),
        "Gebruikte cheques, met dag en opvang": _number(session, Redemption.id, used),
        "Bedrag voor de opvang": int(cents or 0),
    }


def _number(session: Session, key: Any, which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count(key)).where(which)) or 0


FILE = FamilyFile(
    name="families-with-booklet",
    what="Gezin met een boekje: naam, telefoon, aantal kinderen, voornaam, geboortemaand",
    why="om te bellen als het boekje stil blijft, en om twee keer geven te vermijden",
    after="na het einde van het laatste boekje (laatste dag, op, of geblokkeerd)",
    term=FAMILY,
    programme=VOUCHERS,
    ended=_last_end(),
    holds=exists().where(Booklet.family_id == Family.id, _COMPARED),
    forget=_forget,
    close=_close,
    goes=_goes,
    stays=_stays,
    told=TOLD,
    columns={"booklet": frozenset({"body_hash", "hand_out_hash"})},
)


def _forget_lines(session: Session, keys: Sequence[Any]) -> int:
    gone = session.execute(
        update(FollowUp).where(FollowUp.id.in_(keys), FollowUp.line.is_not(None)).values(line=None),
        execution_options={"synchronize_session": False},
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


_CLOSED = (
    select(Task.closed_at).where(Task.id == FollowUp.task_id).correlate(FollowUp).scalar_subquery()
)

KEPT = (
    Kept(
        name="follow-up-lines",
        what="Een korte notitie bij een oproep",
        why="om bij de volgende oproep te weten wat er gezegd is",
        after="na het afronden van de taak",
        term=LINES,
        programme=VOUCHERS,
        key=FollowUp.id,
        holds=FollowUp.line.is_not(None),
        due=lambda night: night.past_instant(LINES) > _CLOSED,
        ended=_CLOSED,
        forget=_forget_lines,
        columns={"follow_up": frozenset({"line"})},
    ),
    Kept(
        name="scan-attempts",
        what="Een scan die niet lukte (welk account, waar, waarom)",
        why="om een opvang te helpen, en om raden te stoppen",
        after="na de poging",
        term=ATTEMPTS,
        programme=VOUCHERS,
        key=ScanAttempt.id,
        holds=true(),
        due=before(ScanAttempt.at, ATTEMPTS),
        ended=ScanAttempt.at,
        forget=deletes(ScanAttempt.id),
        columns={"scan_attempt": frozenset({"code_hash"})},
    ),
)
