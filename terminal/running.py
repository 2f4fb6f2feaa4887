"""Start the house: its databases, its web server, its clock, its demo."""

import os
import sys
from pathlib import Path

import click

import app
from demo.seeding import seed_demo
from jobs.clock import Clock
from jobs.dispatch import dispatch_events
from terminal.chosen import chosen, city_option, settings

WORKER = "web.prompt.PromptWorker"


@click.command()
def serve() -> None:
    """Answer people and programs over HTTP."""
    port = settings().port
    workers = os.environ.get("WEB_CONCURRENCY", "2")
    server = str(Path(sys.executable).with_name("gunicorn"))
    how = f"--bind 0.0.0.0:{port} --workers {workers} --worker-class {WORKER} --threads 8"
    told = [server, "app:wsgi()", *how.split(), "--log-level", "warning"]
    os.execv(server, told)  # noqa: S606 — the server takes this process's place


@click.command()
def clock() -> None:
    """Do by itself what the schedule says."""
    Clock(settings().cities).run()


@click.command()
@city_option
def migrate(host: str | None) -> None:
    """Bring every city's database to the newest shape."""
    for city in chosen(host):
        app.migrate(city)


@click.group()
def seed() -> None:
    """Fill a city with something to look at."""


@seed.command("demo")
@city_option
def demo(host: str | None) -> None:
    """Fill empty cities with the demo."""
    for city in chosen(host):
        click.echo(seed_demo(city, dispatch=dispatch_events))
