"""Look after the house: what happened, what happens by itself, what does not hold."""

import json
import sys
from datetime import UTC, datetime

import click

import kernel.checking
import occasioneel.checking
import vouchers.checking
from jobs.schedule import JOBS, Job
from kernel.calendar import BRUSSELS
from kernel.checking import Check
from kernel.cities import City
from kernel.event_log import last_events
from kernel.programmes import OCCASIONEEL, VOUCHERS
from terminal.chosen import chosen, city_option

OF_PROGRAMME = {VOUCHERS: vouchers.checking.CHECKS, OCCASIONEEL: occasioneel.checking.CHECKS}
CHECKS = (*kernel.checking.CHECKS, *(each for some in OF_PROGRAMME.values() for each in some))


@click.command()
@click.option("--last", default=20, show_default=True, type=click.IntRange(1, 10000))
@city_option
def events(last: int, host: str | None) -> None:
    """Print what happened last, newest at the bottom: ids, days and cents."""
    for city in chosen(host):
        for event in last_events(city, count=last):
            click.echo(json.dumps(event, ensure_ascii=False))


@click.group()
def jobs() -> None:
    """See and run what the clock does."""


@jobs.command("list")
def list_jobs() -> None:
    """Say what the clock does, and when."""
    for job in JOBS:
        when = f"elke {job.every} s" if job.every else f"elke dag vanaf {job.daily:%H:%M}"
        click.echo(f"{job.name:20} {when:22} {job.what}")


@jobs.command("run")
@click.argument("name", type=click.Choice([job.name for job in JOBS]))
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="As if it were this day.")
@city_option
def run(name: str, day: datetime | None, host: str | None) -> None:
    """Run one job now."""
    job = next(job for job in JOBS if job.name == name)
    for city in chosen(host):
        if job.programme is None or job.programme in city.programmes:
            click.echo(f"{city.host}: {job.run(city, _moment(job, day))}")
        else:
            click.echo(f"{city.host}: dit onderdeel staat hier uit")


@click.command()
@city_option
def check(host: str | None) -> None:
    """Ask every invariant of the database; exit with 1 when one does not hold."""
    failed = False
    for city in chosen(host):
        with city.database.transaction(writes=False) as session:
            done = kernel.checking.run_checks(session, checks_of(city), now=datetime.now(UTC))
        for each in done:
            said = "ok    " if each.holds else "FAILED"
            about = each.check
            click.echo(f"{city.host}  {said}  {each.count:6}  {about.name:28} {about.sentence}")
            failed |= not each.holds
    sys.exit(int(failed))


def checks_of(city: City) -> tuple[Check, ...]:
    """Give what must hold in a city: of the house itself, and of the programmes that it uses."""
    used = (OF_PROGRAMME[name] for name in OF_PROGRAMME if name in city.programmes)
    return (*kernel.checking.CHECKS, *(each for checks in used for each in checks))


def _moment(job: Job, day: datetime | None) -> datetime | None:
    """Give the job's hour on a day, in Brussels; none means now."""
    return day and datetime.combine(day.date(), job.daily or day.time(), BRUSSELS)
