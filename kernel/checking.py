"""Every invariant of the house can be asked of the database itself, at any time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, column, func, literal, or_, select, table, union_all
from sqlalchemy.orm import Session

from kernel.database import Base
from kernel.events import Delivery, PendingEvent, RecordedEvent
from kernel.overlap import PERIODS, Period, trigger_names

LATE = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When, and on which of the two databases, a check is asked."""

    now: datetime
    dialect: str


@dataclass(frozen=True, kw_only=True)
class Check:
    """An invariant: its name, what it says, and the statement that finds the ids that break it.

    One that is `of_the_clock` breaks by itself while no clock runs, as in a backup on a shelf.
    """

    name: str
    sentence: str
    offending: Callable[[Moment], Select[Any]]
    of_the_clock: bool = False


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What came of a check: how many rows break it."""

    check: Check
    count: int

    @property
    def holds(self) -> bool:
        """Say whether nothing breaks it."""
        return self.count == 0


def run_checks(session: Session, checks: Iterable[Check], *, now: datetime) -> list[Checked]:
    """Ask each invariant of a city's database, changing nothing."""
    moment = Moment(now=now, dialect=session.get_bind().dialect.name)
    return [Checked(check=each, count=_count(session, each.offending(moment))) for each in checks]


def _count(session: Session, statement: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(statement.subquery())) or 0


def _overlapping(period: Period) -> Select[Any]:
    """Find the rows that share a day with another row of the same thing."""
    rows = Base.metadata.tables[period.table]
    other = rows.alias()
    return select(rows.c.id).where(
        select(other.c.id)
        .where(
            *(rows.c[key] == other.c[key] for key in period.keys),
            other.c.id != rows.c.id,
            or_(rows.c.valid_until.is_(None), other.c.valid_from <= rows.c.valid_until),
            or_(other.c.valid_until.is_(None), other.c.valid_until >= rows.c.valid_from),
        )
        .exists()
    )


def _overlap_check(period: Period) -> Check:
    return Check(
        name=f"no-overlap-{period.called or period.table}",
        sentence=f"Geen twee perioden van hetzelfde overlappen in {period.table}.",
        offending=lambda _: _overlapping(period),
    )


def _waiting(moment: Moment) -> Select[Any]:
    return select(PendingEvent.event_number).where(
        PendingEvent.event_number == RecordedEvent.number,
        RecordedEvent.occurred_at < moment.now - LATE,
    )


def _undelivered(moment: Moment) -> Select[Any]:
    """Find what was owed for over an hour, and what was parked after too many tries."""
    return select(Delivery.id).where(
        Delivery.event_number == RecordedEvent.number,
        Delivery.done_at.is_(None),
        or_(
            Delivery.parked_at.is_not(None),
            RecordedEvent.occurred_at < moment.now - LATE,
        ),
    )


def _missing_triggers(moment: Moment) -> Select[Any]:
    names = union_all(
        *(select(literal(name).label("name")) for name in trigger_names(moment.dialect))
    ).subquery()
    there: Select[Any]
    if moment.dialect == "sqlite":
        there = select(column("name")).select_from(table("sqlite_master"))
        there = there.where(column("type") == "trigger")
    else:
        there = select(column("tgname")).select_from(table("pg_trigger"))
        there = there.where(and_(column("tgenabled") != "D", ~column("tgisinternal")))
    return select(names.c.name).where(names.c.name.not_in(there))


CHECKS = (
    *(_overlap_check(period) for period in PERIODS),
    Check(
        name="events-handed-on",
        sentence="Geen gebeurtenis wacht langer dan een uur op de verdeler.",
        offending=_waiting,
        of_the_clock=True,
    ),
    Check(
        name="deliveries-brought",
        sentence="Geen bezorging is langer dan een uur onderweg, of opgegeven.",
        offending=_undelivered,
        of_the_clock=True,
    ),
    Check(
        name="triggers-in-place",
        sentence="Elke trigger van de databank staat er en is aan.",
        offending=_missing_triggers,
    ),
)
