"""What a program sends is JSON, or it is told so: nothing is taken for an empty request."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from flask import Request
from marshmallow import Schema, ValidationError, fields
from webargs.core import is_json
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

_LITERAL: Mapping[type[fields.Field[Any]], tuple[type, str]] = {
    fields.Integer: (int, "Stuur een geheel getal, zonder aanhalingstekens."),
    fields.Boolean: (bool, "Stuur true of false, zonder aanhalingstekens."),
}


class JsonReader(FlaskParser):
    """Reads a body by its schema.

    Refuses another content type with 415, what is no JSON with 400, and a number or a yes-or-no
    that is written as text: a form can only send text, a program knows better.
    """

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Give what the body says."""
        if not is_json(req.mimetype):
            raise UnsupportedMediaType
        try:
            told = json.loads(req.get_data(cache=True), parse_constant=_refuse)
        except ValueError as error:  # also a number of thousands of digits
            raise BadRequest from error
        if wrong := _written_as_text(schema, told):
            raise ValidationError(wrong)
        return told


READER = JsonReader()


def _refuse(name: str) -> NoReturn:
    """NaN and Infinity are no JSON."""
    raise ValueError(name)


def _written_as_text(schema: Schema, told: Any) -> dict[str, Any]:
    """Give the fields that hold another kind of value than JSON has for them."""
    wrong: dict[str, Any] = {}
    for name, field in schema.fields.items():
        key = field.data_key or name
        value = told.get(key) if isinstance(told, dict) else None
        if value is None:
            continue
        if isinstance(field, fields.Nested):
            inner = _written_as_text(field.schema, value)
            wrong |= {key: inner} if inner else {}
        for kind, (literal, sentence) in _LITERAL.items():
            if isinstance(field, kind) and not _is_literal(value, literal):
                wrong[key] = [sentence]
    return wrong


def _is_literal(value: Any, literal: type) -> bool:
    """JSON's 3.0 is the whole number 3; Python's True is no number here."""
    whole = literal is int and isinstance(value, float) and value.is_integer()
    return type(value) is literal or whole
