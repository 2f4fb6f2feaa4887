"""A mapping says how another register's columns become a place; every mistake in it is named."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from kernel.errors import Invalid
from kernel.importing.faults import WrongMapping

MOST_MAPPING_BYTES = 1024 * 1024
FIELDS = {
    "name": "naam",
    "kind": "soort opvang",
    "organisation": "organisator",
    "address": "adres",
    "postcode": "postcode",
    "municipality": "gemeente",
    "phone": "telefoon",
    "latitude": "breedtegraad",
    "longitude": "lengtegraad",
    "licensed_places": "capaciteit",
    "valid_from": "begindatum",
}
NEEDED = ("name", "kind", "organisation")


@dataclass(frozen=True, kw_only=True)
class ColumnRule:
    """How one thing is read: from the first filled column, changed, checked, or by default."""

    columns: tuple[str, ...] = ()
    default: str | None = None
    required: bool = False
    strip: bool = True
    change: dict[str, str]
    replace: dict[str, str]
    pattern: re.Pattern[str] | None = None
    cuts: bool = False
    date: str = "%Y-%m-%d"


@dataclass(frozen=True, kw_only=True)
class KeyRule:
    """What makes a place one place, and which of its rows counts."""

    rule: ColumnRule
    counts: str
    by: str | None
    date: str


@dataclass(frozen=True, kw_only=True)
class SkipRule:
    """Rows that are not ours: left out before anything else is asked of them, and counted."""

    column: str
    values: frozenset[str]
    why: str


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """Everything that is needed to read one register's file."""

    key: KeyRule
    fields: dict[str, ColumnRule]
    skip: tuple[SkipRule, ...] = ()
    delimiter: str | None = None
    encoding: str | None = None

    @property
    def columns(self) -> list[str]:
        """Every column that the mapping needs in the header."""
        by = [self.key.by] if self.key.by else []
        rules = [self.key.rule, *self.fields.values()]
        named = [column for rule in rules for column in rule.columns]
        return list(dict.fromkeys([*named, *by, *(skip.column for skip in self.skip)]))


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file (TOML); refuse with every mistake on its own line."""
    try:
        if path.stat().st_size > MOST_MAPPING_BYTES:
            raise WrongMapping(f"{path.name} is te groot voor een mappingbestand.")
        written = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise WrongMapping(f"{path.name} kunnen we niet openen: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise WrongMapping(f"{path.name} is geen UTF-8. Bewaar het als UTF-8.") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise WrongMapping(f"{path.name} is geen geldige TOML: {error}.") from error
    try:
        mapping: Mapping = MappingFile().load(written)
    except ValidationError as error:
        found = Invalid.of_messages(error.messages).fields
        said = [f"  {name}: {' '.join(messages)}" for name, messages in found.items()]
        raise WrongMapping("\n".join([f"{path.name} klopt niet:", *said]), fields=found) from error
    return mapping


_SAID = {
    "required": "dit ontbreekt.",
    "null": "dit ontbreekt.",
    "unknown": "dit kennen we niet.",
    "type": "hier hoort een tabel.",
    "invalid": "dit is geen tekst.",
    "invalid_utf8": "dit is geen tekst.",
}
_FLAG = {"invalid": "schrijf true of false."}


class _Strict(Schema):
    error_messages = _SAID


def _text(**more: Any) -> fields.String:
    return fields.String(error_messages=_SAID, validate=validate.Length(1, error="leeg."), **more)


def _one_of(*choices: str) -> validate.OneOf:
    return validate.OneOf(choices, error=f"kies {' of '.join(repr(choice) for choice in choices)}.")


def _flag(*, default: bool) -> fields.Boolean:
    return fields.Boolean(load_default=default, error_messages=_FLAG)


class _Text(fields.String):
    """A text as TOML may write it: `8`, `8.5` and `2016-01-01` are texts too."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float | date):
            raise ValidationError("schrijf een tekst, een getal of een datum.")
        return str(value)


class _Pattern(fields.Field[re.Pattern[str]]):
    """A regular expression that the whole cell must fit."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> re.Pattern[str]:
        try:
            return re.compile(value)
        except (re.error, TypeError, OverflowError, RecursionError) as error:
            raise ValidationError(f"dit is geen patroon (reguliere expressie): {error}.") from error


def _date_format(value: str) -> None:
    """Refuse a format by which a date could not be read back."""
    day = date(2016, 12, 31)
    try:
        fits = datetime.strptime(day.strftime(value), value).date() == day  # noqa: DTZ007 — a day
    except (ValueError, re.error):
        fits = False
    if not fits:
        raise ValidationError("schrijf een datum met %d, %m en %Y (of %y), zoals '%d/%m/%Y'.")


def _date(**more: Any) -> fields.String:
    return fields.String(load_default="%Y-%m-%d", validate=_date_format, error_messages=_SAID)


def _texts(**more: Any) -> fields.Dict:
    said = {"invalid": "schrijf { 'dit' = 'dat' }."}
    return fields.Dict(_text(), _Text(), load_default=dict, error_messages=said, **more)


class ColumnTable(_Strict):
    """`[fields.name]` and the like."""

    column = _text(load_default=None)
    columns = fields.List(
        _text(), load_default=list, error_messages={"invalid": "schrijf een lijst van kolommen."}
    )
    default = _Text(load_default=None)
    required = _flag(default=False)
    strip = _flag(default=True)
    change = _texts()
    replace = _texts()
    pattern = _Pattern(load_default=None)
    too_long = fields.String(
        load_default="refuse", validate=_one_of("refuse", "cut"), error_messages=_SAID
    )
    date = _date()

    @validates_schema
    def _from_somewhere(self, loaded: dict[str, Any], **_: Any) -> None:
        if loaded.get("column") and loaded.get("columns"):
            raise ValidationError("kies 'column' of 'columns', niet allebei.")
        if not loaded.get("column") and not loaded.get("columns") and loaded.get("default") is None:
            raise ValidationError("zeg uit welke 'column' dit komt, of geef een 'default'.")

    @post_load
    def _made(self, loaded: dict[str, Any], **_: Any) -> Any:
        column, cuts = loaded.pop("column"), loaded.pop("too_long") == "cut"
        columns = (column,) if column else tuple(loaded.pop("columns"))
        return ColumnRule(**loaded | {"columns": columns, "cuts": cuts})


class KeyTable(ColumnTable):
    """`[key]`: the register number."""

    counts = fields.String(
        load_default="last", validate=_one_of("last", "first", "only"), error_messages=_SAID
    )
    by = _text(load_default=None)

    @post_load
    def _made(self, loaded: dict[str, Any], **kwargs: Any) -> Any:
        counts, by = loaded.pop("counts"), loaded.pop("by")
        loaded["required"] = True
        rule = ColumnTable._made(self, loaded, **kwargs)  # noqa: SLF001 — its own parent's
        return KeyRule(rule=rule, counts=counts, by=by, date=rule.date)


class SkipTable(_Strict):
    """`[[skip]]`: rows that are not ours."""

    column = _text(required=True)
    values = fields.List(
        _Text(), required=True, error_messages=_SAID | {"invalid": "schrijf een lijst van waarden."}
    )
    why = _text(required=True)

    @post_load
    def _made(self, loaded: dict[str, Any], **_: Any) -> SkipRule:
        values = frozenset(value.strip().casefold() for value in loaded["values"])
        return SkipRule(**loaded | {"values": values})


class FileTable(_Strict):
    """`[file]`: only where Opstap should not find out by itself."""

    delimiter = fields.String(
        load_default=None, validate=_one_of(",", ";", "\t", "|"), error_messages=_SAID
    )
    encoding = fields.String(
        load_default=None, validate=_one_of("utf-8", "cp1252"), error_messages=_SAID
    )


class FieldsTable(Schema.from_dict({name: fields.Nested(ColumnTable) for name in FIELDS})):  # type: ignore[misc]
    """`[fields]`: what Opstap keeps of a place."""

    error_messages = _SAID

    @validates_schema
    def _whole(self, loaded: dict[str, Any], **_: Any) -> None:
        faults = {name: [_SAID["required"]] for name in NEEDED if name not in loaded}
        for one, other in (("latitude", "longitude"), ("longitude", "latitude")):
            if one in loaded and other not in loaded:
                faults[other] = [f"geef ook dit: '{one}' alleen zegt niet waar het is."]
        if faults:
            raise ValidationError(faults)


class MappingFile(_Strict):
    """A whole mapping file."""

    file = fields.Nested(FileTable, load_default=dict)
    key = fields.Nested(KeyTable, required=True, error_messages=_SAID)
    skip = fields.List(fields.Nested(SkipTable), load_default=list)
    fields_ = fields.Nested(FieldsTable, required=True, data_key="fields", error_messages=_SAID)

    @post_load
    def _made(self, loaded: dict[str, Any], **_: Any) -> Mapping:
        return Mapping(
            key=loaded["key"],
            fields=loaded["fields_"],
            skip=tuple(loaded["skip"]),
            delimiter=loaded["file"].get("delimiter"),
            encoding=loaded["file"].get("encoding"),
        )
