"""Work that somebody should do: opened and closed by what happens, never doubled."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from kernel.access import Role, allowed
from kernel.calendar import day_of
from kernel.database import Entity
from kernel.errors import Conflict, NotFound
from kernel.unit_of_work import UnitOfWork

_OPEN = text("closed_at IS NULL")


class Task(Entity):
    """A call to make, for one person of one organisation.

    `rule` says why it exists, `period` tells one spell of that from the next, so that the same
    task can never be opened twice; `subject_id` is what it is about. `tries` counts the times that
    it was put off to a later day; until `not_before` it is on nobody's list. `came_back_at` is
    when it was last opened again, because what had closed it was taken back.
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
    not_before: Mapped[date | None] = mapped_column(default=None)
    tries: Mapped[int] = mapped_column(default=0)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_by: Mapped[UUID | None] = mapped_column(default=None)
    outcome: Mapped[str | None] = mapped_column(default=None)
    came_back_at: Mapped[datetime | None] = mapped_column(default=None)

    def waits(self, on: date) -> bool:
        """Say whether it was put off to a day after this one."""
        return self.closed_at is None and self.not_before is not None and self.not_before > on

    def put_off(self, until: date) -> None:
        """Take it from the list until a day."""
        self.not_before, self.tries = until, self.tries + 1

    def close(self, at: datetime, by: UUID | None, outcome: str) -> None:
        """Write down what came of it: by somebody, or (None) by what happened."""
        self.closed_at, self.closed_by, self.outcome = at, by, outcome

    def reopen(self) -> None:
        """Let it be as if it was never closed."""
        self.closed_at = self.closed_by = self.outcome = None


class TaskClosed(Conflict):
    """Somebody, or the event that everybody waited for, closed the task before."""

    code = "task-closed"
    sentence = "Deze taak is al afgerond. Je hoeft niets meer te doen."


class TooLateToUndo(Conflict):
    """What came of a task stands: its day is over, or somebody else said it."""

    code = "too-late-to-undo"
    sentence = "Dit kun je niet meer ongedaan maken. Vraag het aan de regie."


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
    not_before: date | None = None,
) -> None:
    """Open a task, unless this subject has one for this rule and period already.

    Takes `account_id` None where the whole organisation should do it, and `not_before` where it
    is for a later day.
    """
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
                not_before=not_before,
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
    mine = task.closed_by == uow.actor.account_id
    if task.closed_at is None or not mine or day_of(task.closed_at) != uow.today:
        raise TooLateToUndo
    task.closed_at = task.closed_by = task.outcome = None
    return task


@allowed(Role.REFERRER, Role.REGIE)
def show_tasks(uow: UnitOfWork, *, task_ids: list[UUID]) -> None:
    """Keep when each of these tasks was first on the screen of the organisation that has it.

    That the regie saw it does not count: somebody else still has to call.
    """
    own = Task.organisation_id == uow.actor.organisation_id
    uow.session.execute(
        update(Task)
        .where(Task.id.in_(task_ids), own, Task.first_shown_at.is_(None))
        .values(first_shown_at=uow.now)
    )


def task_of(uow: UnitOfWork, task_id: UUID, *, lock: bool = False) -> Task:
    """Give a task of the actor's own organisation (the regie sees every one), else refuse.

    With `lock` until the end of the work: of two people at one task, the second sees the first.
    """
    found = select(Task).where(Task.id == task_id)
    task = uow.session.scalar(found.with_for_update() if lock else found)
    own = task is not None and task.organisation_id == uow.actor.organisation_id
    if task is None or not (own or uow.actor.is_any(Role.REGIE)):
        raise NotFound
    return task
