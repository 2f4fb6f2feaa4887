"""A person's way in: an account with roles in one organisation, its sessions and its tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base, Entity


class Account(Entity):
    """A person who may sign in. The address is kept in lower case; it is known once in a city."""

    __tablename__ = "account"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str | None] = mapped_column(default=None)
    disabled_at: Mapped[datetime | None] = mapped_column(default=None)
    absent_until: Mapped[datetime | None] = mapped_column(default=None)


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
