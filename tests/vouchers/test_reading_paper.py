"""What a phone makes of the paper: skewed, badly copied, with a dirty corner."""

import io
from collections import Counter
from dataclasses import replace
from itertools import combinations
from math import hypot

import pytest
from PIL import Image, ImageDraw

from tests.figures import Say, rounds
from tests.vouchers.paper import (
    SENDER,
    Found,
    addresses,
    booklet,
    decoded_by_zbar,
    decoded_by_zxing,
    found_by_zxing,
    render,
)
from vouchers.booklet_pdf import EVERY_LANGUAGE, booklet_pdf
from vouchers.qr import QUIET_MODULES, symbol

BOOKLETS = 30
DEGREES = (-7, 2, 5)
LANGUAGES = ("nl", "ar", EVERY_LANGUAGE)
MM_PER_INCH = 25.4


@pytest.mark.parametrize("dpi", [203, 300])
def test_every_code_is_read_by_two_engines_skewed_and_badly_copied(dpi: int, figure: Say) -> None:
    read = Counter[str]()
    for seed in range(rounds(BOOKLETS)):
        printed = booklet(seed, language=LANGUAGES[seed % 3])
        sheets = render(booklet_pdf([printed], SENDER), dpi=dpi)
        pages = [copied(sheet, DEGREES[seed % 3]) for sheet in sheets]
        by_zxing = [code for page in pages for code in decoded_by_zxing(page)]
        by_zbar = [code for page in pages for code in decoded_by_zbar(page)]
        assert sorted(by_zxing) == sorted(addresses(printed)), f"zxing, seed {seed}"
        assert sorted(by_zbar) == sorted(addresses(printed)), f"zbar, seed {seed}"
        read += Counter(printed=len(printed.cheques), zxing=len(by_zxing), zbar=len(by_zbar))
    figure(
        f"Q5 {dpi} dpi",
        f"rotated by {DEGREES} degrees, JPEG quality 30: of {read['printed']} codes zxing-cpp read "
        f"{read['zxing']} and zbar {read['zbar']}; no other symbol on the sheets",
    )


@pytest.mark.parametrize("dpi", [203, 300])
def test_every_code_survives_a_dirty_corner(dpi: int, figure: Say) -> None:
    read = asked = 0
    for seed in range(rounds(BOOKLETS)):
        printed = booklet(1000 + seed)
        codes = set(addresses(printed))
        for sheet in render(booklet_pdf([printed], SENDER), dpi=dpi)[1:]:
            for one in found_by_zxing(sheet):
                codes.remove(one.text)
                dirt = [decoded_by_zxing(dirtied(sheet, one, ink)) for ink in (0, 255)]
                asked += len(dirt)
                read += dirt.count([one.text])
        assert not codes
    assert read == asked
    figure(
        f"Q5 cover {dpi} dpi",
        f"a black and a white square of 15 % over the corner without a finder: zxing-cpp read "
        f"{read} of {asked}",
    )


@pytest.mark.parametrize(
    "base_url",
    [SENDER.base_url, f"https://{'kinderopvang.' * 6}example", f"https://{'k' * 63}.example"],
)
def test_a_symbol_is_large_sharp_and_alone(base_url: str, figure: Say) -> None:
    """25 mm with its quiet zone, half a millimetre a module, 40 mm from any other.

    A long web address makes a finer symbol, and may not be printed into its white edge.
    """
    dpi = 300
    printed = booklet(1)
    sender = replace(SENDER, base_url=base_url)
    modules = symbol(base_url, printed.cheques[0].code).modules
    module, distance = [], []
    for sheet in render(booklet_pdf([printed], sender), dpi=dpi)[1:]:
        found = found_by_zxing(sheet)
        assert len(found) == 5
        module += [(one.right - one.left) / modules / dpi * MM_PER_INCH for one in found]
        apart = (between(*pair, modules=modules) for pair in combinations(found, 2))
        distance += [pixels / dpi * MM_PER_INCH for pixels in apart]
    side = min(module) * (modules + 2 * QUIET_MODULES)
    figure(
        f"Q5 size, address of {len(base_url)}",
        f"{modules} modules of {min(module):.2f} mm, {side:.1f} mm with the quiet zone, "
        f"{min(distance):.1f} mm apart",
    )
    assert min(module) >= 0.5
    assert side >= 25
    assert min(distance) >= 40


def copied(sheet: Image.Image, degrees: int) -> Image.Image:
    """Copy a sheet as badly as people do: turned, and saved as JPEG of quality 30."""
    out = io.BytesIO()
    sheet.rotate(degrees, Image.Resampling.BILINEAR, expand=True, fillcolor=255).save(
        out, "JPEG", quality=30
    )
    return Image.open(out)


def dirtied(sheet: Image.Image, one: Found, ink: int) -> Image.Image:
    """Take one symbol off a sheet and cover 15 % of its surface, from the corner without finder."""
    width = one.right - one.left
    edge = width // 6
    covered = round(width * 0.15**0.5)
    cut = sheet.crop((one.left - edge, one.top - edge, one.right + edge, one.bottom + edge))
    corner = (edge + width - covered, edge + width - covered, edge + width, edge + width)
    ImageDraw.Draw(cut).rectangle(corner, fill=ink)
    return cut


def between(one: Found, other: Found, *, modules: int) -> float:
    """Give the pixels between the edges of two symbols, their quiet zones included."""
    zone = QUIET_MODULES * (one.right - one.left) / modules
    across = max(one.left, other.left) - min(one.right, other.right) - 2 * zone
    down = max(one.top, other.top) - min(one.bottom, other.bottom) - 2 * zone
    return hypot(max(across, 0), max(down, 0))
