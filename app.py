"""The house put together: the one file that knows every package."""

import json
import os
import sys
import time
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import click
import structlog
from alembic import command as alembic
from alembic.config import Config
from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

import api.errors
import kernel.checking
import vouchers.checking
import vouchers.models  # migrations and mappers must know every table
import web.errors
import web.rooms
from api import mount_api
from api.health import health
from demo.seeding import seed_demo
from jobs.clock import Clock
from jobs.dispatch import dispatch_events
from jobs.schedule import JOBS
from kernel.access import CLOCK, Role
from kernel.calendar import BRUSSELS
from kernel.cities import Cities, City
from kernel.errors import Refusal
from kernel.event_log import last_events
from kernel.headers import security_headers
from kernel.importing.lines import size_of
from kernel.importing.locations import import_locations
from kernel.importing.mapping import Mapping
from kernel.importing.mapping_file import read_mapping
from kernel.importing.planning import plan_locations
from kernel.importing.rejects import write_rejects
from kernel.importing.report import city_report, file_report
from kernel.importing.sorting import SortedRows, sort_rows
from kernel.inviting import invite
from kernel.logs import configure_logs
from kernel.overlap import install_triggers
from kernel.programmes import check_programme
from kernel.settings import Settings, WrongSettings, read_settings
from kernel.signing_in import create_token
from kernel.unit_of_work import unit_of_work
from web import mount_site

HOUSE = Path(__file__).parent
OF_VOUCHERS = api.OF_VOUCHERS | web.rooms.OF_VOUCHERS
MEGABYTE = 1024 * 1024

CHECKS = (*kernel.checking.CHECKS, *vouchers.checking.CHECKS)

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
    return create_app(_settings())


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
        check_programme(g.city, request.blueprint, of_vouchers=OF_VOUCHERS)


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
    config = Config()
    config.set_main_option("script_location", str(HOUSE / "migrations"))
    with city.database.transaction(writes=True) as session:
        connection = session.connection()
        config.attributes["connection"] = connection
        alembic.upgrade(config, "head")
        install_triggers(connection)


def _settings() -> Settings:
    try:
        return read_settings()
    except WrongSettings as wrong:
        raise click.ClickException(f"Opstap cannot start:\n{wrong}") from None


def _chosen(host: str | None) -> list[City]:
    """Give the cities that a command means, and close their databases when it is done."""
    cities = _settings().cities
    chosen = list(cities) if host is None else [cities.by_host(host)]
    for city in chosen:
        click.get_current_context().call_on_close(city.database.dispose)
    return chosen


PEOPLE = [str(role) for role in Role if role not in {Role.CLOCK, Role.FAMILY}]
city_option = click.option("--city", "host", help="Only this city, by its host name.")


@click.group()
def command() -> None:
    """Run and look after Opstap."""
    configure_logs()


@command.command()
def serve() -> None:
    """Answer people and programs over HTTP."""
    port = _settings().port
    workers = os.environ.get("WEB_CONCURRENCY", "2")
    server = str(Path(sys.executable).with_name("gunicorn"))
    how = f"--bind 0.0.0.0:{port} --workers {workers} --worker-class gthread --threads 8"
    told = [server, "app:wsgi()", *how.split(), "--log-level", "warning"]
    os.execv(server, told)  # noqa: S606 — the server takes this process's place


@command.command()
def clock() -> None:
    """Do by itself what the schedule says."""
    Clock(_settings().cities).run()


@command.command("migrate")
@city_option
def migrate_command(host: str | None) -> None:
    """Bring every city's database to the newest shape."""
    for city in _chosen(host):
        migrate(city)


@command.group()
def seed() -> None:
    """Fill a city with something to look at."""


@seed.command("demo")
@city_option
def demo(host: str | None) -> None:
    """Fill empty cities with the demo."""
    for city in _chosen(host):
        click.echo(seed_demo(city, dispatch=dispatch_events))


@command.group()
def token() -> None:
    """Let programs in."""


@token.command("create")
@click.option("--account", "email", required=True, help="The account's e-mail address.")
@city_option
def token_create(email: str, host: str | None) -> None:
    """Print a bearer token, once, alone on the last line."""
    refused: Refusal | None = None
    for city in _chosen(host):
        try:
            click.echo(create_token(city, email=email, now=datetime.now(BRUSSELS)))
        except Refusal as refusal:
            refused = refusal
        else:
            return
    raise click.ClickException(str(refused))


@command.group()
def account() -> None:
    """Let people in."""


@account.command("invite")
@click.argument("email")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(PEOPLE))
@click.option("--organisation", required=True, help="Its name; a new name makes it.")
@click.option("--name", help="The person's own name; without it the address shows.")
@city_option
def account_invite(
    email: str, roles: tuple[str, ...], organisation: str, name: str | None, host: str | None
) -> None:
    """Make an account and print the link with which its owner chooses a password."""
    cities = _chosen(host)
    if len(cities) != 1:
        raise click.UsageError("Say in which city, with --city HOST.")
    try:
        made = invite(
            cities[0],
            email=email,
            name=name or email,
            roles=[Role(role) for role in roles],
            organisation=organisation,
            key=_settings().secret_key,
        )
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(made)


@command.command()
@click.option("--last", default=20, show_default=True, type=click.IntRange(1, 10000))
@city_option
def events(last: int, host: str | None) -> None:
    """Print what happened last, newest at the bottom: ids, days and cents."""
    for city in _chosen(host):
        for event in last_events(city, count=last):
            click.echo(json.dumps(event, ensure_ascii=False))


@command.group()
def jobs() -> None:
    """See and run what the clock does."""


@jobs.command("list")
def jobs_list() -> None:
    """Say what the clock does, and when."""
    for job in JOBS:
        when = f"elke {job.every} s" if job.every else f"elke dag vanaf {job.daily:%H:%M}"
        click.echo(f"{job.name:20} {when:22} {job.what}")


@jobs.command("run")
@click.argument("name", type=click.Choice([job.name for job in JOBS]))
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="As if it were this day.")
@city_option
def jobs_run(name: str, day: datetime | None, host: str | None) -> None:
    """Run one job now."""
    job = next(job for job in JOBS if job.name == name)
    for city in _chosen(host):
        now = (
            datetime.combine(date(day.year, day.month, day.day), job.daily or day.time(), BRUSSELS)
            if day
            else None
        )
        click.echo(f"{city.host}: {job.run(city, now)}")


@command.group("import")
def take_in() -> None:
    """Take in what another register knows."""


@take_in.command("locations")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "map_file", required=True, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.option("--on-error", type=click.Choice(["none", "skip"]), default="none", show_default=True)
@city_option
def take_in_locations(
    file: Path, map_file: Path, on_error: str, host: str | None, *, dry_run: bool
) -> None:
    """Take in providers' locations from a CSV file, by a mapping file (docs/importing.md)."""
    try:
        cities = _chosen(host)
        found = _read(file, read_mapping(map_file))
        _tell(file_report(file, found))
        if found.faults and on_error == "none":
            raise click.ClickException(
                "Er is niets ingelezen. Verbeter de foute regels, of laat ze weg met "
                "--on-error skip: ze komen dan in een eigen bestand."
            )
        if found.faults and not dry_run:
            click.echo(f"De foute regels staan in {write_rejects(file, found)}.")
        for city in cities:
            with unit_of_work(city, CLOCK, writes=not dry_run) as uow:
                deed = plan_locations if dry_run else import_locations
                plan = deed(uow, places=found.places)
            _tell(city_report(city.host, plan, dry_run=dry_run))
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from None


def _read(file: Path, mapping: Mapping) -> SortedRows:
    """Read a file, with progress on the screen where it takes longer than a breath."""
    size = size_of(file)
    if size < 5 * MEGABYTE:
        return sort_rows(file, mapping)
    with click.progressbar(length=size, label="Lezen", file=sys.stderr) as bar:
        return sort_rows(file, mapping, bar.update)


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


@command.command()
@city_option
def check(host: str | None) -> None:
    """Ask every invariant of the database; exit with 1 when one does not hold."""
    failed = False
    try:
        for city in _chosen(host):
            with city.database.transaction(writes=False) as session:
                done = kernel.checking.run_checks(session, CHECKS, now=datetime.now(BRUSSELS))
            for each in done:
                said = "ok    " if each.holds else "FAILED"
                about = each.check
                click.echo(f"{city.host}  {said}  {each.count:6}  {about.name:28} {about.sentence}")
                failed |= not each.holds
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from None
    sys.exit(int(failed))
