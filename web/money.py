"""What cheques are worth: a provider's own months, and the whole city's for finance."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.calendar import add_months
from kernel.unit_of_work import UnitOfWork
from vouchers.earnings import MonthAtPlace, Sum, city_earnings, own_earnings, together
from web.page import page

desk = Blueprint("money", __name__)

_MONTHS_BACK = 13  # a year and the month before it, so that a year can be compared


@desk.get("/geld")
@page(Role.PROVIDER)
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """Show a provider its cheques and euros, this month first."""
    first = uow.today.replace(day=1)
    lines = own_earnings(uow, since=add_months(first, -_MONTHS_BACK), until=uow.today)
    return render_template(
        "money/own.html",
        this_month=together([line for line in lines if line.month == first]),
        months=_by_month(lines),
        several=len({line.location_id for line in lines}) > 1,
        today=uow.today,
    )


@desk.get("/geld/stad")
@page(Role.FINANCE)
def finance(uow: UnitOfWork) -> ResponseReturnValue:
    """Show finance one month of every provider; nothing can be changed here."""
    first = uow.today.replace(day=1)
    lines = city_earnings(uow, since=add_months(first, -_MONTHS_BACK), until=uow.today)
    months = [first, *(month for month, *_ in _by_month(lines) if month != first)]
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
