"""How the JSON door says no: problem+json with a code, a sentence and a trace."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import structlog
from flask import Response, g, json
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from kernel.errors import Invalid, Refusal
from kernel.logs import frames

log = structlog.get_logger(__name__)

SAID = {
    400: "De inhoud is geen geldige JSON. Kijk je aanvraag na.",
    404: "Dit adres bestaat niet in deze API. Kijk in /api/v1/openapi.json.",
    405: "Deze methode kan hier niet. Kijk in de header Allow welke wel.",
    413: "Dit is te groot: stuur hoogstens 1 MB.",
    415: "Stuur JSON, met de header Content-Type: application/json.",
}
_PLACES = {"query": "query", "headers": "header"}
_TOLD = ("used_on", "valid_until", "state", "allowed", "retry_after")


def answer(error: Exception) -> Response:
    """Give the problem that tells of an error; an unforeseen one is logged and told as 500."""
    match error:
        case Refusal():
            return _refused(error)
        case ValidationError():
            return _refused(Invalid.of_messages(error.messages))
        case HTTPException():
            return _http(error)
        case RecursionError():  # JSON nested thousands deep: nobody means that
            return problem(400, "http-400", SAID[400])
    log.error("unforeseen", error=type(error).__name__, trace=trace_id(), at=frames(error))
    return problem(500, "error", "Er ging iets mis bij ons. Probeer het straks opnieuw.")


def problem(
    status: int, code: str, detail: str, *, more: Mapping[str, Any] | None = None
) -> Response:
    """Give a problem document (RFC 9457) with its status, public code and Dutch sentence."""
    document = {
        "type": f"urn:problem-type:opstap:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "traceId": trace_id(),
        **(more or {}),
    }
    return Response(
        json.dumps(document, ensure_ascii=False), status, mimetype="application/problem+json"
    )


def trace_id() -> str:
    """Give the id by which this request is found in the logs."""
    if "trace" not in g:
        g.trace = uuid4().hex
    trace: str = g.trace
    return trace


def _refused(refusal: Refusal, place: str = "body") -> Response:
    more = {_camel(key): _plain(refusal.about[key]) for key in _TOLD if refusal.about.get(key)}
    if isinstance(refusal, Invalid) and refusal.fields:
        more["issues"] = [
            {"in": place, "name": name, "detail": " ".join(said)}
            for name, said in refusal.fields.items()
        ]
    response = problem(refusal.status, refusal.code, str(refusal), more=more)
    after = refusal.about.get("retry_after")
    if after or refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(after or 2)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    messages = getattr(error, "data", {}).get("messages")
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and messages:
        place = _PLACES.get(next(iter(messages)), "body")
        return _refused(Invalid.of_messages(messages), place)
    response = problem(status, f"http-{status}", SAID.get(status, error.description or ""))
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
