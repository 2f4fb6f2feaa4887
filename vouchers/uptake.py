"""How far families come with their booklet: the funnel, by the month in which it was handed out."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, extract, func, or_, select

from kernel.access import Role, allowed
from kernel.unit_of_work import UnitOfWork
from vouchers.models import Appointment, Booklet, BookletState

THREE = 3
_HAND = (BookletState.HANDED_OUT, BookletState.BLOCKED_LOST)


@dataclass(frozen=True, kw_only=True)
class Steps:
    """How many families came how far: each step of use is part of the one before.

    A first visit may have been agreed or not, before the first use: it is a step beside them. The
    last three are the families that used nothing yet, by what is known of that visit; together
    they are `not_used`.
    """

    handed_out: int = 0
    visit_agreed: int = 0
    first_use: int = 0
    three_or_more: int = 0
    all_used: int = 0
    no_appointment: int = 0
    no_show: int = 0
    visit_to_come: int = 0

    @property
    def not_used(self) -> int:
        """Families that have a booklet and used nothing yet: the biggest drop-off."""
        return self.handed_out - self.first_use


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """The families that got their first booklet in one month."""

    month: date
    steps: Steps


@dataclass(frozen=True, kw_only=True)
class Uptake:
    """The funnel of a period, whole and by month. Exact: for those who may open the rows.

    `used_after_visit` counts the families with an agreed first visit that used a cheque.
    """

    since: date
    until: date
    total: Steps
    used_after_visit: int
    cohorts: tuple[Cohort, ...]


@allowed(Role.REGIE)
def uptake(uow: UnitOfWork, *, since: date, until: date) -> Uptake:
    """Give the funnel of families whose first booklet was handed out in a period, both days in.

    A lost and replaced booklet is one family, from its first booklet. Training, and booklets
    blocked by mistake before use, are out. Definitions: docs/figures.md.
    """
    families = families_of(since, until)
    year, month = extract("year", families.c.began), extract("month", families.c.began)
    rows = uow.session.execute(
        select(year, month, *_counts(families, uow.today))
        .group_by(year, month)
        .order_by(year, month)
    ).all()
    cohorts = tuple(
        Cohort(month=date(int(row[0]), int(row[1]), 1), steps=_steps(row[2:-1])) for row in rows
    )
    return Uptake(
        since=since,
        until=until,
        total=_sum(cohorts),
        used_after_visit=sum(int(row[-1]) for row in rows),
        cohorts=cohorts,
    )


def families_of(since: date, until: date) -> Subquery:
    """Give a row for each family whose first booklet was handed out in a period, both days in.

    With what its replacements used added up; without training and without mistakes.
    """
    counted = and_(
        Booklet.training.is_(False), or_(Booklet.state.in_(_HAND), Booklet.used_count > 0)
    )
    began = func.min(Booklet.handed_out_on)
    visit = exists().where(Appointment.booklet_id == Booklet.id)
    holds = (Appointment.booklet_id == Booklet.id, Appointment.replaced_at.is_(None))
    day = select(func.max(Appointment.day)).where(*holds).scalar_subquery()
    return (
        select(
            Booklet.origin_id,
            began.label("began"),
            func.sum(Booklet.used_count).label("used"),
            func.max(Booklet.size).label("size"),  # the first one's: a replacement has fewer
            func.max(case((visit, 1), else_=0)).label("visit"),
            func.max(day).label("visit_day"),
        )
        .where(counted, Booklet.handed_out_on.is_not(None))
        .group_by(Booklet.origin_id)
        .having(began.between(since, until))
        .subquery("family_uptake")
    )


def _counts(families: Subquery, today: date) -> list[ColumnElement[Any]]:
    def those(condition: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.sum(case((condition, 1), else_=0))

    used, day = families.c.used, families.c.visit_day
    return [
        func.count(),
        those(families.c.visit == 1),
        those(used >= 1),
        those(used >= THREE),
        those(used >= families.c.size),
        those(and_(used == 0, day.is_(None))),
        those(and_(used == 0, day < today)),
        those(and_(used == 0, day >= today)),
        those(and_(families.c.visit == 1, used >= 1)),
    ]


def _steps(row: Sequence[Any]) -> Steps:
    """Take the counts in the order of the fields."""
    return Steps(**{field.name: int(n) for field, n in zip(fields(Steps), row, strict=True)})


def _sum(cohorts: Sequence[Cohort]) -> Steps:
    every = [asdict(cohort.steps) for cohort in cohorts]
    return Steps(**{field.name: sum(s[field.name] for s in every) for field in fields(Steps)})
