"""A provider holds a cheque before the phone and sees one colour, one word, one next step."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from flask import (
    Blueprint,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from kernel.access import Actor, Role
from kernel.errors import Invalid, NotFound, Refusal
from kernel.places import own_locations
from kernel.unit_of_work import UnitOfWork
from vouchers.annulling import annul_redemption
from vouchers.attempts import remember_attempt
from vouchers.questions import question_after_scan
from vouchers.redeeming import redeem_cheque
from vouchers.scan_choices import read_scan_choices
from vouchers.scans import read_redemption
from vouchers.schemas import RedemptionRequest
from web.answers import look_of
from web.own_place import chosen_place, remember_place
from web.page import form_of, page

desk = Blueprint("scan", __name__)


class ScanForm(RedemptionRequest):
    """A scan from the page, with the key by which a second tap is the same scan."""

    key = fields.String(
        load_default=None,
        validate=validate.Regexp(
            r"[\x21-\x7e]{1,64}\Z", error="Herlaad de pagina en scan opnieuw."
        ),
    )


@desk.get("/scan")
@page(Role.PROVIDER)
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """Show the camera, and a field for who types."""
    return _form(uow)


def _form(uow: UnitOfWork) -> str:
    g.scans = True
    choices = read_scan_choices(uow)
    place = chosen_place(choices.locations, request.form.get("locationId", ""))
    return render_template(
        "scan/page.html", choices=choices, place=place, today=uow.today, key=uuid4().hex
    )


def refused(uow: UnitOfWork, redemption_id: UUID | None = None) -> ResponseReturnValue:
    """Fill the screen with why not; what was typed wrong is shown in its field instead."""
    refusal: Refusal = g.refusal
    if _is_in_a_field(refusal) and redemption_id is None:
        return _form(uow)
    g.pop("problems")
    return _screen(
        "scan/_refused.html",
        look=look_of(refusal),
        refusal=refusal,
        places=own_locations(uow),
        today=uow.today,
        key=uuid4().hex,
    )


def _is_in_a_field(refusal: Refusal) -> bool:
    named = isinstance(refusal, Invalid) and {"code", "careDate"} & set(refusal.fields)
    return bool(named) and not _wants_fragment()


def remember(actor: Actor, refusal: Refusal) -> None:
    """Keep a refused scan, once its own transaction is rolled back."""
    if "scan" in g:
        remember_attempt(
            g.city,
            actor,
            refusal,
            code=g.scan["code"],
            location_id=g.scan["location_id"],
            now=datetime.now(UTC),
            key=current_app.config["SECRET_KEY"],
        )


@desk.post("/scan")
@page(Role.PROVIDER, again=refused, again_for=(Refusal,), on_refusal=remember)
def redeem(uow: UnitOfWork) -> ResponseReturnValue:
    """Redeem a cheque, once, whatever is tapped twice; the answer has an address of its own."""
    taken = form_of(ScanForm)
    key = taken.pop("key") or uuid4().hex
    # A reader on a cable types the whole address that the QR code holds.
    taken["code"] = taken["code"].rpartition("/c#")[2]
    g.scan = taken
    redemption = redeem_cheque(uow, idempotency_key=key, **taken).redemption
    response = _answered(uow, redemption.id)
    if taken["location_id"] is not None:
        remember_place(response, redemption.location_id)
    return response


@desk.get("/scan/<uuid:redemption_id>")
@page(Role.PROVIDER)
def answer(uow: UnitOfWork, redemption_id: UUID) -> ResponseReturnValue:
    """Fill the screen with a scan of one's own: redeemed, or undone."""
    return _told(uow, redemption_id)


@desk.post("/scan/<uuid:redemption_id>/ongedaan")
@page(Role.PROVIDER, again=refused, again_for=(Refusal,))
def undo(uow: UnitOfWork, redemption_id: UUID) -> ResponseReturnValue:
    """Undo a scan: the cheque is open again."""
    annul_redemption(uow, redemption_id=redemption_id)
    return _answered(uow, redemption_id)


def _answered(uow: UnitOfWork, redemption_id: UUID) -> Response:
    if not _wants_fragment():
        return make_response(redirect(url_for("scan.answer", redemption_id=redemption_id), 303))
    return make_response(_told(uow, redemption_id))


def _told(uow: UnitOfWork, redemption_id: UUID) -> str:
    scan = read_redemption(uow, redemption_id=redemption_id)
    if scan is None:
        raise NotFound
    asked = question_after_scan(uow, redemption_id=redemption_id)
    return _screen("scan/_answer.html", scan=scan, asked=asked, now=uow.now, today=uow.today)


def _screen(piece: str, **told: object) -> str:
    template = piece if _wants_fragment() else "scan/answer.html"
    return render_template(template, piece=piece, **told)


def _wants_fragment() -> bool:
    """Say whether the page's own script asks, which puts the answer on the screen itself."""
    return "HX-Request" in request.headers
