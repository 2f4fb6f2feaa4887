"""A city switches a programme on or off; what belongs to one that is off is not there."""

from collections.abc import Collection

from kernel.cities import City
from kernel.errors import NotFound

VOUCHERS, OCCASIONEEL = "vouchers", "occasioneel"


class ProgrammeOff(NotFound):
    """The city does not use this programme."""

    code = "programme-off"
    sentence = "Jouw stad gebruikt dit onderdeel niet. Vraag het aan de regie van je stad."


def check_programme(city: City, room: str | None, *, of_vouchers: Collection[str]) -> None:
    """Refuse a room of the cheque programme in a city that has it switched off."""
    if room in of_vouchers and VOUCHERS not in city.programmes:
        raise ProgrammeOff
