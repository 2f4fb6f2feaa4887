"""What happens in occasional care, in ids, days, codes and cents."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PurchaseDrafted(Event):
    """The city prepares to buy places at a location."""

    name: ClassVar[str] = "occasioneel.purchase_drafted"
    subject: ClassVar[str] = "purchase_id"
    purchase_id: UUID
    location_id: UUID
    begins_on: date
    places: int
    parents_share: str


@dataclass(frozen=True, kw_only=True)
class DayAmountSet(Event):
    """What the city pays for a place and a day changes from a day on."""

    name: ClassVar[str] = "occasioneel.day_amount_set"
    subject: ClassVar[str] = "purchase_id"
    purchase_id: UUID
    since: date
    occupied_cents: int
    absent_cents: int
    empty_cents: int
    closed_cents: int


@dataclass(frozen=True, kw_only=True)
class PurchaseActivated(Event):
    """The city buys the places, with these numbers."""

    name: ClassVar[str] = "occasioneel.purchase_activated"
    subject: ClassVar[str] = "purchase_id"
    purchase_id: UUID
    location_id: UUID
    begins_on: date
    numbers: str  # separated by spaces


@dataclass(frozen=True, kw_only=True)
class PurchaseSuspended(Event):
    """No new children come for a while."""

    name: ClassVar[str] = "occasioneel.purchase_suspended"
    subject: ClassVar[str] = "purchase_id"
    purchase_id: UUID


@dataclass(frozen=True, kw_only=True)
class PurchaseResumed(Event):
    """New children may come again."""

    name: ClassVar[str] = "occasioneel.purchase_resumed"
    subject: ClassVar[str] = "purchase_id"
    purchase_id: UUID


@dataclass(frozen=True, kw_only=True)
class PurchaseWindingDown(Event):
    """The city stops buying: no new children, those who are there finish."""

    name: ClassVar[str] = "occasioneel.purchase_winding_down"
    subject: ClassVar[str] = "purchase_id"
    purchase_id: UUID
    reason: str
    last_day: date | None


@dataclass(frozen=True, kw_only=True)
class PurchaseEnded(Event):
    """The city buys these places no more after a day."""

    name: ClassVar[str] = "occasioneel.purchase_ended"
    subject: ClassVar[str] = "purchase_id"
    purchase_id: UUID
    location_id: UUID
    last_day: date


@dataclass(frozen=True, kw_only=True)
class PurchaseCancelled(Event):
    """A draft came to nothing."""

    name: ClassVar[str] = "occasioneel.purchase_cancelled"
    subject: ClassVar[str] = "purchase_id"
    purchase_id: UUID


@dataclass(frozen=True, kw_only=True)
class ChildPlaced(Event):
    """A child is on a bought place from a day on."""

    name: ClassVar[str] = "occasioneel.child_placed"
    subject: ClassVar[str] = "episode_id"
    episode_id: UUID
    placement_id: UUID
    child_id: UUID
    bought_place_id: UUID
    location_id: UUID
    since: date
    clock_from: date
    reason: str
    restart: str | None = None


@dataclass(frozen=True, kw_only=True)
class PlacingTakenBack(Event):
    """A placement of the same day was a mistake: it reads as never made."""

    name: ClassVar[str] = "occasioneel.placing_taken_back"
    subject: ClassVar[str] = "episode_id"
    episode_id: UUID
    placement_id: UUID


@dataclass(frozen=True, kw_only=True)
class ChildMoved(Event):
    """A child goes on another bought place; its six months go on."""

    name: ClassVar[str] = "occasioneel.child_moved"
    subject: ClassVar[str] = "episode_id"
    episode_id: UUID
    placement_id: UUID
    bought_place_id: UUID
    location_id: UUID
    since: date


@dataclass(frozen=True, kw_only=True)
class ClockRestarted(Event):
    """Somebody decided that a child's six months begin anew."""

    name: ClassVar[str] = "occasioneel.clock_restarted"
    subject: ClassVar[str] = "episode_id"
    episode_id: UUID
    placement_id: UUID
    since: date
    reason: str


@dataclass(frozen=True, kw_only=True)
class PlacementEnded(Event):
    """A person ended a child's placement, with what came of it."""

    name: ClassVar[str] = "occasioneel.placement_ended"
    subject: ClassVar[str] = "episode_id"
    episode_id: UUID
    placement_id: UUID
    child_id: UUID
    last_day: date
    outcome: str


@dataclass(frozen=True, kw_only=True)
class EndTakenBack(Event):
    """The end of a placement was a mistake of the same day: the child stays."""

    name: ClassVar[str] = "occasioneel.end_taken_back"
    subject: ClassVar[str] = "episode_id"
    episode_id: UUID
    placement_id: UUID


@dataclass(frozen=True, kw_only=True)
class LimitNeared(Event):
    """A child has been on bought places for four or five months."""

    name: ClassVar[str] = "occasioneel.limit_neared"
    subject: ClassVar[str] = "episode_id"
    episode_id: UUID
    placement_id: UUID
    signal: str
    clock_from: date
    signalled_on: date
