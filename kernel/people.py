"""Families and their children: as little of them as the work allows."""

import hashlib
import hmac
import re
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.database import Entity


class Family(Entity):
    """A family, known by the reference that one organisation gave it.

    The same reference in the same organisation is the same family. Name and phone are optional and
    are the first to be forgotten; reasons of vulnerability are never asked.
    """

    __tablename__ = "family"
    __table_args__ = (
        UniqueConstraint("organisation_id", "reference"),
        CheckConstraint("number_of_children BETWEEN 1 AND 20", name="number_of_children"),
        Index(None, "phone_hash"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    reference: Mapped[str]
    language: Mapped[str]
    created_at: Mapped[datetime]
    district_id: Mapped[UUID | None] = mapped_column(ForeignKey("district.id"), default=None)
    name: Mapped[str | None] = mapped_column(default=None)
    phone: Mapped[str | None] = mapped_column(default=None)
    phone_hash: Mapped[str | None] = mapped_column(default=None)
    number_of_children: Mapped[int | None] = mapped_column(default=None)
    removed_at: Mapped[datetime | None] = mapped_column(default=None)  # on request: nobody's now


class Child(Entity):
    """A child by first name and birth month (the first day of it), both optional."""

    __tablename__ = "child"
    __table_args__ = (Index(None, "family_id"),)

    family_id: Mapped[UUID] = mapped_column(ForeignKey("family.id"))
    first_name: Mapped[str | None] = mapped_column(default=None)
    birth_month: Mapped[date | None] = mapped_column(default=None)


def phone_hash(phone: str, key: str) -> str:
    """Give a keyed hash by which two organisations' entries of one phone can be told equal.

    Takes a Belgian or international number however it was typed, and the installation's key.
    """
    digits = re.sub(r"\D", "", phone.replace("+", "00"))
    digits = re.sub(r"^(0032|0)(?=[1-9])", "32", digits)
    return hmac.new(key.encode(), digits.encode(), hashlib.sha256).hexdigest()


def known_elsewhere(session: Session, *, hashed: str, organisation_id: UUID) -> bool:
    """Say whether another organisation entered a family with this phone; never which."""
    found = session.scalar(
        select(Family.id)
        .where(Family.phone_hash == hashed, Family.organisation_id != organisation_id)
        .limit(1)
    )
    return found is not None
