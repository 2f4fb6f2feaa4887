"""What is kept of people, why, and until when: declared once, read by the clock and by people."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute, Session

from kernel.calendar import add_months, end_of_day
from kernel.rules import Rule, Rules

Columns = Mapping[str, frozenset[str]]  # by table


class Unit(StrEnum):
    """What a term is counted in."""

    DAYS = "days"
    MONTHS = "months"


@dataclass(frozen=True, kw_only=True)
class Term:
    """How long something is kept after its end: a city's own choice, within what the law allows.

    `rule` is the dated rule by which a city chooses, `count` what holds where it chose nothing. A
    choice outside `least` and `most` counts as the nearest of the two. `spare` is in days: what
    the database guards by its own clock is asked for a day later, so that the two never quarrel.
    """

    rule: str
    count: int
    unit: Unit
    least: int
    most: int
    spare: int = 0

    def chosen(self, rules: Rules) -> int:
        """Give the count that holds."""
        value: Any = rules[Rule(self.rule, self.count)]
        if not isinstance(value, int) or isinstance(value, bool):
            return self.count
        return min(max(value, self.least), self.most)


@dataclass(frozen=True, kw_only=True)
class Night:
    """The day on which is asked whose time has come, with the rules that hold then."""

    day: date
    rules: Rules

    def past(self, term: Term) -> date:
        """Give the last day whose term is over on this day.

        What ended on 31 August is kept for six months: until the night of 28 February.
        """
        day, count = self.day - timedelta(days=term.spare), term.chosen(self.rules)
        if term.unit == Unit.DAYS:
            return day - timedelta(days=count)
        back = add_months(day, -count)
        is_last = (day + timedelta(days=1)).day == 1
        return _month_end(back) if is_last else back

    def past_instant(self, term: Term) -> datetime:
        """Give the instant before which a term is over on this day."""
        return end_of_day(self.past(term))


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One class of what is kept of people: what, why, how long after what, and how it goes.

    `key` names the rows, `holds` says of a row that it has something to forget, `due` that its
    time is over on a night, `ended` from when its term counts. `forget` takes the keys of some
    rows and gives how many it forgot. `columns` are those that hold something of a person and that
    go with it. `guarded` says that the database itself refuses to forget sooner.
    """

    name: str
    what: str
    why: str
    after: str
    term: Term
    key: InstrumentedAttribute[Any]
    holds: ColumnElement[bool]
    due: Callable[[Night], ColumnElement[bool]]
    ended: ColumnElement[Any] | InstrumentedAttribute[Any]
    forget: Callable[[Session, Sequence[Any]], int]
    columns: Columns = field(default_factory=dict)
    programme: str | None = None
    guarded: bool = False


@dataclass(frozen=True, kw_only=True)
class Lasting:
    """What stays for as long as it is used: no job takes it away, and here is why."""

    name: str
    what: str
    why: str
    until: str
    columns: Columns


@dataclass(frozen=True, kw_only=True)
class Register:
    """Everything that is kept of people, and how long."""

    kept: Sequence[Kept]
    lasting: Sequence[Lasting]

    def columns(self) -> dict[str, set[str]]:
        """Give every column that an entry answers for, by table."""
        found: dict[str, set[str]] = {}
        for answered in (*(k.columns for k in self.kept), *(one.columns for one in self.lasting)):
            for table, columns in answered.items():
                found.setdefault(table, set()).update(columns)
        return found

    def terms(self) -> Mapping[str, Term]:
        """Give the term of each class, by name."""
        return {kept.name: kept.term for kept in self.kept}


def _month_end(day: date) -> date:
    return add_months(day.replace(day=1), 1) - timedelta(days=1)
