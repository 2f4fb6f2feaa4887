"""Words that people type: kept as they meant them, refused with a sentence where they cannot be."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from kernel.national_number import SENTENCE, holds_national_number

# Joiners (U+200C, U+200D) and direction marks belong in real names; other invisible signs do not.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Line(fields.String):
    """One line of text, NFC, without the spaces around it.

    Takes `at_most` in characters. Refuses control signs, a text that is too long and, unless
    `national_number` is allowed, one that holds a national number.
    """

    def __init__(self, *, at_most: int, **kwargs: Any) -> None:
        """Take the longest length in characters, and marshmallow's own choices."""
        super().__init__(**kwargs)
        self.at_most = at_most

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        text = unicodedata.normalize("NFC", str(text)).strip()
        if self.required and not text:
            raise ValidationError("Vul dit in.")
        if _CONTROL.search(text):
            raise ValidationError(
                "Hier staat een teken dat we niet kunnen bewaren. Typ het opnieuw."
            )
        if len(text) > self.at_most:
            raise ValidationError(f"Dit is te lang: schrijf hoogstens {self.at_most} tekens.")
        if holds_national_number(text):
            raise ValidationError(SENTENCE)
        return text or None


class Phone(Line):
    """A phone number as people write it: digits, spaces, and a plus in front."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text is not None and not re.fullmatch(r"\+?[0-9][0-9 ./()\-]{5,24}", text):
            raise ValidationError(
                "Dit is geen telefoonnummer. Schrijf het zoals 0470 12 34 56 of +32 470 12 34 56."
            )
        return text
