"""The demo's calls: who was reached, what holds families back, and whether children go on."""

from datetime import date
from random import Random
from uuid import UUID

from sqlalchemy import select

from kernel.tasks import Task, show_tasks
from kernel.unit_of_work import UnitOfWork
from vouchers.call_reasons import SilenceRule
from vouchers.continuing import answer_after_scan, answer_for_family
from vouchers.following_up import follow_ups_of, note_follow_up
from vouchers.models import Barrier, Going
from vouchers.outcomes import CallOutcome

_ASKED = (8, 10)  # after these cheques the provider is asked whether the child goes on
_GOING = (*[Going.HERE] * 5, *[Going.ELSEWHERE] * 2, Going.NO, Going.UNKNOWN, Going.UNKNOWN)
_HELP = (
    (Barrier.NO_PLACE, "Zoekt een plaats dicht bij de taalles"),
    (Barrier.NO_PLACE, None),
    (Barrier.TRUST, "Mama wil eerst samen gaan kijken"),
    (Barrier.TRANSPORT, "De bus rijdt niet vroeg genoeg"),
    (Barrier.HOURS, "Lessen beginnen om 8 uur"),
    (Barrier.LANGUAGE, "Belt liever samen met een tolk"),
)
_GOES = ((None, None), (None, "Gaat volgende week langs"), (Barrier.NOT_FOR_A_WHILE, None))
_ENDS = (
    (CallOutcome.DOES_NOT_WANT, Barrier.TRUST),
    (CallOutcome.DOES_NOT_WANT, Barrier.TRAJECTORY),
    (CallOutcome.DOES_NOT_WANT, Barrier.OTHER),
    (CallOutcome.IN_CARE, None),
    (CallOutcome.MOVED, None),
)


def look(uow: UnitOfWork, booklet_id: UUID) -> None:
    """Let a referrer see the card of a family, without calling yet."""
    if (task := _task(uow, booklet_id)) is not None:
        show_tasks(uow, task_ids=[task.id])


def not_reach(uow: UnitOfWork, booklet_id: UUID) -> date | None:
    """Call in vain; gives the day of the next try."""
    return _note(uow, booklet_id, CallOutcome.NOT_REACHED, None, None)


def call(uow: UnitOfWork, booklet_id: UUID, luck: Random, *, comes: bool) -> date | None:
    """Call a family, which will use a cheque or will not; gives the day of the next call, if any.

    Who is coming says so. Of the others some were not reached, some need help, some say no.
    """
    task = _task(uow, booklet_id)
    if task is not None and task.rule == SilenceRule.USED_UP:
        answer_for_family(uow, booklet_id=booklet_id, answer=luck.choice(_GOING[:-2]))
        return None
    kind = "goes" if comes else luck.choice(("vain", "vain", "help", "goes", "ends", "ends"))
    if kind == "vain":
        return not_reach(uow, booklet_id)
    if kind == "ends":
        outcome, barrier = luck.choice(_ENDS)
        return _note(uow, booklet_id, outcome, barrier, None)
    told = _HELP if kind == "help" else _GOES
    heard = CallOutcome.NEEDS_HELP if kind == "help" else CallOutcome.WILL_GO
    return _note(uow, booklet_id, heard, *luck.choice(told))


def tell_going(uow: UnitOfWork, redemption_id: UUID, used_after: int, luck: Random) -> None:
    """Let a provider answer whether the child goes on, mostly, when a scan asks it."""
    if used_after in _ASKED and luck.random() < 0.6:  # noqa: PLR2004 — some tap it away
        answer_after_scan(uow, redemption_id=redemption_id, answer=luck.choice(_GOING))


def _note(
    uow: UnitOfWork,
    booklet_id: UUID,
    outcome: CallOutcome,
    barrier: Barrier | None,
    line: str | None,
) -> date | None:
    task = _task(uow, booklet_id)
    if task is None or task.waits(uow.today):
        return None
    show_tasks(uow, task_ids=[task.id])
    said = follow_ups_of(uow.session, task.id)
    return note_follow_up(
        uow,
        task_id=task.id,
        outcome=outcome,
        barrier=barrier,
        line=line,
        seen=said[0].id if said else None,
    ).next_on


def _task(uow: UnitOfWork, booklet_id: UUID) -> Task | None:
    return uow.session.scalar(
        select(Task).where(Task.subject_id == booklet_id, Task.closed_at.is_(None))
    )
