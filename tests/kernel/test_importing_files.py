"""Whatever file is given, each row of it is read, or named by its line with what is wrong."""

import codecs
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kernel.importing.faults import WrongFile
from kernel.importing.lines import MEGABYTE, MOST_BYTES
from kernel.importing.mapping_file import read_mapping
from kernel.importing.rejects import rejects_path, write_rejects
from kernel.importing.report import file_report
from kernel.importing.sorting import MOST_FAULTS, MOST_PLACES, SortedRows, sort_rows
from tests.figures import Say, rounds

HEAD = "nr,naam,soort,houder,plaatsen,op\n"
GOOD = "1,De Bij,KDV,Zoem,12,1/2/2026\n"
MAP = """
[key]
column = "nr"
pattern = '\\d{1,9}'
[fields]
name = { column = "naam", required = true }
kind = { column = "soort", replace = { KDV = "group" } }
organisation = { column = "houder" }
licensed_places = { column = "plaatsen", required = true }
valid_from = { column = "op", date = "%d/%m/%Y" }
"""


@pytest.mark.parametrize(
    ("content", "encoding", "name"),
    [
        (HEAD + GOOD.replace("De Bij", "Crèche Zoë"), "utf-8", "Crèche Zoë"),
        (HEAD + GOOD.replace("De Bij", "Crèche Zoë"), "utf-8-sig", "Crèche Zoë"),
        (HEAD + GOOD.replace("De Bij", "Crèche Zoë"), "latin-1", "Crèche Zoë"),
        (HEAD + GOOD.replace("De Bij", "De Bij – ’t Nest"), "cp1252", "De Bij – ’t Nest"),
        (HEAD.replace(",", ";") + GOOD.replace(",", ";"), "utf-8", "De Bij"),
        (HEAD.replace(",", "\t") + GOOD.replace(",", "\t"), "utf-8", "De Bij"),
        ("sep=;\n" + HEAD.replace(",", ";") + GOOD.replace(",", ";"), "utf-8", "De Bij"),
        ((HEAD + GOOD).replace("\n", "\r\n"), "utf-8", "De Bij"),
        ((HEAD + GOOD).replace("\n", "\r"), "utf-8", "De Bij"),
        ((HEAD + GOOD).rstrip(), "utf-8", "De Bij"),
        (HEAD + "\n\n,,,,,\n" + GOOD + "\n,,,,,\n", "utf-8", "De Bij"),
        (HEAD + GOOD.replace("\n", ",,,\n"), "utf-8", "De Bij"),
        (HEAD + GOOD.replace("De Bij", '"Bij, de ""Grote"""'), "utf-8", 'Bij, de "Grote"'),
        (HEAD + GOOD.replace("De Bij", 'VVE "t Nest'), "utf-8", 'VVE "t Nest'),
    ],
)
def test_a_file_is_read_as_another_program_wrote_it(
    reading: "Reading", content: str, encoding: str, name: str
) -> None:
    found = reading(content.encode(encoding))
    assert [str(fault) for fault in found.faults] == []
    assert [place.given["name"] for place in found.places] == [name]


def test_the_report_tells_how_the_file_was_read(reading: "Reading") -> None:
    told = reading.report((HEAD + GOOD.replace("De Bij", "Zoë")).replace(",", ";").encode("cp1252"))
    assert "Windows-1252 (latin-1), gescheiden door puntkomma, 1 rij onder de kop" in told


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([b"1,De B\0ij,KDV,Zoem,12,1/2/2026"], "regel 3: bevat een NUL-byte"),
        ([b"1,De Bij,KDV,Zoem"], "regel 3: heeft 4 kolommen in plaats van 6"),
        ([b"1,De,Bij,KDV,Zoem,12,1/2/2026"], "regel 3: heeft 7 kolommen in plaats van 6"),
        ([b'1,"De Bij,KDV,Zoem,12,1/2/2026'], "regel 3: een aanhalingsteken dat op deze regel"),
        ([b'1,"De" Bij,KDV,Zoem,12,1/2/2026'], "regel 3: na een aanhalingsteken staat iets"),
        ([b"1,De Bij,KDV,Zoem,12,31/2/2026"], "begindatum is geen datum zoals %d/%m/%Y ('31/2/"),
        ([b"1,De Bij,KDV,Zoem,12,2026-02-01"], "regel 3: begindatum is geen datum"),
        ([b"1,De Bij,KDV,Zoem,12,1/2/0026"], "begindatum ligt buiten 1950 tot 2100"),
        ([b"1,De Bij,KDV,Zoem,,1/2/2026"], "capaciteit ontbreekt (kolom plaatsen is leeg)"),
        ([b"1,De Bij,KDV,Zoem,twaalf,1/2/2026"], "capaciteit is geen geheel getal ('twaalf')"),
        ([b"1,De Bij,KDV,Zoem,0,1/2/2026"], "capaciteit ligt niet tussen 1 en 2000 ('0')"),
        ([b"1,De Bij,KDV,Zoem,12.5,1/2/2026"], "capaciteit is geen geheel getal ('12.5')"),
        ([b",De Bij,KDV,Zoem,12,1/2/2026"], "registernummer ontbreekt (kolom nr is leeg)"),
        ([b"x1,De Bij,KDV,Zoem,12,1/2/2026"], "registernummer is niet zoals verwacht ('x1')"),
        ([b"1,,KDV,Zoem,12,1/2/2026"], "naam ontbreekt (kolom naam is leeg)"),
        ([b"1,De Bij,KDV,,12,1/2/2026"], "organisator ontbreekt"),
        ([b"1,De Bij,XYZ,Zoem,12,1/2/2026"], "soort opvang kan niet ('XYZ' is niet een van"),
        ([b"1," + b"x" * 101 + b",KDV,Zoem,12,1/2/2026"], "naam is te lang (101 tekens, hoogste"),
        ([b'1,"De\nBij",KDV,Zoem,12,1/2/2026'], "naam kan niet (Hier staat een teken"),
    ],
)
def test_a_bad_line_is_named_with_its_number_and_what_is_wrong(
    reading: "Reading", lines: list[bytes], said: str
) -> None:
    good = b"7,De Mier,KDV,Zoem,12,1/2/2026"
    last = b"8,De Bes,KDV,Zoem,12,1/2/2026"
    found = reading(b"\n".join([HEAD.strip().encode(), good, *lines, last]))
    (fault,) = found.faults
    assert fault.first == 3
    assert said in str(fault)
    assert [place.given["name"] for place in found.places] == ["De Mier", "De Bes"]


def test_one_broken_sign_does_not_change_how_the_other_lines_are_read(reading: "Reading") -> None:
    found = reading(
        HEAD.encode()
        + "1,Zoë,KDV,Zoem,12,1/2/2026\n".encode()
        + "2,Zoë,KDV,Zoem,12,1/2/2026\n".encode("latin-1")
    )
    assert [place.given["name"] for place in found.places] == ["Zoë"]
    assert [str(fault) for fault in found.faults] == [
        "regel 3: bevat een teken dat geen UTF-8 is (byte 0xeb)"
    ]


def test_lines_are_counted_as_an_editor_counts_them(reading: "Reading") -> None:
    found = reading(
        (
            HEAD.replace("op\n", 'op,"een\nnota"\n') + GOOD.replace("\n", ',"twee\nregels"\n')
        ).encode()
        + b"2,De Bij,KDV,Zoem,,1/2/2026,\n"
    )
    assert [place.line for place in found.places] == [3]
    assert [(fault.first, fault.last) for fault in found.faults] == [(5, 5)]


def test_a_quote_that_never_closes_costs_one_line(reading: "Reading") -> None:
    stray = '5,"De Bij,KDV,Zoem,12,1/2/2026\n'
    rows = "".join(f"{n},De Bij {n},KDV,Zoem,12,1/2/2026\n" for n in range(10, 400))
    found = reading((HEAD + stray + rows).encode())
    assert [fault.first for fault in found.faults] == [2]
    assert len(found.places) == 390


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "leeg"),
        (b"\n \n", "leeg"),
        (codecs.BOM_UTF8, "leeg"),
        (HEAD.encode(), "geen enkele regel"),
        (b"nr,naam\n1,De Bij\n", "de kolom 'soort' ontbreekt"),
        (HEAD.replace("op", "naam,op").encode() + GOOD.encode(), "'naam' staat er twee keer"),
        (b'"nr,naam,soort\n' + GOOD.encode(), "regel 1 (de kop): een aanhalingsteken"),
        (HEAD.encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04\x14\0", "Excel-bestand (.xlsx)"),
        (b"\xd0\xcf\x11\xe0", "oud Excel-bestand"),
        (b"%PDF-1.7", "PDF"),
        (HEAD.encode() + b"x" * 300_000, "regel 2 is langer dan"),
        (b"\0" * 1000, "de kop"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(reading: "Reading", content: bytes, said: str) -> None:
    with pytest.raises(WrongFile, match=re.escape(said)):
        reading(content)


def test_a_file_that_is_not_there_or_a_folder_is_refused(reading: "Reading") -> None:
    for path in (reading.file.with_name("none.csv"), reading.file.parent, Path("/dev/zero")):
        with pytest.raises(WrongFile, match="is geen bestand"):
            sort_rows(path, reading.mapping)


def test_a_file_with_too_many_faults_or_places_is_refused(reading: "Reading") -> None:
    with pytest.raises(WrongFile, match=f"Meer dan {MOST_FAULTS} regels zijn fout.*regel 2: "):
        reading(HEAD.encode() + b"1,2\n" * (MOST_FAULTS + 1))
    many = "".join(f"{n},De Bij,KDV,Zoem,1,1/2/2026\n" for n in range(MOST_PLACES + 1))
    with pytest.raises(WrongFile, match=f"meer dan {MOST_PLACES} opvangplaatsen"):
        reading((HEAD + many).encode())


def test_a_file_of_more_than_200_mb_is_refused_before_it_is_read(reading: "Reading") -> None:
    with reading.file.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    began = time.perf_counter()
    with pytest.raises(WrongFile, match="te groot: 200 MB"):
        sort_rows(reading.file, reading.mapping)
    assert time.perf_counter() - began < 1


def test_a_file_of_100_mb_is_read_in_little_memory(reading: "Reading", figure: Say) -> None:
    size = rounds(100) * MEGABYTE
    row = "{},De Bij,KDV,Zoem,12,1/2/2026" + "," * 300 + "\n"
    with reading.file.open("w") as file:
        file.write(HEAD)
        count = 0
        while file.tell() < size:
            file.writelines(row.format(n) for n in range(5000))
            file.write("5,\n")
            count += 5001
    read = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS_OF_ITS_OWN, reading.file, reading.map_file],
        check=True,
        capture_output=True,
        text=True,
    )
    rows, places, older, faults, told, peak = map(int, read.stdout.split())
    assert rows == count == places + older + faults
    assert places == 5000
    assert peak < 100  # MB, with the libraries
    assert 0.9 * size < told <= reading.file.stat().st_size
    figure(
        "F7 large file",
        f"{size // MEGABYTE} MB, {count} rows read, {faults} bad lines named, {peak} MB at most",
    )


IN_A_PROCESS_OF_ITS_OWN = """
import pathlib, re, sys
from kernel.importing.mapping_file import read_mapping
from kernel.importing.sorting import sort_rows

told = []
found = sort_rows(pathlib.Path(sys.argv[1]), read_mapping(pathlib.Path(sys.argv[2])), told.append)
peak = int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) // 1024
print(found.rows, len(found.places), found.older, len(found.faults), sum(told), peak)
"""


@settings(max_examples=rounds(3000), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    content=st.one_of(
        st.binary(max_size=400),
        st.lists(
            st.sampled_from(
                [
                    GOOD,
                    "2,",
                    '"',
                    ",",
                    ";",
                    "\n",
                    "\r",
                    "\0",
                    "é",
                    "\x81",
                    "1/1/1",
                    "x",
                    "KDV",
                    '""',
                ]
            ),
            max_size=60,
        ).map(lambda parts: (HEAD + "".join(parts)).encode("latin-1")),
    )
)
@example(content=HEAD.encode() + b'1,"\n\n"\r"')
def test_no_file_at_all_makes_it_stumble(reading: "Reading", content: bytes) -> None:
    try:
        found = reading(content)
    except WrongFile:
        return
    assert found.rows == (
        len(found.places) + found.older + sum(found.skipped.values()) + len(found.faults)
    )
    assert all(fault.first >= 2 and fault.reasons for fault in found.faults)
    if found.faults:
        write_rejects(reading.file, found)
    assert list(file_report(reading.file, found))


def test_rejects_keep_each_line_as_it_was(reading: "Reading") -> None:
    bad = ["2,Bes,KDV,Zoem,,1/2/2026\n", '3,"Bes\n', "4,te,kort\n"]
    found = reading((HEAD + GOOD + "".join(bad)).encode())
    text = write_rejects(reading.file, found).read_text("utf-8-sig")
    assert text.splitlines() == [
        "regel,reden," + HEAD.strip(),
        "3,capaciteit ontbreekt (kolom plaatsen is leeg)," + bad[0].strip(),
        '4,"een aanhalingsteken dat op deze regel opent, wordt niet gesloten","3,""Bes"',
        "5,heeft 3 kolommen in plaats van 6," + bad[2].strip(),
    ]


def test_rejects_that_cannot_be_written_are_refused(reading: "Reading") -> None:
    found = reading((HEAD + "2,Bes\n").encode())
    rejects_path(reading.file).mkdir()
    with pytest.raises(WrongFile, match="kunnen we niet schrijven"):
        write_rejects(reading.file, found)
    assert [path.name for path in reading.file.parent.iterdir() if path.name[0] == "."] == []


class Reading:
    """Reads what it is given as a file, by one mapping."""

    def __init__(self, folder: Path) -> None:
        self.file, self.map_file = folder / "places.csv", folder / "map.toml"
        self.map_file.write_text(MAP)
        self.mapping = read_mapping(self.map_file)

    def __call__(self, content: bytes) -> SortedRows:
        self.file.write_bytes(content)
        return sort_rows(self.file, self.mapping)

    def report(self, content: bytes) -> str:
        return "\n".join(file_report(self.file, self(content)))


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path)
