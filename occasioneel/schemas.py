"""What occasional care accepts, whichever door it comes through."""

import re
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, post_load, validate

from kernel.languages import BY_CODE
from kernel.standing import StandingFields
from kernel.text import Line, Phone
from occasioneel.models import (
    MOST_PLACES,
    Outcome,
    ParentsShare,
    PlaceDay,
    Reason,
    RestartReason,
    WindingDown,
)
from occasioneel.placing import Clock
from occasioneel.stepping import NextStep

_MONTH = "20[0-9]{2}-(0[1-9]|1[0-2])"  # of this century: who is in childcare was born in it
_EURO = re.compile(r"\s*(?:€\s*)?(\d{1,3})(?:[.,](\d{1,2}))?\s*(?:€\s*)?")
_CENTS = 100


def _missing(say: str = "Vul dit in.", **more: str) -> dict[str, Any]:
    return {"required": say, "null": say, "invalid": say, "invalid_uuid": say, **more}


def _choice(kind: type[StrEnum], say: str, **more: Any) -> fields.Enum[Any]:
    messages: dict[str, Any] = {"required": say, "null": say, "unknown": say}
    return fields.Enum(kind, by_value=True, error_messages=messages, **more)


def _day(say: str = "Kies een dag.", **more: Any) -> fields.Date:
    return fields.Date(error_messages=_missing(say), **more)


class Euro(fields.Field[int]):
    """An amount in euro as people type it, `32,50`; kept in whole cents, below a thousand."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        found = _EURO.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise ValidationError("Schrijf het bedrag zoals 32,50.")
        return int(found[1]) * _CENTS + int((found[2] or "").ljust(2, "0"))


class Month(fields.Field[date]):
    """A month of birth, `2024-05`; the day is never asked."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        if not isinstance(value, str) or not re.fullmatch(_MONTH, value):
            raise ValidationError("Kies een maand.")
        return date.fromisoformat(f"{value}-01")


class AmountFields(Schema):
    """What a place and a day costs: one fixed amount, with others where the city wants them."""

    occupied = Euro(required=True, error_messages=_missing("Vul een bedrag in, zoals 32,50."))
    absent = Euro(load_default=None)
    empty = Euro(load_default=None)
    closed = Euro(load_default=0)

    @post_load
    def _filled(self, loaded: dict[str, Any], **_: Any) -> dict[PlaceDay, int]:
        fixed = loaded["occupied"]
        given = {PlaceDay(kind): cents for kind, cents in loaded.items()}
        return {kind: fixed if given[kind] is None else given[kind] for kind in PlaceDay}


class PurchaseRequest(Schema):
    """Buy places of a location from a day on."""

    location_id = fields.UUID(
        data_key="location", required=True, error_messages=_missing("Kies een opvang uit de lijst.")
    )
    begins_on = _day(data_key="beginsOn", required=True)
    places = fields.Integer(
        required=True,
        validate=validate.Range(1, MOST_PLACES, error="Kies 1, 2, 3 of 4 plaatsen."),
        error_messages=_missing("Kies 1, 2, 3 of 4 plaatsen."),
    )
    parents_share = _choice(
        ParentsShare, "Kies wie het deel van de ouders int.", data_key="parentsShare", required=True
    )
    amounts = fields.Nested(
        AmountFields, required=True, error_messages=_missing("Vul een bedrag in, zoals 32,50.")
    )
    standing = fields.Nested(StandingFields, load_default=None)


class AmountRequest(Schema):
    """Pay another amount from a day on."""

    since = _day(required=True)
    amounts = fields.Nested(
        AmountFields, required=True, error_messages=_missing("Vul een bedrag in, zoals 32,50.")
    )


class WindDownRequest(Schema):
    """Stop buying, for a reason."""

    reason = _choice(WindingDown, "Kies waarom de stad stopt met kopen.", required=True)
    last_day = _day(data_key="lastDay", load_default=None)


class EndRequest(Schema):
    """End a purchase on a day."""

    last_day = _day(data_key="lastDay", required=True)


class StandingRequest(Schema):
    """Write down what a licence says."""

    standing = fields.Nested(StandingFields, required=True, error_messages=_missing())


class FamilyFields(Schema):
    """The family, by the city's own reference."""

    reference = Line(at_most=40, required=True, error_messages=_missing())
    language = fields.String(
        required=True,
        validate=validate.OneOf(list(BY_CODE), error="Kies een taal."),
        error_messages=_missing("Kies een taal."),
    )
    district = fields.UUID(load_default=None, error_messages=_missing("Kies een wijk."))
    phone = Phone(at_most=25, load_default=None)


class ChildFields(Schema):
    """The child, by as little as possible."""

    first_name = Line(at_most=25, data_key="firstName", required=True, error_messages=_missing())
    birth_month = Month(
        data_key="birthMonth", required=True, error_messages=_missing("Kies een maand.")
    )


class _Where(Schema):
    """A place by its id, or the first free one of a location: `place:…` or `location:…`."""

    where = fields.String(required=True, error_messages=_missing("Kies een plaats."))

    @post_load
    def _one(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        kind, _, text = loaded.pop("where").partition(":")
        names = {"place": "bought_place_id", "location": "location_id"}
        try:
            return loaded | {names[kind]: UUID(text)}
        except (KeyError, ValueError) as error:
            raise ValidationError({"where": ["Kies een plaats uit de lijst."]}) from error


class PlacementRequest(_Where):
    """Place a child from a day on."""

    family = fields.Nested(FamilyFields, required=True, error_messages=_missing())
    child = fields.Nested(ChildFields, required=True, error_messages=_missing())
    since = _day(required=True)
    reason = _choice(Reason, "Kies waarom het gezin nu opvang nodig heeft.", required=True)
    clock = _choice(Clock, "Kies een van de twee.", load_default=None)
    restart_reason = _choice(
        RestartReason, "Kies een reden.", data_key="restartReason", load_default=None
    )


class MoveRequest(_Where):
    """Let a child go on at another place from a day on."""

    since = _day(required=True)


class RestartRequest(Schema):
    """Let a child's months count from another day."""

    since = _day(data_key="restartSince", required=True)
    reason = _choice(RestartReason, "Kies een reden.", data_key="restartReason", required=True)


class PlacementEndRequest(Schema):
    """A child's last day, and where it goes."""

    last_day = _day(data_key="lastDay", required=True)
    outcome = _choice(Outcome, "Kies waar het kind naartoe gaat.", required=True)


class StepRequest(Schema):
    """What somebody does next for a child that nears its limit."""

    task_id = fields.UUID(
        data_key="card", required=True, error_messages=_missing("Herlaad de pagina.")
    )
    step = _choice(NextStep, "Kies de volgende stap.", required=True)


class CardRequest(Schema):
    """The card whose step is taken back."""

    task_id = fields.UUID(
        data_key="card", required=True, error_messages=_missing("Herlaad de pagina.")
    )
