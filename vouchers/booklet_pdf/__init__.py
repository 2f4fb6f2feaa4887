"""Ten cheques on three sheets of paper, in Dutch and in the family's own language."""

from collections.abc import Iterator, Sequence

from vouchers.booklet_pdf.contents import (
    EVERY_LANGUAGE,
    FirstVisit,
    PrintedBooklet,
    PrintedCheque,
    Sender,
)
from vouchers.booklet_pdf.layout import laid_out
from vouchers.booklet_pdf.phrases import Language, languages
from vouchers.booklet_pdf.typesetting import (
    BatchNotPrintedError,
    FontsMissingError,
    typeset,
    typeset_apart,
)

__all__ = [
    "EVERY_LANGUAGE",
    "BatchNotPrintedError",
    "FirstVisit",
    "FontsMissingError",
    "Language",
    "PrintedBooklet",
    "PrintedCheque",
    "Sender",
    "booklet_pdf",
    "booklet_pdfs",
    "languages",
]

BATCH = 50
"""Booklets in one document: 300 in one took 414 MB, 50 take 0.15 s."""
_SET_HERE = 10


def booklet_pdf(
    booklets: Sequence[PrintedBooklet], sender: Sender, *, only_page: int | None = None
) -> bytes:
    """Print 1 to 50 booklets as one tagged PDF of A4 sheets, black on white.

    The same booklets give the same bytes; nothing is asked of the outside. `only_page` (1 is the
    cover) reprints that sheet alone. Refuses, with ValueError, no booklets, more than 50 (see
    `booklet_pdfs`), a sheet that does not exist, a language without sentences, an address too long.
    """
    if not 1 <= len(booklets) <= BATCH:
        raise ValueError(f"print 1 to {BATCH} booklets at a time")
    content = laid_out(booklets, sender, only_page)
    return typeset(content) if len(booklets) <= _SET_HERE else typeset_apart(content)


def booklet_pdfs(booklets: Sequence[PrintedBooklet], sender: Sender) -> Iterator[bytes]:
    """Print any number of booklets, a document for each 50, one after the other."""
    for start in range(0, len(booklets), BATCH):
        yield booklet_pdf(booklets[start : start + BATCH], sender)
