"""A booklet of cheques, given to a family by a referrer, good at any provider in the city."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kernel.calendar import day_of, end_of_day
from kernel.database import Entity
from vouchers.errors import IllegalMove


class BookletState(StrEnum):
    """Where a booklet is in its life. In use, completed and expired are read, never stored."""

    PRINTED = "printed"
    DELIVERED = "delivered"
    HANDED_OUT = "handed_out"
    BLOCKED_LOST = "blocked_lost"
    BLOCKED_ERROR = "blocked_error"


MOVES: dict[BookletState, frozenset[BookletState]] = {
    BookletState.PRINTED: frozenset(
        {
            BookletState.DELIVERED,
            BookletState.HANDED_OUT,
            BookletState.BLOCKED_LOST,
            BookletState.BLOCKED_ERROR,
        }
    ),
    BookletState.DELIVERED: frozenset(
        {
            BookletState.PRINTED,  # brought back to the desk
            BookletState.DELIVERED,  # passed on to somebody else
            BookletState.HANDED_OUT,
            BookletState.BLOCKED_LOST,
            BookletState.BLOCKED_ERROR,
        }
    ),
    BookletState.HANDED_OUT: frozenset({BookletState.BLOCKED_LOST, BookletState.BLOCKED_ERROR}),
    BookletState.BLOCKED_LOST: frozenset(),
    BookletState.BLOCKED_ERROR: frozenset(),
}


def check_move(now: BookletState, to: BookletState) -> None:
    """Refuse a move that a booklet cannot make, with the moves that it can."""
    if to not in MOVES[now]:
        raise IllegalMove(state=now, allowed=sorted(MOVES[now]))


class BlockReason(StrEnum):
    """Why a blank booklet can no longer be used: chosen from a list, so that no name is typed."""

    NOT_FOUND = "not-found"
    STOLEN = "stolen"
    NOT_ARRIVED = "not-arrived"
    MISPRINT = "misprint"
    DAMAGED = "damaged"
    OUTDATED = "outdated"
    CANCELLED = "cancelled"  # its batch was


class ChequeState(StrEnum):
    """A cheque is open, or used."""

    OPEN = "open"
    USED = "used"


class CareMoment(StrEnum):
    """How long one care moment is."""

    FULL_DAY = "fullDay"
    HALF_DAY = "halfDay"


class SameDayReason(StrEnum):
    """Why a family uses two cheques on one day."""

    SECOND_HALF_DAY = "secondHalfDay"
    SECOND_CHILD = "secondChild"


_SILENT = text("state = 'handed_out' AND used_count = 0")
_IN_HAND = text("state = 'handed_out'")
_USED_UP = text("state = 'handed_out' AND used_count = size")


class Booklet(Entity):
    """Ten cheques in one hand.

    `used_count`, `first_used_on` and `last_used_on` are kept in the same statement as each
    redemption: figures and jobs read them, `opstap check` recomputes them. `origin_id` is the
    family's first booklet, so that a lost and replaced one counts once; `ordinal` numbers the
    booklets of a family, so that two people cannot hand out a first one at the same moment.
    """

    __tablename__ = "booklet"
    __table_args__ = (
        UniqueConstraint("family_id", "ordinal"),
        UniqueConstraint("printed_by", "idempotency_key"),
        CheckConstraint("used_count BETWEEN 0 AND size", name="used_count"),
        CheckConstraint("size BETWEEN 1 AND 10", name="size"),
        CheckConstraint(
            "state IN ('printed', 'delivered', 'handed_out', 'blocked_lost', 'blocked_error')",
            name="state",
        ),
        CheckConstraint(
            "state <> 'handed_out' OR (family_id IS NOT NULL AND valid_until IS NOT NULL)",
            name="handed_out_whole",
        ),
        Index(
            "ix_booklet_silent",
            "handed_out_on",
            sqlite_where=_SILENT,
            postgresql_where=_SILENT,
        ),
        Index(
            "ix_booklet_in_hand",
            "valid_until",
            sqlite_where=_IN_HAND,
            postgresql_where=_IN_HAND,
        ),
        Index(
            "ix_booklet_used_up",
            "last_used_on",
            sqlite_where=_USED_UP,
            postgresql_where=_USED_UP,
        ),
        Index(None, "handed_out_on"),
        Index(None, "organisation_id", "handed_out_on"),
        Index(None, "origin_id"),
        Index("ux_booklet_hand_out_key", "hand_out_key", unique=True),
    )

    number: Mapped[str] = mapped_column(String(8), unique=True)
    size: Mapped[int]
    state: Mapped[str]
    origin_id: Mapped[UUID]
    printed_at: Mapped[datetime]
    printed_by: Mapped[UUID]
    organisation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.id"), default=None
    )
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("booklet.id"), default=None)
    family_id: Mapped[UUID | None] = mapped_column(ForeignKey("family.id"), default=None)
    ordinal: Mapped[int | None] = mapped_column(default=None)
    handed_out_on: Mapped[date | None] = mapped_column(default=None)
    handed_out_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"), default=None)
    valid_until: Mapped[date | None] = mapped_column(default=None)
    outer_limit: Mapped[date | None] = mapped_column(default=None)
    batch_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    delivered_on: Mapped[date | None] = mapped_column(default=None)
    holder_id: Mapped[UUID | None] = mapped_column(default=None, index=True)  # who has the stock
    delivery_id: Mapped[UUID | None] = mapped_column(default=None, index=True)  # its last one
    retroactive: Mapped[bool] = mapped_column(default=False)
    good_news_consent: Mapped[bool] = mapped_column(default=False)
    training: Mapped[bool] = mapped_column(default=False)
    used_count: Mapped[int] = mapped_column(default=0)
    first_used_on: Mapped[date | None] = mapped_column(default=None)
    last_used_on: Mapped[date | None] = mapped_column(default=None)
    idempotency_key: Mapped[str | None] = mapped_column(String(64), default=None)
    body_hash: Mapped[str | None] = mapped_column(String(64), default=None)
    # Of the hand-out of a booklet from stock: its own key belongs to whoever had it printed.
    hand_out_key: Mapped[str | None] = mapped_column(String(64), default=None)
    hand_out_hash: Mapped[str | None] = mapped_column(String(64), default=None)
    cheques: Mapped[list["Cheque"]] = relationship(
        back_populates="booklet", order_by="Cheque.number", default_factory=list
    )

    def is_expired(self, on: date) -> bool:
        """Say whether its last day lies before `on`."""
        return self.valid_until is not None and self.valid_until < on


class Cheque(Entity):
    """One care moment on paper. Its two codes are independent secrets, kept for a reprint."""

    __tablename__ = "cheque"
    __table_args__ = (
        UniqueConstraint("booklet_id", "number"),
        CheckConstraint("number BETWEEN 1 AND 10", name="number"),
        CheckConstraint("state IN ('open', 'used')", name="state"),
    )

    number: Mapped[int]
    code: Mapped[str] = mapped_column(String(16), unique=True, repr=False)
    typed_code: Mapped[str] = mapped_column(String(12), unique=True, repr=False)
    state: Mapped[str] = mapped_column(default=ChequeState.OPEN)
    booklet_id: Mapped[UUID] = mapped_column(ForeignKey("booklet.id"), init=False)
    booklet: Mapped[Booklet] = relationship(back_populates="cheques", default=None, repr=False)


_LIVE = text("annulled_at IS NULL")


class Redemption(Entity):
    """A cheque that a provider scanned. An annulled one stays, and is read as never scanned."""

    __tablename__ = "redemption"
    __table_args__ = (
        Index(
            "ux_redemption_live",
            "cheque_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        UniqueConstraint("account_id", "idempotency_key"),
        Index(None, "booklet_id", "care_date"),
        Index(None, "location_id", "care_date"),
        Index(None, "location_id", "redeemed_at"),
    )

    cheque_id: Mapped[UUID] = mapped_column(ForeignKey("cheque.id"))
    booklet_id: Mapped[UUID] = mapped_column(ForeignKey("booklet.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    cheque_number: Mapped[int]
    used_after: Mapped[int]
    care_date: Mapped[date]
    care_moment: Mapped[str]
    redeemed_at: Mapped[datetime]
    idempotency_key: Mapped[str] = mapped_column(String(64))
    body_hash: Mapped[str] = mapped_column(String(64))
    price_cents: Mapped[int | None] = mapped_column(default=None)
    same_day_reason: Mapped[str | None] = mapped_column(default=None)
    annulled_at: Mapped[datetime | None] = mapped_column(default=None)
    annulled_by: Mapped[UUID | None] = mapped_column(default=None)

    @property
    def undo_until(self) -> datetime:
        """The instant until which its provider may undo it."""
        return undo_until(self.redeemed_at)


def undo_until(redeemed_at: datetime, least: timedelta = timedelta(hours=2)) -> datetime:
    """Give until when a scan can be undone: the end of its day, and at least two hours."""
    return max(end_of_day(day_of(redeemed_at)), redeemed_at + least)


class ScanAttempt(Entity):
    """A scan that was refused, kept ninety days; an unknown code by its keyed hash only."""

    __tablename__ = "scan_attempt"
    __table_args__ = (Index(None, "account_id", "refusal", "at"),)

    account_id: Mapped[UUID]
    at: Mapped[datetime]
    refusal: Mapped[str]
    location_id: Mapped[UUID | None] = mapped_column(default=None)
    cheque_id: Mapped[UUID | None] = mapped_column(default=None)
    code_hash: Mapped[str | None] = mapped_column(default=None)


class Company(StrEnum):
    """Who comes along on a first visit."""

    ALONE = "alone"
    REFERRER = "referrer"
    SOMEONE = "someone"


class Appointment(Entity):
    """A first visit: which location, which day, who comes along. A later one replaces it."""

    __tablename__ = "appointment"
    __table_args__ = (Index(None, "booklet_id", "day"),)

    booklet_id: Mapped[UUID] = mapped_column(ForeignKey("booklet.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    day: Mapped[date]
    company: Mapped[str]
    made_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None] = mapped_column(default=None)


class DropOff(Entity):
    """A booklet found silent: once for each rule and spell."""

    __tablename__ = "drop_off"
    __table_args__ = (UniqueConstraint("booklet_id", "rule", "period"),)

    booklet_id: Mapped[UUID] = mapped_column(ForeignKey("booklet.id"))
    rule: Mapped[str]
    period: Mapped[str]
    flagged_on: Mapped[date]
    visit_id: Mapped[UUID | None] = mapped_column(ForeignKey("appointment.id"), default=None)


class BatchState(StrEnum):
    """How far a batch of blank booklets is."""

    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"
    CANCELLED = "cancelled"


class Batch(Entity):
    """Blank booklets that were asked for together, for stock; the clock makes them."""

    __tablename__ = "batch"
    __table_args__ = (
        UniqueConstraint("asked_by", "idempotency_key"),
        CheckConstraint("wanted BETWEEN 1 AND 50", name="wanted"),
        CheckConstraint("made BETWEEN 0 AND wanted", name="made"),
        CheckConstraint("state IN ('waiting', 'making', 'ready', 'cancelled')", name="state"),
        Index(None, "state", "asked_at"),
    )

    asked_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    wanted: Mapped[int]
    made: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default=BatchState.WAITING)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    idempotency_key: Mapped[str | None] = mapped_column(String(64), default=None)


class Barrier(StrEnum):
    """Why a family does not use its booklet (product/cheques.md 5)."""

    NO_PLACE = "no-place"
    HOURS = "hours"
    TRANSPORT = "transport"
    TRUST = "trust"
    LANGUAGE = "language"
    TRAJECTORY = "trajectory"
    NOT_FOR_A_WHILE = "not-for-a-while"
    IN_CARE = "in-care"
    MOVED = "moved"
    UNREACHABLE = "unreachable"
    OTHER = "other"


class ExtensionReason(StrEnum):
    """Why a family needs more time to use its booklet."""

    TRAJECTORY = "trajectory"  # the training or the job began later
    NOT_FOR_A_WHILE = "not-for-a-while"
    NO_PLACE = "no-place"  # no childcare was found in time
    OTHER = "other"


class BookletExtension(Entity):
    """A booklet that works until a later day: from which day, why, by whom; or taken back."""

    __tablename__ = "booklet_extension"
    __table_args__ = (
        Index(None, "booklet_id", "made_at"),
        CheckConstraint("until > was", name="later"),
        CheckConstraint(
            "reason IN ('trajectory', 'not-for-a-while', 'no-place', 'other')", name="reason"
        ),
    )

    booklet_id: Mapped[UUID] = mapped_column(ForeignKey("booklet.id"))
    was: Mapped[date]
    until: Mapped[date]
    reason: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    taken_back_at: Mapped[datetime | None] = mapped_column(default=None)


class FollowUp(Entity):
    """One try to reach a family about its booklet, and what came of it."""

    __tablename__ = "follow_up"
    __table_args__ = (Index(None, "booklet_id", "made_at"), Index(None, "task_id"))

    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    booklet_id: Mapped[UUID] = mapped_column(ForeignKey("booklet.id"))
    made_at: Mapped[datetime]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    reached: Mapped[bool]
    outcome: Mapped[str]
    barrier: Mapped[str | None] = mapped_column(default=None)
    next_on: Mapped[date | None] = mapped_column(default=None)
    line: Mapped[str | None] = mapped_column(String(80), default=None)  # 90 days after closing
    taken_back_at: Mapped[datetime | None] = mapped_column(default=None)


class Going(StrEnum):
    """Whether a child goes on in care."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    NO = "no"
    UNKNOWN = "unknown"


class Continuation(Entity):
    """What was answered to "does the child go on?", at one moment, by one of both sides."""

    __tablename__ = "continuation"
    __table_args__ = (
        UniqueConstraint("booklet_id", "moment", "side"),
        CheckConstraint(
            "moment IN ('eighth', 'tenth', 'one-month', 'three-months')", name="moment"
        ),
        CheckConstraint("side IN ('provider', 'referrer')", name="side"),
        CheckConstraint("answer IN ('here', 'elsewhere', 'no', 'unknown')", name="answer"),
    )

    booklet_id: Mapped[UUID] = mapped_column(ForeignKey("booklet.id"))
    moment: Mapped[str]
    side: Mapped[str]
    answer: Mapped[str]
    answered_at: Mapped[datetime]
    answered_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))


class FrozenCohort(Entity):
    """A year's families as evaluators read them: protected counts, frozen, never changed."""

    __tablename__ = "frozen_cohort"
    __table_args__ = (UniqueConstraint("year", "as_of"),)

    year: Mapped[int]
    as_of: Mapped[date]  # the last day that is counted
    frozen_at: Mapped[datetime]
    figures: Mapped[dict[str, Any]]
