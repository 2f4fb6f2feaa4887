"""Lines become records: quotes, delimiters and a header as people's programs write them."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kernel.importing.faults import WrongFile
from kernel.importing.lines import PhysicalLine

DELIMITERS = {",": "komma", ";": "puntkomma", "\t": "tab", "|": "verticale streep"}
MOST_LINES = 100  # of one record: a quote that is still open then was never meant to open
_UNCLOSED = "een aanhalingsteken dat op deze regel opent, wordt niet gesloten"
_AFTER_QUOTE = "na een aanhalingsteken staat iets anders dan een scheidingsteken"


@dataclass(frozen=True, slots=True)
class Record:
    """The cells between two line ends outside quotes, by the physical lines that they take."""

    first: int
    last: int
    cells: list[str]
    fault: str = ""

    @property
    def is_blank(self) -> bool:
        """Say whether nothing stands in it, as in the empty rows below a sheet."""
        return not self.fault and not any(cell.strip() for cell in self.cells)


class _Turn:
    """The lines that are still to be read, where a line can be put back."""

    def __init__(self, lines: Iterable[PhysicalLine]) -> None:
        self._lines = iter(lines)
        self._back: list[PhysicalLine] = []
        self.taken: list[PhysicalLine] = []

    def start(self) -> bool:
        """Begin a record; say whether there is a line for it."""
        self.taken = []
        if not self._back:
            self._back = [line for line in [next(self._lines, None)] if line]
        return bool(self._back)

    def texts(self) -> Iterator[str]:
        """Give line after line to the parser, as long as it asks for more."""
        while len(self.taken) < MOST_LINES:
            line = self._back.pop(0) if self._back else next(self._lines, None)
            if line is None:
                return
            self.taken.append(line)
            yield line.text

    def put_back_all_but_first(self) -> None:
        """Let reading go on at the second line of a record that could not be read."""
        self._back = self.taken[1:] + self._back
        self.taken = self.taken[:1]


def records(lines: Iterable[PhysicalLine], delimiter: str) -> Iterator[Record]:
    """Give each record of a file.

    One that cannot be parsed takes one line only, with what is wrong with it; reading goes on with
    the next line, so that one stray quote does not swallow the rest.
    """
    turn = _Turn(lines)
    while turn.start():
        fault, cells = "", list[str]()
        try:
            cells = next(csv.reader(turn.texts(), delimiter=delimiter, strict=True), [])
        except csv.Error as error:
            fault = _AFTER_QUOTE if "expected after" in str(error) else _UNCLOSED
            turn.put_back_all_but_first()
        fault = next((line.fault for line in turn.taken if line.fault), fault)
        yield Record(turn.taken[0].number, turn.taken[-1].number, cells, fault)


def delimiter_of(header: str, columns: Iterable[str]) -> str:
    """Find the sign between the cells: the one that gives every mapped column, else most cells."""
    wanted = set(columns)
    found = {sign: split(header, sign) for sign in DELIMITERS}
    fitting = [sign for sign, cells in found.items() if wanted <= set(cells)]
    return fitting[0] if fitting else max(found, key=lambda sign: len(found[sign]))


def split(header: str, delimiter: str) -> list[str]:
    """Give the cells of a header line, without the spaces around them."""
    try:
        return [cell.strip() for cell in next(csv.reader([header], delimiter=delimiter), [])]
    except csv.Error:
        return []


def check_header(record: Record, columns: Iterable[str]) -> list[str]:
    """Give the header's names; refuse one that lacks a mapped column, or that has it twice."""
    if record.fault:
        raise WrongFile(f"regel {record.first} (de kop): {record.fault}.")
    names = [cell.strip() for cell in record.cells]
    faults = [
        f"de kolom '{column}' ontbreekt"
        if column not in names
        else f"'{column}' staat er twee keer"
        for column in dict.fromkeys(columns)
        if names.count(column) != 1
    ]
    if faults:
        there = ", ".join(name for name in names[:30] if name.isprintable())
        raise WrongFile(
            f"regel {record.first} (de kop): {'; '.join(faults)}. "
            f"In de kop staat: {there[:300]}. Pas het mappingbestand of de kop aan."
        )
    return names
