"""A national number never gets in, not even by mistake."""

import re

from stdnum.be import bis, nn

_PHONE = re.compile(r"(?:\+|(?<!\d)00?)(?:[ .\-/()]*\d){8,}(?!\d)")
_ELEVEN_DIGITS = re.compile(r"(?<!\d)\d(?:[ .\-/]?\d){10}(?!\d)")

SENTENCE = (
    "Dit lijkt op een rijksregisternummer. Dat bewaren we niet. "
    "Kies een eigen kenmerk, zonder naam en zonder rijksregisternummer."
)


def holds_national_number(text: str) -> bool:
    """Say whether a text holds a Belgian national or bis number, written with or without signs."""
    return any(
        nn.is_valid(digits) or bis.is_valid(digits)
        for digits in (re.sub(r"\D", "", found) for found in _ELEVEN_DIGITS.findall(text))
    )


def holds_phone_number(text: str) -> bool:
    """Say whether a text holds a phone number: nine digits or more after 0, 00 or a plus."""
    return _PHONE.search(text) is not None
