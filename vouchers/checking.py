"""What must always hold of booklets, cheques and redemptions, as questions to the database."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from kernel.checking import Check, Moment
from kernel.events import Delivery, PendingEvent, RecordedEvent
from kernel.tasks import Task
from vouchers import stock_checking
from vouchers.call_reasons import BEFORE_USE, SilenceRule
from vouchers.models import Booklet, BookletState, Cheque, ChequeState, Redemption

_LIVE = Redemption.annulled_at.is_(None)
_BLOCKED = (BookletState.BLOCKED_LOST, BookletState.BLOCKED_ERROR)


def _of_booklet(what: ColumnElement[Any]) -> Any:
    """Ask something of a booklet's live redemptions."""
    return select(what).where(Redemption.booklet_id == Booklet.id, _LIVE).scalar_subquery()


def _miscounted(_: Moment) -> Select[Any]:
    return select(Booklet.id).where(Booklet.used_count != _of_booklet(func.count(Redemption.id)))


def _misdated(_: Moment) -> Select[Any]:
    first, last = func.min(Redemption.care_date), func.max(Redemption.care_date)
    return select(Booklet.id).where(
        or_(
            Booklet.first_used_on.is_distinct_from(_of_booklet(first)),
            Booklet.last_used_on.is_distinct_from(_of_booklet(last)),
        )
    )


def _misused_cheques(_: Moment) -> Select[Any]:
    """Find a used cheque without one live redemption, and an open one with any."""
    live = select(func.count()).where(Redemption.cheque_id == Cheque.id, _LIVE).scalar_subquery()
    return select(Cheque.id).where(live != case((Cheque.state == ChequeState.USED, 1), else_=0))


def _of_another_booklet(_: Moment) -> Select[Any]:
    return select(Redemption.id).where(
        Redemption.cheque_id == Cheque.id,
        or_(
            Redemption.booklet_id != Cheque.booklet_id,
            Redemption.cheque_number != Cheque.number,
        ),
    )


def _wrong_size(_: Moment) -> Select[Any]:
    """Find a booklet whose cheques are not numbered 1 to its size."""
    return (
        select(Booklet.id)
        .outerjoin(Cheque, Cheque.booklet_id == Booklet.id)
        .group_by(Booklet.id, Booklet.size)
        .having(
            or_(
                func.count(Cheque.id) != Booklet.size,
                func.min(Cheque.number) != 1,
                func.max(Cheque.number) != Booklet.size,
            )
        )
    )


def _never_handed_out(_: Moment) -> Select[Any]:
    return select(Redemption.id).where(
        Redemption.booklet_id == Booklet.id,
        or_(
            Booklet.state.in_((BookletState.PRINTED, BookletState.DELIVERED)),
            Booklet.handed_out_on.is_(None),
        ),
    )


def _broken_chain(_: Moment) -> Select[Any]:
    """Find a family whose booklets are not numbered 1, 2, 3 and so on."""
    return (
        select(Booklet.family_id)
        .where(Booklet.family_id.is_not(None))
        .group_by(Booklet.family_id)
        .having(
            or_(
                func.count(Booklet.ordinal) != func.count(),
                func.min(Booklet.ordinal) != 1,
                func.max(Booklet.ordinal) != func.count(),
            )
        )
    )


def _ill_replaced(_: Moment) -> Select[Any]:
    """Find a replacement that does not hold just what was left in a lost booklet."""
    lost = aliased(Booklet)
    return (
        select(Booklet.id)
        .join(lost, lost.id == Booklet.replaces_id)
        .where(
            not_(
                and_(
                    lost.state == BookletState.BLOCKED_LOST,
                    lost.used_count + Booklet.size == lost.size,
                    lost.origin_id == Booklet.origin_id,
                    lost.family_id.is_not_distinct_from(Booklet.family_id),
                )
            )
        )
    )


def _idle_tasks(_: Moment) -> Select[Any]:
    """Find a call that what happened should have closed, once all of it is delivered."""
    waiting = exists().where(
        PendingEvent.event_number == RecordedEvent.number,
        RecordedEvent.subject_id == Task.subject_id,
    )
    owed = exists().where(
        Delivery.subject_id == Task.subject_id,
        Delivery.done_at.is_(None),
        Delivery.parked_at.is_(None),
    )
    return select(Task.id).where(
        Task.subject_id == Booklet.id,
        Task.rule.in_([str(rule) for rule in SilenceRule]),
        Task.closed_at.is_(None),
        or_(
            Booklet.state.in_(_BLOCKED),
            and_(Task.rule.in_([str(rule) for rule in BEFORE_USE]), Booklet.used_count > 0),
            and_(Task.rule == str(SilenceRule.EXPIRING), Booklet.used_count == Booklet.size),
            and_(Task.rule == str(SilenceRule.USED_UP), Booklet.used_count < Booklet.size),
            and_(
                Task.rule == str(SilenceRule.SILENCE),
                Task.period != cast(Booklet.last_used_on, String),
            ),
        ),
        ~waiting,
        ~owed,
    )


CHECKS = (
    Check(
        name="booklet-count",
        sentence="Elk boekje telt zoveel gebruikte cheques als er geldige scans van zijn.",
        offending=_miscounted,
    ),
    Check(
        name="booklet-days",
        sentence="Het eerste en laatste gebruik van elk boekje zijn die van zijn geldige scans.",
        offending=_misdated,
    ),
    Check(
        name="cheque-used-once",
        sentence="Elke gebruikte cheque heeft één geldige scan, elke open cheque geen.",
        offending=_misused_cheques,
    ),
    Check(
        name="scan-of-own-booklet",
        sentence="Elke scan noemt het boekje en het nummer van zijn eigen cheque.",
        offending=_of_another_booklet,
    ),
    Check(
        name="booklet-size",
        sentence="Elk boekje heeft al zijn cheques, genummerd vanaf 1.",
        offending=_wrong_size,
    ),
    Check(
        name="scan-after-hand-out",
        sentence="Geen cheque is gescand van een boekje dat nooit is meegegeven.",
        offending=_never_handed_out,
    ),
    Check(
        name="family-chain",
        sentence="De boekjes van elk gezin zijn genummerd vanaf 1, zonder gaten.",
        offending=_broken_chain,
    ),
    Check(
        name="replaced-whole",
        sentence="Elk vervangen boekje is geblokkeerd; gebruikt en herdrukt zijn samen het geheel.",
        offending=_ill_replaced,
    ),
    Check(
        name="no-idle-calls",
        sentence="Geen open taak vraagt te bellen over een gebruikt of geblokkeerd boekje.",
        offending=_idle_tasks,
    ),
    *stock_checking.CHECKS,
)
