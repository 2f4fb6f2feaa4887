"""What a provider scanned today, what this month is worth, and whether there is room this week."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields

from kernel.access import Role
from kernel.calendar import day_of
from kernel.organisations import Admission, Location, Room
from kernel.places import own_locations, room_now, tell_room
from kernel.unit_of_work import UnitOfWork
from vouchers.earnings import own_earnings, together
from vouchers.questions import read_questions
from vouchers.scans import ScanRow, read_redemptions
from web.own_place import chosen_place, remember_place
from web.page import form_of, page

desk = Blueprint("today", __name__)

_BACK = timedelta(days=31)  # what is scanned today may be for care of some weeks ago


_NOT_YET = frozenset({Admission.WAITING, Admission.DECLINED})


@dataclass(frozen=True, kw_only=True)
class WeekAt:
    """What one place says of its week, and when it said so; None is unknown."""

    id: UUID
    name: str
    room: Room | None
    said_on: date | None


class RoomForm(Schema):
    """What a place says of its week."""

    location_id = fields.UUID(data_key="locationId", required=True)
    room = fields.Enum(
        Room, by_value=True, required=True, error_messages={"unknown": "Kies een van de drie."}
    )


@desk.get("/opvang/vandaag")
@page(Role.PROVIDER)
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """Show today's scans with their undo, the month so far, and the question about room."""
    return _page(uow)


def _page(uow: UnitOfWork) -> str:
    places = own_locations(uow)
    asked = request.form.get("locationId") or request.args.get("plaats", "")
    place = chosen_place(places, asked) or next(iter(places), None)
    shown = {} if place is None else _work_at(uow, place)
    rooms = [_week_of(one, uow) for one in places if one.admission(uow.today) == Admission.APPROVED]
    return render_template(
        "today/page.html",
        places=places,
        place=place,
        rooms=rooms,
        unknown=sum(one.room is None for one in rooms),
        not_yet=[one for one in places if one.admission(uow.today) in _NOT_YET],
        today=uow.today,
        **shown,
    )


def _week_of(place: Location, uow: UnitOfWork) -> WeekAt:
    said = place.room_said_at
    return WeekAt(
        id=place.id,
        name=place.name,
        room=room_now(place, uow.now),
        said_on=day_of(said) if said else None,
    )


def _work_at(uow: UnitOfWork, place: Location) -> Mapping[str, Any]:
    first = uow.today.replace(day=1)
    rows = [
        row
        for row in read_redemptions(uow, since=min(first, uow.today - _BACK), until=uow.today)
        if row.location_id == place.id
    ]
    now = [row for row in rows if _is_todays(row, uow)]
    before = [row for row in rows if row not in now and row.care_date >= first]
    month = own_earnings(uow, since=first, until=uow.today)
    return {
        "now": uow.now,
        "scans": now,
        "days": _by_day([row for row in before if row.annulled_at is None]),
        "month": together([line for line in month if line.location_id == place.id]),
        "Room": Room,
        "questions": read_questions(uow, location_id=place.id),
    }


def _is_todays(row: ScanRow, uow: UnitOfWork) -> bool:
    return day_of(row.redeemed_at) == uow.today or row.can_undo(uow.now)


def _by_day(rows: Sequence[ScanRow]) -> list[tuple[date, list[ScanRow]]]:
    return [(day, list(scans)) for day, scans in groupby(rows, key=lambda row: row.care_date)]


def room_again(uow: UnitOfWork) -> ResponseReturnValue:
    """Show the page again when what was said of the week could not be read."""
    return _page(uow)


@desk.post("/opvang/vandaag/plaats")
@page(Role.PROVIDER, again=room_again)
def say_room(uow: UnitOfWork) -> ResponseReturnValue:
    """Keep what a place says of this week."""
    said = form_of(RoomForm)
    location_id: UUID = said["location_id"]
    tell_room(uow, location_id=location_id, room=said["room"])
    response = make_response(redirect(url_for("today.show"), 303))
    remember_place(response, location_id)
    return response
