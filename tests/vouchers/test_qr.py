"""A cheque's symbol: small, sharp, and read by two engines."""

import io
import random

import pytest
from PIL import Image, ImageDraw

from tests.figures import rounds
from tests.vouchers.paper import decoded_by_zbar, decoded_by_zxing
from vouchers.codes import ALPHABET
from vouchers.qr import QUIET_MODULES, Symbol, cheque_url, drawn, symbol

CODE = "7K3M9QW2XRT60000"


def test_the_code_stands_behind_the_hash_where_no_server_sees_it() -> None:
    assert cheque_url("https://opstap.genk.example/", CODE) == (
        f"https://opstap.genk.example/c#{CODE}"
    )


@pytest.mark.parametrize("host", ["a.be", "opstap.genk.example", "kinderopvang.mechelen.example"])
def test_both_readers_read_both_ways_of_packing(host: str) -> None:
    drawn = drawing(symbol(f"https://{host}", CODE))
    address = f"https://{host}/c#{CODE}"
    assert decoded_by_zxing(drawn) == [address]
    assert decoded_by_zbar(drawn) == [address]


def test_capitals_packed_apart_make_the_symbol_a_version_smaller() -> None:
    # 31 signs of address and 16 of code: 47 bytes would need version 5 (37 modules).
    assert symbol("https://opstap.stad.example.", CODE).modules == 33


def test_the_quiet_zone_is_part_of_the_side() -> None:
    drawn = symbol("https://a.be", CODE)
    assert drawn.side == drawn.modules + 2 * QUIET_MODULES
    assert f'viewBox="-4 -4 {drawn.side} {drawn.side}"' in drawn.svg()


@pytest.mark.parametrize("host", ["a.be", "opstap.genk.example", "kinderopvang.mechelen.example"])
def test_each_square_is_the_one_that_the_library_draws(host: str) -> None:
    chance = random.Random(host)
    for _ in range(rounds(300)):
        code = "".join(chance.choices(ALPHABET, k=16))
        modules, square = drawn(f"https://{host}/c#", code)
        ours = drawing(symbol(f"https://{host}", code), scale=1)
        inside = ours.crop((4, 4, 4 + modules, 4 + modules))
        bits = "".join("0" if pixel else "1" for pixel in inside.get_flattened_data())
        assert int(bits, 2) == square


@pytest.mark.parametrize("code", [CODE.lower(), CODE[:-1], "OOOOOOOOOOOOOOOO", ""])
def test_what_is_not_a_code_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="16 signs"):
        symbol("https://a.be", code)


def test_a_quarter_of_the_symbol_may_be_lost() -> None:
    """Level Q: its two format bits are 11 in every mask (ISO/IEC 18004, table 25)."""
    drawn = drawing(symbol("https://opstap.genk.example", CODE), scale=1)
    first_bits = [drawn.getpixel((QUIET_MODULES + x, QUIET_MODULES + 8)) == 0 for x in (0, 1)]
    # The format bits are stored XOR 101010000010010: 11 becomes 01.
    assert first_bits == [False, True]


def drawing(one: Symbol, *, scale: int = 8) -> Image.Image:
    """Draw the dark runs without any of the PDF's machinery."""
    image = Image.new("L", (one.side * scale, one.side * scale), 255)
    pen = ImageDraw.Draw(image)
    for run in one.path.strip("Mz").split("zM"):
        x, y, width = parsed(run)
        left, top = (QUIET_MODULES + x) * scale, (QUIET_MODULES + y) * scale
        pen.rectangle((left, top, left + width * scale - 1, top + scale - 1), fill=0)
    return Image.open(io.BytesIO(png(image)))


def parsed(run: str) -> tuple[int, int, int]:
    start, width, *_ = run.replace("v", "h").split("h")
    x, y = start.split()
    return int(x), int(y), int(width)


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
