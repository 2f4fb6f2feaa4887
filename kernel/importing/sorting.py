"""Every row of a file is accounted for: it counts, it is older, it is not ours, or it is wrong."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kernel.importing.cells import LONGEST, WrongCell, day_in, read_cell
from kernel.importing.faults import Fault, Reason, WrongFile
from kernel.importing.lines import PhysicalLine, Progress, encoding_of, physical_lines
from kernel.importing.mapping import Mapping
from kernel.importing.places import ImportedPlace, read_place
from kernel.importing.records import Record, check_header, delimiter_of, records

MOST_FAULTS = 10_000
MOST_PLACES = 20_000


@dataclass(kw_only=True)
class SortedRows:
    """A file's rows: rows = places + older + skipped + faults."""

    encoding: str
    delimiter: str
    header: tuple[int, int] = (1, 1)  # its first and last physical line
    rows: int = 0
    places: list[ImportedPlace] = field(default_factory=list)
    older: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    ties: list[int] = field(default_factory=list)  # lines that counted as last of several


@dataclass(frozen=True, slots=True)
class _Candidate:
    """The row that counts so far for one register number."""

    rank: Any
    first: int
    last: int
    cells: dict[str, str]
    tied: bool = False


def sort_rows(path: Path, mapping: Mapping, progress: Progress = lambda _: None) -> SortedRows:
    """Read a whole file by a mapping, in little memory.

    Takes at most 200 MB and 20,000 places. Gives every row sorted, the faults by line. Refuses with
    WrongFile a file that is no CSV, that lacks a mapped column, that has no rows, or that is wrong
    in 10,000 lines.
    """
    encoding = encoding_of(path)
    encoding = mapping.encoding or encoding
    lines = physical_lines(path, encoding, progress)
    head = _head(lines)
    delimiter = mapping.delimiter or delimiter_of(head.text, mapping.columns)
    found = SortedRows(encoding=encoding, delimiter=delimiter)
    read = records(_again(head, lines), delimiter)
    header = next(read)
    names, found.header = check_header(header, mapping.columns), (header.first, header.last)
    candidates: dict[str, _Candidate] = {}
    for record in read:
        if not record.is_blank:
            found.rows += 1
            _sort(record, names, mapping, found, candidates)
    if not found.rows:
        raise WrongFile("Onder de kop staat geen enkele regel. Er is niets om in te lezen.")
    for number, candidate in candidates.items():
        _judge(number, candidate, mapping, found)
    found.faults.sort(key=lambda fault: fault.first)
    found.places.sort(key=lambda place: place.line)
    found.ties.sort()
    return found


def _head(lines: Iterator[PhysicalLine]) -> PhysicalLine:
    """Give the header's first line; Excel's own `sep=;` may stand above it."""
    for line in lines:
        if line.text.strip() and not line.text.lower().startswith("sep="):
            return line
    raise WrongFile("Dit bestand is leeg.")


def _again(head: PhysicalLine, lines: Iterator[PhysicalLine]) -> Iterator[PhysicalLine]:
    yield head
    yield from lines


def _sort(
    record: Record,
    names: list[str],
    mapping: Mapping,
    found: SortedRows,
    candidates: dict[str, _Candidate],
) -> None:
    """Put one row where it belongs, as far as that can be said before the last row is read."""
    if fault := record.fault or _ragged(record, names):
        _blame(found, record, Reason(fault), parsed=not record.fault)
        return
    row = dict(zip(names, record.cells, strict=False))
    cells = {column: row[column] for column in mapping.columns}
    for skip in mapping.skip:
        if cells[skip.column].strip().casefold() in skip.values:
            found.skipped[skip.why] += 1
            return
    try:
        number, rank = _key(mapping, cells, record.first)
    except WrongCell as wrong:
        _blame(found, record, wrong.reason)
        return
    before = candidates.get(number)
    row_that_counts = _Candidate(rank, record.first, record.last, cells)
    if before is None:
        _check_room(candidates)
        candidates[number] = row_that_counts
    elif mapping.key.counts == "only":
        _blame(found, record, Reason("registernummer staat al eerder", f"op regel {before.first}"))
    else:
        found.older += 1
        candidates[number] = _which_counts(mapping, before, row_that_counts)


def _ragged(record: Record, names: list[str]) -> str:
    """Say that a row is longer or shorter than the header; empty cells at its end do no harm."""
    given = len(record.cells)
    if given < len(names) or any(cell.strip() for cell in record.cells[len(names) :]):
        return f"heeft {given} kolommen in plaats van {len(names)}"
    return ""


def _key(mapping: Mapping, cells: dict[str, str], line: int) -> tuple[str, Any]:
    """Give a row's register number, and its rank among the rows of that number."""
    key = mapping.key
    longest = LONGEST["register_number"]
    number = read_cell(key.rule, cells, label="registernummer", longest=longest)
    if key.by is None:
        return number, line
    return number, day_in(cells[key.by].strip(), key.date, label=f"kolom {key.by}")


def _which_counts(mapping: Mapping, before: _Candidate, now: _Candidate) -> _Candidate:
    """Choose by rank; of two rows of one day the later in the file counts."""
    if mapping.key.counts == "first":
        return now if now.rank < before.rank else before
    if now.rank == before.rank:
        return _Candidate(now.rank, now.first, now.last, now.cells, tied=True)
    return now if now.rank > before.rank else before


def _judge(number: str, candidate: _Candidate, mapping: Mapping, found: SortedRows) -> None:
    """Read the row that counts; older rows of the same place are never asked for more."""
    place = read_place(mapping, candidate.cells, register_number=number, line=candidate.first)
    if isinstance(place, ImportedPlace):
        found.places.append(place)
        if candidate.tied:
            found.ties.append(candidate.first)
    else:
        _blame(found, candidate, *place)


def _blame(
    found: SortedRows, row: Record | _Candidate, *reasons: Reason, parsed: bool = True
) -> None:
    found.faults.append(Fault(row.first, row.last, reasons, parsed))
    if len(found.faults) > MOST_FAULTS:
        raise WrongFile(
            f"Meer dan {MOST_FAULTS} regels zijn fout, te beginnen met {found.faults[0]}. "
            "Kijk na of dit het bestand is waarvoor deze mapping dient."
        )


def _check_room(candidates: dict[str, _Candidate]) -> None:
    if len(candidates) >= MOST_PLACES:
        raise WrongFile(
            f"In dit bestand staan meer dan {MOST_PLACES} opvangplaatsen. Zoveel lezen we niet in "
            "één keer in: houd alleen de plaatsen van je eigen stad over, of splits het bestand."
        )
