"""The regie gives a family more time, and takes that back on the same day."""

from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.unit_of_work import UnitOfWork
from vouchers.extending import extend_booklet, take_back_extension
from vouchers.schemas import ExtensionRequest
from web.booklets import done, file_page, opened
from web.page import form_of, page

desk = Blueprint("extending", __name__)


@desk.post("/boekjes/<uuid:booklet_id>/verlengen")
@page(Role.REGIE, again=file_page)
def extend(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Let a booklet work until a later day; the same form sent twice extends it once."""
    opened(uow, booklet_id)
    extend_booklet(uow, booklet_id=booklet_id, **form_of(ExtensionRequest))
    return done("verlengd", booklet_id)


@desk.post("/boekjes/<uuid:booklet_id>/verlenging-terug")
@page(Role.REGIE, again=file_page)
def take_back(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Undo today's extension."""
    opened(uow, booklet_id)
    take_back_extension(uow, booklet_id=booklet_id)
    return done("niet-verlengd", booklet_id)
