"""A family gives its phone number after all, and the referrer writes it down."""

from typing import Any
from uuid import UUID

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from marshmallow import pre_load

from kernel.access import Role
from kernel.unit_of_work import UnitOfWork
from vouchers.reaching import note_contact
from vouchers.schemas import ContactRequest
from web.booklets import done, file_page, opened
from web.page import form_of, page

desk = Blueprint("reaching", __name__)


class ContactForm(ContactRequest):
    """The page's form: it always has a family, and says of its fields what is missing."""

    @pre_load
    def _with_family(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"family": {}} | given


@desk.post("/boekjes/<uuid:booklet_id>/bereikbaar")
@page(Role.REFERRER, Role.REGIE, again=file_page)
def note(uow: UnitOfWork, booklet_id: UUID) -> ResponseReturnValue:
    """Write down how to reach the family of a booklet, and warn when it is known elsewhere."""
    opened(uow, booklet_id)
    warnings = note_contact(
        uow,
        booklet_id=booklet_id,
        phone_key=current_app.config["SECRET_KEY"],
        **form_of(ContactForm)["family"],
    )
    return done("bereikbaar", booklet_id, warnings)
