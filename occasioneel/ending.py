"""A placement ends only because a person says so, with what came of it."""

from datetime import date
from uuid import UUID

from sqlalchemy import exists, select

from kernel.access import Role, allowed
from kernel.calendar import day_of
from kernel.errors import Invalid, NotFound
from kernel.unit_of_work import UnitOfWork
from occasioneel.choosing import AHEAD
from occasioneel.errors import NoUndo
from occasioneel.events import EndTakenBack, PlacementEnded
from occasioneel.models import BoughtPlace, Outcome, Placement, PlacementState
from occasioneel.moving import running


@allowed(Role.REGIE)
def end_placement(
    uow: UnitOfWork, *, placement_id: UUID, outcome: Outcome, last_day: date
) -> Placement:
    """End a child's placement: its last day, and where it goes (product/care.md 2).

    Refuses one that has ended, a day before its first, and one more than two months ahead.
    """
    placement = running(uow, placement_id)
    if not placement.valid_from <= last_day <= uow.today + AHEAD:
        said = "Kies een dag vanaf de eerste dag op deze plaats, hoogstens twee maanden ver."
        raise Invalid(fields={"lastDay": [said]})
    placement.state, placement.outcome = PlacementState.ENDED, outcome
    placement.valid_until = last_day
    placement.ended_at, placement.ended_by = uow.now, uow.actor.account_id
    uow.session.flush()
    uow.record(
        PlacementEnded(
            episode_id=placement.episode_id,
            placement_id=placement.id,
            child_id=placement.child_id,
            last_day=last_day,
            outcome=outcome,
        )
    )
    return placement


@allowed(Role.REGIE)
def take_back_end(uow: UnitOfWork, *, placement_id: UUID) -> Placement:
    """Undo the end of a placement on the day it was said: the child stays on its place.

    Refuses it on another day, when the row is not the last of the child's, and when the place was
    given to another child or is bought no more. A second click changes nothing.
    """
    placement = uow.session.get(
        Placement, placement_id, with_for_update=True, populate_existing=True
    )
    if placement is None:
        raise NotFound
    if placement.state == PlacementState.RUNNING:
        return placement
    place = uow.session.get_one(BoughtPlace, placement.bought_place_id, with_for_update=True)
    ended_at = placement.ended_at
    today = ended_at is not None and day_of(ended_at) == uow.today
    by_hand = placement.outcome in set(Outcome)
    if not (today and by_hand) or place.valid_until is not None or _is_followed(uow, placement):
        raise NoUndo
    placement.state, placement.outcome, placement.valid_until = PlacementState.RUNNING, None, None
    placement.ended_at = placement.ended_by = None
    uow.session.flush()
    uow.record(EndTakenBack(episode_id=placement.episode_id, placement_id=placement.id))
    return placement


def _is_followed(uow: UnitOfWork, placement: Placement) -> bool:
    """Say whether the place, or the child, has a later placement."""
    later = Placement.valid_from > placement.valid_from
    same = (Placement.bought_place_id == placement.bought_place_id) | (
        Placement.child_id == placement.child_id
    )
    return bool(uow.session.scalar(select(exists().where(later, same))))
