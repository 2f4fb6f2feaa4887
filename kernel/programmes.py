"""A city switches a programme on or off; what belongs to one that is off is not there."""

from collections.abc import Collection, Mapping

from kernel.cities import City
from kernel.errors import NotFound

VOUCHERS, OCCASIONEEL = "vouchers", "occasioneel"


class ProgrammeOff(NotFound):
    """The city does not use this programme."""

    code = "programme-off"
    sentence = "Jouw stad gebruikt dit onderdeel niet. Vraag het aan de regie van je stad."


def check_programme(city: City, room: str | None, *, rooms: Mapping[str, Collection[str]]) -> None:
    """Refuse a room of a programme that the city has switched off.

    `rooms` names for each programme the rooms that are there for it alone.
    """
    for programme, its_rooms in rooms.items():
        if room in its_rooms and programme not in city.programmes:
            raise ProgrammeOff
