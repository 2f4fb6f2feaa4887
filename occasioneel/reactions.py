"""What follows from what happened on bought places. Runs after the commit, from the event's row."""

from sqlalchemy import select, update

from kernel.accounts import Account
from kernel.events import Subscriptions
from kernel.letters import stands_in_for
from kernel.tasks import Task, close_tasks_about, open_task
from kernel.unit_of_work import UnitOfWork
from occasioneel.cards import ENDED, OVERTAKEN, RESTARTED
from occasioneel.events import ClockRestarted, EndTakenBack, LimitNeared, PlacementEnded
from occasioneel.models import Placement, PlacementState


def ask_next_step(uow: UnitOfWork, event: LimitNeared) -> None:
    """Give whoever placed the child, or who stands in, a card: what is the next step?

    It takes the place of an older card about the same child: one child is one card. None for a
    child that left meanwhile, or whose months count from another day.
    """
    placement = uow.session.scalar(
        select(Placement).where(
            Placement.episode_id == event.episode_id,
            Placement.state == PlacementState.RUNNING,
            Placement.clock_from == event.clock_from,
        )
    )
    if placement is None:
        return
    close_tasks_about(uow, subject_id=event.episode_id, outcome=OVERTAKEN)
    open_task(
        uow,
        rule=event.signal,
        subject_id=event.episode_id,
        period=event.clock_from.isoformat(),
        organisation_id=uow.session.get_one(Account, placement.made_by).organisation_id,
        account_id=stands_in_for(uow.session, placement.made_by, uow.today),
        due_on=event.signalled_on,
    )


def close_card(uow: UnitOfWork, event: PlacementEnded) -> None:
    """Close the card about a child that leaves, unless its end was taken back meanwhile."""
    placement = uow.session.get(Placement, event.placement_id)
    if placement is None or placement.state == PlacementState.ENDED:
        close_tasks_about(uow, subject_id=event.episode_id, outcome=ENDED)


def open_card_again(uow: UnitOfWork, event: EndTakenBack) -> None:
    """Open the card again when the end that closed it was a mistake."""
    placement = uow.session.get(Placement, event.placement_id)
    if placement is not None and placement.state == PlacementState.RUNNING:
        by_its_end = (Task.outcome == ENDED, Task.closed_by.is_(None))
        uow.session.execute(
            update(Task)
            .where(Task.subject_id == event.episode_id, *by_its_end)
            .values(closed_at=None, outcome=None, came_back_at=uow.now)
        )


def forget_card(uow: UnitOfWork, event: ClockRestarted) -> None:
    """Close the card about months that count from another day now."""
    close_tasks_about(uow, subject_id=event.episode_id, outcome=RESTARTED)


INSIDE: Subscriptions = {
    LimitNeared: [ask_next_step],
    PlacementEnded: [close_card],
    EndTakenBack: [open_card_again],
    ClockRestarted: [forget_card],
}
OUTSIDE: Subscriptions = {}
