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


@dataclass(frozen=True, kw_only=True)
class LocationAsked(Event):
    """Somebody asks that a place may take cheques."""

    name: ClassVar[str] = "kernel.location_asked"
    subject: ClassVar[str] = "location_id"
    location_id: UUID
    organisation_id: UUID


@dataclass(frozen=True, kw_only=True)
class LocationJoined(Event):
    """Who asked for a place that was known already, looks after the known one from now on."""

    name: ClassVar[str] = "kernel.location_joined"
    subject: ClassVar[str] = "location_id"
    location_id: UUID
    known_id: UUID


@dataclass(frozen=True, kw_only=True)
class LocationDeclined(Event):
    """The city said no to a place that asked."""

    name: ClassVar[str] = "kernel.location_declined"
    subject: ClassVar[str] = "location_id"
    location_id: UUID


@dataclass(frozen=True, kw_only=True)
class RequestReopened(Event):
    """A yes or a no of the same day was a mistake: the place waits for an answer again."""

    name: ClassVar[str] = "kernel.request_reopened"
    subject: ClassVar[str] = "location_id"
    location_id: UUID


@dataclass(frozen=True, kw_only=True)
class OpeningChanged(Event):
    """A place has other hours or other closing days, from a day on."""

    name: ClassVar[str] = "kernel.opening_changed"
    subject: ClassVar[str] = "location_id"
    location_id: UUID
    since: date
