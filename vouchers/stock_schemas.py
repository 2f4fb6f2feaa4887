"""What the stock accepts: how many booklets, which ones, for whom, and why."""

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, fields, validate

from vouchers.batching import MOST, USUAL
from vouchers.discarding import LOST, THROWN_AWAY
from vouchers.models import BlockReason

_PERSON: dict[str, Any] = {
    "required": "Kies een toeleider.",
    "null": "Kies een toeleider.",
    "invalid": "Kies een toeleider uit de lijst.",
    "invalid_uuid": "Kies een toeleider uit de lijst.",
}
_COUNT = f"Vul een getal in van 1 tot {MOST}."
_LONGEST = 8000  # signs of typed numbers: two hundred addresses of a scanner


def _how_many(**more: Any) -> fields.Integer:
    return fields.Integer(
        validate=validate.Range(1, MOST, error=_COUNT),
        error_messages={"required": _COUNT, "null": _COUNT, "invalid": _COUNT},
        **more,
    )


class BatchRequest(Schema):
    """How many blank booklets to make."""

    booklets = _how_many(load_default=USUAL)


class AskRequest(Schema):
    """How many blank booklets a referrer needs."""

    booklets = _how_many(required=True)


class DeliveryRequest(Schema):
    """Who gets a booklet; `passOn` when it may come out of another one's hands."""

    account_id = fields.UUID(data_key="accountId", required=True, error_messages=_PERSON)
    pass_on = fields.Boolean(data_key="passOn", load_default=False)


class DeliveryForm(DeliveryRequest):
    """The page's form: numbers as they were typed, or the first of a batch."""

    numbers = fields.String(
        load_default="",
        validate=validate.Length(max=_LONGEST, error="Dit is te lang: doe het in twee keer."),
    )
    batch_id = fields.UUID(
        data_key="batchId",
        load_default=None,
        error_messages={"invalid": "Kies een reeks.", "invalid_uuid": "Kies een reeks."},
    )
    count = _how_many(load_default=0)


class ChosenBooklets(Schema):
    """Booklets that were ticked in a list."""

    booklet_ids = fields.List(
        fields.UUID(error_messages={"invalid_uuid": "Kies boekjes uit de lijst."}),
        data_key="booklet",
        required=True,
        validate=validate.Length(1, 200, error="Kruis een of meer boekjes aan."),
    )


class PassedOn(ChosenBooklets):
    """Ticked booklets, and who gets them."""

    account_id = fields.UUID(data_key="accountId", required=True, error_messages=_PERSON)


def _reason(among: Sequence[BlockReason]) -> fields.Enum[BlockReason]:
    say = "Kies een reden."
    return fields.Enum(
        BlockReason,
        by_value=True,
        required=True,
        validate=validate.OneOf(among, error=say),
        error_messages={"required": say, "null": say, "unknown": say},
    )


class LossForm(Schema):
    """Why a blank booklet is lost."""

    reason = _reason(LOST)


class WasteForm(Schema):
    """Why a blank booklet is thrown away."""

    reason = _reason(THROWN_AWAY)
