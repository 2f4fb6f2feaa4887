"""Batches of blank booklets, for programs of the regie: asked, made while one waits, printed."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Response, g, url_for
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from api.endpoint import PDF, KeyHeader, endpoint
from kernel.access import Role
from kernel.errors import NotFound
from kernel.unit_of_work import UnitOfWork, unit_of_work
from vouchers.batches import BatchRow, batch_for_print, note_download, read_batch
from vouchers.batching import ask_batch, cancel_batch
from vouchers.booklet_pdf import booklet_pdf
from vouchers.errors import BatchNotReady, BatchReady, IdempotencyMismatch, IllegalMove
from vouchers.models import Batch, BatchState
from vouchers.stock_schemas import BatchRequest

blueprint = Blueprint(
    "batches",
    __name__,
    url_prefix="/api/v1/booklet-batches",
    description="Reeksen voor de voorraad",
)


class BatchAnswer(Schema):
    """How far a batch is: ask again after a second while it is waiting or being made."""

    id = fields.UUID(required=True)
    state = fields.String(
        required=True, validate=validate.OneOf([str(state) for state in BatchState])
    )
    booklets = fields.Integer(required=True)
    made = fields.Integer(required=True)
    asked_at = fields.AwareDateTime(data_key="askedAt", required=True)
    finished_at = fields.AwareDateTime(data_key="finishedAt")


def _shaped(batch: Batch | BatchRow) -> dict[str, Any]:
    answer = {
        "id": batch.id,
        "state": batch.state,
        "booklets": batch.wanted,
        "made": batch.made,
        "asked_at": batch.asked_at,
    }
    return answer | ({"finished_at": batch.finished_at} if batch.finished_at else {})


@endpoint(
    blueprint=blueprint,
    method="POST",
    scope="booklets",
    roles=[Role.REGIE],
    takes=BatchRequest,
    headers=KeyHeader,
    gives=BatchAnswer,
    status=HTTPStatus.ACCEPTED,
    refuses=[IdempotencyMismatch],
)
def create(uow: UnitOfWork, *, booklets: int, idempotency_key: str | None = None) -> Any:
    """Ask for a batch of blank booklets; `Location` tells where to see how far it is."""
    asked = ask_batch(uow, wanted=booklets, idempotency_key=idempotency_key)
    where = {"Location": url_for("batches.read", batch_id=asked.batch.id), "Retry-After": "1"}
    return _shaped(asked.batch), where | ({"Idempotent-Replayed": "true"} if asked.replayed else {})


@endpoint(
    blueprint=blueprint,
    method="GET",
    rule="/<uuid:batch_id>",
    scope="booklets",
    roles=[Role.REGIE],
    gives=BatchAnswer,
    refuses=[NotFound],
)
def read(uow: UnitOfWork, batch_id: UUID) -> Any:
    """See how far a batch is."""
    batch = read_batch(uow, batch_id=batch_id)
    unfinished = batch.finished_at is None
    return _shaped(batch), ({"Retry-After": "1"} if unfinished else {})


@endpoint(
    blueprint=blueprint,
    method="POST",
    rule="/<uuid:batch_id>/cancellation",
    scope="booklets",
    roles=[Role.REGIE],
    gives=BatchAnswer,
    refuses=[NotFound, BatchReady],
)
def cancel(uow: UnitOfWork, batch_id: UUID) -> dict[str, Any]:
    """Stop a batch that is being made: its booklets are blocked."""
    return _shaped(cancel_batch(uow, batch_id=batch_id))


@endpoint(
    blueprint=blueprint,
    method="GET",
    rule="/<uuid:batch_id>/print",
    scope="booklets",
    roles=[Role.REGIE],
    gives=PDF,
    refuses=[NotFound, BatchNotReady, IllegalMove],
)
def print_pdf(uow: UnitOfWork, batch_id: UUID) -> Response:
    """Get the booklets of a batch that are in stock as one PDF; who took it is kept."""
    booklets, sender = batch_for_print(uow, batch_id=batch_id)
    paper = booklet_pdf(booklets, sender)
    with unit_of_work(g.city, uow.actor, writes=True) as noting:
        note_download(noting, batch_id=batch_id, booklets=len(booklets))
    return Response(paper, mimetype=PDF)
