"""The booklet's sentences in each language: a file each, that a person can read and confirm."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_DUTCH = "nl"
_ISOLATE, _END = "\u2068", "\u2069"


@dataclass(frozen=True, kw_only=True)
class Language:
    """A language of the booklet; `reviewed` is False until a person confirmed its sentences."""

    code: str
    own_name: str
    dutch_name: str
    direction: str
    font: str
    reviewed: bool


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """The sentences of one language."""

    language: Language
    months: tuple[str, ...]
    sections: Mapping[str, Mapping[str, Any]]

    def day(self, day: date) -> str:
        """Give a date as people say it: Western digits, the month as a word."""
        return f"{day.day} {self.months[day.month - 1]} {day.year}"

    def fill(self, sentence: str, **values: str) -> str:
        """Put values into a sentence; phone numbers and addresses keep their own direction."""
        if self.language.direction == "rtl":
            values = {key: f"{_ISOLATE}{text}{_END}" for key, text in values.items()}
        return sentence.format(**values)


def languages() -> tuple[Language, ...]:
    """Give the languages a booklet can be printed in: Dutch, then the others by Dutch name."""
    known = [phrases(file.stem).language for file in _HERE.glob("*.toml")]
    return tuple(sorted(known, key=lambda one: (one.code != _DUTCH, one.dutch_name)))


@cache
def phrases(code: str) -> Phrases:
    """Give the sentences of one language; refuses, with ValueError, a language without a file."""
    file = _HERE / f"{code}.toml"
    if file not in _HERE.glob("*.toml"):
        raise ValueError(f"the booklet has no sentences in language {code!r}")
    text = tomllib.loads(file.read_text("utf-8"))
    return Phrases(
        language=Language(
            code=code,
            own_name=text["own_name"],
            dutch_name=text["dutch_name"],
            direction=text["direction"],
            font=text["font"],
            reviewed=text["reviewed"],
        ),
        months=tuple(text["months"]),
        sections={key: part for key, part in text.items() if isinstance(part, dict)},
    )
