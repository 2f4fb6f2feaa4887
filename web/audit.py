"""Who opened whose file, when, and through which page: for the one who answers for it."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.audit import Look, Sought, read_lookers, read_looks
from kernel.calendar import day_of
from kernel.unit_of_work import UnitOfWork
from vouchers.families import Found, find_families
from web.audit_words import said_page
from web.i18n import clock, short_day
from web.i18n import gettext as _
from web.page import Problems, page, reads_file
from web.sheets import csv_response

desk = Blueprint("audit", __name__)

_MOST = 20_000  # rows in a file; who needs more asks for a shorter period


@desk.get("/beheer/inzage")
@page(Role.ADMINISTRATOR)
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """List who looked at whose file, the newest first, fifty a page."""
    return _page(uow, _asked())


@desk.post("/beheer/inzage")
@page(Role.ADMINISTRATOR, again=lambda uow: _page(uow, Sought()))
def find(uow: UnitOfWork) -> ResponseReturnValue:
    """Find a family by its reference or by its booklet's number: neither is in an address."""
    found = find_families(uow, text=request.form.get("gezin", ""))
    if len(found) == 1:
        return redirect(url_for("audit.index", gezin=found[0].id), 303)
    return _page(uow, Sought(), found=found)


@desk.get("/beheer/inzage.csv")
@page(Role.ADMINISTRATOR)
def download(uow: UnitOfWork) -> Response:
    """Give what was sought as a file, the newest twenty thousand rows at most."""
    sought = _asked()
    reads_file(sought.family_id)
    looks, _more = read_looks(uow, sought=sought, at_most=_MOST)
    return csv_response(_rows(looks), name=f"inzage-{uow.today}")


def _page(uow: UnitOfWork, sought: Sought, *, found: list[Found] | None = None) -> str:
    before = request.args.get("voor", type=int)
    reads_file(sought.family_id)
    looks, more = read_looks(uow, sought=sought, before=_number(before))
    return render_template(
        "audit/page.html",
        looks=looks,
        more=more,
        before=before,
        sought=sought,
        lookers=read_lookers(uow),
        found=found,
        said=said_page,
        day_of=day_of,
        reference=next((each.reference for each in looks if sought.family_id), None),
    )


def _asked() -> Sought:
    """Give what the address asks for; what cannot be read is told, and not asked for."""
    wrong: dict[str, list[str]] = {}
    sought = Sought(
        account_id=_id(request.args.get("wie", "")),
        family_id=_id(request.args.get("gezin", "")),
        since=_day("van", wrong),
        until=_day("tot", wrong),
    )
    if wrong:
        g.problems = Problems(_("Deze periode kunnen we niet lezen."), wrong)
    return sought


def _id(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


def _number(given: int | None) -> int | None:
    """Give a number that the databases can count to, or None."""
    return given if given is not None and 0 < given < 2**62 else None


def _day(name: str, wrong: dict[str, list[str]]) -> date | None:
    given = request.args.get(name, "").strip()
    try:
        day = date.fromisoformat(given) if given else None
    except ValueError:
        day = date.min
    if day is not None and not date(2000, 1, 1) <= day < date(2200, 1, 1):
        wrong[name] = [_("Kies een dag, of schrijf die zoals 2026-09-01.")]
        return None
    return day


def _rows(looks: list[Look]) -> Iterator[tuple[object, ...]]:
    yield tuple(_(word) for word in ("Dag", "Uur", "Wie", "Organisatie", "Pagina", "Gezin"))
    for look in looks:
        yield (
            short_day(day_of(look.at)),
            clock(look.at),
            look.name or "",
            look.organisation or "",
            said_page(look.what),
            look.reference or "",
        )
