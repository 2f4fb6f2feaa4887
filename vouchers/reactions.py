"""What follows from what happened with cheques. Runs after the commit, from the event's row."""

from uuid import UUID

from sqlalchemy import select

from kernel.calendar import day_of
from kernel.events import Subscriptions
from kernel.letters import stands_in_for
from kernel.tasks import Task, close_tasks_about, open_task
from kernel.unit_of_work import UnitOfWork
from vouchers.call_reasons import BEFORE_USE, CLOSED_BY_USE, SilenceRule, holds
from vouchers.events import (
    BookletBlocked,
    BookletExtended,
    ChequeRedeemed,
    ContinuationTold,
    DropOffFlagged,
    ExtensionTakenBack,
    FirstVisitAgreed,
    RedemptionAnnulled,
)
from vouchers.good_news import tell_good_news
from vouchers.models import Booklet, Going, Redemption
from vouchers.outcomes import (
    BLOCKED,
    CONTINUES,
    EXTENDED,
    OVERTAKEN,
    STOPPED,
    VISIT_AGREED,
)
from vouchers.visiting import appointment_of

_BY_EVENTS = frozenset({*CLOSED_BY_USE.values(), EXTENDED})  # what can be taken back
_OF_VISITS = frozenset({SilenceRule.VISIT_MISSED, SilenceRule.VISIT_NEAR})


def ask_to_call(uow: UnitOfWork, event: DropOffFlagged) -> None:
    """Give whoever handed the booklet out a task to call, unless the reason is gone meanwhile.

    Whoever is away leaves it to the stand-in, else to the organisation. It takes the place of an
    older call about the same booklet: one family is one card. Somebody who took that one over
    keeps the family, and a day that was agreed to call again stays, unless a visit is at hand.
    """
    booklet = uow.session.scalar(select(Booklet).where(Booklet.id == event.booklet_id))
    rule = SilenceRule(event.rule)
    if booklet is None or not holds(booklet, rule, event.period):
        return
    assert booklet.organisation_id is not None
    organisation_id, account_id = booklet.organisation_id, booklet.handed_out_by
    if account_id is not None:
        account_id = stands_in_for(uow.session, account_id, event.flagged_on)
    not_before = None
    for older in _open_about(uow, booklet.id):
        if older.organisation_id != booklet.organisation_id:
            organisation_id, account_id = older.organisation_id, older.account_id
        not_before = older.not_before if rule not in _OF_VISITS else None
    close_tasks_about(uow, subject_id=booklet.id, outcome=OVERTAKEN)
    open_task(
        uow,
        rule=rule,
        subject_id=booklet.id,
        period=event.period,
        organisation_id=organisation_id,
        account_id=account_id,
        due_on=event.flagged_on,
        not_before=not_before,
    )


def close_call(uow: UnitOfWork, event: ChequeRedeemed) -> None:
    """Close the call that a use answered by itself, unless it was undone meanwhile.

    Any use since the flag ends a silence, also of an earlier day of care; the last one brings back
    the question whether the child goes on, where an undone use had taken that away.
    """
    scanned_at = uow.session.scalar(
        select(Redemption.redeemed_at).where(
            Redemption.id == event.redemption_id, Redemption.annulled_at.is_(None)
        )
    )
    booklet = uow.session.get(Booklet, event.booklet_id)
    if booklet is None or scanned_at is None:
        return
    for task in _open_about(uow, booklet.id):
        rule = SilenceRule(task.rule)
        ends = rule == SilenceRule.SILENCE and day_of(scanned_at) >= task.due_on
        if ends or not holds(booklet, rule, task.period):
            task.close(uow.now, None, CLOSED_BY_USE[rule])
    _bring_back(uow, booklet, frozenset({SilenceRule.USED_UP}))


def bring_good_news(uow: UnitOfWork, event: ChequeRedeemed) -> None:
    """Tell whoever handed the booklet out of a first use, and of a booklet that is used up."""
    tell_good_news(uow, redemption_id=event.redemption_id)


def ask_again(uow: UnitOfWork, event: RedemptionAnnulled) -> None:
    """Open the call again that a use had closed, when that use was undone; one at most."""
    booklet = uow.session.get(Booklet, event.booklet_id)
    if booklet is None:
        return
    for task in _open_about(uow, booklet.id):
        rule = SilenceRule(task.rule)
        if not holds(booklet, rule, task.period):
            task.close(uow.now, None, CLOSED_BY_USE[rule])
    _bring_back(uow, booklet, frozenset(SilenceRule))


def give_time(uow: UnitOfWork, event: BookletExtended) -> None:
    """Close the call about a booklet that nearly expired: it has more time now."""
    _judge_expiry(uow, event.booklet_id)


def take_time(uow: UnitOfWork, event: ExtensionTakenBack) -> None:
    """Open that call again when there is no more time after all."""
    _judge_expiry(uow, event.booklet_id)


def await_visit(uow: UnitOfWork, event: FirstVisitAgreed) -> None:
    """Close the call of a family that agreed a visit: the visit asks for calls of its own."""
    visit = appointment_of(uow, event.booklet_id)
    if visit is None or (visit.location_id, visit.day) != (event.location_id, event.day):
        return  # replaced, or taken back
    for task in _open_about(uow, event.booklet_id):
        if task.rule in BEFORE_USE and task.period != str(visit.id):
            task.close(uow.now, None, VISIT_AGREED)


def hear_of_going_on(uow: UnitOfWork, event: ContinuationTold) -> None:
    """Close the question whether a child goes on, once somebody knows."""
    if event.answer == Going.UNKNOWN:
        return
    goes_on = event.answer in {Going.HERE, Going.ELSEWHERE}
    for task in _open_about(uow, event.booklet_id):
        if task.rule == SilenceRule.USED_UP:
            task.close(uow.now, None, CONTINUES if goes_on else STOPPED)


def forget_call(uow: UnitOfWork, event: BookletBlocked) -> None:
    """Close the call about a booklet that nobody can use any more."""
    close_tasks_about(uow, subject_id=event.booklet_id, outcome=BLOCKED)


def _open_about(uow: UnitOfWork, booklet_id: UUID) -> list[Task]:
    return list(
        uow.session.scalars(
            select(Task).where(
                Task.subject_id == booklet_id,
                Task.closed_at.is_(None),
                Task.rule.in_([str(rule) for rule in SilenceRule]),
            )
        )
    )


def _bring_back(uow: UnitOfWork, booklet: Booklet, rules: frozenset[SilenceRule]) -> None:
    """Open the latest call again that an event had closed and whose reason holds once more.

    Where another call about the booklet is open, that one is enough.
    """
    closed = uow.session.scalars(
        select(Task)
        .where(
            Task.subject_id == booklet.id,
            Task.rule.in_([str(rule) for rule in rules]),
            Task.closed_by.is_(None),
            Task.outcome.in_(_BY_EVENTS),
        )
        .order_by(Task.opened_at.desc())
    )
    again = next((t for t in closed if holds(booklet, SilenceRule(t.rule), t.period)), None)
    if again is None or _open_about(uow, booklet.id):
        return
    again.reopen()
    again.came_back_at = uow.now


def _judge_expiry(uow: UnitOfWork, booklet_id: UUID) -> None:
    booklet = uow.session.get(Booklet, booklet_id)
    if booklet is None:
        return
    expiring = frozenset({SilenceRule.EXPIRING})
    for task in _open_about(uow, booklet_id):
        if task.rule in expiring and not holds(booklet, SilenceRule.EXPIRING, task.period):
            task.close(uow.now, None, EXTENDED)
    _bring_back(uow, booklet, expiring)


INSIDE: Subscriptions = {
    DropOffFlagged: [ask_to_call],
    ChequeRedeemed: [close_call, bring_good_news],
    RedemptionAnnulled: [ask_again],
    BookletBlocked: [forget_call],
    BookletExtended: [give_time],
    ExtensionTakenBack: [take_time],
    FirstVisitAgreed: [await_visit],
    ContinuationTold: [hear_of_going_on],
}
OUTSIDE: Subscriptions = {}
