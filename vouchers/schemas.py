"""What the cheque programme accepts, whichever door it comes through."""

import re
from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from kernel.languages import BY_CODE
from kernel.text import Line, Phone
from vouchers.models import CareMoment, Company, ExtensionReason, SameDayReason

_MISSING: dict[str, Any] = {
    "required": "Vul dit in.",
    "null": "Vul dit in.",
    "invalid": "Dit kunnen we niet lezen. Kijk het na.",
}


def _missing(say: str) -> dict[str, Any]:
    """Say what to choose, where "Vul dit in." would puzzle: in a list, or of a day."""
    return _MISSING | {"required": say, "null": say}


_MONTH = "20[0-9]{2}-(0[1-9]|1[0-2])"  # of this century: who is in childcare was born in it


def _one_of(choices: list[str]) -> validate.OneOf:
    return validate.OneOf(choices, error="Kies een van de mogelijkheden.")


class BirthMonth(fields.Field[date]):
    """A month of birth, `2024-05`; the day is never asked."""

    def __init__(self, **kwargs: Any) -> None:
        """Take marshmallow's own choices."""
        super().__init__(metadata={"pattern": f"^{_MONTH}$", "example": "2024-05"}, **kwargs)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        if not isinstance(value, str) or not re.fullmatch(_MONTH, value):
            raise ValidationError("Schrijf de maand zoals 2024-05.")
        return date.fromisoformat(f"{value}-01")

    def _serialize(self, value: date | None, *_: Any, **__: Any) -> str | None:
        return None if value is None else f"{value:%Y-%m}"


class FamilyFields(Schema):
    """The family, by the referrer's own reference."""

    reference = Line(at_most=40, required=True, error_messages=_MISSING)
    language = fields.String(
        required=True,
        validate=_one_of(list(BY_CODE)),
        error_messages=_missing("Kies een taal."),
    )
    district = fields.UUID(load_default=None, error_messages=_MISSING)
    name = Line(at_most=100, load_default=None)
    phone = Phone(at_most=25, load_default=None)
    number_of_children = fields.Integer(
        data_key="numberOfChildren",
        load_default=None,
        validate=validate.Range(1, 20, error="Vul een getal in van 1 tot 20."),
        error_messages={"invalid": "Vul een getal in van 1 tot 20."},
    )


class ChildFields(Schema):
    """The child, by as little as possible."""

    first_name = Line(at_most=25, data_key="firstName", load_default=None)
    birth_month = BirthMonth(data_key="birthMonth", load_default=None)


class AppointmentFields(Schema):
    """A first visit: where, when, and who comes along."""

    location_id = fields.UUID(
        data_key="locationId", required=True, error_messages=_missing("Kies een opvang.")
    )
    day = fields.Date(data_key="on", required=True, error_messages=_missing("Kies een dag."))
    company = fields.String(load_default=Company.ALONE, validate=_one_of([str(c) for c in Company]))


class VisitRequest(Schema):
    """Agree a first visit for a booklet that is in a family's hands."""

    appointment = fields.Nested(AppointmentFields, required=True, error_messages=_MISSING)


class HandOutRequest(Schema):
    """Hand out a booklet from stock; `retroactive` (regie) says that the family has it already."""

    family = fields.Nested(FamilyFields, required=True, error_messages=_MISSING)
    child = fields.Nested(ChildFields, load_default=None)
    appointment = fields.Nested(AppointmentFields, load_default=None)
    good_news_consent = fields.Boolean(data_key="goodNewsConsent", load_default=False)
    meets_criteria = fields.Boolean(data_key="meetsCriteria", load_default=False)
    retroactive = fields.Boolean(load_default=False)
    handed_out_on = fields.Date(
        data_key="handedOutOn",
        load_default=None,
        error_messages={"invalid": "Schrijf de dag zoals 2027-01-18."},
    )


class BookletRequest(HandOutRequest):
    """Hand out a booklet: on the spot, or from stock by what stands on it.

    Without a family (regie) make one blank booklet.
    """

    family = fields.Nested(FamilyFields, load_default=None)
    booklet = fields.String(
        load_default=None,
        validate=validate.Length(1, 200, error="Typ het nummer van 8 tekens op het boekje."),
        metadata={"description": "Het nummer van het boekje, of de code van een van zijn cheques."},
    )


class ExtensionRequest(Schema):
    """Let a booklet work until a later day, and say why."""

    until = fields.Date(required=True, error_messages=_missing("Kies een dag."))
    reason = fields.Enum(
        ExtensionReason,
        by_value=True,
        required=True,
        error_messages={
            "required": "Kies een reden.",
            "unknown": "Kies een van de mogelijkheden.",
        },
    )


class ContactFields(Schema):
    """How to reach a family: what is left empty stays as it was."""

    phone = Phone(at_most=25, load_default=None)
    name = Line(at_most=100, load_default=None)


class ContactRequest(Schema):
    """Write down later how to reach a family."""

    family = fields.Nested(ContactFields, required=True, error_messages=_MISSING)


class CodeRequest(Schema):
    """A cheque's code: the 16 signs of its QR code or the 12 that can be typed."""

    code = fields.String(
        required=True,
        validate=validate.Length(1, 64, error="Typ de twaalf tekens van de cheque."),
        error_messages=_MISSING,
    )


class LookupRequest(CodeRequest):
    """What would a scan say? `locationId` is needed where the account has several."""

    location_id = fields.UUID(data_key="locationId", load_default=None, error_messages=_MISSING)


class RedemptionRequest(LookupRequest):
    """A scan. Without a date it is today, without a care moment a full day."""

    care_date = fields.Date(
        data_key="careDate",
        load_default=None,
        error_messages={"invalid": "Schrijf de dag zoals 2027-01-18."},
    )
    care_moment = fields.String(
        data_key="careMoment",
        load_default=str(CareMoment.FULL_DAY),
        validate=_one_of([str(m) for m in CareMoment]),
    )
    same_day_reason = fields.String(
        data_key="sameDayReason",
        load_default=None,
        validate=_one_of([str(r) for r in SameDayReason]),
    )

    @post_load
    def _typed(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        return loaded | {"care_moment": CareMoment(loaded["care_moment"])}


class Period(Schema):
    """A period of whole days, both included."""

    since = fields.Date(data_key="from", required=True, error_messages=_MISSING)
    until = fields.Date(required=True, error_messages=_MISSING)


class ReplacementRequest(Schema):
    """A booklet is lost: block it and print what was left."""
