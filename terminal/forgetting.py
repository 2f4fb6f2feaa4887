"""Forget what was kept long enough, and remove again whom a restored backup still knew."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click

from jobs.schedule import FAMILY_FILES, KEPT_OF_PEOPLE
from kernel.access import Actor, Role
from kernel.forgetting import foresee
from kernel.forgetting import forget as forget_now
from kernel.removing import remove_again, removed_families
from kernel.unit_of_work import unit_of_work
from terminal.chosen import chosen, city_option

_LOOKER = Actor(
    account_id=UUID(int=0), organisation_id=UUID(int=0), roles=frozenset({Role.ADMINISTRATOR})
)


@click.command()
@click.option("--dry-run", is_flag=True, help="Say how much would go tonight; forget nothing.")
@city_option
def forget(host: str | None, *, dry_run: bool) -> None:
    """Forget what was kept long enough, as the clock does every night."""
    for city in chosen(host):
        if not dry_run:
            click.echo(f"{city.host}: {forget_now(city, KEPT_OF_PEOPLE)}")
            continue
        with unit_of_work(city, _LOOKER, writes=False, now=datetime.now(UTC)) as uow:
            for each in foresee(uow, register=KEPT_OF_PEOPLE):
                told = f"vannacht {each.tonight:6}, in de 30 dagen daarna {each.soon:6}"
                click.echo(f"{city.host}  {each.kept.name:24} {told}")


@click.group()
def families() -> None:
    """Families that asked to be removed."""


@families.command()
@city_option
def removed(host: str | None) -> None:
    """Print which families were removed, and when: ids only. Keep it beside the backups."""
    for city in chosen(host):
        for family_id, at in removed_families(city):
            click.echo(f"{family_id} {at:%Y-%m-%d}")


@families.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@city_option
def remove(file: Path, host: str | None) -> None:
    """Remove again, after a restore, the families that `families removed` printed into FILE."""
    lines = file.read_text().splitlines()
    try:
        ids = [UUID(line.split()[0]) for line in lines if line.strip()]
    except ValueError as error:
        raise click.ClickException(
            "Dit is geen lijst van `opstap families removed`: elke regel begint met een id."
        ) from error
    for city in chosen(host):
        click.echo(f"{city.host}: {remove_again(city, ids, FAMILY_FILES)}")
