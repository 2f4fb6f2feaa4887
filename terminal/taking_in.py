"""Take in what another register knows."""

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from kernel.access import CLOCK
from kernel.importing.lines import size_of
from kernel.importing.locations import import_locations
from kernel.importing.mapping import Mapping
from kernel.importing.mapping_file import read_mapping
from kernel.importing.planning import plan_locations
from kernel.importing.rejects import write_rejects
from kernel.importing.report import city_report, file_report
from kernel.importing.sorting import SortedRows, sort_rows
from kernel.unit_of_work import unit_of_work
from terminal.chosen import chosen, city_option

_LONG = 5 * 1024 * 1024  # bytes: reading more than this shows its progress


@click.group("import")
def take_in() -> None:
    """Take in what another register knows."""


@take_in.command("locations")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "map_file", required=True, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.option("--on-error", type=click.Choice(["none", "skip"]), default="none", show_default=True)
@city_option
def locations(
    file: Path, map_file: Path, on_error: str, host: str | None, *, dry_run: bool
) -> None:
    """Take in providers' locations from a CSV file, by a mapping file (docs/importing.md)."""
    cities = chosen(host)
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


def _read(file: Path, mapping: Mapping) -> SortedRows:
    """Read a file, with progress on the screen where it takes longer than a breath."""
    size = size_of(file)
    if size < _LONG:
        return sort_rows(file, mapping)
    with click.progressbar(length=size, label="Lezen", file=sys.stderr) as bar:
        return sort_rows(file, mapping, bar.update)


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
