"""The words that letters share: a greeting, days as a sentence says them, who writes."""

from datetime import date

from kernel.cities import City

_MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)


def letter_text(city: City, *paragraphs: str) -> str:
    """Give a letter's body: a greeting, these paragraphs, and who writes."""
    return "\n\n".join(["Hallo,", *paragraphs, f"Opstap {city.name}"]) + "\n"


def day_in_words(day: date, today: date) -> str:
    """Give a day as a sentence says it: "op 7 september", with its year where it is another."""
    year = "" if day.year == today.year else f" {day.year}"
    return f"op {day.day} {_MONTHS[day.month - 1]}{year}"
