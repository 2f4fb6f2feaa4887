"""What may stand in a mapping file, with a sentence for each mistake."""

import re
from datetime import date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

SAID: dict[str, Any] = {
    "required": "dit ontbreekt.",
    "null": "dit ontbreekt.",
    "unknown": "dit kennen we niet.",
    "type": "hier hoort een tabel.",
    "invalid": "dit is geen tekst.",
    "invalid_utf8": "dit is geen tekst.",
}
_FLAG: dict[str, Any] = {"invalid": "schrijf true of false."}


class Strict(Schema):
    """A table in which a word that we do not know is a mistake, not something to pass over."""

    error_messages = SAID


def text(**more: Any) -> fields.String:
    """Give a field for a text that is not empty."""
    return fields.String(error_messages=SAID, validate=validate.Length(1, error="leeg."), **more)


def one_of(*choices: str) -> validate.OneOf:
    """Give the check for one of a few words."""
    return validate.OneOf(choices, error=f"kies {' of '.join(repr(choice) for choice in choices)}.")


def flag(*, default: bool) -> fields.Boolean:
    """Give a field for true or false."""
    return fields.Boolean(load_default=default, error_messages=_FLAG)


class Text(fields.String):
    """A text as TOML may write it: `8`, `8.5` and `2016-01-01` are texts too."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float | date):
            raise ValidationError("schrijf een tekst, een getal of een datum.")
        return str(value)


class Pattern(fields.Field[re.Pattern[str]]):
    """A regular expression that the whole cell must fit."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> re.Pattern[str]:
        try:
            return re.compile(value)
        except (re.error, TypeError, OverflowError, RecursionError) as error:
            raise ValidationError(f"dit is geen patroon (reguliere expressie): {error}.") from error


def check_date_format(value: str) -> None:
    """Refuse a format by which a date could not be read back."""
    day = date(2016, 12, 31)
    try:
        fits = datetime.strptime(day.strftime(value), value).date() == day  # noqa: DTZ007 — a day
    except (ValueError, re.error):
        fits = False
    if not fits:
        raise ValidationError("schrijf een datum met %d, %m en %Y (of %y), zoals '%d/%m/%Y'.")


def date_format() -> fields.String:
    """Give a field for how a day is written, as strptime takes it."""
    return fields.String(load_default="%Y-%m-%d", validate=check_date_format, error_messages=SAID)


def texts() -> fields.Dict:
    """Give a field for a table of texts and what they become."""
    said: dict[str, Any] = {"invalid": "schrijf {{ 'dit' = 'dat' }}."}
    return fields.Dict(text(), Text(), load_default=dict, error_messages=said)
