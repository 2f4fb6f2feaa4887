"""Somebody calls a family about its booklet, and writes down what came of it."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.access import Role, allowed
from kernel.calendar import day_of, is_working_day, working_day_after
from kernel.errors import Conflict, Invalid
from kernel.rules import Rules, rules_on
from kernel.tasks import Task, TaskClosed, task_of
from kernel.unit_of_work import UnitOfWork
from vouchers.choices import CALL_TRIES
from vouchers.models import Barrier, Company, FollowUp
from vouchers.outcomes import (
    COMES_BACK,
    MEANS,
    UNREACHABLE,
    VISIT_AGREED,
    CallOutcome,
)
from vouchers.visiting import agree_first_visit

FARTHEST = timedelta(days=60)  # what comes later is a call of its own


class NotedMeanwhile(Conflict):
    """Somebody wrote down another call about this family since the page was opened."""

    code = "noted-meanwhile"
    sentence = (
        "Intussen is er al iets genoteerd bij dit gezin: lees het op de kaart. "
        "Wat jij invulde, staat er nog. Bewaar opnieuw als het er nog bij moet."
    )


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What was written down of a call, apart from who did it and when."""

    outcome: str
    barrier: Barrier | None = None
    next_on: date | None = None
    line: str | None = None


@allowed(Role.REFERRER, Role.REGIE)
def note_follow_up(
    uow: UnitOfWork,
    *,
    task_id: UUID,
    outcome: CallOutcome,
    barrier: Barrier | None = None,
    next_on: date | None = None,
    line: str | None = None,
    seen: UUID | None = None,
) -> FollowUp:
    """Write down what came of a call; the task closes, or waits until the family is asked again.

    "Gaat binnenkort" and "hulp nodig" come back on `next_on`, a working day within sixty days
    (without one after seven and three days, the city's choice); "niet bereikt" on the next working
    day. After three reminders (a rule) none comes back: who was not reached is closed as
    unreachable (product/cheques.md 5). `line` is at most 80 characters; `seen` is the last
    follow-up of this task that was on the screen.
    Refuses another organisation's task, a closed one, a day that is no working day, and one that
    somebody else followed up since `seen`. The same words sent twice by one person count once.
    """
    said = _Said(outcome=outcome, barrier=MEANS.get(outcome, barrier), next_on=next_on, line=line)
    task = task_of(uow, task_id, lock=True)
    if (first := _noted_before(uow, task, said, seen)) is not None:
        return first
    rules = rules_on(uow.session, uow.today)
    until = _comes_back_on(uow, task, outcome, next_on, rules)
    if until is not None:
        task.put_off(until)
        return _keep(uow, task, said, until)
    if outcome == CallOutcome.NOT_REACHED:
        said = _Said(outcome=outcome, barrier=Barrier.UNREACHABLE)
        task.close(uow.now, uow.actor.account_id, UNREACHABLE)
    else:
        task.close(uow.now, uow.actor.account_id, outcome)
    return _keep(uow, task, said, None)


@allowed(Role.REFERRER, Role.REGIE)
def agree_visit_on_call(
    uow: UnitOfWork,
    *,
    task_id: UUID,
    location_id: UUID,
    day: date,
    company: str = Company.ALONE,
    seen: UUID | None = None,
) -> FollowUp:
    """Agree a first visit while one has the family on the phone, which closes the call.

    The visit asks for calls of its own: the working day before, and the one after without a scan.
    Refuses what `agree_first_visit` and `note_follow_up` refuse.
    """
    said = _Said(outcome=VISIT_AGREED)
    task = task_of(uow, task_id, lock=True)
    if (first := _noted_before(uow, task, said, seen)) is not None:
        return first
    agree_first_visit(
        uow, booklet_id=task.subject_id, location_id=location_id, day=day, company=company
    )
    task.close(uow.now, uow.actor.account_id, VISIT_AGREED)
    return _keep(uow, task, said, None)


def follow_ups_of(session: Session, task_id: UUID) -> list[FollowUp]:
    """Give what was written down of a task and not taken back, the latest first."""
    return list(
        session.scalars(
            select(FollowUp)
            .where(FollowUp.task_id == task_id, FollowUp.taken_back_at.is_(None))
            .order_by(FollowUp.made_at.desc())
        )
    )


def working_day_in(today: date, days: int) -> date:
    """Give the first working day that is at least so many days (1 or more) away."""
    return working_day_after(today + timedelta(days=days - 1))


def _noted_before(uow: UnitOfWork, task: Task, said: _Said, seen: UUID | None) -> FollowUp | None:
    """Give the same words when they were sent before; refuse when somebody said something else."""
    last = next(iter(follow_ups_of(uow.session, task.id)), None)
    if last is not None and last.id != seen:
        if _is_same(uow, last, said):
            return last
        if task.closed_at is None or task.closed_by == last.made_by:
            raise NotedMeanwhile
    if task.closed_at is not None:
        raise TaskClosed
    return None


def _is_same(uow: UnitOfWork, last: FollowUp, said: _Said) -> bool:
    by_me = last.made_by == uow.actor.account_id and day_of(last.made_at) == uow.today
    chosen = said.next_on in {None, last.next_on}
    barrier = said.barrier in {None, last.barrier}
    return by_me and chosen and barrier and (last.outcome, last.line) == (said.outcome, said.line)


def _comes_back_on(
    uow: UnitOfWork, task: Task, outcome: CallOutcome, next_on: date | None, rules: Rules
) -> date | None:
    """Give the working day on which a family is asked again, or None when it is not."""
    if outcome == CallOutcome.NOT_REACHED:
        return working_day_after(uow.today) if task.tries + 1 < rules[CALL_TRIES] else None
    if outcome not in COMES_BACK:
        return None
    day = next_on or working_day_in(uow.today, rules[COMES_BACK[outcome]])
    if not uow.today < day <= uow.today + FARTHEST:
        raise Invalid(fields={"nextOn": ["Kies een dag na vandaag, binnen twee maanden."]})
    if not is_working_day(day):
        raise Invalid(fields={"nextOn": ["Dat is geen werkdag. Kies een andere dag."]})
    return day if task.tries < rules[CALL_TRIES] else None


def _keep(uow: UnitOfWork, task: Task, said: _Said, until: date | None) -> FollowUp:
    follow_up = FollowUp(
        task_id=task.id,
        booklet_id=task.subject_id,
        made_at=uow.now,
        made_by=uow.actor.account_id,
        reached=said.outcome != CallOutcome.NOT_REACHED,
        outcome=said.outcome,
        barrier=said.barrier,
        next_on=until,
        line=said.line,
    )
    uow.session.add(follow_up)
    return follow_up
