"""On working days at eight, whoever has something new to do gets one letter about it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import or_, select

from kernel.access import Role, allowed
from kernel.accounts import Account, AccountRole
from kernel.calendar import day_of, is_working_day
from kernel.letter_text import letter_text
from kernel.letters import LetterKind, ToldTask, stands_in_for, write_letter
from kernel.tasks import Task
from kernel.unit_of_work import UnitOfWork

_WHO_DO_TASKS = (Role.REFERRER, Role.REGIE)


@dataclass
class Desk:
    """What is somebody's to do today: every task with what was told of it, and who they are."""

    account: Account
    is_there: bool
    roles: set[str] = field(default_factory=set)
    tasks: list[tuple[Task, ToldTask | None]] = field(default_factory=list)

    @property
    def new(self) -> list[tuple[Task, ToldTask | None]]:
        """The tasks that no letter told this person of, and those that came back since."""
        return [(task, told) for task, told in self.tasks if told is None or _is_back(task, told)]


@allowed(Role.CLOCK)
def send_morning_mail(uow: UnitOfWork) -> int:
    """Write a letter to each account that has a new task and wants mail; gives how many.

    A task is for its own account; while that is away for its stand-in; else for everybody of its
    organisation who does tasks. It is new to somebody whom no letter told of it, and again when it
    came back: it was put off until now, or what had closed it was undone. Writes nothing on a
    weekend or a holiday, nothing where nothing is new, and to nobody twice on a day
    (product/README.md 2).
    """
    if not is_working_day(uow.today):
        return 0
    owed = [desk for desk in _desks(uow) if desk.account.mails_tasks and desk.new]
    return sum(_tell(uow, desk) for desk in owed)


def _is_back(task: Task, told: ToldTask) -> bool:
    put_off = task.not_before is not None and task.not_before > day_of(told.told_at)
    return put_off or (task.came_back_at is not None and task.came_back_at > told.told_at)


def _tell(uow: UnitOfWork, desk: Desk) -> bool:
    """Write somebody's letter of today, unless it is written, and keep what it told."""
    said = f"Opstap {uow.city.name}: {_tasks(len(desk.new), 'nieuwe ')}"
    is_new = write_letter(
        uow,
        account_id=desk.account.id,
        kind=LetterKind.MORNING,
        about_id=desk.account.id,
        period=uow.today.isoformat(),
        subject=said,
        body=letter_text(uow.city, *_paragraphs(desk, uow.city.base_url)),
    )
    for task, told in desk.new if is_new else ():
        if told is None:
            uow.session.add(ToldTask(account_id=desk.account.id, task_id=task.id, told_at=uow.now))
        else:
            told.told_at = uow.now
    return is_new


def _desks(uow: UnitOfWork) -> Iterable[Desk]:
    """Lay each task of today before whoever does it, in four statements."""
    desks = _every_desk(uow)
    told = {(each.account_id, each.task_id): each for each in uow.session.scalars(_TOLD)}
    put_off = Task.not_before > uow.today
    ready = select(Task).where(Task.closed_at.is_(None), or_(Task.not_before.is_(None), ~put_off))
    for task in uow.session.scalars(ready.order_by(Task.opened_at)):
        for desk in _who_does(uow, task, desks):
            desk.tasks.append((task, told.get((desk.account.id, task.id))))
    return desks.values()


_TOLD = select(ToldTask).join(Task, Task.id == ToldTask.task_id).where(Task.closed_at.is_(None))


def _every_desk(uow: UnitOfWork) -> dict[UUID, Desk]:
    """Give each account's desk, empty.

    Of who is away too: while every account is held here, to look up who stands in for whom asks
    the database nothing more.
    """
    desks = {
        each.id: Desk(each, each.disabled_at is None and not each.is_away(uow.today))
        for each in uow.session.scalars(select(Account))
    }
    roles = select(AccountRole).where(AccountRole.role.in_(_WHO_DO_TASKS))
    for each in uow.session.scalars(roles):
        desks[each.account_id].roles.add(each.role)
    return desks


def _who_does(uow: UnitOfWork, task: Task, desks: dict[UUID, Desk]) -> Iterator[Desk]:
    """Give the one who does a task, or everybody of its organisation; only who can open it."""
    one = stands_in_for(uow.session, task.account_id, uow.today) if task.account_id else None
    if one is not None and _may_do(task, desks[one]):
        yield desks[one]
    else:
        yield from (desk for desk in desks.values() if desk.is_there and _is_of(task, desk))


def _may_do(task: Task, desk: Desk) -> bool:
    return _is_of(task, desk) or Role.REGIE in desk.roles


def _is_of(task: Task, desk: Desk) -> bool:
    return bool(desk.roles) and desk.account.organisation_id == task.organisation_id


def _paragraphs(desk: Desk, base_url: str) -> Iterator[str]:
    """Say how many, for whom they are, and where: never what about."""
    news, there = [task for task, _ in desk.new], "vandaag" if Role.REFERRER in desk.roles else ""
    shared = sum(task.account_id is None for task in news)
    for_others = sum(task.account_id not in {None, desk.account.id} for task in news)
    yield (
        f"Je hebt {_tasks(len(news), 'nieuwe ')}. "
        f"In totaal {_are(len(desk.tasks))} er {_tasks(len(desk.tasks))} voor jou."
    )
    if for_others:
        yield f"{_tasks(for_others)} {_are(for_others)} van een collega die er niet is."
    if shared:
        yield f"{_tasks(shared)} {_are(shared)} voor je hele organisatie: spreek af wie ze doet."
    yield f"Bekijk je taken:\n{base_url}/{there}"
    yield (
        "Je krijgt deze mail alleen op werkdagen, en alleen als er iets nieuws is. Wil je hem niet "
        f"meer? Kies dat bij je account:\n{base_url}/account"
    )


def _tasks(how_many: int, which: str = "") -> str:
    return f"1 {which}taak" if how_many == 1 else f"{how_many} {which}taken"


def _are(how_many: int) -> str:
    return "is" if how_many == 1 else "zijn"
