"""A place says on which days it is closed."""

from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import delete, select

from kernel.access import Role, allowed
from kernel.errors import Invalid
from kernel.location_events import OpeningChanged
from kernel.opening import AHEAD, own_location
from kernel.organisations import ClosingDay, Location
from kernel.unit_of_work import UnitOfWork

_LONGEST_CLOSED = timedelta(days=92)


class ClosingRequest(Schema):
    """Days on which a place is closed; without a last day only the first."""

    first = fields.Date(
        required=True, error_messages={"required": "Kies een dag.", "invalid": "Kies een dag."}
    )
    last = fields.Date(load_default=None, error_messages={"invalid": "Kies een dag."})


@allowed(Role.PROVIDER)
def closing_periods(uow: UnitOfWork, *, location_id: UUID) -> list[tuple[date, date]]:
    """Give the days from today on that a place is closed, days that follow each other as one."""
    location = own_location(uow, location_id=location_id)
    days = uow.session.scalars(
        select(ClosingDay.day)
        .where(ClosingDay.location_id == location.id, ClosingDay.day >= uow.today)
        .order_by(ClosingDay.day)
    ).all()
    in_a_row = groupby(enumerate(days), key=lambda one: one[1].toordinal() - one[0])
    periods = [[day for _, day in some] for _, some in in_a_row]
    return [(period[0], period[-1]) for period in periods]


@allowed(Role.PROVIDER)
def close_on(uow: UnitOfWork, *, location_id: UUID, first: date, last: date | None) -> Location:
    """Let a place be closed on these days, both included; days that were closed stay so.

    Refuses days that are over, more than a year ahead, or more than three months in one go.
    """
    location = own_location(uow, location_id=location_id)
    until = last or first
    if first < uow.today or until > uow.today + AHEAD:
        raise Invalid(fields={"first": ["Kies vandaag of een latere dag, binnen het jaar."]})
    if until < first or until - first > _LONGEST_CLOSED:
        raise Invalid(fields={"last": ["De laatste dag komt na de eerste, binnen drie maanden."]})
    known = set(
        uow.session.scalars(
            select(ClosingDay.day).where(
                ClosingDay.location_id == location.id, ClosingDay.day.between(first, until)
            )
        )
    )
    days = (first + timedelta(days=n) for n in range((until - first).days + 1))
    uow.session.add_all(
        ClosingDay(location_id=location.id, day=day) for day in days if day not in known
    )
    uow.record(OpeningChanged(location_id=location.id, since=first))
    return location


@allowed(Role.PROVIDER)
def open_on(uow: UnitOfWork, *, location_id: UUID, first: date, last: date | None) -> Location:
    """Let a place be open on these days after all."""
    location = own_location(uow, location_id=location_id)
    uow.session.execute(
        delete(ClosingDay).where(
            ClosingDay.location_id == location.id, ClosingDay.day.between(first, last or first)
        )
    )
    uow.record(OpeningChanged(location_id=location.id, since=first))
    return location
