"""What happens to a place where children are cared for."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class LocationRegistered(Event):
    """A place was written down by hand."""

    name: ClassVar[str] = "kernel.location_registered"
    subject: ClassVar[str] = "location_id"
    location_id: UUID
    organisation_id: UUID


@dataclass(frozen=True, kw_only=True)
class LocationApproved(Event):
    """A place may redeem cheques from a day on."""

    name: ClassVar[str] = "kernel.location_approved"
    subject: ClassVar[str] = "location_id"
    location_id: UUID
    since: date


@dataclass(frozen=True, kw_only=True)
class ApprovalTakenBack(Event):
    """An approval of the same day was a mistake."""

    name: ClassVar[str] = "kernel.approval_taken_back"
    subject: ClassVar[str] = "location_id"
    location_id: UUID


@dataclass(frozen=True, kw_only=True)
class LocationEnded(Event):
    """A place takes no cheques any more after a day."""

    name: ClassVar[str] = "kernel.location_ended"
    subject: ClassVar[str] = "location_id"
    location_id: UUID
    last_day: date
