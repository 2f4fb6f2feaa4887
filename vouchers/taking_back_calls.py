"""Somebody undoes what was written down of a call: the task is as it was."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select, update

from kernel.access import Role, allowed
from kernel.calendar import day_of
from kernel.tasks import Task, TooLateToUndo, task_of
from kernel.unit_of_work import UnitOfWork
from vouchers.following_up import follow_ups_of
from vouchers.models import Appointment, DropOff, FollowUp
from vouchers.outcomes import VISIT_AGREED


@allowed(Role.REFERRER, Role.REGIE)
def take_back_follow_up(uow: UnitOfWork, *, task_id: UUID) -> Task:
    """Undo the last thing that was written down of a call: the task is as it was before.

    Today only, by the same person, and while nothing else closed the task; else refuses.
    """
    task = task_of(uow, task_id, lock=True)
    said = follow_ups_of(uow.session, task.id)
    if not said or not _is_mine(uow, said[0]) or _is_closed_otherwise(uow, task):
        raise TooLateToUndo
    last, before = said[0], said[1] if len(said) > 1 else None
    last.taken_back_at = uow.now
    if task.closed_at is None:
        task.tries -= 1
    else:
        task.reopen()
    if last.outcome == VISIT_AGREED:
        _take_back_visit(uow, task.subject_id, last)
    task.not_before = before.next_on if before else None
    return task


def _is_mine(uow: UnitOfWork, last: FollowUp) -> bool:
    return last.made_by == uow.actor.account_id and day_of(last.made_at) == uow.today


def _is_closed_otherwise(uow: UnitOfWork, task: Task) -> bool:
    return task.closed_at is not None and task.closed_by != uow.actor.account_id


def _take_back_visit(uow: UnitOfWork, booklet_id: UUID, agreed: FollowUp) -> None:
    """Let the first visit that held before hold again; the mistaken one was never agreed."""

    def visits(*which: Any) -> Any:
        return update(Appointment).where(Appointment.booklet_id == booklet_id, *which)

    still = (Appointment.made_at == agreed.made_at, Appointment.replaced_at.is_(None))
    taken_back = uow.session.scalar(
        select(Appointment.id).where(Appointment.booklet_id == booklet_id, *still)
    )
    if taken_back is None:
        return
    uow.session.execute(visits(Appointment.id == taken_back).values(replaced_at=uow.now))
    before = (Appointment.replaced_at == agreed.made_at, Appointment.id != taken_back)
    uow.session.execute(visits(*before).values(replaced_at=None))
    flagged = exists().where(DropOff.visit_id == Appointment.id)
    uow.session.execute(delete(Appointment).where(Appointment.id == taken_back, ~flagged))
