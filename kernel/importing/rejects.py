"""What could not come in goes into a file of its own: mend it there, and take that file in."""

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

from kernel.importing.faults import Fault, WrongFile
from kernel.importing.lines import PhysicalLine, physical_lines
from kernel.importing.sorting import SortedRows

OWN_COLUMNS = ("regel", "reden")


def rejects_path(path: Path) -> Path:
    """Give where the rejects of a file go: beside it."""
    return path.with_name(f"{path.name}.rejects.csv")


def write_rejects(path: Path, found: SortedRows) -> Path:
    """Write each line that could not be used, as it was, behind its line number and the reason.

    The result is UTF-8 with the same header and delimiter, so that the same mapping reads it once
    it is mended. A line that is no CSV stands in one cell. Refuses where it cannot be written.
    """
    target = rejects_path(path)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding="utf-8-sig", newline="") as file:
            file.writelines(_texts(path, found))
        unfinished.replace(target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise WrongFile(
            f"Het bestand met afgekeurde regels, {target.name}, kunnen we niet schrijven: "
            f"{error.strerror}. Er is niets ingelezen."
        ) from error
    return target


def _texts(path: Path, found: SortedRows) -> Iterator[str]:
    lines = physical_lines(path, found.encoding, lambda _: None)
    header = "".join(line.text for line in _from(lines, *found.header))
    yield _row(found.delimiter, *OWN_COLUMNS) + found.delimiter + _ended(header)
    for fault in found.faults:
        taken = list(_from(lines, fault.first, fault.last))
        reason = "; ".join(map(str, fault.reasons))
        yield _row(found.delimiter, str(fault.first), reason) + found.delimiter
        yield _original(fault, taken, found.delimiter)


def _from(lines: Iterator[PhysicalLine], first: int, last: int) -> Iterator[PhysicalLine]:
    for line in lines:
        if line.number >= first:
            yield line
        if line.number >= last:
            return


def _original(fault: Fault, taken: list[PhysicalLine], delimiter: str) -> str:
    text = "".join(line.text for line in taken)
    if fault.parsed and "\0" not in text:
        return _ended(text)
    return _ended(_row(delimiter, text.rstrip("\r\n")))


def _row(delimiter: str, *cells: str) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="").writerow(cells)
    return written.getvalue()


def _ended(text: str) -> str:
    return text.rstrip("\r\n") + "\r\n"
