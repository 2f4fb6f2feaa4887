"""V3: how long booklets take to print, and how much memory that asks.

Run as a program of its own, whose memory is then only that of printing; it prints JSON.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import cycle, islice

from vouchers import codes
from vouchers.booklet_pdf import (
    PrintedBooklet,
    PrintedCheque,
    Sender,
    booklet_pdf,
    booklet_pdfs,
    languages,
)

MANY = 1000
_SENDER = Sender(
    city="Genk",
    base_url="https://genk.example",
    desk_phone="089 00 00 01",
    desk_address="Demoplein 1, 3600 Genk",
    desk_hours="werkdagen van 9 tot 16 uur",
    controller="Stad Genk",
    privacy_contact="privacy@genk.example",
)


@dataclass(frozen=True, kw_only=True)
class Printed:
    """Milliseconds for one booklet (warm) and for fifty; seconds, and MB of a child, for 1,000."""

    one_ms: float
    fifty_ms: float
    thousand_s: float
    peak_mb: float


def printed() -> Printed:
    """Print in a process of its own, and give what it took."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.booklets"], capture_output=True, check=True, text=True
    )
    return Printed(**json.loads(done.stdout))


def _measured() -> Printed:
    booklets = _some(MANY)
    booklet_pdf(booklets[:1], _SENDER)  # the first one reads the fonts
    one = statistics.median(_took(booklets[nth : nth + 1]) for nth in range(40))
    fifty = statistics.median(_took(booklets[:50]) for _ in range(3))
    thousand = _took(booklets)
    # A batch is set in a child, which gives its memory back: the largest of them.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return Printed(one_ms=one * 1000, fifty_ms=fifty * 1000, thousand_s=thousand, peak_mb=peak)


def _took(booklets: list[PrintedBooklet]) -> float:
    began = time.perf_counter()
    for _ in booklet_pdfs(booklets, _SENDER):
        pass
    return time.perf_counter() - began


def _some(count: int) -> list[PrintedBooklet]:
    """Give booklets in every language in turn, so in every script."""
    return [_booklet(one.code) for one in islice(cycle(languages()), count)]


def _booklet(language: str) -> PrintedBooklet:
    return PrintedBooklet(
        number=codes.new_number(),
        cheques=tuple(
            PrintedCheque(number=nth, code=codes.new_code(), typed_code=codes.new_typed_code())
            for nth in range(1, 11)
        ),
        valid_until=date(2026, 9, 7) + timedelta(days=364),
        outer_limit=None,
        language=language,
        first_visit=None,
    )


if __name__ == "__main__":
    json.dump(asdict(_measured()), sys.stdout)
