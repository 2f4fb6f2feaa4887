"""A mapping file is checked whole: each mistake in it is named, before any file is read."""

from datetime import date
from pathlib import Path

import pytest

from kernel.importing.faults import WrongMapping
from kernel.importing.mapping_file import read_mapping
from kernel.importing.sorting import SortedRows, sort_rows

WHOLE = """
[key]
column = "nr"
[fields]
name = { column = "naam" }
kind = { column = "soort" }
organisation = { column = "houder" }
"""
ROW = "nr,naam,soort,houder,op,status\n1,De Bij,group,Zoem,1-2-26,open\n"


def test_every_mistake_is_named_at_once(mapping: "MapFile") -> None:
    refused = mapping.refused(
        """
        colour = "red"
        [file]
        delimiter = "x"
        encoding = "ebcdic"
        [key]
        counts = "middle"
        by = ""
        date = "%d of %m"
        required = true
        [[skip]]
        values = "BSO"
        [fields]
        colour = { column = "kleur" }
        name = { column = "naam", columns = ["a"], pattern = "(", too_long = "no" }
        kind = { colum = "type", replace = ["a"], strip = "soms", change = { a = [1] } }
        latitude = { column = "lat" }
        phone = "telefoon"
        """
    )
    assert refused.fields.keys() == {
        "colour",
        "file.delimiter",
        "file.encoding",
        "key.column" if "key.column" in refused.fields else "key.counts",
        "key.counts",
        "key.by",
        "key.date",
        "key.required",
        "skip.0.column",
        "skip.0.why",
        "skip.0.values",
        "fields.colour",
        "fields.name.pattern",
        "fields.name.too_long",
        "fields.kind.colum",
        "fields.kind.replace",
        "fields.kind.strip",
        "fields.kind.change.a.value",
        "fields.phone",
    }
    lines = str(refused).splitlines()
    assert lines[0] == "map.toml klopt niet:"
    assert len(lines) == len(refused.fields) + 1


@pytest.mark.parametrize(
    ("written", "field", "said"),
    [
        ("[key]\ncolumn = 'nr'\n", "fields", "dit ontbreekt"),
        (WHOLE.replace('name = { column = "naam" }', ""), "fields.name", "dit ontbreekt"),
        (WHOLE.replace("[key]", "[key]\ndefault = '1'"), "key.default", "dit kennen we niet"),
        (WHOLE.replace('column = "nr"', ""), "key", "zeg uit welke 'column'"),
        (WHOLE.replace('"naam"', '"naam", columns = ["x"]'), "fields.name", "niet allebei"),
        (WHOLE + 'latitude = { column = "x" }', "fields.longitude", "geef ook dit"),
        (WHOLE + 'valid_from = { column = "x", date = "%Y" }', "fields.valid_from.date", "%d, %m"),
        (WHOLE + 'phone = { column = "x", pattern = "[" }', "fields.phone.pattern", "geen patroon"),
        (WHOLE + "phone = { default = true }", "fields.phone.default", "schrijf een tekst"),
    ],
)
def test_a_mistake_says_where_and_what(
    mapping: "MapFile", written: str, field: str, said: str
) -> None:
    assert said in " ".join(mapping.refused(written).fields[field])


def test_a_mapping_that_is_no_toml_no_text_or_not_there_is_refused(mapping: "MapFile") -> None:
    assert "geen geldige TOML" in str(mapping.refused("[key\n"))
    assert "geen geldige TOML" in str(mapping.refused("a = " + "[" * 5000))
    mapping.file.write_bytes(b"\xff\xff")
    with pytest.raises(WrongMapping, match="geen UTF-8"):
        read_mapping(mapping.file)
    with pytest.raises(WrongMapping, match="kunnen we niet openen"):
        read_mapping(mapping.file.with_name("none.toml"))
    with pytest.raises(WrongMapping, match="kunnen we niet openen"):
        read_mapping(mapping.file.parent)
    mapping.file.write_text("#" * (1024 * 1024 + 1))
    with pytest.raises(WrongMapping, match="te groot"):
        read_mapping(mapping.file)


@pytest.mark.parametrize(
    ("counts", "by", "line"),
    [("last", 'by = "op"', 3), ("last", "", 4), ("first", 'by = "op"', 4), ("first", "", 2)],
)
def test_the_mapping_says_which_row_of_a_place_counts(
    mapping: "MapFile", counts: str, by: str, line: int
) -> None:
    key = f'column = "nr"\ncounts = "{counts}"\n{by}\ndate = "%d-%m-%y"'
    rows = ROW + ROW.splitlines()[1].replace("1-2-26", "3-4-26") + "\n"
    rows += ROW.splitlines()[1].replace("1-2-26", "1-1-25") + "\n"
    found = mapping.reads(WHOLE.replace('column = "nr"', key), rows)
    assert [place.line for place in found.places] == [line]
    assert found.older == 2


def test_a_second_row_can_be_a_mistake_and_a_tie_is_told(mapping: "MapFile") -> None:
    twice = ROW + ROW.splitlines()[1] + "\n"
    found = mapping.reads(WHOLE.replace("[key]", '[key]\ncounts = "only"'), twice)
    assert [str(fault) for fault in found.faults] == [
        "regel 3: registernummer staat al eerder (op regel 2)"
    ]
    by = WHOLE.replace("[key]", '[key]\nby = "op"\ndate = "%d-%m-%y"')
    found = mapping.reads(by, twice)
    assert ([place.line for place in found.places], found.ties) == ([3], [3])


def test_a_row_without_a_readable_day_is_a_mistake_where_the_day_decides(
    mapping: "MapFile",
) -> None:
    by = WHOLE.replace("[key]", '[key]\nby = "op"\ndate = "%d-%m-%y"')
    found = mapping.reads(by, ROW.replace("1-2-26", "gisteren"))
    assert [str(fault) for fault in found.faults] == [
        "regel 2: kolom op is geen datum zoals %d-%m-%y ('gisteren')"
    ]


def test_what_is_skipped_is_asked_nothing_more(mapping: "MapFile") -> None:
    skip = '[[skip]]\ncolumn = "status"\nvalues = ["Toe ", ""]\nwhy = "gesloten"\n'
    found = mapping.reads(skip + WHOLE, ROW + ",,,,,toe\n,x,,,,\n")
    assert (dict(found.skipped), found.faults, len(found.places)) == ({"gesloten": 2}, [], 1)


def test_each_rule_of_a_column_does_what_it_says(mapping: "MapFile") -> None:
    found = mapping.reads(
        WHOLE.replace(
            '{ column = "naam" }',
            '{ column = "naam", change = { "Bij" = "Hommel", "De " = "’t " }, too_long = "cut" }',
        ).replace(
            '{ column = "houder" }', '{ columns = ["leeg", "houder"], replace = { Zoem = "Gons" } }'
        )
        + """
        municipality = { column = "leeg", default = "Genk" }
        postcode = { default = 3600 }
        phone = { column = "leeg" }
        valid_from = { column = "op", date = "%d-%m-%y" }
        """,
        ROW.replace("De Bij", "De Bij" + "x" * 200).replace("status", "leeg").replace("open", ""),
    )
    (place,) = found.places
    assert place.given == {
        "name": ("’t Hommel" + "x" * 200)[:100],
        "kind": "group",
        "municipality": "Genk",
        "postcode": "3600",
    }
    assert (place.organisation, place.valid_from) == ("Gons", date(2026, 2, 1))


@pytest.mark.parametrize(
    ("north", "east", "said"),
    [
        ("50,96", "5,49", ""),
        ("50.96", "5.49", ""),
        ("5.49", "50.96", "misschien omgewisseld"),
        ("50.96", "", "van de coördinaten is er maar één"),
        ("nan", "5.49", "breedtegraad ligt niet in België of Nederland"),
        ("1e999", "5.49", "breedtegraad ligt niet in België of Nederland"),
        ("noord", "5.49", "breedtegraad is geen getal ('noord')"),
    ],
)
def test_coordinates_are_in_the_low_countries(
    mapping: "MapFile", north: str, east: str, said: str
) -> None:
    fields = 'latitude = { column = "op" }\nlongitude = { column = "status" }\n'
    found = mapping.reads(
        WHOLE + fields, f'nr,naam,soort,houder,op,status\n1,Bij,group,Zoem,"{north}","{east}"\n'
    )
    if said:
        assert said in str(found.faults[0])
    else:
        given = found.places[0].given
        assert (given["latitude"], given["longitude"]) == (50.96, 5.49)


class MapFile:
    """A mapping file, with a csv beside it."""

    def __init__(self, folder: Path) -> None:
        self.file, self.csv = folder / "map.toml", folder / "places.csv"

    def reads(self, written: str, rows: str) -> SortedRows:
        self.file.write_text(written)
        self.csv.write_text(rows)
        return sort_rows(self.csv, read_mapping(self.file))

    def refused(self, written: str) -> WrongMapping:
        self.file.write_text(written)
        with pytest.raises(WrongMapping) as refused:
            read_mapping(self.file)
        return refused.value


@pytest.fixture
def mapping(tmp_path: Path) -> MapFile:
    return MapFile(tmp_path)
