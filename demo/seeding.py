"""Fills an empty city with the demo."""

from kernel.cities import City


def seed_demo(city: City) -> str:
    """Fill a city that has no account yet; gives what was done in a sentence."""
    return f"{city.host}: niets gedaan"
