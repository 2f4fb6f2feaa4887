"""Six digits that somebody reads off a mail or an app, however they type them."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

SAID = "Typ de zes cijfers."


def six_digits(typed: str) -> str:
    """Give the six digits that were typed, without the spaces that apps put between them.

    '' where it is anything else: that was no try.
    """
    digits = re.sub(r"[\s.\-]", "", typed[:40])
    return digits if re.fullmatch(r"[0-9]{6}", digits) else ""


class SixDigits(fields.String):
    """A field for such a code."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        digits = six_digits(str(super()._deserialize(value, attr, data, **kwargs)))
        if not digits:
            raise ValidationError(SAID)
        return digits
