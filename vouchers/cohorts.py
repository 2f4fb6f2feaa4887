"""A year's families, as evaluators read them: protected, frozen every month, never changed."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Subquery, extract, func, select

from kernel.access import Role, allowed
from kernel.calendar import day_of, end_of_day
from kernel.unit_of_work import UnitOfWork
from vouchers.models import Booklet, Continuation, FrozenCohort, Going, Redemption
from vouchers.uptake import THREE, families_of

ROUNDED_TO = 5  # the protection of a small city (product/statistics.md 3)
YEARS_BACK = 2  # for so long after its own year a cohort is frozen anew; then its figures stand
STILL_DAYS = 30  # a cheque used so lately means that the child is in care
_Answer = tuple[str, datetime]  # what was said, and when


@dataclass(frozen=True, kw_only=True)
class Protected:
    """The families of a year by how far they came: multiples of five, 0 for fewer than five.

    Each step is part of the one before; `maybe_in_care` counts those besides of whom it is not
    known that they are not in care any more.
    """

    handed_out: int
    first_use: int
    three_or_more: int
    in_care: int
    maybe_in_care: int


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """A year as it was frozen: which days it counts, and what it found."""

    year: int
    as_of: date
    frozen_on: date
    figures: Protected


def protected(count: int) -> int:
    """Round a count of families to five, half up; fewer than five become 0, "minder dan 5"."""
    return 0 if count < ROUNDED_TO else (count + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO


@allowed(Role.CLOCK)
def freeze_cohorts(uow: UnitOfWork) -> int:
    """Freeze each year's cohort as of the last day of last month, unless that is done.

    Gives how many were frozen. What was frozen is never changed: a scan that arrives later counts
    in the next month's freezing. A clock that was off freezes the last month only.
    """
    as_of = uow.today.replace(day=1) - timedelta(days=1)
    done = set(uow.session.scalars(select(FrozenCohort.year).where(FrozenCohort.as_of == as_of)))
    years = [year for year in _years(uow, as_of) if year not in done]
    for year in years:
        figures = asdict(_counted(uow, year, as_of))
        uow.session.add(FrozenCohort(year=year, as_of=as_of, frozen_at=uow.now, figures=figures))
    return len(years)


@allowed(Role.EVALUATOR, Role.REGIE)
def frozen_years(uow: UnitOfWork) -> list[int]:
    """Give the years of which something is frozen, the newest first."""
    return list(
        uow.session.scalars(select(FrozenCohort.year).distinct().order_by(FrozenCohort.year.desc()))
    )


@allowed(Role.EVALUATOR, Role.REGIE)
def read_frozen(uow: UnitOfWork, *, year: int, as_of: date | None = None) -> Frozen | None:
    """Give a year's cohort as it was frozen last, or as of one month's end; None where none was."""
    found = select(FrozenCohort).where(FrozenCohort.year == year)
    if as_of is not None:
        found = found.where(FrozenCohort.as_of == as_of)
    row = uow.session.scalar(found.order_by(FrozenCohort.as_of.desc()).limit(1))
    if row is None:
        return None
    return Frozen(
        year=row.year,
        as_of=row.as_of,
        frozen_on=day_of(row.frozen_at),
        figures=Protected(**row.figures),
    )


def _years(uow: UnitOfWork, as_of: date) -> list[int]:
    began = extract("year", Booklet.handed_out_on)
    given = uow.session.scalars(
        select(began)
        .where(Booklet.handed_out_on.between(date(as_of.year - YEARS_BACK, 1, 1), as_of))
        .distinct()
    )
    return sorted(int(year) for year in given)


def _counted(uow: UnitOfWork, year: int, as_of: date) -> Protected:
    families = families_of(date(year, 1, 1), min(date(year, 12, 31), as_of))
    every = uow.session.scalar(select(func.count()).select_from(families)) or 0
    uses = {row.origin_id: row for row in _uses(uow, families, as_of)}
    answers = _answers(uow, families, as_of)
    lately = as_of - timedelta(days=STILL_DAYS)
    still = [_still(row, answers.get(origin, ()), lately) for origin, row in uses.items()]
    sure = sum(1 for each in still if each)
    return Protected(
        handed_out=protected(every),
        first_use=protected(len(uses)),
        three_or_more=protected(sum(1 for row in uses.values() if row.used >= THREE)),
        in_care=protected(sure),
        maybe_in_care=protected(sum(1 for each in still if each is not False)) - protected(sure),
    )


def _uses(uow: UnitOfWork, families: Subquery, as_of: date) -> Iterable[Row[Any]]:
    """Give for each family how many cheques it used until a day, and when the last."""
    return uow.session.execute(
        select(
            Booklet.origin_id,
            func.count(Redemption.id).label("used"),
            func.max(Redemption.care_date).label("last_on"),
            func.max(Redemption.redeemed_at).label("last_at"),
        )
        .join(Booklet, Booklet.id == Redemption.booklet_id)
        .join(families, families.c.origin_id == Booklet.origin_id)
        .where(Redemption.annulled_at.is_(None), Redemption.care_date <= as_of)
        .group_by(Booklet.origin_id)
    )


def _answers(uow: UnitOfWork, families: Subquery, as_of: date) -> Mapping[UUID, list[_Answer]]:
    """Give for each family the last answer of each side until a day, the later side last."""
    rows = uow.session.execute(
        select(Booklet.origin_id, Continuation.side, Continuation.answer, Continuation.answered_at)
        .join(Booklet, Booklet.id == Continuation.booklet_id)
        .join(families, families.c.origin_id == Booklet.origin_id)
        .where(Continuation.answered_at < end_of_day(as_of))
        .order_by(Continuation.answered_at)
    )
    sides: dict[UUID, dict[str, _Answer]] = {}
    for origin, side, answer, at in rows:
        of_family = sides.setdefault(origin, {})
        of_family.pop(side, None)
        of_family[side] = (answer, at)
    return {origin: list(of_family.values()) for origin, of_family in sides.items()}


def _still(uses: Row[Any], answers: Iterable[_Answer], lately: date) -> bool | None:
    """Say whether a family that used a cheque is in care still: yes, no, or not known.

    As `known_continuation` reads it: an answer of before the last cheque, or "weet niet", is none.
    """
    if uses.last_on >= lately:
        return True
    known = [answer for answer, at in answers if at >= uses.last_at and answer != Going.UNKNOWN]
    return known[-1] in {Going.HERE, Going.ELSEWHERE} if known else None
