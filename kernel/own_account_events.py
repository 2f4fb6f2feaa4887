"""What people change about their own way in, told by ids and dates alone."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class AbsenceSaid(Event):
    """Somebody is away from a day to a day; `stand_in_id` does the work, else the organisation."""

    name: ClassVar[str] = "kernel.absence_said"
    subject: ClassVar[str] = "account_id"
    account_id: UUID
    since: date
    until: date
    stand_in_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class AbsenceEnded(Event):
    """Somebody who was away, or would be, is there again."""

    name: ClassVar[str] = "kernel.absence_ended"
    subject: ClassVar[str] = "account_id"
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class LettersChosen(Event):
    """Somebody chose which letters to get."""

    name: ClassVar[str] = "kernel.letters_chosen"
    subject: ClassVar[str] = "account_id"
    account_id: UUID
    tasks: bool
    good_news: bool


@dataclass(frozen=True, kw_only=True)
class DeviceSignedOut(Event):
    """Somebody ended a session of their own on another device."""

    name: ClassVar[str] = "kernel.device_signed_out"
    subject: ClassVar[str] = "account_id"
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    """Somebody chose another password."""

    name: ClassVar[str] = "kernel.password_changed"
    subject: ClassVar[str] = "account_id"
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class SecondFactorSet(Event):
    """Somebody signs in with a second step from now on."""

    name: ClassVar[str] = "kernel.second_factor_set"
    subject: ClassVar[str] = "account_id"
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class SecondFactorReset(Event):
    """Somebody's second step is gone: it must be set up anew."""

    name: ClassVar[str] = "kernel.second_factor_reset"
    subject: ClassVar[str] = "account_id"
    account_id: UUID
