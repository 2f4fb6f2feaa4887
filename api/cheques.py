"""Cheques, for a provider's own software: what would a scan say?"""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields

from api.endpoint import endpoint
from api.redemptions import REFUSES, remember
from kernel.access import Role
from kernel.unit_of_work import UnitOfWork
from vouchers.looking_up import look_up_cheque
from vouchers.schemas import LookupRequest

blueprint = Blueprint("cheques", __name__, url_prefix="/api/v1/cheques", description="Cheques")


class LookupAnswer(Schema):
    """A cheque that can be redeemed today."""

    number = fields.Integer(required=True)
    state = fields.String(required=True)
    cheques = fields.Integer(required=True)
    used = fields.Integer(required=True)
    valid_until = fields.Date(data_key="validUntil", required=True)
    asks_same_day = fields.Boolean(data_key="asksSameDay", required=True)


@endpoint(
    blueprint=blueprint,
    method="POST",
    rule="/lookup",
    scope="redemptions",
    roles=[Role.PROVIDER, Role.REGIE],
    takes=LookupRequest,
    gives=LookupAnswer,
    refuses=REFUSES,
    looks=True,
    on_refusal=remember,
)
def look_up(uow: UnitOfWork, *, code: str, location_id: UUID | None) -> dict[str, Any]:
    """Look a cheque up, changing nothing; refuses as a redemption today would."""
    facts = look_up_cheque(uow, code=code, location_id=location_id)
    return {
        "number": facts.cheque_number,
        "state": facts.cheque_state,
        "cheques": facts.size,
        "used": facts.used_count,
        "valid_until": facts.valid_until,
        "asks_same_day": facts.same_day > 0,
    }
