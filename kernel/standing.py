"""What a place's licence says, written down by the city: how many children, and which step."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy import ColumnElement, and_, func, or_, select

from kernel.access import Role, allowed
from kernel.errors import NotFound
from kernel.organisations import Location, LocationStanding
from kernel.standing_events import StandingNoted
from kernel.unit_of_work import UnitOfWork

STEPS = ("T0", "T1", "T2", "T3")
_MOST = 500  # children at one location
_ASKED: dict[str, Any] = {"required": "Vul dit in.", "null": "Vul dit in."}


class StandingFields(Schema):
    """A licence as it stands from a day on: places, and the step of subsidy."""

    licensed_places = fields.Integer(
        data_key="licensedPlaces",
        required=True,
        validate=validate.Range(1, _MOST, error=f"Vul een getal in van 1 tot {_MOST}."),
        error_messages=_ASKED | {"invalid": f"Vul een getal in van 1 tot {_MOST}."},
    )
    step = fields.String(
        required=True,
        validate=validate.OneOf(STEPS, error="Kies een trap: 0, 1, 2 of 3."),
        error_messages=_ASKED | {"required": "Kies een trap: 0, 1, 2 of 3."},
    )
    since = fields.Date(
        required=True,
        error_messages=_ASKED | {"required": "Kies een dag.", "invalid": "Kies een dag."},
    )


@allowed(Role.REGIE, Role.ADMINISTRATOR)
def note_standing(
    uow: UnitOfWork, *, location_id: UUID, licensed_places: int, step: str, since: date
) -> LocationStanding:
    """Write down what a licence says from a day on, until what was known of later.

    The period that held on that day ends the day before; one that began on it is corrected.
    Refuses a location that is not known.
    """
    location = uow.session.get(Location, location_id, with_for_update=True)
    if location is None:
        raise NotFound
    known = uow.session.scalar(
        select(LocationStanding).where(
            LocationStanding.location_id == location_id, standing_holds(since)
        )
    )
    if known is not None and known.valid_from == since:
        known.licensed_places, known.step = licensed_places, step
    else:
        until = _until(uow, location_id, known, since)
        known = LocationStanding(
            location_id=location_id,
            licensed_places=licensed_places,
            step=step,
            valid_from=since,
            valid_until=until,
        )
        uow.session.add(known)
    uow.record(
        StandingNoted(
            location_id=location_id, licensed_places=licensed_places, step=step, since=since
        )
    )
    return known


def standing_holds(on: date) -> ColumnElement[bool]:
    """Give the condition of a standing that holds on a day."""
    goes_on = or_(LocationStanding.valid_until.is_(None), LocationStanding.valid_until >= on)
    return and_(LocationStanding.valid_from <= on, goes_on)


def _until(
    uow: UnitOfWork, location_id: UUID, former: LocationStanding | None, since: date
) -> date | None:
    """Give where a period that begins ends: with the former one, else before the following one.

    The former one then ends the day before it begins.
    """
    day = timedelta(days=1)
    if former is not None:
        until, former.valid_until = former.valid_until, since - day
        uow.session.flush()
        return until
    following = uow.session.scalar(
        select(func.min(LocationStanding.valid_from)).where(
            LocationStanding.location_id == location_id, LocationStanding.valid_from > since
        )
    )
    return following - day if following else None
