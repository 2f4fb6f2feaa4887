"""An evaluator reads how far a year's families came: frozen, rounded, explained, nameless."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.calendar import add_months
from kernel.unit_of_work import UnitOfWork
from vouchers.cohorts import ROUNDED_TO, Frozen, frozen_years, read_frozen
from web.i18n import N_, short_day, words_day
from web.i18n import gettext as _
from web.page import page
from web.sheets import csv_response

desk = Blueprint("evaluating", __name__)

_HALF = ROUNDED_TO // 2  # how far a rounded count may lie from the real one


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of the year's funnel as it stands on the page, in the table and in the file."""

    label: str
    definition: str
    count: int
    at_most: int  # more than `count` where part of it is not known
    of_all: int  # the families of the year, rounded
    is_all: bool = False

    @property
    def said(self) -> str:
        """The count in words: rounded, never finer."""
        if not self.at_most:
            return _("minder dan 5")
        if self.count == self.at_most:
            return str(self.count)
        if not self.count:
            return _("hoogstens %(most)s") % {"most": self.at_most}
        return _("%(least)s tot %(most)s") % {"least": self.count, "most": self.at_most}

    @property
    def share(self) -> str:
        """The part of all families: a range, as both counts are rounded."""
        if not self.of_all:
            return "–"
        if self.is_all:
            return "100 %"
        least = max(self.count - _HALF, 0) / (self.of_all + _HALF)
        most = min((max(self.at_most, 2) + _HALF) / (self.of_all - _HALF), 1.0)
        return _("%(least)s tot %(most)s %%") % {
            "least": round(100 * least),
            "most": round(100 * most),
        }

    @property
    def width(self) -> str:
        """How long the bar is, as an attribute of its SVG."""
        return _per_cent(self.count, self.of_all)

    @property
    def more(self) -> str:
        """How long the striped part of the bar is, of what is not known."""
        return _per_cent(self.at_most - self.count, self.of_all)


_LABELS = (
    (
        N_("Boekje gekregen"),
        N_(
            "Gezinnen die in dit jaar hun eerste boekje kregen. Een boekje dat kwijt was en "
            "vervangen werd, telt één keer. Oefenboekjes en vergissingen tellen niet mee."
        ),
    ),
    (
        N_("Eerste cheque gebruikt"),
        N_(
            "Van die gezinnen: wie minstens één cheque gebruikte, tot en met de dag van de telling."
        ),
    ),
    (
        N_("Drie of meer cheques"),
        N_("Van die gezinnen: wie minstens drie cheques gebruikte, over al hun boekjes samen."),
    ),
    (
        N_("Nog in opvang, voor zover bekend"),
        N_(
            "Van wie een cheque gebruikte: er was een cheque in de laatste 30 dagen van de "
            "telling, of de opvang of de toeleider antwoordde dat het kind verdergaat. Het hoogste "
            "getal telt ook wie we het niet weten."
        ),
    ),
)


@desk.get("/cijfers")
@page(Role.EVALUATOR)
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """Show a year's cohort as it was frozen last, or as of the month's end that is asked for."""
    years, frozen = frozen_years(uow), _asked(uow)
    first = add_months(uow.today.replace(day=1), 1)
    return render_template(
        "evaluating/page.html",
        years=years,
        frozen=frozen,
        steps=steps_of(frozen) if frozen else (),
        finding=finding(frozen) if frozen else "",
        sentence=sentence(frozen) if frozen else "",
        first=first,
        city_name=g.city.name,
    )


@desk.get("/cijfers.csv")
@page(Role.EVALUATOR)
def download(uow: UnitOfWork) -> ResponseReturnValue:
    """Give the same frozen figures as a file, with what each step counts."""
    frozen = _asked(uow)
    if frozen is None:
        nothing = (_("Hiervan is nog niets vastgelegd."),)
        return csv_response([nothing], name="cijfers")
    name = f"cijfers-{frozen.year}-stand-{frozen.as_of}"
    return csv_response(_rows(frozen), name=name)


def steps_of(frozen: Frozen) -> list[Step]:
    """Give the steps of a frozen year, in their order."""
    found = frozen.figures
    counts = (found.handed_out, found.first_use, found.three_or_more, found.in_care)
    unknown = (0, 0, 0, found.maybe_in_care)
    return [
        Step(
            label=label,
            definition=definition,
            count=count,
            at_most=count + more,
            of_all=found.handed_out,
            is_all=label == _LABELS[0][0],
        )
        for (label, definition), count, more in zip(_LABELS, counts, unknown, strict=True)
    ]


def finding(frozen: Frozen) -> str:
    """Give the first thing to know of a year."""
    found = frozen.figures
    if not found.handed_out:
        return _("Nog te weinig gezinnen om iets te tonen")
    if not found.first_use:
        return _("Minder dan 5 gezinnen gebruikten al een cheque")
    return _("Ongeveer %(used)s van de %(all)s gezinnen gebruikten een cheque") % {
        "used": found.first_use,
        "all": found.handed_out,
    }


def sentence(frozen: Frozen) -> str:
    """Give the year as one sentence to paste in a report."""
    handed_out, used, three, still = (step.said for step in steps_of(frozen))
    return _(
        "Van de ongeveer %(all)s gezinnen die in %(year)s een eerste boekje opvangcheques kregen "
        "van %(city)s, gebruikten er %(used)s minstens één cheque en %(three)s drie of meer; "
        "%(still)s waren nog in de opvang, voor zover bekend (stand op %(on)s, afgerond op 5)."
    ) % {
        "all": handed_out,
        "year": frozen.year,
        "city": g.city.name,
        "used": used,
        "three": three,
        "still": still,
        "on": words_day(frozen.as_of),
    }


def _asked(uow: UnitOfWork) -> Frozen | None:
    """Give the year and the month's end that the address asks for, else the newest."""
    year = request.args.get("jaar", type=_year)
    as_of = request.args.get("stand", type=date.fromisoformat)
    if year is None:
        years = frozen_years(uow)
        year = years[0] if years else None
    return read_frozen(uow, year=year, as_of=as_of) if year is not None else None


def _year(given: str) -> int:
    """Read a year; what no calendar has is no year."""
    return date.fromisoformat(f"{given}-01-01").year


def _rows(frozen: Frozen) -> Iterator[tuple[object, ...]]:
    yield (_("Jaarcijfers van de opvangcheques"), g.city.name)
    yield (_("Gezinnen met een eerste boekje in"), frozen.year)
    yield (_("Geteld tot en met"), short_day(frozen.as_of))
    yield (_("Vastgelegd op"), short_day(frozen.frozen_on))
    yield (_("Bescherming"), _("afgerond op 5; minder dan 5 wordt niet getoond"))
    yield ()
    yield (_("Stap"), _("Gezinnen"), _("Aandeel van alle gezinnen"), _("Wat het telt"))
    for step in steps_of(frozen):
        yield (_(step.label), step.said, step.share, _(step.definition))
    yield ()
    yield (sentence(frozen),)


def _per_cent(part: int, whole: int) -> str:
    return f"{100 * part / whole if whole else 0:.2f}%"
