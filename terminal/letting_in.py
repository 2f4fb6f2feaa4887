"""Let people and programs in."""

from datetime import UTC, datetime

import click

from kernel.access import CLOCK, Role
from kernel.errors import Refusal
from kernel.inviting import invite
from kernel.second_factor import reset_second_factor_at
from kernel.tokens import create_token
from kernel.unit_of_work import unit_of_work
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


@account.command("reset-factor")
@click.argument("email")
@city_option
def reset_factor(email: str, host: str | None) -> None:
    """Take away the second step of somebody who lost a phone, and end their sessions."""
    refused: Refusal | None = None
    for city in chosen(host):  # the one city that knows the address
        try:
            with unit_of_work(city, CLOCK, writes=True) as uow:
                reset_second_factor_at(uow, email=email)
        except Refusal as refusal:
            refused = refusal
        else:
            click.echo(f"{city.host}: the second step is gone; the next sign-in asks for a new one")
            return
    raise refused or click.UsageError("There is no city.")
