"""Referrers and providers, and the places where children are cared for."""

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Entity


class OrganisationKind(StrEnum):
    """What an organisation is to the city."""

    REFERRER = "referrer"
    PROVIDER = "provider"
    CITY = "city"


class Organisation(Entity):
    """An OCMW, a language school, a day nursery's organiser, the city itself."""

    __tablename__ = "organisation"
    __table_args__ = (UniqueConstraint("kind", "name"),)

    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str]
    sort: Mapped[str | None] = mapped_column(default=None)  # the field's word: OCMW, CKG, VDAB …
    prefix: Mapped[str] = mapped_column(String(6), default="")  # of the references it is proposed


class District(Entity):
    """A part of the city, as the city itself divides it; its middle measures distances."""

    __tablename__ = "district"

    name: Mapped[str] = mapped_column(String(80), unique=True)
    latitude: Mapped[float | None] = mapped_column(default=None)
    longitude: Mapped[float | None] = mapped_column(default=None)


class LocationKind(StrEnum):
    """Group care (a day nursery) or family care (a childminder)."""

    GROUP = "group"
    FAMILY = "family"


class Room(StrEnum):
    """What a location says of the coming week."""

    YES = "yes"
    SOME = "some"
    NO = "no"


class Admission(StrEnum):
    """Whether a place takes cheques: read, never stored."""

    WAITING = "waiting"  # never approved
    APPROVED = "approved"
    ENDED = "ended"
    DECLINED = "declined"  # asked, and heard no


class Location(Entity):
    """One place where a provider cares for children.

    It redeems cheques from the day it is approved until the day it ends.
    """

    __tablename__ = "location"
    __table_args__ = (Index(None, "organisation_id"), Index(None, "district_id"))

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str]
    register_number: Mapped[str | None] = mapped_column(unique=True, default=None)  # dossiernummer
    address: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    municipality: Mapped[str] = mapped_column(default="")
    district_id: Mapped[UUID | None] = mapped_column(ForeignKey("district.id"), default=None)
    latitude: Mapped[float | None] = mapped_column(default=None)
    longitude: Mapped[float | None] = mapped_column(default=None)
    phone: Mapped[str] = mapped_column(default="")
    approved_on: Mapped[date | None] = mapped_column(default=None)
    ended_on: Mapped[date | None] = mapped_column(default=None)  # last day
    room: Mapped[str | None] = mapped_column(default=None)
    room_said_at: Mapped[datetime | None] = mapped_column(default=None)
    training: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[datetime | None] = mapped_column(default=None)  # registered itself
    asked_by: Mapped[UUID | None] = mapped_column(default=None)  # the account that asked
    same_as_id: Mapped[UUID | None] = mapped_column(default=None)  # says it is this known place
    joined_at: Mapped[datetime | None] = mapped_column(default=None)  # the known place took over
    declined_at: Mapped[datetime | None] = mapped_column(default=None)
    declined_because: Mapped[str | None] = mapped_column(String(200), default=None)

    def is_approved(self, day: date) -> bool:
        """Say whether the city lets it redeem cheques on `day`."""
        began = self.approved_on is not None and self.approved_on <= day
        return began and (self.ended_on is None or day <= self.ended_on)

    def admission(self, day: date) -> Admission:
        """Say whether it takes cheques on `day`, and why not."""
        if self.declined_at is not None:
            return Admission.DECLINED
        if self.approved_on is None or self.approved_on > day:
            return Admission.WAITING
        return Admission.APPROVED if self.is_approved(day) else Admission.ENDED


class LocationStanding(Entity):
    """What a licence says, from a day until a day: places, and the step of subsidy (T0 to T3)."""

    __tablename__ = "location_standing"
    __table_args__ = (
        CheckConstraint("licensed_places > 0", name="licensed_places"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="period"),
        Index(None, "location_id", "valid_from"),
    )

    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    licensed_places: Mapped[int]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None] = mapped_column(default=None)
    step: Mapped[str | None] = mapped_column(default=None)


class OpeningHours(Entity):
    """When a location is open on a weekday (0 is Monday), from a day until a day."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="period"),
        Index(None, "location_id", "weekday", "valid_from"),
    )

    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    weekday: Mapped[int]
    opens: Mapped[time]
    closes: Mapped[time]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None] = mapped_column(default=None)


class ClosingDay(Entity):
    """A day on which a location is closed."""

    __tablename__ = "closing_day"
    __table_args__ = (UniqueConstraint("location_id", "day"),)

    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    day: Mapped[date]
