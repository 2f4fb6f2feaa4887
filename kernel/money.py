"""Money in whole cents: the price of a care moment, as dated data."""

from datetime import date

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Entity


class CareMomentPrice(Entity):
    """What the city pays a provider for one care moment, from a day until a day."""

    __tablename__ = "care_moment_price"
    __table_args__ = (
        CheckConstraint("cents >= 0", name="cents"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="period"),
        Index(None, "care_moment", "valid_from"),
    )

    care_moment: Mapped[str]
    cents: Mapped[int]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None] = mapped_column(default=None)


def euro(cents: int) -> str:
    """Give an amount as people in Flanders read it: 123456 is `€ 1.234,56`."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}€ {whole:,}".replace(",", ".") + f",{rest:02}"
