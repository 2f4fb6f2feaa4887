"""A mapping file (TOML) is checked before anything is read: every mistake in it is named."""

import tomllib
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validates_schema

from kernel.errors import Invalid
from kernel.importing.faults import WrongMapping
from kernel.importing.mapping import FIELDS, NEEDED, ColumnRule, KeyRule, Mapping, SkipRule
from kernel.importing.mapping_values import (
    SAID,
    Pattern,
    Strict,
    Text,
    date_format,
    flag,
    one_of,
    text,
    texts,
)

MOST_BYTES = 1024 * 1024


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file (TOML); refuse with every mistake on its own line."""
    try:
        if path.stat().st_size > MOST_BYTES:
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


class ColumnTable(Strict):
    """`[fields.name]` and the like."""

    column = text(load_default=None)
    columns = fields.List(
        text(), load_default=list, error_messages={"invalid": "schrijf een lijst van kolommen."}
    )
    default = Text(load_default=None)
    required = flag(default=False)
    strip = flag(default=True)
    change = texts()
    replace = texts()
    pattern = Pattern(load_default=None)
    too_long = fields.String(
        load_default="refuse", validate=one_of("refuse", "cut"), error_messages=SAID
    )
    date = date_format()

    @validates_schema
    def _from_somewhere(self, loaded: dict[str, Any], **_: Any) -> None:
        if loaded.get("column") and loaded.get("columns"):
            raise ValidationError("kies 'column' of 'columns', niet allebei.")
        if not loaded.get("column") and not loaded.get("columns") and loaded.get("default") is None:
            raise ValidationError("zeg uit welke 'column' dit komt, of geef een 'default'.")

    @post_load
    def _made(self, loaded: dict[str, Any], **_: Any) -> Any:
        column, columns = loaded.pop("column"), tuple(loaded.pop("columns"))
        cuts = loaded.pop("too_long") == "cut"
        return ColumnRule(**loaded, columns=(column,) if column else columns, cuts=cuts)


class KeyTable(ColumnTable):
    """`[key]`: the register number."""

    class Meta:
        exclude = ("default", "required", "too_long")

    counts = fields.String(
        load_default="last", validate=one_of("last", "first", "only"), error_messages=SAID
    )
    by = text(load_default=None)

    @post_load
    def _made(self, loaded: dict[str, Any], **kwargs: Any) -> Any:
        counts, by = loaded.pop("counts"), loaded.pop("by")
        loaded |= {"default": None, "required": True, "too_long": "refuse"}
        rule = ColumnTable._made(self, loaded, **kwargs)  # noqa: SLF001 — its own parent's
        return KeyRule(rule=rule, counts=counts, by=by, date=rule.date)


class SkipTable(Strict):
    """`[[skip]]`: rows that are not ours."""

    column = text(required=True)
    values = fields.List(
        Text(), required=True, error_messages=SAID | {"invalid": "schrijf een lijst van waarden."}
    )
    why = text(required=True)

    @post_load
    def _made(self, loaded: dict[str, Any], **_: Any) -> SkipRule:
        values = frozenset(value.strip().casefold() for value in loaded["values"])
        return SkipRule(**loaded | {"values": values})


class FileTable(Strict):
    """`[file]`: only where Opstap should not find out by itself."""

    delimiter = fields.String(
        load_default=None, validate=one_of(",", ";", "\t", "|"), error_messages=SAID
    )
    encoding = fields.String(
        load_default=None, validate=one_of("utf-8", "cp1252"), error_messages=SAID
    )


class FieldsTable(Schema.from_dict({name: fields.Nested(ColumnTable) for name in FIELDS})):  # type: ignore[misc]
    """`[fields]`: what Opstap keeps of a place."""

    error_messages = SAID

    @validates_schema
    def _whole(self, loaded: dict[str, Any], **_: Any) -> None:
        faults = {name: [SAID["required"]] for name in NEEDED if name not in loaded}
        for one, other in (("latitude", "longitude"), ("longitude", "latitude")):
            if one in loaded and other not in loaded:
                faults[other] = [f"geef ook dit: '{one}' alleen zegt niet waar het is."]
        if faults:
            raise ValidationError(faults)


class MappingFile(Strict):
    """A whole mapping file."""

    file = fields.Nested(FileTable, load_default=dict)
    key = fields.Nested(KeyTable, required=True, error_messages=SAID)
    skip = fields.List(fields.Nested(SkipTable), load_default=list)
    fields_ = fields.Nested(FieldsTable, required=True, data_key="fields", error_messages=SAID)

    @post_load
    def _made(self, loaded: dict[str, Any], **_: Any) -> Mapping:
        return Mapping(
            key=loaded["key"],
            fields=loaded["fields_"],
            skip=tuple(loaded["skip"]),
            delimiter=loaded["file"].get("delimiter"),
            encoding=loaded["file"].get("encoding"),
        )
