"""Places that the city buys at starting providers, and the children who are cared for on them."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Entity

MOST_PLACES = 4  # at one location: the city's own scheme (product/care.md 1)


class PurchaseState(StrEnum):
    """Where an agreement to buy places is in its life."""

    DRAFT = "draft"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    WINDING_DOWN = "winding_down"
    ENDED = "ended"
    CANCELLED = "cancelled"


MOVES: Mapping[PurchaseState, frozenset[PurchaseState]] = {
    PurchaseState.DRAFT: frozenset({PurchaseState.ACTIVE, PurchaseState.CANCELLED}),
    PurchaseState.ACTIVE: frozenset({PurchaseState.SUSPENDED, PurchaseState.WINDING_DOWN}),
    PurchaseState.SUSPENDED: frozenset({PurchaseState.ACTIVE}),
    PurchaseState.WINDING_DOWN: frozenset({PurchaseState.ENDED}),
    PurchaseState.ENDED: frozenset(),
    PurchaseState.CANCELLED: frozenset(),
}


class ParentsShare(StrEnum):
    """Who collects what the parents pay: chosen for each purchase, never assumed."""

    PROVIDER_KEEPS = "provider-keeps"
    DEDUCTED = "deducted"
    CITY_INVOICES = "city-invoices"


class WindingDown(StrEnum):
    """Why the city stops buying: the starter needs no help any more, or something else ended it."""

    VIABLE = "viable"
    NOTICE = "notice"
    STEP_CHANGED = "step-changed"
    LICENCE = "licence"


class Purchase(Entity):
    """The city buys at most four places of one location, from a day on."""

    __tablename__ = "purchase"
    __table_args__ = (
        CheckConstraint("places BETWEEN 1 AND 4", name="places"),
        CheckConstraint("ends_on IS NULL OR ends_on >= begins_on", name="period"),
        CheckConstraint(
            "state IN ('draft', 'active', 'suspended', 'winding_down', 'ended', 'cancelled')",
            name="state",
        ),
        CheckConstraint(
            "parents_share IN ('provider-keeps', 'deducted', 'city-invoices')",
            name="parents_share",
        ),
        CheckConstraint(
            "(state IN ('winding_down', 'ended')) = (winding_down_reason IS NOT NULL)",
            name="winding_down",
        ),
        UniqueConstraint("made_by", "idempotency_key"),
        Index(None, "location_id", "begins_on"),
    )

    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    begins_on: Mapped[date]
    ends_on: Mapped[date | None] = mapped_column(default=None)  # last day
    places: Mapped[int]
    parents_share: Mapped[str]
    state: Mapped[str] = mapped_column(default=PurchaseState.DRAFT)
    winding_down_reason: Mapped[str | None] = mapped_column(default=None)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    idempotency_key: Mapped[str | None] = mapped_column(default=None)


class PlaceDay(StrEnum):
    """What a bought place was on a day; each has its own day amount."""

    OCCUPIED = "occupied"
    ABSENT = "absent"
    EMPTY = "empty"
    CLOSED = "closed"


class DayAmount(Entity):
    """What the city pays for one place on one day, by what the day was, from a day until a day."""

    __tablename__ = "day_amount"
    __table_args__ = (
        CheckConstraint("kind IN ('occupied', 'absent', 'empty', 'closed')", name="kind"),
        CheckConstraint("cents >= 0", name="cents"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="period"),
        Index(None, "purchase_id", "kind", "valid_from"),
    )

    purchase_id: Mapped[UUID] = mapped_column(ForeignKey("purchase.id"))
    kind: Mapped[str]
    cents: Mapped[int]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None] = mapped_column(default=None)


class BoughtPlace(Entity):
    """One bought place, numbered 1 to 4 at its location: never two with one number on one day."""

    __tablename__ = "bought_place"
    __table_args__ = (
        CheckConstraint("number BETWEEN 1 AND 4", name="number"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="period"),
        Index(None, "location_id", "number", "valid_from"),
        Index(None, "purchase_id"),
    )

    purchase_id: Mapped[UUID] = mapped_column(ForeignKey("purchase.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    number: Mapped[int]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None] = mapped_column(default=None)


class PlacementState(StrEnum):
    """A child is on its place, or its time there has ended."""

    RUNNING = "running"
    ENDED = "ended"


class Reason(StrEnum):
    """Why the parents need care now: a bought place is for a route to work (product/care.md 2)."""

    SUDDEN_JOB = "sudden-job"
    INTERVIEW = "interview"
    TRAINING = "training"
    INTERNSHIP = "internship"
    COURSE = "course"


class Outcome(StrEnum):
    """Where a child went when a person ended its placement."""

    REGULAR_ELSEWHERE = "regular-elsewhere"
    REGULAR_HERE = "regular-here"
    SCHOOL = "school"
    TRAJECTORY_STOPPED = "trajectory-stopped"
    MOVED = "moved"
    PARENT_STOPS = "parent-stops"
    OTHER = "other"


class GoesOn(StrEnum):
    """How a row ends while the child stays: it goes on in the next row of its episode."""

    TRANSFERRED = "transferred"  # on another bought place
    RESTARTED = "restarted"  # on the same place, with six months that begin anew


class RestartReason(StrEnum):
    """Why somebody decided that a child's six months begin anew."""

    NEW_ROUTE = "new-route"
    LONG_BREAK = "long-break"
    WRONG_DAY = "wrong-day"
    OTHER = "other"


class Placement(Entity):
    """A child on a bought place, from a day on. No job ends it: a person does, with an outcome.

    A move to another bought place ends one row and begins the next: they share an `episode_id`,
    and `clock_from`, the day from which the six months run (product/care.md 3).
    """

    __tablename__ = "placement"
    __table_args__ = (
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="period"),
        CheckConstraint("state IN ('running', 'ended')", name="state"),
        CheckConstraint(
            "state <> 'ended' OR (outcome IS NOT NULL AND valid_until IS NOT NULL)",
            name="ended_whole",
        ),
        UniqueConstraint("made_by", "idempotency_key"),
        Index(None, "episode_id"),
        Index(None, "family_id"),
        Index(None, "child_id", "valid_from"),
        Index(None, "bought_place_id", "valid_from"),
        Index(None, "state", "clock_from"),
    )

    episode_id: Mapped[UUID]
    child_id: Mapped[UUID] = mapped_column(ForeignKey("child.id"))
    family_id: Mapped[UUID] = mapped_column(ForeignKey("family.id"))
    bought_place_id: Mapped[UUID] = mapped_column(ForeignKey("bought_place.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    valid_from: Mapped[date]
    clock_from: Mapped[date]
    reason: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    valid_until: Mapped[date | None] = mapped_column(default=None)
    state: Mapped[str] = mapped_column(default=PlacementState.RUNNING)
    outcome: Mapped[str | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_by: Mapped[UUID | None] = mapped_column(default=None)
    idempotency_key: Mapped[str | None] = mapped_column(default=None)


class Signal(StrEnum):
    """How near its limit a child is, said once each: first at four months, last at five."""

    FOUR = "limit-four"
    FIVE = "limit-five"


class LimitSignal(Entity):
    """A child that nears its limit was signalled: once for each signal of its six months."""

    __tablename__ = "limit_signal"
    __table_args__ = (UniqueConstraint("child_id", "clock_from", "signal"),)

    placement_id: Mapped[UUID] = mapped_column(ForeignKey("placement.id"), index=True)
    child_id: Mapped[UUID] = mapped_column(ForeignKey("child.id"))
    clock_from: Mapped[date]
    signal: Mapped[str]
    signalled_on: Mapped[date]
