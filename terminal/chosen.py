"""Which cities a command means, and how it says that something cannot be."""

from typing import Any

import click

from kernel.cities import City
from kernel.errors import Refusal
from kernel.logs import configure_logs
from kernel.settings import Settings, WrongSettings, read_settings

city_option = click.option("--city", "host", help="Only this city, by its host name.")


class Plainly(click.Group):
    """Says a refusal, or what is wrong with the settings, as a sentence; never as a traceback."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command that was asked for."""
        configure_logs()
        try:
            return super().invoke(context)
        except Refusal as refusal:
            raise click.ClickException(str(refusal)) from None
        except WrongSettings as wrong:
            raise click.ClickException(f"Opstap cannot start:\n{wrong}") from None


def settings() -> Settings:
    """Give the settings of this installation, read anew."""
    return read_settings()


def chosen(host: str | None) -> list[City]:
    """Give the cities that a command means, and close their databases when it is done."""
    cities = settings().cities
    found = list(cities) if host is None else [cities.by_host(host)]
    for city in found:
        click.get_current_context().call_on_close(city.database.dispose)
    return found
