"""The regie calls a family itself that nobody follows up, or gives it back to its referrer."""

from uuid import UUID

from kernel.access import Role, allowed
from kernel.errors import Conflict, NotFound
from kernel.letters import stands_in_for
from kernel.tasks import Task, TaskClosed, task_of
from kernel.unit_of_work import UnitOfWork
from vouchers.calls import read_call
from vouchers.following_up import follow_ups_of
from vouchers.models import Barrier, Booklet
from vouchers.outcomes import COMES_BACK, UNREACHABLE


class TakenOverBefore(Conflict):
    """Somebody of the regie took this family over already."""

    code = "taken-over-before"
    sentence = "Een collega van de regie belt dit gezin al."


class NotTakenOver(Conflict):
    """The call is with the referrer already."""

    code = "not-taken-over"
    sentence = "Dit gezin staat al in de lijst van de toeleider."


@allowed(Role.REGIE)
def take_over(uow: UnitOfWork, *, task_id: UUID) -> Task:
    """Let the regie who acts call a family; what came to nothing is tried anew.

    Refuses a call that somebody of the regie has already, and one that is closed otherwise.
    """
    task = task_of(uow, task_id, lock=True)
    booklet = _booklet_of(uow, task)
    if task.organisation_id != booklet.organisation_id:
        raise TakenOverBefore
    if task.closed_at is not None:
        if task.outcome not in {UNREACHABLE, *COMES_BACK}:
            raise TaskClosed
        task.reopen()
        task.tries = 0
    task.not_before = None
    task.organisation_id = uow.actor.organisation_id
    task.account_id = uow.actor.account_id
    return task


@allowed(Role.REGIE)
def give_back(uow: UnitOfWork, *, task_id: UUID) -> Task:
    """Give a call back to whoever handed the booklet out, as it was before.

    Refuses one that is with the referrer already, and one that is closed.
    """
    task = task_of(uow, task_id, lock=True)
    booklet = _booklet_of(uow, task)
    if task.organisation_id == booklet.organisation_id:
        raise NotTakenOver
    if task.closed_at is not None:
        raise TaskClosed
    assert booklet.organisation_id is not None
    task.organisation_id, task.account_id = booklet.organisation_id, booklet.handed_out_by
    if task.account_id is not None:
        task.account_id = stands_in_for(uow.session, task.account_id, uow.today)
    _restore(task, uow)
    return task


def _restore(task: Task, uow: UnitOfWork) -> None:
    """Let a call that was given up, and not tried since, be given up again."""
    said = follow_ups_of(uow.session, task.id)
    last = said[0] if said else None
    if last is None or task.tries:
        return
    if last.barrier == Barrier.UNREACHABLE:
        task.close(last.made_at, last.made_by, UNREACHABLE)
    elif last.outcome in COMES_BACK:
        task.close(last.made_at, last.made_by, last.outcome)


def _booklet_of(uow: UnitOfWork, task: Task) -> Booklet:
    """Give the booklet of a call; refuse another kind of task, or a removed family's."""
    if read_call(uow, task_id=task.id) is None:
        raise NotFound
    return uow.session.get_one(Booklet, task.subject_id)
