"""A referrer hands a family a booklet: four questions, and the screen turns to the family."""

import hashlib
import secrets
from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError, fields, pre_load, validates_schema

from kernel.access import Role
from kernel.calendar import add_months, last_day
from kernel.languages import LANGUAGES
from kernel.places import approved_locations, districts
from kernel.rules import rules_on
from kernel.unit_of_work import UnitOfWork
from vouchers.booklets import given_this_year, propose_reference
from vouchers.calls import count_calls
from vouchers.choices import BOOKLET_SIZE, CRITERIA, ORGANISATION_CEILING, VALID_MONTHS
from vouchers.errors import CriteriaNotMet
from vouchers.issuing import hand_out_booklet
from vouchers.schemas import BookletRequest, FamilyFields
from web.page import form_of, page

desk = Blueprint("hand_out", __name__)

_FOLDED = (
    "family.name",
    "family.phone",
    "family.numberOfChildren",
    "child.firstName",
    "child.birthMonth",
    "appointment.locationId",
    "appointment.on",
    "appointment.company",
)
_MONTHS_BACK = 72  # of birth: a child over three may get a booklet, with a warning


class HandOutForm(BookletRequest):
    """The page's form: it always has a family, and says everything that is missing at once."""

    family = fields.Nested(FamilyFields, required=True)

    @pre_load
    def _with_family(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"family": {}} | given

    @validates_schema(skip_on_field_errors=False)
    def _meets_criteria(self, loaded: dict[str, Any], **_: Any) -> None:
        if not loaded.get("meets_criteria"):
            raise ValidationError(CriteriaNotMet.sentence, "meetsCriteria")


def _form(uow: UnitOfWork) -> ResponseReturnValue:
    rules = rules_on(uow.session, uow.today)
    return render_template(
        "hand_out/page.html",
        key=secrets.token_urlsafe(16),
        proposed=propose_reference(uow),
        languages=LANGUAGES,
        districts=districts(uow),
        locations=approved_locations(uow, on=uow.today),
        birth_months=[add_months(uow.today.replace(day=1), -n) for n in range(_MONTHS_BACK)],
        criteria=rules[CRITERIA],
        size=rules[BOOKLET_SIZE],
        today=uow.today,
        until=last_day(uow.today, rules[VALID_MONTHS]),
        calls=count_calls(uow),
        given=given_this_year(uow),
        ceiling=rules[ORGANISATION_CEILING],
        more_is_open=_more_is_open(),
        refused=getattr(g.get("refusal"), "code", ""),
    )


@desk.get("/meegeven")
@page(Role.REFERRER, Role.REGIE)
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """Ask the four questions; nothing of any other family is on this page."""
    return _form(uow)


@desk.post("/meegeven")
@page(Role.REFERRER, Role.REGIE, again=_form)
def hand_out(uow: UnitOfWork) -> ResponseReturnValue:
    """Make the booklet and turn the screen; the same form sent twice gives the same booklet."""
    handed_out = hand_out_booklet(
        uow,
        **form_of(HandOutForm),
        idempotency_key=_key_of_form(),
        phone_key=current_app.config["SECRET_KEY"],
    )
    return redirect(
        url_for(
            "booklet.along", booklet_id=handed_out.booklet.id, let_op=list(handed_out.warnings)
        ),
        303,
    )


def _key_of_form() -> str:
    """Give a key by which a second click is known, and a corrected form is not taken for one."""
    sent = sorted(item for item in request.form.items() if item[0] != "csrf_token")
    return hashlib.sha256(repr(sent).encode()).hexdigest()


def _more_is_open() -> bool:
    """Say whether the folded part holds something: what was typed, or what was wrong."""
    wrong = g.problems.fields if "problems" in g else {}
    return any(name in wrong or request.form.get(name, "").strip() for name in _FOLDED)
