"""What happens to somebody's way in, told by ids alone."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class AccountInvited(Event):
    """Somebody was let in, or got a new link because the first was over."""

    name: ClassVar[str] = "kernel.account_invited"
    subject: ClassVar[str] = "account_id"
    account_id: UUID
    organisation_id: UUID


@dataclass(frozen=True, kw_only=True)
class InvitationWithdrawn(Event):
    """An invitation that nobody used is gone, and its account with it."""

    name: ClassVar[str] = "kernel.invitation_withdrawn"
    subject: ClassVar[str] = "account_id"
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class InvitationShown(Event):
    """An administrator looked at somebody's link, to hand it over without mail."""

    name: ClassVar[str] = "kernel.invitation_shown"
    subject: ClassVar[str] = "account_id"
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class AccountDisabled(Event):
    """Somebody may no longer sign in."""

    name: ClassVar[str] = "kernel.account_disabled"
    subject: ClassVar[str] = "account_id"
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class AccountEnabled(Event):
    """Somebody may sign in again."""

    name: ClassVar[str] = "kernel.account_enabled"
    subject: ClassVar[str] = "account_id"
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class RolesChanged(Event):
    """Somebody has these roles from now on (codes, separated by spaces)."""

    name: ClassVar[str] = "kernel.roles_changed"
    subject: ClassVar[str] = "account_id"
    account_id: UUID
    roles: str


@dataclass(frozen=True, kw_only=True)
class OrganisationRenamed(Event):
    """An organisation is called otherwise, or proposes other references."""

    name: ClassVar[str] = "kernel.organisation_renamed"
    subject: ClassVar[str] = "organisation_id"
    organisation_id: UUID
