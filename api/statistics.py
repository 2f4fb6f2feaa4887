"""Figures, for programs of the regie; evaluators get theirs when they are protected."""

from dataclasses import asdict
from datetime import date
from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields

from api.endpoint import endpoint
from kernel.access import Role
from kernel.errors import Forbidden
from kernel.unit_of_work import UnitOfWork
from vouchers.schemas import Period
from vouchers.uptake import uptake

blueprint = Blueprint(
    "statistics", __name__, url_prefix="/api/v1/statistics", description="Cijfers"
)


class StepsAnswer(Schema):
    """How many families came how far."""

    handed_out = fields.Integer(data_key="handedOut", required=True)
    visit_agreed = fields.Integer(data_key="visitAgreed", required=True)
    first_use = fields.Integer(data_key="firstUse", required=True)
    three_or_more = fields.Integer(data_key="threeOrMore", required=True)
    all_used = fields.Integer(data_key="allUsed", required=True)
    no_appointment = fields.Integer(data_key="noAppointment", required=True)
    no_show = fields.Integer(data_key="noShow", required=True)
    visit_to_come = fields.Integer(data_key="visitToCome", required=True)


class CohortAnswer(StepsAnswer):
    """The families of one month."""

    month = fields.String(required=True)


class UptakeAnswer(Schema):
    """The funnel of a period."""

    since = fields.Date(data_key="from", required=True)
    until = fields.Date(required=True)
    total = fields.Nested(StepsAnswer, required=True)
    cohorts = fields.List(fields.Nested(CohortAnswer), required=True)


@endpoint(
    blueprint=blueprint,
    method="GET",
    rule="/uptake",
    scope="statistics",
    roles=[Role.REGIE],
    takes=Period,
    gives=UptakeAnswer,
    refuses=[Forbidden],
)
def uptake_of_period(uow: UnitOfWork, *, since: date, until: date) -> dict[str, Any]:
    """Get the uptake funnel of a period, whole and by month of handing out."""
    figure = uptake(uow, since=since, until=until)
    return {
        "since": figure.since,
        "until": figure.until,
        "total": asdict(figure.total),
        "cohorts": [asdict(c.steps) | {"month": f"{c.month:%Y-%m}"} for c in figure.cohorts],
    }
