"""The regie sees its own exact funnel, live."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, g, make_response, render_template, request
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.calendar import add_months
from kernel.unit_of_work import UnitOfWork
from vouchers.overview import read_overview
from vouchers.uptake import Uptake, uptake
from web.funnel import SPLIT, STEPS, bars, counts_of, finding, sentence, share, where_lost
from web.i18n import gettext as _
from web.i18n import short_day, words_day
from web.page import Problems, page
from web.sheets import csv_response

desk = Blueprint("figures", __name__)

_MONTHS = 18  # how far back the page looks by itself
_NOT_TO_SHARE = "Werkcijfers, niet om te delen"


@dataclass(frozen=True)
class Period:
    """Whole days, both included."""

    since: date
    until: date


@desk.get("/regie/bereik")
@page(Role.REGIE)
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """Show how far families come, live: a browser that has this already is told so."""
    period = _asked(uow.today)
    if period is None:
        return render_template("figures/page.html", figure=None), 422
    figure = uptake(uow, since=period.since, until=period.until)
    overview = read_overview(uow)
    live = "HX-Request" in request.headers
    data = _tag(figure, overview, uow.today)
    tag = data if live else _tag(data, uow.actor)
    if tag in request.if_none_match:
        return _labelled(Response(status=304), tag)
    html = render_template(
        "figures/_live.html" if live else "figures/page.html",
        figure=figure,
        overview=overview,
        bars=bars(figure.total),
        steps=STEPS,
        split=SPLIT,
        counts_of=counts_of,
        share=share,
        finding=finding(figure.total),
        where_lost=where_lost(figure.total),
        sentence=sentence(figure, on=words_day(uow.today)),
        tag=data,
    )
    return _labelled(make_response(html), tag)


@desk.get("/regie/bereik.csv")
@page(Role.REGIE)
def download(uow: UnitOfWork) -> ResponseReturnValue:
    """Give the same figure as a file, with what each column counts above it."""
    period = _asked(uow.today)
    if period is None:
        return render_template("figures/page.html", figure=None), 422
    figure = uptake(uow, since=period.since, until=period.until)
    return csv_response(_rows(figure), name=f"bereik-{period.since}-tot-{period.until}")


def _asked(today: date) -> Period | None:
    """Give the period that was asked for; None with `problems` when it cannot be read."""
    first = add_months(today.replace(day=1), -_MONTHS)
    wrong: dict[str, list[str]] = {}
    since, until = _day("van", first, wrong), _day("tot", today, wrong)
    if not wrong and since > until:
        wrong["van"] = [_("De eerste dag ligt na de laatste. Draai ze om.")]
    if wrong:
        g.problems = Problems(_("Deze periode kunnen we niet lezen."), wrong)
        return None
    return Period(since, until)


def _day(name: str, otherwise: date, wrong: dict[str, list[str]]) -> date:
    given = request.args.get(name, "").strip()
    try:
        return date.fromisoformat(given) if given else otherwise
    except ValueError:
        wrong[name] = [_("Kies een dag, of schrijf die zoals 2026-09-01.")]
        return otherwise


def _tag(*told: object) -> str:
    """Give a short sign that changes when what is told changes."""
    return hashlib.sha256(repr(told).encode()).hexdigest()[:20]


def _labelled(response: Response, tag: str) -> Response:
    response.set_etag(tag)
    response.vary.add("HX-Request")
    return response


def _rows(figure: Uptake) -> Iterator[tuple[object, ...]]:
    yield (_("Bereik van de opvangcheques"), g.city.name)
    yield (_("Eerste boekje van"), short_day(figure.since))
    yield (_("tot en met"), short_day(figure.until))
    yield (_(_NOT_TO_SHARE),)
    every = (*STEPS, *SPLIT)
    yield from ((_(step.label), _(step.definition)) for step in every)
    yield ()
    yield (_("Maand van het eerste boekje"), *(_(step.label) for step in every))
    for cohort in figure.cohorts:
        counts = counts_of(cohort.steps)
        yield (f"{cohort.month:%Y-%m}", *(counts[step.field] for step in every))
    total = counts_of(figure.total)
    yield (_("Samen"), *(total[step.field] for step in every))
