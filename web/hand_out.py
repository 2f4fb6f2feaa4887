"""A referrer hands a family a booklet: four questions, and the screen turns to the family."""

import hashlib
import secrets
from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError, fields, post_load, pre_load, validate, validates_schema

from kernel.access import Role
from kernel.calendar import add_months, last_day
from kernel.errors import Conflict, Invalid
from kernel.languages import LANGUAGES
from kernel.places import approved_locations, districts
from kernel.rules import rules_on
from kernel.unit_of_work import UnitOfWork
from vouchers.booklets import given_this_year, propose_reference
from vouchers.calls import count_calls
from vouchers.choices import BOOKLET_SIZE, CRITERIA, ORGANISATION_CEILING, VALID_MONTHS
from vouchers.errors import CriteriaNotMet, TooManyWrongCodes, UnknownBooklet
from vouchers.from_stock import count_own_stock, look_at_stock
from vouchers.issuing import hand_out_booklet
from vouchers.schemas import BookletRequest, FamilyFields
from web.page import form_of, page, typed
from web.unknown import remember_unknown

desk = Blueprint("hand_out", __name__)

NOW, STOCK = "now", "stock"  # print one now, or take one from stock
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
_TOLD_HERE = (Invalid, Conflict, UnknownBooklet, TooManyWrongCodes)
_WHICH = "Typ het nummer op het boekje, of kies 'Druk nu een boekje'."


class HandOutForm(BookletRequest):
    """The page's form: it always has a family, and says everything that is missing at once."""

    family = fields.Nested(FamilyFields, required=True)
    way = fields.String(load_default="", validate=validate.OneOf(["", NOW, STOCK]))

    @pre_load
    def _with_family(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"family": {}} | given

    @validates_schema(skip_on_field_errors=False)
    def _meets_criteria(self, loaded: dict[str, Any], **_: Any) -> None:
        if not loaded.get("meets_criteria"):
            raise ValidationError(CriteriaNotMet.sentence, "meetsCriteria")

    @validates_schema(skip_on_field_errors=False)
    def _which_booklet(self, loaded: dict[str, Any], **_: Any) -> None:
        if loaded.get("way") == STOCK and not loaded.get("booklet"):
            raise ValidationError(_WHICH, "booklet")

    @post_load
    def _chosen(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        """What was typed before one chose something else is not meant any more."""
        if loaded.pop("way") == NOW:
            loaded |= {"booklet": None, "retroactive": False}
        return loaded if loaded["retroactive"] else loaded | {"handed_out_on": None}


class StockForm(BookletRequest):
    """The one field that is looked at while the others are still empty."""

    class Meta:
        """Only which booklet is meant."""

        fields = ("booklet",)
        unknown = "exclude"


def _form(uow: UnitOfWork) -> ResponseReturnValue:
    g.scans = True
    rules = rules_on(uow.session, uow.today)
    in_stock, asked = count_own_stock(uow), request.args.get("boekje", "")[:40]
    return render_template(
        "hand_out/page.html",
        key=secrets.token_urlsafe(16),
        asked=asked,
        way=typed("way", STOCK if in_stock or asked else NOW) or NOW,
        in_stock=in_stock,
        afterwards=typed("retroactive", "achteraf" in request.args),
        regie=uow.actor.is_any(Role.REGIE),
        proposed=propose_reference(uow, number=typed("booklet", asked)[:40]),
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
        about=getattr(g.get("refusal"), "about", {}),
    )


@desk.get("/meegeven")
@page(Role.REFERRER, Role.REGIE)
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """Ask the four questions; nothing of any other family is on this page.

    With `boekje` that booklet's number is filled in; with `achteraf` (regie) the family has it.
    """
    return _form(uow)


@desk.post("/meegeven")
@page(Role.REFERRER, Role.REGIE, again=_form, again_for=_TOLD_HERE, on_refusal=remember_unknown)
def hand_out(uow: UnitOfWork) -> ResponseReturnValue:
    """Give the booklet and turn the screen; the same form sent twice gives the same booklet."""
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


def _not_to_be_had(_: UnitOfWork) -> ResponseReturnValue:
    refusal = g.refusal
    said = " ".join(refusal.fields.get("booklet", ())) if isinstance(refusal, Invalid) else ""
    return render_template("hand_out/_found.html", refusal=refusal, said=said)


@desk.post("/meegeven/boekje")
@page(
    Role.REFERRER,
    Role.REGIE,
    writes=False,
    again=_not_to_be_had,
    again_for=_TOLD_HERE,
    on_refusal=remember_unknown,
)
def look(uow: UnitOfWork) -> ResponseReturnValue:
    """Say of a booklet, typed or scanned, whether it can go along: a piece for the page.

    A cheque's code comes in the body, and only the booklet's number goes back.
    """
    booklet = look_at_stock(uow, booklet=StockForm().load(request.form.to_dict())["booklet"] or "")
    return render_template("hand_out/_found.html", booklet=booklet, today=uow.today)


def _key_of_form() -> str:
    """Give a key by which a second click is known, and a corrected form is not taken for one."""
    sent = sorted(item for item in request.form.items() if item[0] != "csrf_token")
    return hashlib.sha256(repr(sent).encode()).hexdigest()


def _more_is_open() -> bool:
    """Say whether the folded part holds something: what was typed, or what was wrong."""
    wrong = g.problems.fields if "problems" in g else {}
    return any(name in wrong or request.form.get(name, "").strip() for name in _FOLDED)
