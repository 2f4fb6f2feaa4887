"""Somebody saw that a child nears its limit, and says what the next step is."""

from enum import StrEnum
from uuid import UUID

from kernel.access import Role, allowed
from kernel.errors import NotFound
from kernel.tasks import Task, close_task, reopen_task, task_of
from kernel.unit_of_work import UnitOfWork
from occasioneel.models import Signal


class NextStep(StrEnum):
    """What somebody does next for a child that nears its limit (after product/care.md 3)."""

    SEARCH = "search"
    CONTACT = "contact"
    ENROL = "enrol"
    SCHOOL = "school"
    STAYS = "stays"


@allowed(Role.REGIE)
def note_step(uow: UnitOfWork, *, task_id: UUID, step: NextStep) -> Task:
    """Close a child's card with the next step; refuse one that is closed already."""
    _check_ours(uow, task_id)
    return close_task(uow, task_id=task_id, outcome=step)


@allowed(Role.REGIE)
def take_back_step(uow: UnitOfWork, *, task_id: UUID) -> Task:
    """Open a card again on the day it was closed, by the same person; else refuse."""
    _check_ours(uow, task_id)
    return reopen_task(uow, task_id=task_id)


def _check_ours(uow: UnitOfWork, task_id: UUID) -> None:
    if task_of(uow, task_id).rule not in set(Signal):
        raise NotFound
