"""Let people and programs in."""

from datetime import UTC, datetime

import click

from kernel.access import Role
from kernel.errors import Refusal
from kernel.inviting import invite
from kernel.signing_in import create_token
from terminal.chosen import chosen, city_option, settings

PEOPLE = [str(role) for role in Role if role not in {Role.CLOCK, Role.FAMILY}]


@click.group()
def token() -> None:
    """Let programs in."""


@token.command("create")
@click.option("--account", "email", required=True, help="The account's e-mail address.")
@city_option
def create(email: str, host: str | None) -> None:
    """Print a bearer token, once, alone on the last line."""
    refused: Refusal | None = None
    for city in chosen(host):  # the one city that knows the address
        try:
            click.echo(create_token(city, email=email, now=datetime.now(UTC)))
        except Refusal as refusal:
            refused = refusal
        else:
            return
    raise refused or click.UsageError("There is no city.")


@click.group()
def account() -> None:
    """Let people in."""


@account.command("invite")
@click.argument("email")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(PEOPLE))
@click.option("--organisation", required=True, help="Its name; a new name makes it.")
@click.option("--name", help="The person's own name; without it the address shows.")
@city_option
def invite_somebody(
    email: str, roles: tuple[str, ...], organisation: str, name: str | None, host: str | None
) -> None:
    """Make an account and print the link with which its owner chooses a password."""
    cities = chosen(host)
    if len(cities) != 1:
        raise click.UsageError("Say in which city, with --city HOST.")
    link = invite(
        cities[0],
        email=email,
        name=name or email,
        roles=[Role(role) for role in roles],
        organisation=organisation,
        key=settings().secret_key,
    )
    click.echo(link)
