"""Words that people type: kept as they meant them, refused with a sentence where they cannot be."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from kernel.national_number import SENTENCE, holds_national_number

# Joiners (U+200C, U+200D) and direction marks belong in real names; other invisible signs do not.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# The same for the API's document; its regular expressions know no halves of a pair.
_BLANK = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # by `strip`
_AROUND = f"[{_BLANK}]*"
_KEPT, _SEEN = (rf"[^\x00-\x1f\x7f-\x9f\ufffe\uffff{more}]" for more in ("", _BLANK))

_COMPOSED = 8  # signs at most become one; more is too long, and slow to compose
_EMAIL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
_PHONE = r"\+?[0-9][0-9 ./()\-]{5,24}"


class Line(fields.String):
    """One line of text, NFC, without the spaces around it.

    Takes `at_most` in characters. Refuses control signs, a text that is too long and
    one that holds a national number.
    """

    def __init__(self, *, at_most: int, **kwargs: Any) -> None:
        """Take the longest length in characters, and marshmallow's own choices."""
        filled = f"{_SEEN}({_KEPT}{{0,{at_most - 2}}}{_SEEN})?"
        told = {"pattern": _whole(filled if kwargs.get("required") else f"({filled})?")}
        super().__init__(metadata=told | kwargs.pop("metadata", {}), **kwargs)
        self.at_most = at_most

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        text = str(text).strip()
        if len(text) <= _COMPOSED * self.at_most:
            text = unicodedata.normalize("NFC", text)
        if self.required and not text:
            raise ValidationError("Vul dit in.")
        if _CONTROL.search(text):
            raise ValidationError(
                "Hier staat een teken dat we niet kunnen bewaren. Typ het opnieuw."
            )
        if len(text) > self.at_most:
            raise ValidationError(f"Dit is te lang: schrijf hoogstens {self.at_most} tekens.")
        if self._may_hold_national_number(text) and holds_national_number(text):
            raise ValidationError(SENTENCE)
        return text or None

    def _may_hold_national_number(self, _text: str) -> bool:
        return True


class Phone(Line):
    """A phone number as people write it: digits, spaces, and a plus in front."""

    def __init__(self, **kwargs: Any) -> None:
        """Take what a line takes."""
        super().__init__(metadata={"pattern": _whole(f"({_PHONE})?")}, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text is not None and not re.fullmatch(_PHONE, text):
            raise ValidationError(
                "Dit is geen telefoonnummer. Schrijf het zoals 0470 12 34 56 of +32 470 12 34 56."
            )
        return text

    def _may_hold_national_number(self, text: str) -> bool:
        """A plus starts a phone number: +32 47… would pass for a bis number now and then."""
        return not text.startswith("+")


class EmailAddress(Line):
    """An address for mail, in lower case: the same person however it was typed."""

    def __init__(self, **kwargs: Any) -> None:
        """Take what a line takes; at most 254 signs (RFC 5321)."""
        super().__init__(at_most=254, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text is not None and not re.fullmatch(_EMAIL, text):
            raise ValidationError("Dit is geen e-mailadres. Schrijf het zoals naam@voorbeeld.be.")
        return text.lower() if text else text

    def _may_hold_national_number(self, _text: str) -> bool:
        return False


def _whole(pattern: str) -> str:
    return f"^{_AROUND}{pattern}{_AROUND}$"


def sought(text: str, *, at_most: int) -> str:
    """Give what somebody looks for as it may be stored: NFC, no sign that is never kept.

    Takes the text as it came and the longest length in characters; what is more is left out.
    """
    composed = unicodedata.normalize("NFC", text[: _COMPOSED * at_most])
    return _CONTROL.sub("", composed).strip()[:at_most]
