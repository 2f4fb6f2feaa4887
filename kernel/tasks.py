"""Work that somebody should do: opened and closed by what happens, never doubled."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from kernel.access import Role, allowed
from kernel.database import Entity
from kernel.errors import Conflict, NotFound
from kernel.unit_of_work import UnitOfWork

_OPEN = text("closed_at IS NULL")


class Task(Entity):
    """A call to make, for one person of one organisation.

    `rule` says why it exists, `period` tells one spell of that from the next, so that the same
    task can never be opened twice; `subject_id` is what it is about.
    """

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("subject_id", "rule", "period"),
        Index(
            "ix_task_open",
            "organisation_id",
            "due_on",
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index(None, "account_id"),
    )

    rule: Mapped[str]
    subject_id: Mapped[UUID]
    period: Mapped[str]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    due_on: Mapped[date]
    opened_at: Mapped[datetime]
    first_shown_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_by: Mapped[UUID | None] = mapped_column(default=None)
    outcome: Mapped[str | None] = mapped_column(default=None)


class TaskClosed(Conflict):
    """Somebody, or the event that everybody waited for, closed the task before."""

    code = "task-closed"
    sentence = "Deze taak is al afgerond. Je hoeft niets meer te doen."


@allowed(Role.CLOCK)
def open_task(
    uow: UnitOfWork,
    *,
    rule: str,
    subject_id: UUID,
    period: str,
    organisation_id: UUID,
    account_id: UUID | None,
    due_on: date,
) -> None:
    """Open a task, unless this subject has one for this rule and period already."""
    same = (Task.subject_id == subject_id, Task.rule == rule, Task.period == period)
    if uow.session.scalar(select(Task.id).where(*same)) is None:
        uow.session.add(
            Task(
                rule=rule,
                subject_id=subject_id,
                period=period,
                organisation_id=organisation_id,
                account_id=account_id,
                due_on=due_on,
                opened_at=uow.now,
            )
        )


@allowed(Role.CLOCK)
def close_tasks_about(uow: UnitOfWork, *, subject_id: UUID, outcome: str) -> None:
    """Close every open task about a subject, because what it waited for has happened."""
    uow.session.execute(
        update(Task)
        .where(Task.subject_id == subject_id, Task.closed_at.is_(None))
        .values(closed_at=uow.now, closed_by=None, outcome=outcome)
    )


@allowed(Role.CLOCK)
def reopen_tasks_about(uow: UnitOfWork, *, subject_id: UUID, outcome: str) -> None:
    """Open again what an event closed with this outcome, because the event was taken back."""
    uow.session.execute(
        update(Task)
        .where(Task.subject_id == subject_id, Task.outcome == outcome, Task.closed_by.is_(None))
        .values(closed_at=None, outcome=None)
    )


@allowed(Role.REFERRER, Role.REGIE)
def close_task(uow: UnitOfWork, *, task_id: UUID, outcome: str) -> Task:
    """Close a task with what came of it.

    Takes the outcome's code. Refuses another organisation's task as if it were not there, and one
    that is closed already.
    """
    task = task_of(uow, task_id)
    closed = uow.session.execute(
        update(Task)
        .where(Task.id == task.id, Task.closed_at.is_(None))
        .values(closed_at=uow.now, closed_by=uow.actor.account_id, outcome=outcome)
    )
    if closed.rowcount != 1:  # type: ignore[attr-defined]
        raise TaskClosed
    uow.session.refresh(task)
    return task


@allowed(Role.REFERRER, Role.REGIE)
def reopen_task(uow: UnitOfWork, *, task_id: UUID) -> Task:
    """Take back the closing of a task by the same person on the same day.

    Refuses when it is open, when something else closed it, or when the day is over.
    """
    task = task_of(uow, task_id)
    mine = task.closed_by == uow.actor.account_id and task.closed_at is not None
    if not mine or task.closed_at is None or task.closed_at.date() != uow.now.date():
        raise TaskClosed("Dit kun je niet meer ongedaan maken. Vraag het aan de regie.")
    task.closed_at = task.closed_by = task.outcome = None
    return task


@allowed(Role.REFERRER, Role.REGIE)
def show_tasks(uow: UnitOfWork, *, task_ids: list[UUID]) -> None:
    """Keep when each of these tasks was first on somebody's screen."""
    uow.session.execute(
        update(Task)
        .where(Task.id.in_(task_ids), Task.first_shown_at.is_(None))
        .values(first_shown_at=uow.now)
    )


def task_of(uow: UnitOfWork, task_id: UUID) -> Task:
    """Give a task of the actor's own organisation (the regie sees every one), else refuse."""
    task = uow.session.scalar(select(Task).where(Task.id == task_id))
    own = task is not None and task.organisation_id == uow.actor.organisation_id
    if task is None or not (own or uow.actor.is_any(Role.REGIE)):
        raise NotFound
    return task
