"""See what the house gave up, and let it try again."""

import json
from datetime import UTC, datetime

import click

from kernel.parked import parked_deliveries, try_parked_again
from terminal.chosen import chosen, city_option


@click.command()
@click.option("--again", is_flag=True, help="Try all of it again, now that the cause is gone.")
@city_option
def parked(host: str | None, *, again: bool) -> None:
    """Print what was given up after too many tries, such as a letter: ids, never a name."""
    for city in chosen(host):
        for each in parked_deliveries(city):
            click.echo(json.dumps(each, ensure_ascii=False))
        if again:
            count = try_parked_again(city, now=datetime.now(UTC))
            click.echo(f"{city.host}: {count} wordt opnieuw geprobeerd.")
