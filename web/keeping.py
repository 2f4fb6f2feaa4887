"""What is kept of people, how long, and what goes tonight: in numbers, never by name."""

from collections.abc import Iterator

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

import occasioneel.keeping
import vouchers.keeping
from kernel.access import Role
from kernel.calendar import day_of
from kernel.family_files import REGISTERED
from kernel.forgetting import Foreseen, foresee, last_forgotten
from kernel.kept import register
from kernel.unit_of_work import UnitOfWork
from web.i18n import gettext as _
from web.i18n import short_day
from web.page import page
from web.saying import lasting
from web.sheets import csv_response

desk = Blueprint("keeping", __name__)

FAMILY_FILES = (REGISTERED, vouchers.keeping.FILE, occasioneel.keeping.FILE)
REGISTER = register(FAMILY_FILES, *vouchers.keeping.KEPT)
_OFFICE = (Role.ADMINISTRATOR, Role.REGIE)


@desk.get("/beheer/bewaren")
@page(*_OFFICE)
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """Show each class of what is kept: why, how long, how much, and what goes tonight."""
    classes = foresee(uow, register=REGISTER)
    return render_template(
        "keeping/page.html",
        classes=classes,
        stays=REGISTER.lasting,
        tonight=sum(each.tonight for each in classes),
        soon=sum(each.soon for each in classes),
        ran_at=last_forgotten(uow),
        term=lasting,
        day_of=day_of,
        today=uow.today,
    )


@desk.get("/beheer/bewaren.csv")
@page(*_OFFICE)
def download(uow: UnitOfWork) -> Response:
    """Give the same as a file."""
    return csv_response(_rows(foresee(uow, register=REGISTER)), name=f"bewaren-{uow.today}")


def _rows(classes: list[Foreseen]) -> Iterator[tuple[object, ...]]:
    yield tuple(
        _(word)
        for word in (
            "Wat",
            "Waarom",
            "Hoelang",
            "Vanaf wanneer",
            "Nu bewaard",
            "Oudste van",
            "Vannacht vergeten",
            "In de 30 dagen daarna",
            "Laatst vergeten op",
            "Toen vergeten",
        )
    )
    for each in classes:
        kept = each.kept
        yield (
            _(kept.what),
            _(kept.why),
            lasting(each.count, kept.term.unit),
            _(kept.after),
            each.holds,
            short_day(each.oldest) if each.oldest else "",
            each.tonight,
            each.soon,
            short_day(each.last_on) if each.last_on else "",
            each.last_count,
        )
