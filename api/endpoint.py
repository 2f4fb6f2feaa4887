"""Each endpoint states what it takes, gives and refuses; its answer and the document follow."""

from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import g
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from api.identity import NoToken, ScopeMissing, identify
from kernel.access import Actor, Role
from kernel.errors import Forbidden, Invalid, Refusal, Unavailable
from kernel.signing_in import SignedIn
from kernel.unit_of_work import unit_of_work

View = Callable[..., Any]
ALWAYS: tuple[type[Refusal], ...] = (NoToken, ScopeMissing, Forbidden, Invalid, Unavailable)


class Problem(Schema):
    """Why not, and what to do (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)
    trace_id = fields.String(data_key="traceId")
    issues = fields.List(fields.Dict())


def endpoint(  # noqa: PLR0913 — an endpoint's statement is these facts
    blueprint: Blueprint,
    method: str,
    rule: str,
    *,
    scope: str,
    roles: Sequence[Role],
    gives: type[Schema] | None,
    takes: type[Schema] | None = None,
    headers: type[Schema] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    refuses: Sequence[type[Refusal]] = (),
    writes: bool | None = None,
    on_refusal: Callable[[Actor, Refusal, dict[str, Any]], None] | None = None,
) -> Callable[[View], View]:
    """Make a view an endpoint: identified, one unit of work, shaped before the commit.

    Takes the HTTP method and rule, the token's scope and the roles that may come in, the schemas,
    the status of success, and every refusal besides those that any endpoint knows. The view gets
    the unit of work, the path's values and what it takes as keywords, and gives a dict to dump.
    `writes` is what the method says (GET reads) unless a POST only looks. `on_refusal` is told of a
    refusal once the unit of work is rolled back, with who acted and what was taken.
    """
    write = method != "GET" if writes is None else writes

    def wrap(view: View) -> View:
        @wraps(view)
        def answered(*taken: dict[str, Any], **path: Any) -> Any:
            signed_in: SignedIn = g.program
            given = _merged(taken)
            try:
                with unit_of_work(g.city, signed_in.actor, writes=write) as uow:
                    return view(uow, **path, **given)
            except Refusal as refusal:
                if on_refusal is not None:
                    on_refusal(signed_in.actor, refusal, given)
                raise

        documented: View = answered
        if gives is not None:
            documented = blueprint.response(status, gives)(documented)
        for code, kinds in _by_status((*ALWAYS, *refuses)).items():
            text = " · ".join(f"`{kind.code}`: {kind.sentence}" for kind in kinds)
            problem = blueprint.alt_response(
                code, schema=Problem, content_type="application/problem+json", description=text
            )
            documented = problem(documented)
        if headers is not None:
            documented = blueprint.arguments(headers, location="headers")(documented)
        if takes is not None:
            place = "query" if method == "GET" else "json"
            documented = blueprint.arguments(takes, location=place)(documented)

        @wraps(documented)
        def identified(**path: Any) -> Any:
            """Know who asks before anything of the request is read."""
            g.program = identify(scope)
            if not g.program.actor.is_any(*roles):
                raise Forbidden
            return documented(**path)

        identified.identity = "token"  # type: ignore[attr-defined]
        identified.roles = frozenset(roles)  # type: ignore[attr-defined]
        blueprint.route(rule, methods=[method])(identified)
        return identified

    return wrap


def _merged(taken: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {key: value for part in taken for key, value in part.items()}


def _by_status(refusals: Sequence[type[Refusal]]) -> dict[int, list[type[Refusal]]]:
    by_status: dict[int, list[type[Refusal]]] = {}
    for refusal in dict.fromkeys(refusals):
        by_status.setdefault(refusal.status, []).append(refusal)
    return by_status


class KeyHeader(Schema):
    """The header that makes a retry safe: the same key with the same body gives one effect."""

    class Meta:
        """Other headers are none of ours."""

        unknown = "exclude"

    idempotency_key = fields.String(
        data_key="Idempotency-Key",
        load_default=None,
        validate=validate.Regexp(
            r"[\x21-\x7e]{1,64}\Z", error="Een sleutel heeft 1 tot 64 tekens, zonder spaties."
        ),
        metadata={"description": "1 tot 64 tekens; een nieuwe poging krijgt een nieuwe sleutel."},
    )
