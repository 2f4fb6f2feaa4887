"""A person's way in: an account with roles in one organisation, its sessions and its tokens."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base, Entity


class Account(Entity):
    """A person who may sign in. The address is kept in lower case; it is known once in a city.

    Away from a day to a day, tasks and letters go to `stand_in_id`, else to the organisation. The
    second factor's secret follows from `totp_seed` and the installation's key, so that a stolen
    database opens nothing; it counts from `totp_since`, and `totp_step` is the last one used.
    """

    __tablename__ = "account"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str | None] = mapped_column(default=None)
    disabled_at: Mapped[datetime | None] = mapped_column(default=None)
    invited_at: Mapped[datetime | None] = mapped_column(default=None)
    seen_at: Mapped[datetime | None] = mapped_column(default=None)  # kept when a session is gone
    mails_tasks: Mapped[bool] = mapped_column(default=True, server_default=true())
    mails_good_news: Mapped[bool] = mapped_column(default=True, server_default=true())
    stand_in_id: Mapped[UUID | None] = mapped_column(default=None)
    away_from: Mapped[date | None] = mapped_column(default=None)
    away_until: Mapped[date | None] = mapped_column(default=None)  # last day away
    totp_due: Mapped[bool] = mapped_column(default=False, server_default=false())
    totp_seed: Mapped[str | None] = mapped_column(String(64), default=None, repr=False)
    totp_since: Mapped[datetime | None] = mapped_column(default=None)
    totp_step: Mapped[int | None] = mapped_column(default=None)

    def is_away(self, on: date) -> bool:
        """Say whether somebody is away on a day; both the first and the last day count."""
        began = self.away_from is not None and self.away_from <= on
        return began and self.away_until is not None and on <= self.away_until


class AccountRole(Base):
    """A role that an account has."""

    __tablename__ = "account_role"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class WebSession(Base):
    """A browser that is signed in; the cookie's value is kept as its hash only."""

    __tablename__ = "web_session"
    __table_args__ = (Index(None, "account_id"),)

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    stays: Mapped[bool] = mapped_column(default=False, server_default=false())  # 90 days, sliding
    device: Mapped[str] = mapped_column(String(60), default="", server_default="")


class SignInCode(Entity):
    """Six digits that were mailed to sign in with, once. They follow from the id and the key."""

    __tablename__ = "sign_in_code"
    __table_args__ = (Index(None, "account_id", "asked_at"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(default=None)


class AccessToken(Base):
    """A program that may act for an account, within its scopes; kept as its hash only."""

    __tablename__ = "access_token"
    __table_args__ = (Index(None, "account_id"),)

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    scopes: Mapped[str]  # separated by spaces
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


class SignInAttempt(Entity):
    """A wrong password, by the hash of the address it was tried for: so that guessing is slow."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index(None, "address_hash", "at"),)

    address_hash: Mapped[str]
    at: Mapped[datetime]
