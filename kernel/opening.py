"""A place says when it is open, from a day on, and what number to call."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, post_load
from sqlalchemy import delete, or_, select, update

from kernel.access import Role, allowed
from kernel.errors import Invalid, NotFound
from kernel.location_events import OpeningChanged
from kernel.organisations import Location, OpeningHours
from kernel.text import Phone
from kernel.unit_of_work import UnitOfWork

WEEK = range(7)
EARLY, LATE = time(7), time(18)  # before and after these, care is hard to find
_SATURDAY = 5
AHEAD = timedelta(days=366)

Week = Mapping[int, tuple[time, time]]


_HOUR = re.compile(r"([01]?[0-9]|2[0-3])\s*(?:[:.uh]?\s*([0-5][0-9])|[uh])?", re.IGNORECASE)


class WeekRequest(Schema):
    """Hours for each weekday (0 is Monday) and the day from which they hold; empty is closed."""

    since = fields.Date(load_default=None, error_messages={"invalid": "Kies een dag."})
    opens = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    closes = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)

    @post_load
    def _as_week(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        wrong: dict[str, list[str]] = {}
        week = {day: _span(given, day, wrong) for day in WEEK}
        if wrong:
            raise ValidationError(wrong)
        return {"since": given["since"], "week": {day: span for day, span in week.items() if span}}


def _span(given: dict[str, Any], day: int, wrong: dict[str, list[str]]) -> tuple[time, time] | None:
    """Give the hours of one day, None where it is closed; what is wrong goes into `wrong`."""
    read: dict[str, time] = {}
    for name in ("opens", "closes"):
        text = given[name].get(str(day), "").strip()
        found = _HOUR.fullmatch(text)
        if found:
            read[name] = time(int(found[1]), int(found[2] or 0))
        elif text:
            wrong[f"{name}.{day}"] = ["Schrijf het uur zoals 7.30."]
    if wrong or not read:
        return None
    if len(read) == 1:
        missing = "closes" if "opens" in read else "opens"
        wrong[f"{missing}.{day}"] = ["Vul beide uren in, of laat allebei leeg."]
        return None
    if read["opens"] >= read["closes"]:
        wrong[f"closes.{day}"] = ["Dit uur moet na het openingsuur komen."]
    return read["opens"], read["closes"]


class PhoneRequest(Schema):
    """The number that families and referrers call."""

    phone = Phone(at_most=25, load_default="")


@dataclass(frozen=True, kw_only=True)
class Hours:
    """The hours of one week, from a day on."""

    since: date
    week: Week

    @property
    def early(self) -> bool:
        """Open before seven on some day."""
        return any(opens < EARLY for opens, _ in self.week.values())

    @property
    def late(self) -> bool:
        """Open after six in the evening on some day."""
        return any(closes > LATE for _, closes in self.week.values())

    @property
    def weekend(self) -> bool:
        """Open on Saturday or Sunday."""
        return any(day >= _SATURDAY for day in self.week)


@allowed(Role.PROVIDER)
def own_location(uow: UnitOfWork, *, location_id: UUID) -> Location:
    """Give a place of the actor's own organisation; another's is not there."""
    location = uow.session.get(Location, location_id)
    if location is None or location.organisation_id != uow.actor.organisation_id:
        raise NotFound
    return location


@allowed(Role.PROVIDER)
def read_hours(uow: UnitOfWork, *, location_id: UUID) -> tuple[Hours | None, Hours | None]:
    """Give the hours that hold today and those that come, each None where there are none."""
    location = own_location(uow, location_id=location_id)
    rows = uow.session.scalars(
        select(OpeningHours)
        .where(
            OpeningHours.location_id == location.id,
            or_(OpeningHours.valid_until.is_(None), OpeningHours.valid_until >= uow.today),
        )
        .order_by(OpeningHours.valid_from, OpeningHours.weekday)
    ).all()
    now = [row for row in rows if row.valid_from <= uow.today]
    later = [row for row in rows if row.valid_from > uow.today]
    return _hours(now), _hours(later)


@allowed(Role.PROVIDER)
def change_hours(uow: UnitOfWork, *, location_id: UUID, week: Week, since: date | None) -> Location:
    """Let a place have these hours from a day on (today, unless given); earlier days keep theirs.

    Takes opening and closing time by weekday, 0 is Monday; a day that is left out is closed.
    Refuses a day before today and one more than a year ahead.
    """
    location = own_location(uow, location_id=location_id)
    day = since or uow.today
    if not uow.today <= day <= uow.today + AHEAD:
        raise Invalid(fields={"since": ["Kies vandaag of een latere dag, binnen het jaar."]})
    mine = OpeningHours.location_id == location.id
    uow.session.execute(delete(OpeningHours).where(mine, OpeningHours.valid_from >= day))
    uow.session.execute(
        update(OpeningHours)
        .where(mine, or_(OpeningHours.valid_until.is_(None), OpeningHours.valid_until >= day))
        .values(valid_until=day - timedelta(days=1))
    )
    uow.session.add_all(
        OpeningHours(
            location_id=location.id, weekday=weekday, opens=opens, closes=closes, valid_from=day
        )
        for weekday, (opens, closes) in week.items()
    )
    uow.record(OpeningChanged(location_id=location.id, since=day))
    return location


@allowed(Role.PROVIDER)
def change_phone(uow: UnitOfWork, *, location_id: UUID, phone: str | None) -> Location:
    """Let families and referrers call another number; none at all is allowed."""
    location = own_location(uow, location_id=location_id)
    location.phone = phone or ""
    return location


def _hours(rows: list[OpeningHours]) -> Hours | None:
    """Give the week of the first day among rows; two stretches of a day show as one."""
    if not rows:
        return None
    since = rows[0].valid_from
    week: dict[int, tuple[time, time]] = {}
    for row in rows:
        opens, closes = week.get(row.weekday, (row.opens, row.closes))
        week[row.weekday] = (min(opens, row.opens), max(closes, row.closes))
    return Hours(since=since, week=dict(sorted(week.items())))
