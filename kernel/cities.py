"""The cities that this installation serves, each with its own database, found by host name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kernel.colours import Theme
from kernel.database import Database
from kernel.errors import NotFound
from kernel.mail import ConsolePost, Post, is_sender

PROGRAMMES = frozenset({"vouchers", "occasioneel"})


@dataclass(frozen=True, kw_only=True)
class City:
    """A controller of its own data: nothing of one city can reach another."""

    host: str
    base_url: str
    database: Database
    programmes: frozenset[str]
    name: str = "jouw stad"
    desk_phone: str = ""
    desk_address: str = ""
    desk_hours: str = ""
    privacy_contact: str = ""
    nis: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("nl", "ar")
    theme: Theme = field(default_factory=Theme)
    mail_from: str = "Opstap <opstap@localhost>"
    post: Post = field(default_factory=ConsolePost, repr=False)
    secret_key: str = field(default="", repr=False)  # the installation's, for what follows from it

    def faults(self) -> list[str]:
        """Name what is wrong in this city's settings, for whoever starts the house."""
        faults = [f"{self.host}: {fault}" for fault in self.theme.faults()]
        if unknown := self.programmes - PROGRAMMES:
            faults.append(f"{self.host}: no such programme: {', '.join(sorted(unknown))}")
        if not self.base_url.startswith(("http://", "https://")):
            faults.append(f"{self.host}: base_url must start with http:// or https://")
        if not is_sender(self.mail_from):
            faults.append(f'{self.host}: mail_from must be like "Opstap <opstap@stad.example>"')
        return faults


class UnknownCity(NotFound):
    """No city of this installation answers on that host."""

    code = "unknown-city"
    sentence = "Op dit adres is geen stad te vinden. Kijk het adres na op je boekje of uitnodiging."


class Cities:
    """Every city of this installation; one city alone answers on any host."""

    def __init__(self, cities: Iterable[City], *, any_host: bool = False) -> None:
        """Take the cities; `any_host` lets the one city answer whatever name it is called by."""
        self._by_host: Mapping[str, City] = {city.host: city for city in cities}
        self._only = next(iter(self._by_host.values())) if any_host else None

    def __iter__(self) -> Iterator[City]:
        """Go through the cities in the order of the settings."""
        return iter(self._by_host.values())

    def by_host(self, host: str) -> City:
        """Give the city that answers on `host` (a port is ignored); refuse an unknown one."""
        if self._only is not None:
            return self._only
        city = self._by_host.get(host.rsplit(":", 1)[0].lower().rstrip("."))
        if city is None:
            raise UnknownCity
        return city
