"""A child moves to another bought place, or its six months begin anew because somebody decides."""

from datetime import date, timedelta
from uuid import UUID

from kernel.access import Role, allowed
from kernel.errors import Invalid, NotFound
from kernel.unit_of_work import UnitOfWork
from occasioneel.choosing import AHEAD, choose_place
from occasioneel.errors import NotRunning
from occasioneel.events import ChildMoved, ClockRestarted
from occasioneel.models import BoughtPlace, GoesOn, Placement, PlacementState, RestartReason


@allowed(Role.REGIE)
def move_child(
    uow: UnitOfWork,
    *,
    placement_id: UUID,
    since: date,
    bought_place_id: UUID | None = None,
    location_id: UUID | None = None,
) -> Placement:
    """Let a child go on at another bought place from a day on; its six months keep counting.

    From the first day of the placement it is a correction, and no row is added. Refuses a day
    before that, one more than two months ahead, and a place that is not free.
    """
    placement = running(uow, placement_id)
    if not placement.valid_from <= since <= uow.today + AHEAD:
        said = "Kies een dag vanaf het begin van deze plaats, hoogstens twee maanden ver."
        raise Invalid(fields={"since": [said]})
    if bought_place_id == placement.bought_place_id:
        raise Invalid(fields={"where": ["Het kind heeft deze plaats al. Kies een andere."]})
    place = choose_place(uow, bought_place_id=bought_place_id, location_id=location_id, since=since)
    moved = _onto(uow, placement, place, since)
    uow.record(
        ChildMoved(
            episode_id=moved.episode_id,
            placement_id=moved.id,
            bought_place_id=place.id,
            location_id=place.location_id,
            since=since,
        )
    )
    return moved


@allowed(Role.REGIE)
def restart_clock(
    uow: UnitOfWork, *, placement_id: UUID, since: date, reason: RestartReason
) -> Placement:
    """Decide that a child's six months count from another day; the child stays where it is.

    Refuses a day that is still to come, the day from which they count already, and an earlier one
    unless the day was simply wrong.
    """
    placement = running(uow, placement_id)
    if since > uow.today:
        raise Invalid(fields={"restartSince": ["Kies een dag tot en met vandaag."]})
    if since == placement.clock_from:
        raise Invalid(fields={"restartSince": ["De maanden lopen al vanaf die dag."]})
    if since < placement.clock_from and reason != RestartReason.WRONG_DAY:
        said = "Kies een latere dag, of kies ‘de begindag was fout’ als reden."
        raise Invalid(fields={"restartSince": [said]})
    if since <= placement.valid_from:
        placement.clock_from = since
    else:
        placement = _followed(
            uow, placement, GoesOn.RESTARTED, since, bought=placement.bought_place_id
        )
        placement.clock_from = since
    uow.session.flush()
    uow.record(
        ClockRestarted(
            episode_id=placement.episode_id,
            placement_id=placement.id,
            since=since,
            reason=reason,
        )
    )
    return placement


def running(uow: UnitOfWork, placement_id: UUID) -> Placement:
    """Give a placement that has not ended, whose row is kept until the end of the work."""
    placement = uow.session.get(
        Placement, placement_id, with_for_update=True, populate_existing=True
    )
    if placement is None:
        raise NotFound
    if placement.state != PlacementState.RUNNING:
        raise NotRunning
    return placement


def _onto(uow: UnitOfWork, placement: Placement, place: BoughtPlace, since: date) -> Placement:
    if since > placement.valid_from:
        return _followed(
            uow, placement, GoesOn.TRANSFERRED, since, bought=place.id, location=place.location_id
        )
    placement.bought_place_id, placement.location_id = place.id, place.location_id
    uow.session.flush()
    return placement


def _followed(
    uow: UnitOfWork,
    former: Placement,
    how: GoesOn,
    since: date,
    *,
    bought: UUID,
    location: UUID | None = None,
) -> Placement:
    """End a row the day before, and begin the next one of the same episode."""
    former.state, former.outcome = PlacementState.ENDED, how
    former.valid_until = since - timedelta(days=1)
    former.ended_at, former.ended_by = uow.now, uow.actor.account_id
    uow.session.flush()
    following = Placement(
        episode_id=former.episode_id,
        child_id=former.child_id,
        family_id=former.family_id,
        bought_place_id=bought,
        location_id=location or former.location_id,
        valid_from=since,
        clock_from=former.clock_from,
        reason=former.reason,
        made_at=uow.now,
        made_by=uow.actor.account_id,
    )
    uow.session.add(following)
    uow.session.flush()
    return following
