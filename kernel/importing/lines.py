"""A file is read line by line, whatever program wrote it, in little memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kernel.importing.faults import WrongFile

MEGABYTE = 1024 * 1024
MOST_BYTES = 200 * MEGABYTE
LONGEST_LINE = 200_000  # signs
UTF8, CP1252 = "utf-8", "cp1252"
ENCODINGS = {UTF8: "UTF-8", CP1252: "Windows-1252 (latin-1)"}

_BOM = "\xef\xbb\xbf"  # as latin-1 shows it
_NO_CSV = {
    "PK\x03\x04": "Dit is een Excel-bestand (.xlsx) of een zip-bestand, geen CSV.",
    "\xd0\xcf\x11\xe0": "Dit is een oud Excel-bestand (.xls), geen CSV.",
    "%PDF": "Dit is een PDF, geen CSV.",
    "\xff\xfe": "Dit bestand is UTF-16.",
    "\xfe\xff": "Dit bestand is UTF-16.",
}
_SAVE_AS = "Open het in je rekenblad en bewaar het als 'CSV UTF-8'."

_TELL_EVERY = 1000  # lines

Progress = Callable[[int], object]  # takes how many bytes were read since the last call


@dataclass(frozen=True, slots=True)
class PhysicalLine:
    """One line of the file with its end, by its number from 1; `fault` says what is wrong in it."""

    number: int
    text: str
    fault: str = ""


def encoding_of(path: Path) -> str:
    """Say in which encoding a file is written, UTF-8 or Windows-1252, having looked at all of it.

    A file that has both is UTF-8 with some broken lines: text in Windows-1252 hardly ever reads as
    UTF-8 by accident. Refuses a file that is empty, too large (200 MB) or not text at all.
    """
    size = size_of(path)
    if size > MOST_BYTES:
        raise WrongFile(
            f"Dit bestand is te groot: {size // MEGABYTE} MB, en we lezen er hoogstens "
            f"{MOST_BYTES // MEGABYTE}. Splits het in delen."
        )
    broken = whole = 0
    for number, raw in _raw_lines(path):
        if number == 1:
            _check_start(raw)
        if not raw.isascii():
            try:
                raw.encode("latin-1").decode(UTF8)
                whole += 1
            except UnicodeDecodeError:
                broken += 1
    return CP1252 if broken and not whole else UTF8


def size_of(path: Path) -> int:
    """Give a file's size in bytes; refuse what is no file, or cannot be seen."""
    try:
        if not path.is_file():
            raise WrongFile(f"{path.name} is geen bestand, of het is er niet.")
        return path.stat().st_size
    except (OSError, ValueError) as error:
        raise WrongFile(f"{path.name} kunnen we niet openen.") from error


def physical_lines(path: Path, encoding: str, progress: Progress) -> Iterator[PhysicalLine]:
    """Give each line of a file; one with an unreadable sign or a NUL byte carries that as fault."""
    read = 0
    for number, raw in _raw_lines(path):
        read += len(raw)
        if number % _TELL_EVERY == 0:
            progress(read)
            read = 0
        stored = (raw.removeprefix(_BOM) if number == 1 else raw).encode("latin-1")
        if b"\0" in stored:
            yield PhysicalLine(number, stored.decode(encoding, "replace"), "bevat een NUL-byte")
            continue
        try:
            yield PhysicalLine(number, stored.decode(encoding))
        except UnicodeDecodeError as error:
            fault = f"bevat een teken dat geen {ENCODINGS[encoding]} is"
            text = stored.decode(encoding, "replace")
            yield PhysicalLine(number, text, f"{fault} (byte 0x{stored[error.start]:02x})")


def _raw_lines(path: Path) -> Iterator[tuple[int, str]]:
    r"""Give each line with its number, each byte as the latin-1 sign of its value.

    Latin-1 loses nothing, and text mode knows every kind of line end: \n, \r\n and a lone \r.
    """
    try:
        with path.open(encoding="latin-1", newline="") as file:
            number = 0
            while raw := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(raw) > LONGEST_LINE:
                    raise WrongFile(
                        f"regel {number} is langer dan {LONGEST_LINE} tekens. "
                        "Dat is geen regel van een CSV. Kijk na of je het juiste bestand koos."
                    )
                yield number, raw
    except OSError as error:
        raise WrongFile(f"Dit bestand kunnen we niet openen: {error.strerror}.") from error


def _check_start(raw: str) -> None:
    for start, sentence in _NO_CSV.items():
        if raw.startswith(start):
            raise WrongFile(f"{sentence} {_SAVE_AS}")
