"""A child gets a bought place, from a day on; its six months begin to count."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, exists, select

from kernel.access import Role, allowed
from kernel.calendar import add_months, day_of
from kernel.errors import Invalid, NotFound
from kernel.organisations import Organisation
from kernel.people import Child, Family
from kernel.unit_of_work import UnitOfWork
from occasioneel.choosing import AHEAD, choose_place, occupies
from occasioneel.errors import ClockQuestion, NoUndo, PlacedAlready
from occasioneel.events import ChildPlaced, PlacingTakenBack
from occasioneel.families import child_of, family_by_reference
from occasioneel.models import LimitSignal, Placement, PlacementState, Reason, RestartReason

_BACK = 24  # months: children who are there already are written down too


class Clock(StrEnum):
    """What a person decides for a child that had a place before."""

    GOES_ON = "goes-on"
    RESTARTS = "restarts"


@dataclass(frozen=True)
class _Months:
    """From when a child's months count, within which episode, and why anew."""

    clock_from: date
    episode_id: UUID
    restart: RestartReason | None = None


@allowed(Role.REGIE)
def place_child(
    uow: UnitOfWork,
    *,
    family: dict[str, Any],
    child: dict[str, Any],
    since: date,
    reason: Reason,
    bought_place_id: UUID | None = None,
    location_id: UUID | None = None,
    clock: Clock | None = None,
    restart_reason: RestartReason | None = None,
    idempotency_key: str | None = None,
    phone_key: str = "",
) -> Placement:
    """Give a child a bought place, or the first free one of a location, from a day on.

    Takes the loaded parts of `PlacementRequest`; `since` may lie up to two years back and two
    months ahead. The six months count from that day. A child that had a place before asks for a
    decision: they go on (`clock`), or begin anew with a reason. The same `idempotency_key` gives
    the first placement again. Refuses a place that is not free or takes no new children, and a
    child that has a place in those days.
    """
    _take_turns(uow)
    if first := _made_before(uow, idempotency_key):
        return first
    _check_days(uow, since, child["birth_month"])
    known = family_by_reference(uow, family, phone_key)
    placed = child_of(uow, known, **child)
    months = _months(uow, placed.id, since, clock, restart_reason)
    place = choose_place(uow, bought_place_id=bought_place_id, location_id=location_id, since=since)
    placement = Placement(
        episode_id=months.episode_id,
        child_id=placed.id,
        family_id=known.id,
        bought_place_id=place.id,
        location_id=place.location_id,
        valid_from=since,
        clock_from=months.clock_from,
        reason=reason,
        made_at=uow.now,
        made_by=uow.actor.account_id,
        idempotency_key=idempotency_key,
    )
    uow.session.add(placement)
    uow.session.flush()
    _record(uow, placement, months.restart)
    return placement


@allowed(Role.REGIE)
def take_back_placing(uow: UnitOfWork, *, placement_id: UUID) -> UUID:
    """Undo a placement on the day it was made, as if it never was; gives its location.

    Refuses one of another day, and one that was moved, ended or signalled since. A child whose
    family came with it is forgotten.
    """
    placement = uow.session.get(Placement, placement_id, with_for_update=True)
    if placement is None:
        raise NotFound
    rest = exists().where(
        Placement.episode_id == placement.episode_id, Placement.id != placement.id
    )
    signalled = exists().where(LimitSignal.placement_id == placement.id)
    fresh = day_of(placement.made_at) == uow.today and placement.state == PlacementState.RUNNING
    if not fresh or uow.session.scalar(select(rest | signalled)):
        raise NoUndo
    child_id, location_id = placement.child_id, placement.location_id
    family = uow.session.get_one(Family, placement.family_id)
    came_with_it = family.created_at == placement.made_at
    uow.record(PlacingTakenBack(episode_id=placement.episode_id, placement_id=placement.id))
    uow.session.delete(placement)
    uow.session.flush()
    others = exists().where(Placement.child_id == child_id)
    if came_with_it and not uow.session.scalar(select(others)):
        uow.session.execute(delete(Child).where(Child.id == child_id))
    return location_id


def _record(uow: UnitOfWork, placement: Placement, restart: RestartReason | None) -> None:
    uow.record(
        ChildPlaced(
            episode_id=placement.episode_id,
            placement_id=placement.id,
            child_id=placement.child_id,
            bought_place_id=placement.bought_place_id,
            location_id=placement.location_id,
            since=placement.valid_from,
            clock_from=placement.clock_from,
            reason=placement.reason,
            restart=restart,
        )
    )


def _take_turns(uow: UnitOfWork) -> None:
    """Let the placements of the city follow each other: a family is then made once."""
    mine = Organisation.id == uow.actor.organisation_id
    uow.session.execute(select(Organisation.id).where(mine).with_for_update())


def _made_before(uow: UnitOfWork, key: str | None) -> Placement | None:
    if key is None:
        return None
    return uow.session.scalar(
        select(Placement).where(
            Placement.made_by == uow.actor.account_id, Placement.idempotency_key == key
        )
    )


def _check_days(uow: UnitOfWork, since: date, born: date) -> None:
    if not add_months(uow.today, -_BACK) <= since <= uow.today + AHEAD:
        said = "Kies een dag die hoogstens twee jaar voorbij is, of hoogstens twee maanden ver."
        raise Invalid(fields={"since": [said]})
    if born > since:
        raise Invalid(fields={"child.birthMonth": ["Deze maand komt na de eerste dag."]})


def _months(
    uow: UnitOfWork,
    child_id: UUID,
    since: date,
    clock: Clock | None,
    restart_reason: RestartReason | None,
) -> _Months:
    """Give from when the months count: of a child that was here before, as a person decided."""
    of_child = Placement.child_id == child_id
    if uow.session.scalar(select(exists().where(of_child, occupies(since)))):
        raise PlacedAlready
    last = uow.session.scalar(
        select(Placement).where(of_child).order_by(Placement.valid_from.desc()).limit(1)
    )
    if last is None:
        return _Months(since, uuid4())
    if clock == Clock.GOES_ON:
        return _Months(last.clock_from, last.episode_id)
    if clock is None:
        raise ClockQuestion(
            fields={"clock": [ClockQuestion.sentence]},
            since=last.clock_from,
            until=last.valid_until,
        )
    if restart_reason is None:
        raise ClockQuestion(fields={"restartReason": ["Kies waarom de maanden opnieuw beginnen."]})
    return _Months(since, uuid4(), restart_reason)
