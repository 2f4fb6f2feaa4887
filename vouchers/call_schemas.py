"""What is accepted of a call to a family, whichever door it comes through."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load

from kernel.national_number import holds_phone_number
from kernel.text import Line
from vouchers.models import Barrier, Going
from vouchers.outcomes import CallOutcome
from vouchers.schemas import AppointmentFields

_CHOICES: dict[str, Any] = {"unknown": "Kies een van de mogelijkheden."}
_DAY: dict[str, Any] = {"invalid": "Kies een dag, of schrijf die zoals 2026-09-14."}


class OneLine(Line):
    """One line about a call: 80 characters, without a national number, phone or address."""

    def __init__(self, **kwargs: Any) -> None:
        """Take what a line takes, but its length."""
        super().__init__(at_most=80, **kwargs)

    def _deserialize(self, *given: Any, **more: Any) -> Any:
        text = super()._deserialize(*given, **more)
        if text and (holds_phone_number(text) or "@" in text):
            raise ValidationError(
                "Dit lijkt op een telefoonnummer of een mailadres. Laat dat hier weg."
            )
        return text


class FollowUpRequest(Schema):
    """What came of a call: `otherDay` is a day of one's own, `nextOn` one that was proposed."""

    outcome = fields.Enum(
        CallOutcome,
        by_value=True,
        required=True,
        error_messages=_CHOICES | {"required": "Kies wat je hoorde."},
    )
    barrier = fields.Enum(Barrier, by_value=True, load_default=None, error_messages=_CHOICES)
    next_on = fields.Date(data_key="nextOn", load_default=None, error_messages=_DAY)
    other_day = fields.Date(data_key="otherDay", load_default=None, error_messages=_DAY)
    line = OneLine(load_default=None)
    seen = fields.UUID(load_default=None)

    @post_load
    def _one_day(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        other = loaded.pop("other_day")
        return loaded | {"next_on": other or loaded["next_on"]}


class VisitOnCallRequest(Schema):
    """A first visit that was agreed during a call."""

    appointment = fields.Nested(AppointmentFields, required=True)
    seen = fields.UUID(load_default=None)


class GoingRequest(Schema):
    """Does the child go on in care?"""

    answer = fields.Enum(
        Going,
        by_value=True,
        required=True,
        error_messages=_CHOICES | {"required": "Kies een antwoord."},
    )
