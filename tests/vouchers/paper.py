"""Paper for tests: invented booklets, a printer (poppler) and the two readers of a phone."""

import io
import random
import re
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import zxingcpp
from PIL import Image
from pyzbar import pyzbar

from vouchers.booklet_pdf import FirstVisit, PrintedBooklet, PrintedCheque, Sender
from vouchers.codes import ALPHABET, CODE, NUMBER, TYPED_CODE

SENDER = Sender(
    city="Genk",
    base_url="https://opstap.genk.example",
    desk_phone="089 00 00 01",
    desk_address="Team kinderopvang, Voorbeeldplein 1, 3600 Genk",
    desk_hours="Op werkdagen van 9 tot 16 uur",
    controller="De stad Genk",
    privacy_contact="privacy@genk.example of 089 00 00 01",
)
VISIT = FirstVisit(
    location="Kinderdagverblijf De Zonnebloem", on=date(2027, 1, 25), companion="Nadia"
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A symbol on a page: what it says, and where its outer edges are, in pixels."""

    text: str
    left: int
    top: int
    right: int
    bottom: int


def booklet(
    seed: int,
    *,
    language: str = "nl",
    numbers: range = range(1, 11),
    valid_until: date | None = date(2028, 1, 17),
    outer_limit: date | None = None,
    first_visit: FirstVisit | None = VISIT,
) -> PrintedBooklet:
    """Invent a booklet; the same seed gives the same codes."""
    chance = random.Random(seed)

    def signs(length: int) -> str:
        return "".join(chance.choices(ALPHABET, k=length))

    return PrintedBooklet(
        number=signs(NUMBER),
        cheques=tuple(
            PrintedCheque(number=n, code=signs(CODE), typed_code=signs(TYPED_CODE)) for n in numbers
        ),
        valid_until=valid_until,
        outer_limit=outer_limit,
        language=language,
        first_visit=first_visit,
    )


def addresses(printed: PrintedBooklet) -> list[str]:
    """Give what the symbols of a booklet must say, in order."""
    return [f"{SENDER.base_url}/c#{cheque.code}" for cheque in printed.cheques]


def render(pdf: bytes, *, dpi: int, until: int = 0) -> list[Image.Image]:
    """Print a PDF: one grey image a page; of a long one the pages until `until`, where given."""
    with tempfile.TemporaryDirectory() as folder:
        pages = ["-l", str(until)] if until else []
        command = ["pdftoppm", "-r", str(dpi), *pages, "-gray", "-png", "-", f"{folder}/page"]
        subprocess.run(command, input=pdf, check=True, capture_output=True)
        return [
            Image.open(io.BytesIO(page.read_bytes())) for page in sorted(Path(folder).iterdir())
        ]


def found_by_zxing(image: Image.Image) -> list[Found]:
    """Read every QR symbol with the scan page's engine."""
    only_qr = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    read = zxingcpp.read_barcodes(image, formats=only_qr)
    return [
        Found(
            text=one.text,
            left=one.position.top_left.x,
            top=one.position.top_left.y,
            right=one.position.bottom_right.x,
            bottom=one.position.bottom_right.y,
        )
        for one in read
    ]


def decoded_by_zxing(image: Image.Image) -> list[str]:
    """Read every QR symbol with the scan page's engine, sorted."""
    return sorted(one.text for one in found_by_zxing(image))


def decoded_by_zbar(image: Image.Image) -> list[str]:
    """Read every QR symbol with the engine of many other phones, sorted.

    It looks twice, as a phone held further away does: at 300 dpi, zbar overlooks about one symbol
    in eighty whose squares are twelve pixels wide, and reads it at half that size.
    """
    looks = (image, image.reduce(2))
    read = [one for look in looks for one in pyzbar.decode(look, [pyzbar.ZBarSymbol.QRCODE])]
    return sorted({one.data.decode() for one in read})


def words_in(pdf: bytes, *, page: int | None = None) -> str:
    """Give a PDF's text in the order it was written, with single spaces."""
    pages = [] if page is None else ["-f", str(page), "-l", str(page)]
    text = _poppler(pdf, "pdftotext", "-raw", *pages, "-enc", "UTF-8", tail=["-"])
    return re.sub(r"\s+", " ", text)


def words_with_places_in(pdf: bytes) -> list[tuple[str, tuple[float, float]]]:
    """Give each word with its right and lower edge on the page, in points."""
    page = _poppler(pdf, "pdftotext", "-bbox", tail=["-"])
    found = re.findall(r'xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)<', page)
    return [(word, (float(right), float(lower))) for right, lower, word in found]


def facts_of(pdf: bytes) -> dict[str, str]:
    """Give what a PDF says about itself: Title, Pages, Tagged, Page size."""
    lines = (line.partition(":") for line in _poppler(pdf, "pdfinfo").splitlines())
    return {name: value.strip() for name, _, value in lines}


def metadata_of(pdf: bytes) -> str:
    """Give a PDF's XMP, where it claims its standard and its language."""
    return _poppler(pdf, "pdfinfo", "-meta")


def fonts_of(pdf: bytes) -> set[str]:
    """Give the fonts a PDF carries, without the tag of their subset."""
    rows = _poppler(pdf, "pdffonts").splitlines()[2:]
    return {row.split()[0].partition("+")[2] for row in rows}


def _poppler(pdf: bytes, *command: str, tail: list[str] | None = None) -> str:
    run = subprocess.run([*command, "-", *(tail or [])], input=pdf, check=True, capture_output=True)
    return run.stdout.decode()
