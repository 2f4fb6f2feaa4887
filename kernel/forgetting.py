"""Every night the house forgets whose time has come; by day it says what it would forget."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from kernel.access import CLOCK, Role, allowed
from kernel.calendar import BRUSSELS, day_of
from kernel.cities import City
from kernel.database import UtcDateTime, table_of
from kernel.jobs import Forgotten, JobRun
from kernel.keeping import Kept, Night, Register, Unit
from kernel.rules import Rules, rules_on
from kernel.unit_of_work import UnitOfWork, unit_of_work

JOB = "forget"
AT_ONCE = 500  # rows in one transaction: nobody waits long for a night's work
SOON = timedelta(days=30)
_FAR = date(9000, 1, 1)


def forget(city: City, register: Register, now: datetime | None = None) -> int:
    """Forget everything whose time has come; gives how much. Safe twice, at once, and cut short.

    In transactions of at most 500 rows each, so that the work of ten years holds nobody up.
    """
    done = 0
    for kept in register.kept:
        more = True
        while more:
            with unit_of_work(city, CLOCK, writes=True, now=now) as uow:
                found, gone = forget_some(uow, kept=kept)
            done += gone
            more = found == AT_ONCE
    return done


@allowed(Role.CLOCK)
def forget_some(uow: UnitOfWork, *, kept: Kept) -> tuple[int, int]:
    """Forget at most 500 rows of one class; gives how many were due, and how many went."""
    _take_turns(uow, kept.name)
    night = Night(day=uow.today, rules=rules_on(uow.session, uow.today))
    if kept.guarded:
        night = replace(night, day=min(night.day, day_of(database_clock(uow.session))))
    keys = uow.session.scalars(
        select(kept.key).where(kept.holds, kept.due(night)).order_by(kept.key).limit(AT_ONCE)
    ).all()
    gone = kept.forget(uow.session, keys) if keys else 0
    if gone:
        _count(uow, kept.name, gone)
    return len(keys), gone


def database_clock(session: Session) -> datetime:
    """Give what time it is to the database, whatever anybody says."""
    told: datetime | None = session.scalar(
        select(type_coerce(func.current_timestamp(), UtcDateTime()))
    )
    assert told is not None
    return told


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """What will be forgotten of one class: numbers and days, nobody's name."""

    kept: Kept
    count: int  # of its term
    holds: int
    tonight: int
    soon: int
    oldest: date | None
    last_on: date | None
    last_count: int

    @property
    def is_in_days(self) -> bool:
        """Say whether the term is counted in days; else in months."""
        return self.kept.term.unit == Unit.DAYS


@allowed(Role.ADMINISTRATOR, Role.REGIE)
def foresee(uow: UnitOfWork, *, register: Register) -> list[Foreseen]:
    """Say for each class how much is kept, and how much goes tonight and in the 30 days after."""
    tonight = _coming_night(uow)
    return [
        _foreseen(uow, kept, tonight)
        for kept in register.kept
        if kept.programme is None or kept.programme in uow.city.programmes
    ]


@allowed(Role.ADMINISTRATOR, Role.REGIE)
def last_forgotten(uow: UnitOfWork) -> datetime | None:
    """Give when the nightly work was last done, or None."""
    return uow.session.scalar(select(func.max(JobRun.finished_at)).where(JobRun.job == JOB))


def terms_of(city: City, register: Register) -> Mapping[str, tuple[int, Unit]]:
    """Give the term of each class as it holds today, for whoever may read it: everybody."""
    with city.database.transaction(writes=False) as session:
        rules = rules_on(session, day_of(datetime.now(UTC)))
    return {name: (term.chosen(rules), term.unit) for name, term in register.terms().items()}


def _coming_night(uow: UnitOfWork) -> date:
    """Give the day of the night that comes; the job looks at three in the morning."""
    struck = uow.now.astimezone(BRUSSELS).hour >= 3  # noqa: PLR2004
    return uow.today + timedelta(days=1) if struck else uow.today


def _foreseen(uow: UnitOfWork, kept: Kept, tonight: date) -> Foreseen:
    rules: Rules = rules_on(uow.session, tonight)
    due = [kept.due(Night(day=day, rules=rules)) for day in (tonight, tonight + SOON)]
    holds, oldest, now, later = uow.session.execute(
        select(
            func.count(kept.key),
            func.min(kept.ended),
            *(func.coalesce(func.sum(case((each, 1), else_=0)), 0) for each in due),
        ).where(kept.holds)
    ).one()
    last = uow.session.execute(
        select(Forgotten.day, Forgotten.count)
        .where(Forgotten.name == kept.name)
        .order_by(Forgotten.day.desc())
        .limit(1)
    ).one_or_none()
    return Foreseen(
        kept=kept,
        count=kept.term.chosen(rules),
        holds=holds,
        tonight=now,
        soon=later - now,
        oldest=_day(oldest),
        last_on=last[0] if last else None,
        last_count=last[1] if last else 0,
    )


def _day(told: Any) -> date | None:
    """Give the day of what began a term; None where it still runs."""
    day = day_of(told) if isinstance(told, datetime) else told
    return None if day is None or day > _FAR else day


def _take_turns(uow: UnitOfWork, name: str) -> None:
    """Let two clocks work on a class one after the other: the second then finds nothing left.

    SQLite's writers take turns by themselves.
    """
    if uow.city.database.dialect == "postgresql":
        lock = func.pg_advisory_xact_lock(func.hashtext(JOB), func.hashtext(name))
        uow.session.execute(select(lock))


def _count(uow: UnitOfWork, name: str, gone: int) -> None:
    """Add to what was forgotten today of a class, by one statement: two clocks may both do it."""
    dialect = sqlite if uow.city.database.dialect == "sqlite" else postgresql
    table = table_of(Forgotten)
    new = dialect.insert(table).values(name=name, day=uow.today, count=gone)
    uow.session.execute(
        new.on_conflict_do_update(
            index_elements=[table.c.name, table.c.day],
            set_={"count": table.c.count + new.excluded.count},
        )
    )
