"""The clock tells four and five months after a child's first day that somebody should act."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from kernel.access import Role, allowed
from kernel.calendar import is_working_day
from kernel.unit_of_work import UnitOfWork
from occasioneel.events import LimitNeared
from occasioneel.limits import Limits
from occasioneel.models import LimitSignal, Placement, PlacementState, Signal


@dataclass(frozen=True)
class Nearing:
    """A running placement that nears its limit, and which signal is due."""

    placement_id: UUID
    episode_id: UUID
    child_id: UUID
    clock_from: date
    signal: Signal


@allowed(Role.CLOCK)
def signal_limits(uow: UnitOfWork) -> list[Nearing]:
    """Signal each running placement once at four and once at five months; a second run, nothing.

    Signals nothing on a weekend or a holiday: the next working day finds the same children. Of a
    child for whom both are due the last one is said: one child is one card.
    """
    if not is_working_day(uow.today):
        return []
    found = _nearing(uow)
    for nearing in found:
        _signal(uow, nearing)
    return found


def _nearing(uow: UnitOfWork) -> list[Nearing]:
    said: dict[tuple[UUID, date], set[str]] = {}
    for child_id, clock_from, told in uow.session.execute(
        select(LimitSignal.child_id, LimitSignal.clock_from, LimitSignal.signal)
    ):
        said.setdefault((child_id, clock_from), set()).add(told)
    limits = Limits(uow.session)
    rows = uow.session.execute(
        select(Placement.id, Placement.episode_id, Placement.child_id, Placement.clock_from)
        .where(Placement.state == PlacementState.RUNNING)
        .order_by(Placement.clock_from, Placement.id)
    )
    found = []
    for placement_id, episode_id, child_id, clock_from in rows:
        signal = limits.of(clock_from).signal(uow.today)
        known = said.get((child_id, clock_from), set())
        if signal is not None and known.isdisjoint({str(signal), str(Signal.FIVE)}):
            found.append(Nearing(placement_id, episode_id, child_id, clock_from, signal))
    return found


def _signal(uow: UnitOfWork, nearing: Nearing) -> None:
    uow.session.execute(
        insert(LimitSignal),
        {
            "id": uuid4(),
            "placement_id": nearing.placement_id,
            "child_id": nearing.child_id,
            "clock_from": nearing.clock_from,
            "signal": nearing.signal,
            "signalled_on": uow.today,
        },
    )
    uow.record(
        LimitNeared(
            episode_id=nearing.episode_id,
            placement_id=nearing.placement_id,
            signal=nearing.signal,
            clock_from=nearing.clock_from,
            signalled_on=uow.today,
        )
    )
