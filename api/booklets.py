"""Booklets, for programs of referrers and of the regie."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Response, current_app
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from api.endpoint import PDF, KeyHeader, endpoint, reads_file
from kernel.access import Role
from kernel.errors import NotFound
from kernel.unit_of_work import UnitOfWork
from vouchers.booklet_pdf import booklet_pdf
from vouchers.errors import (
    CeilingReached,
    CriteriaNotMet,
    Expired,
    FamilyHasBooklet,
    IdempotencyMismatch,
    IllegalMove,
    NothingLeft,
)
from vouchers.issuing import HandedOut, hand_out_booklet, print_blank_booklet
from vouchers.models import Booklet
from vouchers.printing import booklet_for_print
from vouchers.replacing import own_booklet, replace_lost_booklet
from vouchers.schemas import BookletRequest

blueprint = Blueprint(
    "booklets", __name__, url_prefix="/api/v1/booklets", description="Chequeboekjes"
)


class ChequeAnswer(Schema):
    """A cheque without its codes: those are on paper only."""

    number = fields.Integer(required=True)
    state = fields.String(required=True)


class BookletAnswer(Schema):
    """A booklet."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    state = fields.String(required=True)
    valid_until = fields.Date(data_key="validUntil")
    cheques = fields.List(fields.Nested(ChequeAnswer), required=True)
    warnings = fields.List(fields.String())


def shaped(booklet: Booklet, warnings: tuple[str, ...] = ()) -> dict[str, Any]:
    """Give a booklet as the door shows it: no codes, no family, no nulls."""
    answer: dict[str, Any] = {
        "id": booklet.id,
        "number": booklet.number,
        "state": booklet.state,
        "cheques": [{"number": c.number, "state": c.state} for c in booklet.cheques],
    }
    if booklet.valid_until is not None:
        answer["valid_until"] = booklet.valid_until
    if warnings:
        answer["warnings"] = list(warnings)
    return answer


def _replayed(made: HandedOut) -> dict[str, str]:
    return {"Idempotent-Replayed": "true"} if made.replayed else {}


@endpoint(
    blueprint=blueprint,
    method="POST",
    scope="booklets",
    roles=[Role.REFERRER, Role.REGIE],
    takes=BookletRequest,
    headers=KeyHeader,
    gives=BookletAnswer,
    status=HTTPStatus.CREATED,
    refuses=[
        CriteriaNotMet,
        FamilyHasBooklet,
        CeilingReached,
        IdempotencyMismatch,
    ],
)
def create(uow: UnitOfWork, *, family: dict[str, Any] | None, **taken: Any) -> Any:
    """Hand out a booklet on the spot; without a family (regie) make a blank one."""
    if family is None:
        made = print_blank_booklet(uow, idempotency_key=taken.get("idempotency_key"))
        return shaped(made.booklet), _replayed(made)
    handed_out = hand_out_booklet(
        uow, family=family, phone_key=current_app.config["SECRET_KEY"], **taken
    )
    return shaped(handed_out.booklet, handed_out.warnings), _replayed(handed_out)


@endpoint(
    blueprint=blueprint,
    method="GET",
    rule="/<uuid:booklet_id>",
    scope="booklets",
    roles=[Role.REFERRER, Role.REGIE],
    gives=BookletAnswer,
    refuses=[NotFound],
)
def read(uow: UnitOfWork, booklet_id: UUID) -> dict[str, Any]:
    """Read a booklet of your own organisation."""
    booklet = own_booklet(uow, booklet_id)
    reads_file(booklet.family_id)
    return shaped(booklet)


@endpoint(
    blueprint=blueprint,
    method="POST",
    rule="/<uuid:booklet_id>/loss",
    scope="booklets",
    roles=[Role.REFERRER, Role.REGIE],
    gives=BookletAnswer,
    status=HTTPStatus.CREATED,
    refuses=[NotFound, IllegalMove, Expired, NothingLeft],
)
def lose(uow: UnitOfWork, booklet_id: UUID) -> dict[str, Any]:
    """Block a lost booklet; gives the one with the cheques that were left."""
    booklet = replace_lost_booklet(uow, booklet_id=booklet_id)
    reads_file(booklet.family_id)
    return shaped(booklet)


@endpoint(
    blueprint=blueprint,
    method="GET",
    rule="/<uuid:booklet_id>/print",
    scope="booklets",
    roles=[Role.REFERRER, Role.REGIE],
    gives=PDF,
    refuses=[NotFound, IllegalMove],
)
def print_pdf(uow: UnitOfWork, booklet_id: UUID) -> Response:
    """Get a booklet as a PDF, to print."""
    reads_file(own_booklet(uow, booklet_id).family_id)
    booklet, sender = booklet_for_print(uow, booklet_id=booklet_id)
    return Response(booklet_pdf([booklet], sender), mimetype=PDF)
