"""What is said of a field that cannot be read, wherever a schema does not say it better."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

_SAID: Mapping[type[fields.Field[Any]], Mapping[str, str]] = {
    fields.Field: {
        "required": "Vul dit in.",
        "null": "Vul dit in.",
        "validator_failed": "Dit kan niet juist zijn. Kijk het na.",
    },
    fields.String: {
        "invalid": "Schrijf hier een tekst.",
        "invalid_utf8": "Hier staat een teken dat we niet kunnen bewaren. Typ het opnieuw.",
    },
    fields.UUID: {"invalid_uuid": "Kies er een uit de lijst."},
    fields.Integer: {
        "invalid": "Vul een geheel getal in.",
        "too_large": "Dit getal is te groot. Kijk het na.",
    },
    fields.Boolean: {"invalid": "Kies ja of nee."},
    fields.Date: {"invalid": "Schrijf de dag zoals 2027-01-18."},
    fields.Enum: {"unknown": "Kies een van de mogelijkheden."},
    fields.List: {"invalid": "Geef hier een lijst."},
    fields.Nested: {"type": "Dit kunnen we niet lezen. Kijk het na."},
}


def speak_dutch() -> None:
    """Let marshmallow speak Dutch: in every schema that is made from now on."""
    for kind, said in _SAID.items():
        kind.default_error_messages = {**kind.default_error_messages, **said}
    Schema.error_messages = {
        "unknown": "Dit veld kennen we hier niet. Laat het weg.",
        "type": "Dit kunnen we niet lezen. Kijk het na.",
    }
