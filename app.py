"""The house put together: the one file that knows every package."""

import time
from pathlib import Path

import structlog
from alembic import command as alembic
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from sqlalchemy import Connection
from werkzeug.exceptions import HTTPException

import api.errors
import kernel.letters  # noqa: F401 — mappers must know every table
import occasioneel.models  # noqa: F401 — the same
import vouchers.models  # noqa: F401 — the same
import web.errors
import web.rooms
from api import mount_api
from api.health import health
from kernel.cities import Cities, City
from kernel.errors import Refusal
from kernel.headers import security_headers
from kernel.logs import configure_logs
from kernel.overlap import install_triggers
from kernel.programmes import check_programme
from kernel.settings import Settings, read_settings
from web import mount_site

HOUSE = Path(__file__).parent
ROOMS = {
    programme: rooms | api.OF_PROGRAMME.get(programme, frozenset())
    for programme, rooms in web.rooms.OF_PROGRAMME.items()
}
MEGABYTE = 1024 * 1024

log = structlog.get_logger("access")


def create_app(settings: Settings) -> Flask:
    """Give the WSGI application for these settings."""
    app = Flask("opstap", static_folder=str(HOUSE / "web" / "static"), root_path=str(HOUSE))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        CITIES=settings.cities,
        DEMO=settings.demo,
        MAX_CONTENT_LENGTH=MEGABYTE,
        MAX_FORM_MEMORY_SIZE=MEGABYTE,
    )
    app.before_request(_find_city)
    app.after_request(_dress)
    app.add_url_rule("/health", view_func=health)
    mount_api(app)
    mount_site(app)
    for error in (Refusal, ValidationError, HTTPException, Exception):
        app.register_error_handler(error, answer)
    return app


def wsgi() -> Flask:
    """Give the application for the server, from the environment."""
    configure_logs()
    return create_app(read_settings())


def answer(error: Exception) -> ResponseReturnValue:
    """Answer an error as its door does: problem+json under /api/, a page elsewhere."""
    if request.path.startswith(("/api/", "/health")):
        return api.errors.answer(error)
    return web.errors.answer(error)


def _find_city() -> None:
    g.began = time.perf_counter()
    if request.endpoint not in {"health", "static"}:
        cities: Cities = current_app.config["CITIES"]
        g.city = cities.by_host(request.host)
        check_programme(g.city, request.blueprint, rooms=ROOMS)


def _dress(response: Response) -> Response:
    """Put the protecting headers on every answer, and log it by its route, never by its path."""
    given = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 — not a dict
    wanted = security_headers(scans=bool(getattr(g, "scans", False)))
    response.headers.extend([each for each in wanted.items() if each[0].lower() not in given])
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
        took = time.perf_counter() - getattr(g, "began", time.perf_counter())
        log.info(
            "answered",
            city=g.city.host if "city" in g else "",
            method=request.method,
            route=request.url_rule.rule if request.url_rule else "",
            status=response.status_code,
            ms=round(took * 1000, 1),
            trace=g.get("trace", ""),
        )
    return response


def migrate(city: City) -> None:
    """Bring a city's database to the newest shape, and put its triggers in place."""
    with city.database.transaction(writes=True) as session:
        connection = session.connection()
        bring_to(connection, "head")
        install_triggers(connection)


def bring_to(connection: Connection, revision: str) -> None:
    """Bring the tables of a database to a revision; its triggers are not part of that."""
    config = Config()
    config.set_main_option("script_location", str(HOUSE / "migrations"))
    config.attributes["connection"] = connection
    alembic.upgrade(config, revision)


def newest_revision() -> str:
    """Give the revision that this version of the house works with."""
    config = Config()
    config.set_main_option("script_location", str(HOUSE / "migrations"))
    return ScriptDirectory.from_config(config).get_current_head() or ""
