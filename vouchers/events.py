"""What happens in the cheque programme."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class BookletPrinted(Event):
    """A blank booklet was made for stock."""

    name: ClassVar[str] = "vouchers.booklet_printed"
    subject: ClassVar[str] = "booklet_id"
    booklet_id: UUID
    cheques: int


@dataclass(frozen=True, kw_only=True)
class BatchDownloaded(Event):
    """Somebody took the paper of a whole batch, to print it."""

    name: ClassVar[str] = "vouchers.batch_downloaded"
    subject: ClassVar[str] = "batch_id"
    batch_id: UUID
    booklets: int


@dataclass(frozen=True, kw_only=True)
class BookletDelivered(Event):
    """A blank booklet went from the desk, or from another one, to a referrer."""

    name: ClassVar[str] = "vouchers.booklet_delivered"
    subject: ClassVar[str] = "booklet_id"
    booklet_id: UUID
    organisation_id: UUID
    holder_id: UUID
    from_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class BookletTakenBack(Event):
    """A blank booklet came back to the desk from the one who held it."""

    name: ClassVar[str] = "vouchers.booklet_taken_back"
    subject: ClassVar[str] = "booklet_id"
    booklet_id: UUID
    holder_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class StockAsked(Event):
    """A referrer asked the desk for more blank booklets."""

    name: ClassVar[str] = "vouchers.stock_asked"
    subject: ClassVar[str] = "holder_id"
    holder_id: UUID
    booklets: int


@dataclass(frozen=True, kw_only=True)
class StockAnswered(Event):
    """A referrer got blank booklets, or none were needed after all: what was asked is settled."""

    name: ClassVar[str] = "vouchers.stock_answered"
    subject: ClassVar[str] = "holder_id"
    holder_id: UUID
    booklets: int


@dataclass(frozen=True, kw_only=True)
class BookletHandedOut(Event):
    """A referrer gave a family a booklet."""

    name: ClassVar[str] = "vouchers.booklet_handed_out"
    subject: ClassVar[str] = "booklet_id"
    booklet_id: UUID
    family_id: UUID
    organisation_id: UUID
    cheques: int
    valid_until: date


@dataclass(frozen=True, kw_only=True)
class FirstVisitAgreed(Event):
    """A family will visit a location on a day."""

    name: ClassVar[str] = "vouchers.first_visit_agreed"
    subject: ClassVar[str] = "booklet_id"
    booklet_id: UUID
    location_id: UUID
    day: date


@dataclass(frozen=True, kw_only=True)
class ChequeRedeemed(Event):
    """A provider scanned a cheque."""

    name: ClassVar[str] = "vouchers.cheque_redeemed"
    subject: ClassVar[str] = "booklet_id"
    booklet_id: UUID
    redemption_id: UUID
    location_id: UUID
    care_date: date
    used_after: int
    price_cents: int | None


@dataclass(frozen=True, kw_only=True)
class RedemptionAnnulled(Event):
    """A scan was undone."""

    name: ClassVar[str] = "vouchers.redemption_annulled"
    subject: ClassVar[str] = "booklet_id"
    booklet_id: UUID
    redemption_id: UUID
    location_id: UUID
    used_after: int


@dataclass(frozen=True, kw_only=True)
class BookletBlocked(Event):
    """A booklet can no longer be used: lost, or handed out by mistake. Stock has a reason."""

    name: ClassVar[str] = "vouchers.booklet_blocked"
    subject: ClassVar[str] = "booklet_id"
    booklet_id: UUID
    state: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class BookletReplaced(Event):
    """A family got the cheques that were left in a lost booklet."""

    name: ClassVar[str] = "vouchers.booklet_replaced"
    subject: ClassVar[str] = "booklet_id"
    booklet_id: UUID
    replaced_by_id: UUID
    cheques: int


@dataclass(frozen=True, kw_only=True)
class BookletExtended(Event):
    """A family got more time to use its booklet."""

    name: ClassVar[str] = "vouchers.booklet_extended"
    subject: ClassVar[str] = "booklet_id"
    booklet_id: UUID
    was: date
    until: date
    reason: str


@dataclass(frozen=True, kw_only=True)
class ExtensionTakenBack(Event):
    """An extension of the same day was a mistake: the booklet ends when it did before."""

    name: ClassVar[str] = "vouchers.extension_taken_back"
    subject: ClassVar[str] = "booklet_id"
    booklet_id: UUID
    until: date


@dataclass(frozen=True, kw_only=True)
class ContactNoted(Event):
    """A referrer wrote down how to reach a family that had a booklet already."""

    name: ClassVar[str] = "vouchers.contact_noted"
    subject: ClassVar[str] = "family_id"
    family_id: UUID


@dataclass(frozen=True, kw_only=True)
class DropOffFlagged(Event):
    """A booklet fell silent, or its first visit needs a call."""

    name: ClassVar[str] = "vouchers.drop_off_flagged"
    subject: ClassVar[str] = "booklet_id"
    booklet_id: UUID
    rule: str
    period: str
    flagged_on: date


@dataclass(frozen=True, kw_only=True)
class ContinuationTold(Event):
    """Somebody told whether the child of a booklet goes on in care."""

    name: ClassVar[str] = "vouchers.continuation_told"
    subject: ClassVar[str] = "booklet_id"
    booklet_id: UUID
    moment: str
    side: str
    answer: str
