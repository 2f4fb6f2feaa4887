"""Redemptions, for a provider's own software."""

from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from flask import current_app, g
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from api.endpoint import KeyHeader, endpoint
from kernel.access import Actor, Role
from kernel.errors import NotFound, Refusal
from kernel.unit_of_work import UnitOfWork
from vouchers.annulling import annul_redemption
from vouchers.attempts import remember_attempt
from vouchers.errors import (
    AlreadyAnnulled,
    AlreadyUsed,
    Blocked,
    Expired,
    IdempotencyMismatch,
    LocationNeeded,
    NotHandedOut,
    ProviderNotApproved,
    SameDayQuestion,
    TooManyWrongCodes,
    UndoTooLate,
    UnknownCode,
    WrongCareDate,
)
from vouchers.redeeming import Redeemed, redeem_cheque
from vouchers.scans import ScanRow, read_redemptions
from vouchers.schemas import Period, RedemptionRequest

REFUSES = [
    UnknownCode,
    ProviderNotApproved,
    Blocked,
    NotHandedOut,
    Expired,
    AlreadyUsed,
    SameDayQuestion,
    LocationNeeded,
    TooManyWrongCodes,
]

blueprint = Blueprint(
    "redemptions", __name__, url_prefix="/api/v1/redemptions", description="Ingeruilde cheques"
)


def remember(actor: Actor, refusal: Refusal, taken: dict[str, Any]) -> None:
    """Keep a refused scan, once its own transaction is rolled back."""
    remember_attempt(
        g.city,
        actor,
        refusal,
        code=taken["code"],
        location_id=taken["location_id"],
        now=datetime.now(UTC),
        key=current_app.config["SECRET_KEY"],
    )


class RedemptionAnswer(Schema):
    """A redeemed cheque: which, of how many, what it is worth, until when it can be undone."""

    id = fields.UUID(required=True)
    cheque = fields.Integer(required=True)
    cheques = fields.Integer(required=True)
    used = fields.Integer(required=True)
    care_date = fields.Date(data_key="careDate", required=True)
    care_moment = fields.String(data_key="careMoment", required=True)
    location_id = fields.UUID(data_key="locationId", required=True)
    valid_until = fields.Date(data_key="validUntil", required=True)
    price_cents = fields.Integer(data_key="priceCents")
    redeemed_at = fields.AwareDateTime(data_key="redeemedAt", required=True)
    undo_until = fields.AwareDateTime(data_key="undoUntil", required=True)


class ScanRowAnswer(Schema):
    """A redemption in a list."""

    id = fields.UUID(required=True)
    cheque = fields.Integer(required=True)
    care_date = fields.Date(data_key="careDate", required=True)
    care_moment = fields.String(data_key="careMoment", required=True)
    location_id = fields.UUID(data_key="locationId", required=True)
    price_cents = fields.Integer(data_key="priceCents")
    redeemed_at = fields.AwareDateTime(data_key="redeemedAt", required=True)
    annulled_at = fields.AwareDateTime(data_key="annulledAt")


class RedemptionsAnswer(Schema):
    """The redemptions of a period."""

    items = fields.List(fields.Nested(ScanRowAnswer), required=True)


def shaped(redeemed: Redeemed) -> dict[str, Any]:
    """Give a redemption as the door shows it: equal for the first answer and for a retry."""
    redemption = redeemed.redemption
    answer = {
        "id": redemption.id,
        "cheque": redemption.cheque_number,
        "cheques": redeemed.size,
        "used": redemption.used_after,
        "care_date": redemption.care_date,
        "care_moment": redemption.care_moment,
        "location_id": redemption.location_id,
        "valid_until": redeemed.valid_until,
        "redeemed_at": redemption.redeemed_at,
        "undo_until": redemption.undo_until,
    }
    return _without_nulls(answer | {"price_cents": redemption.price_cents})


def _row(row: ScanRow) -> dict[str, Any]:
    return _without_nulls(
        {
            "id": row.id,
            "cheque": row.cheque_number,
            "care_date": row.care_date,
            "care_moment": row.care_moment,
            "location_id": row.location_id,
            "price_cents": row.price_cents,
            "redeemed_at": row.redeemed_at,
            "annulled_at": row.annulled_at,
        }
    )


def _without_nulls(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if value is not None}


@endpoint(
    blueprint=blueprint,
    method="POST",
    scope="redemptions",
    roles=[Role.PROVIDER, Role.REGIE],
    takes=RedemptionRequest,
    headers=KeyHeader,
    gives=RedemptionAnswer,
    status=HTTPStatus.CREATED,
    refuses=[*REFUSES, IdempotencyMismatch, WrongCareDate],
    on_refusal=remember,
)
def create(uow: UnitOfWork, *, idempotency_key: str | None = None, **taken: Any) -> Any:
    """Redeem a cheque: once, whatever is retried with the same Idempotency-Key."""
    redeemed = redeem_cheque(uow, idempotency_key=idempotency_key or uuid4().hex, **taken)
    headers = {"Idempotent-Replayed": "true"} if redeemed.replayed else {}
    return shaped(redeemed), headers


@endpoint(
    blueprint=blueprint,
    method="GET",
    scope="redemptions",
    roles=[Role.PROVIDER, Role.REGIE],
    takes=Period,
    gives=RedemptionsAnswer,
)
def index(uow: UnitOfWork, *, since: date, until: date) -> dict[str, Any]:
    """List your own redemptions by day of care, annulled ones included."""
    return {"items": [_row(row) for row in read_redemptions(uow, since=since, until=until)]}


class AnnulmentAnswer(Schema):
    """An undone redemption."""

    id = fields.UUID(required=True)
    annulled_at = fields.AwareDateTime(data_key="annulledAt", required=True)


@endpoint(
    blueprint=blueprint,
    method="POST",
    rule="/<uuid:redemption_id>/annulment",
    scope="redemptions",
    roles=[Role.PROVIDER, Role.REGIE],
    gives=AnnulmentAnswer,
    status=HTTPStatus.CREATED,
    refuses=[NotFound, AlreadyAnnulled, UndoTooLate, Blocked],
)
def annul(uow: UnitOfWork, redemption_id: UUID) -> dict[str, Any]:
    """Undo a scan on the day itself; the cheque is open again."""
    annulled = annul_redemption(uow, redemption_id=redemption_id)
    return {"id": annulled.id, "annulled_at": annulled.annulled_at}
