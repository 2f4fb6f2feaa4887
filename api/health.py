"""Is the house up, and can it reach its databases?"""

from http import HTTPStatus

from flask import Response, current_app, json

from kernel.cities import Cities
from kernel.health import is_up


def health() -> Response:
    """Answer UP when every city's database answers, else DOWN with 503; names no city."""
    cities: Cities = current_app.config["CITIES"]
    up = all(is_up(city) for city in cities)
    said, status = ("UP", HTTPStatus.OK) if up else ("DOWN", HTTPStatus.SERVICE_UNAVAILABLE)
    return Response(json.dumps({"status": said}), status, mimetype="application/json")


health.identity = "public"  # type: ignore[attr-defined]
