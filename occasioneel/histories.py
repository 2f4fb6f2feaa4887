"""What happened with a purchase or with a child on its places: when, what, and who did it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from kernel.access import Role, allowed
from kernel.accounts import Account
from kernel.events import RecordedEvent
from kernel.organisations import Location
from kernel.tasks import Task
from kernel.unit_of_work import UnitOfWork
from occasioneel.models import BoughtPlace, Signal


@dataclass(frozen=True, kw_only=True)
class HistoryLine:
    """One thing that happened: its event's short name, when, by whom, and what it says."""

    at: datetime
    what: str
    who: str | None
    about: dict[str, Any]
    location: str | None = None
    number: int | None = None


@allowed(Role.REGIE)
def read_history(uow: UnitOfWork, *, subject_id: UUID) -> list[HistoryLine]:
    """Give what happened with a purchase, or in a child's episode, the latest first."""
    rows = uow.session.execute(
        select(RecordedEvent.occurred_at, RecordedEvent.name, RecordedEvent.payload, Account.name)
        .outerjoin(Account, Account.id == RecordedEvent.actor_id)
        .where(
            RecordedEvent.subject_id == subject_id, RecordedEvent.name.startswith("occasioneel.")
        )
        .order_by(RecordedEvent.number.desc())
    ).all()
    places = _places(uow, [payload for _, _, payload, _ in rows])
    lines = [
        HistoryLine(
            at=at,
            what=name.partition(".")[2],
            who=who,
            about=_read(payload),
            location=places.get(payload.get("bought_place_id", ""), (None, None))[0],
            number=places.get(payload.get("bought_place_id", ""), (None, None))[1],
        )
        for at, name, payload, who in rows
    ]
    return sorted([*_steps(uow, subject_id), *lines], key=_newest_first)


def _newest_first(line: HistoryLine) -> float:
    """Sort by the instant; what happened at one moment keeps its order."""
    return -line.at.timestamp()


def _steps(uow: UnitOfWork, episode_id: UUID) -> Iterable[HistoryLine]:
    """Give the next steps that somebody chose on a card."""
    rows = uow.session.execute(
        select(Task.closed_at, Task.outcome, Account.name)
        .join(Account, Account.id == Task.closed_by)
        .where(Task.subject_id == episode_id, Task.rule.in_(list(Signal)))
    )
    return [
        HistoryLine(at=at, what="step", who=who, about={"step": step})
        for at, step, who in rows
        if at is not None
    ]


def _places(
    uow: UnitOfWork, payloads: list[dict[str, Any]]
) -> dict[str, tuple[str | None, int | None]]:
    ids = {UUID(each["bought_place_id"]) for each in payloads if "bought_place_id" in each}
    rows = uow.session.execute(
        select(BoughtPlace.id, Location.name, BoughtPlace.number)
        .join(Location, Location.id == BoughtPlace.location_id)
        .where(BoughtPlace.id.in_(ids))
    )
    return {str(place_id): (name, number) for place_id, name, number in rows}


_DAYS = ("since", "clock_from", "begins_on", "last_day", "signalled_on")


def _read(payload: dict[str, Any]) -> dict[str, Any]:
    """Give an event's facts with its days as days."""
    return payload | {
        name: date.fromisoformat(payload[name]) for name in _DAYS if payload.get(name)
    }
