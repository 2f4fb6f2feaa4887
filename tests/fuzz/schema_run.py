"""Schemathesis against the application in this process, by its own OpenAPI document."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

DOCUMENT = "/api/v1/openapi.json"
SEED = 20270118  # printed with each figure: the same seed gives the same requests
# What a document cannot say of a valid request, and a rule refuses: with a code of its own, or by
# naming something that is not here. `only_for_a_rule` holds every 422 to these.
RULES = {"criteria-not-met", "location-needed", "wrong-care-date", "idempotency-mismatch"}
NOT_HERE = {
    "accountId",
    "appointment.locationId",
    "appointment.on",
    "booklet",
    "family.district",
    "handedOutOn",
    "until",
}
_ACCEPTED = ["2xx", "401", "403", "404", "409", "422", "429"]

Known = tuple[Iterator[Any], Callable[[Any], bool]]


@dataclass
class Run:
    """What was asked and what came of it."""

    told: int  # how many operations the document tells of
    asked: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def took(self, scenario: events.ScenarioFinished) -> None:
        """Count a scenario's requests and keep what its checks found."""
        told = scenario.recorder
        for case_id, interaction in told.interactions.items():
            case = told.cases[case_id].value if case_id in told.cases else None
            self.asked += 1
            if case is not None:
                self.operations.add(case.operation.label)
            if interaction.response is not None:
                self.statuses[interaction.response.status_code] += 1
        for case_id, checks in told.checks.items():
            for check in checks:
                if check.failure_info is not None:
                    case, about = told.cases[case_id].value, check.failure_info.failure
                    sent = f"{case.method} {case.formatted_path} {case.query} {case.body!r}"
                    self.faults.append(f"{check.name}: {sent[:600]}\n  {about}")


def run_schemathesis(
    app: Flask, headers: Mapping[str, str], *, examples: int, known: Mapping[str, Known]
) -> Run:
    """Ask each operation of the document what it says can be asked, and what it says cannot.

    `known` gives, by the name of a field of a body, values that are really here, and which made-up
    ones they stand in for: valid ones only, so that what is wrong stays wrong.
    """
    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "headers": dict(headers),
            "continue-on-failure": True,
            "generation": {
                "max-examples": examples,
                "deterministic": True,
                "database": "none",
                "no-shrink": True,
            },
            "checks": {"positive_data_acceptance": {"expected-statuses": _ACCEPTED}},
        }
    )
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, app, config=config)
    schema.hooks.register_hook_with_name(_stand_in(known), "map_body")
    run = Run(told=schema.statistic.operations.total)
    for event in from_schema(schema).execute():
        match event:
            case events.ScenarioFinished():
                run.took(event)
            case events.NonFatalError():
                run.faults.append(f"{event.label}: {event.info.message}")
            case events.FatalError():
                raise event.exception
    return run


def _stand_in(known: Mapping[str, Known]) -> Any:
    def map_body(_context: Any, body: Any) -> Any:
        if not isinstance(body, dict):
            return body
        here = sorted(body.keys() & known.keys())
        return body | {name: next(known[name][0]) for name in here if known[name][1](body[name])}

    return map_body


@schemathesis.check
def only_for_a_rule(ctx: Any, response: schemathesis.Response, case: Any) -> None:
    """A valid request is refused by a rule of the city only, never as unreadable."""
    if response.status_code != 422 or case.meta is None or case.meta.generation.mode.is_negative:
        return
    said = response.json()
    named = {issue["name"] for issue in said.get("issues", [])}
    fits = said["code"] in RULES or (said["code"] == "invalid" and named and named <= NOT_HERE)
    assert fits, f"valid, but refused: {said['code']} {named}"
