"""What cheques are worth: a provider's own months, and the whole city's for finance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.calendar import add_months
from kernel.money import euro
from kernel.unit_of_work import UnitOfWork
from vouchers.earnings import MonthAtPlace, Sum, city_earnings, own_earnings, together
from vouchers.months import DayAtPlace, first_month, own_month, payment_of
from web.i18n import gettext as _
from web.page import page
from web.sheets import csv_response

desk = Blueprint("money", __name__)

_MONTHS_BACK = 13  # a year and the month before it, so that a year can be compared
_OLDEST = date(2000, 1, 1)


@dataclass(frozen=True, kw_only=True)
class PlaceMonth:
    """One place's month: its days, and what they are together."""

    name: str
    days: Sequence[DayAtPlace]
    sum: Sum


@desk.get("/geld")
@page(Role.PROVIDER)
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """Show a provider one month day by day (this one, unless asked), and the months before."""
    this = uow.today.replace(day=1)
    month = _month(request.args.get("maand", ""), this)
    days = own_month(uow, month=month)
    lines = own_earnings(uow, since=add_months(this, -_MONTHS_BACK), until=uow.today)
    first = first_month(uow)
    return render_template(
        "money/own.html",
        month=month,
        is_this=month == this,
        before=add_months(month, -1) if first and first < month else None,
        after=add_months(month, 1) if month < this else None,
        places=_by_place(days),
        total=_sum(days),
        payment=payment_of(uow, month=month),
        months=_by_month(lines),
        several=len({line.location_id for line in lines}) > 1,
        ever=first is not None,
        today=uow.today,
    )


@desk.get("/geld.csv")
@page(Role.PROVIDER)
def sheet(uow: UnitOfWork) -> Response:
    """Give one month day by day as a file for a spreadsheet."""
    month = _month(request.args.get("maand", ""), uow.today.replace(day=1))
    head = (_("Dag"), _("Opvang"), _("Cheques"), _("Waarvan halve dagen"), _("Prijs"), _("Bedrag"))
    rows = [
        (
            f"{line.day:%d/%m/%Y}",
            line.location_name,
            line.cheques,
            line.halves,
            "" if line.price_cents is None else _cents(line.price_cents),
            "" if line.price_cents is None else _cents(line.cents),
        )
        for line in own_month(uow, month=month)
    ]
    return csv_response([head, *rows], name=f"cheques-{month:%Y-%m}")


@desk.get("/geld/stad")
@page(Role.FINANCE)
def finance(uow: UnitOfWork) -> ResponseReturnValue:
    """Show finance one month of every provider; nothing can be changed here."""
    first = uow.today.replace(day=1)
    lines = city_earnings(uow, since=add_months(first, -_MONTHS_BACK), until=uow.today)
    months = [first, *(month for month, *_rest in _by_month(lines) if month != first)]
    month = next((one for one in months if f"{one:%Y-%m}" == request.args.get("maand")), first)
    chosen = [line for line in lines if line.month == month]
    return render_template(
        "money/city.html",
        months=months,
        month=month,
        providers=_by_provider(chosen),
        total=together(chosen),
        today=uow.today,
    )


def _month(asked: str, this: date) -> date:
    """Give the month that was asked for as 2026-09, else this one; none that is still to come."""
    try:
        found = date.fromisoformat(f"{asked}-01")
    except ValueError:
        return this
    return found if found.day == 1 and _OLDEST <= found <= this else this


def _cents(cents: int) -> str:
    """Give an amount for a spreadsheet: a decimal comma, no sign."""
    return euro(cents).removeprefix("€ ").replace(".", "")


def _by_place(days: Sequence[DayAtPlace]) -> list[PlaceMonth]:
    grouped = ((key, list(some)) for key, some in groupby(days, key=lambda one: one.location_id))
    return [
        PlaceMonth(name=some[0].location_name, days=some, sum=_sum(some)) for _key, some in grouped
    ]


def _sum(days: Sequence[DayAtPlace]) -> Sum:
    return Sum(
        cheques=sum(line.cheques for line in days),
        cents=sum(line.cents for line in days),
        without_price=sum(line.cheques for line in days if line.price_cents is None),
    )


def _by_month(
    lines: Sequence[MonthAtPlace],
) -> list[tuple[date, list[MonthAtPlace], Sum]]:
    grouped = ((month, list(some)) for month, some in groupby(lines, key=lambda one: one.month))
    return [(month, some, together(some)) for month, some in grouped]


def _by_provider(lines: Sequence[MonthAtPlace]) -> list[tuple[str, list[MonthAtPlace], Sum]]:
    def provider(line: MonthAtPlace) -> tuple[str, UUID]:
        return line.organisation_name, line.organisation_id

    grouped = ((name, list(some)) for (name, _id), some in groupby(lines, key=provider))
    return [(name, some, together(some)) for name, some in grouped]
