"""The JSON door, for other programs: versioned, and described by its own OpenAPI document."""

from typing import Any

from flask import Flask
from flask_smorest import Api

from api import batches, booklets, cheques, redemptions, statistics
from api.problem import Problem
from kernel.programmes import VOUCHERS
from vouchers.schemas import BirthMonth

OF_PROGRAMME = {
    VOUCHERS: frozenset({"batches", "booklets", "cheques", "redemptions", "statistics"}),
}


class QuietApi(Api):
    """Smorest without its app-wide error handlers: they would answer the site's pages in JSON.

    Nor does the document tell of smorest's own error: each of our refusals is in it by itself.
    """

    DEFAULT_ERROR_RESPONSE_NAME = None
    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Leave errors to the house's own `answer`."""

    def _register_pagination_header(self) -> None:
        """Nothing here comes in pages."""


def mount_api(app: Flask) -> None:
    """Put every resource under /api/v1, with the document at /api/v1/openapi.json."""
    app.config.update(
        API_TITLE="Opstap",
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS=_SPEC,
    )
    api = QuietApi(app)
    api.register_field(BirthMonth, "string", None)
    for module in (batches, booklets, cheques, redemptions, statistics):
        api.register_blueprint(module.blueprint)


_SPEC: dict[str, Any] = {
    "info": {
        "description": (
            "Chequeboekjes van de stad: meegeven, nakijken, inruilen en de cijfers ervan. "
            "Elke weigering is een probleem (RFC 9457) met een vaste code en een zin die zegt "
            "wat je kunt doen."
        ),
        "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    },
    "security": [{"token": []}],
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
}
