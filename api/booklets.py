"""Booklets, for programs of referrers and of the regie."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid5

from flask import Response, current_app, g
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from api.endpoint import PDF, KeyHeader, endpoint, reads_file
from kernel.access import Actor, Role
from kernel.errors import Conflict, NotFound, Refusal
from kernel.unit_of_work import UnitOfWork
from vouchers.attempts import remember_attempt
from vouchers.booklet_pdf import booklet_pdf
from vouchers.delivering import deliver_booklets
from vouchers.errors import (
    AlreadyHandedOut,
    CeilingReached,
    CriteriaNotMet,
    Expired,
    FamilyHasBooklet,
    IdempotencyMismatch,
    IllegalMove,
    NothingLeft,
    NotYourStock,
    StockBlocked,
    StockOutdated,
    TooManyWrongCodes,
    UnknownBooklet,
)
from vouchers.extending import extend_booklet
from vouchers.issuing import HandedOut, hand_out_booklet, print_blank_booklet
from vouchers.models import Booklet
from vouchers.printing import booklet_for_print, sheets_of
from vouchers.replacing import own_booklet, replace_lost_booklet
from vouchers.schemas import BookletRequest, ExtensionRequest, HandOutRequest
from vouchers.stock_schemas import DeliveryRequest

blueprint = Blueprint(
    "booklets", __name__, url_prefix="/api/v1/booklets", description="Chequeboekjes"
)


_HAND_OUT = (CriteriaNotMet, FamilyHasBooklet, CeilingReached, IdempotencyMismatch)
_FROM_STOCK = (AlreadyHandedOut, NotYourStock, StockBlocked, StockOutdated)


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


def _given(uow: UnitOfWork, **taken: Any) -> Any:
    given = hand_out_booklet(uow, phone_key=current_app.config["SECRET_KEY"], **taken)
    return shaped(given.booklet, given.warnings), _replayed(given)


def _remember(actor: Actor, refusal: Refusal, _: dict[str, Any]) -> None:
    """Keep that a number was asked for in vain: whoever guesses is slowed."""
    if isinstance(refusal, UnknownBooklet):
        now, key = datetime.now(UTC), current_app.config["SECRET_KEY"]
        remember_attempt(g.city, actor, refusal, code="", location_id=None, now=now, key=key)


@endpoint(
    blueprint=blueprint,
    method="POST",
    scope="booklets",
    roles=[Role.REFERRER, Role.REGIE],
    takes=BookletRequest,
    headers=KeyHeader,
    gives=BookletAnswer,
    status=HTTPStatus.CREATED,
    refuses=[*_HAND_OUT, UnknownBooklet, *_FROM_STOCK, TooManyWrongCodes],
    on_refusal=_remember,
)
def create(uow: UnitOfWork, *, family: dict[str, Any] | None, **taken: Any) -> Any:
    """Hand out a booklet: on the spot, or with `booklet` one from stock.

    Without a family (regie) make a blank one.
    """
    if family is None:
        made = print_blank_booklet(uow, idempotency_key=taken.get("idempotency_key"))
        return shaped(made.booklet), _replayed(made)
    return _given(uow, family=family, **taken)


@endpoint(
    blueprint=blueprint,
    method="POST",
    rule="/<uuid:booklet_id>/hand-out",
    scope="booklets",
    roles=[Role.REFERRER, Role.REGIE],
    takes=HandOutRequest,
    headers=KeyHeader,
    gives=BookletAnswer,
    status=HTTPStatus.CREATED,
    refuses=[NotFound, *_HAND_OUT, *_FROM_STOCK],
)
def hand_out(uow: UnitOfWork, booklet_id: UUID, **taken: Any) -> Any:
    """Hand out a booklet from your organisation's stock; the regie any, also afterwards."""
    return _given(uow, booklet=own_booklet(uow, booklet_id).number, **taken)


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
    method="POST",
    rule="/<uuid:booklet_id>/delivery",
    scope="booklets",
    roles=[Role.REGIE],
    takes=DeliveryRequest,
    headers=KeyHeader,
    gives=BookletAnswer,
    refuses=[NotFound, IllegalMove],
)
def deliver(
    uow: UnitOfWork,
    booklet_id: UUID,
    *,
    account_id: UUID,
    pass_on: bool,
    idempotency_key: str | None = None,
) -> Any:
    """Give a referrer a blank booklet to hand out."""
    key = idempotency_key
    booklet = own_booklet(uow, booklet_id)
    made = deliver_booklets(
        uow,
        holder_id=account_id,
        booklet_ids=[booklet.id],
        pass_on=pass_on,
        delivery_id=uuid5(uow.actor.account_id, f"{booklet_id} {key}") if key else None,
    )
    return shaped(booklet), ({"Idempotent-Replayed": "true"} if made.replayed else {})


@endpoint(
    blueprint=blueprint,
    method="POST",
    rule="/<uuid:booklet_id>/extension",
    scope="booklets",
    roles=[Role.REGIE],
    takes=ExtensionRequest,
    gives=BookletAnswer,
    status=HTTPStatus.CREATED,
    refuses=[NotFound, IllegalMove, Expired, NothingLeft, Conflict],
)
def extend(uow: UnitOfWork, booklet_id: UUID, **taken: Any) -> dict[str, Any]:
    """Let a booklet work until a later day; the same extension sent again is one."""
    booklet = extend_booklet(uow, booklet_id=booklet_id, **taken)
    reads_file(booklet.family_id)
    return shaped(booklet)


class PageWanted(Schema):
    """Which page of a booklet's paper."""

    page = fields.Integer(
        load_default=None,
        validate=validate.Range(1, 3, error="Een boekje heeft hoogstens drie bladen."),
        metadata={"description": "1 is het voorblad, 2 en 3 zijn de cheques; zonder: alles."},
    )


@endpoint(
    blueprint=blueprint,
    method="GET",
    rule="/<uuid:booklet_id>/print",
    scope="booklets",
    roles=[Role.REFERRER, Role.REGIE],
    takes=PageWanted,
    gives=PDF,
    refuses=[NotFound, IllegalMove],
)
def print_pdf(uow: UnitOfWork, booklet_id: UUID, page: int | None) -> Response:
    """Get a booklet as a PDF, to print, or one page of it."""
    reads_file(own_booklet(uow, booklet_id).family_id)
    booklet, sender = booklet_for_print(uow, booklet_id=booklet_id)
    if page is not None and page > len(sheets_of(len(booklet.cheques))):
        raise NotFound
    return Response(booklet_pdf([booklet], sender, only_page=page), mimetype=PDF)
