"""A number that is a city's choice: a rule with a period in which it holds, never a constant."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from sqlalchemy import CheckConstraint, Index, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.database import Entity, Json

T = TypeVar("T")


class DatedRule(Entity):
    """What a city chose, from a day until a day (both included) or until further notice."""

    __tablename__ = "dated_rule"
    __table_args__ = (
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="period"),
        Index(None, "name", "valid_from"),
    )

    name: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None] = mapped_column(default=None)
    value: Mapped[Any] = mapped_column(Json)


@dataclass(frozen=True)
class Rule(Generic[T]):
    """A choice by its name, with what holds where a city chose nothing."""

    name: str
    default: T


class Rules:
    """Every rule that holds on one day."""

    def __init__(self, chosen: dict[str, Any]) -> None:
        """Take what the city chose, by name."""
        self._chosen = chosen

    def __getitem__(self, rule: Rule[T]) -> T:
        """Give what the city chose, else the default."""
        chosen: T = self._chosen.get(rule.name, rule.default)
        return chosen


def rules_on(session: Session, day: date) -> Rules:
    """Read in one statement every rule that holds on `day`."""
    rows = session.execute(
        select(DatedRule.name, DatedRule.value).where(
            DatedRule.valid_from <= day,
            or_(DatedRule.valid_until.is_(None), DatedRule.valid_until >= day),
        )
    )
    return Rules({name: value for name, value in rows})  # noqa: C416 — rows are not pairs to mypy
