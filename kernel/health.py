"""Whether a city's database answers."""

from sqlalchemy import text

from kernel.cities import City
from kernel.errors import Unavailable


def is_up(city: City) -> bool:
    """Say whether the city's database answers a question now."""
    try:
        with city.database.transaction(writes=False) as session:
            session.execute(text("SELECT 1"))
    except Unavailable:
        return False
    return True
