"""A cheque's code becomes a square that any phone can open, even when a corner is dirty.

The content is `<base_url>/c#<code>`: what stands behind `#` stays in the browser, so the code
reaches no log. Level Q lets a quarter of the square be lost; level M does not survive a 15 % cover.

Reed-Solomon and the mask are linear: with one address, each bit of the code flips the same modules
whatever the others are. So `qrcode` draws one symbol for each bit, once, and every later cheque is
a few exclusive-ors of whole squares: the same square, bit for bit, hundreds of times sooner.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import qrcode
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.util import QRData

from vouchers.codes import ALPHABET, CODE

QUIET_MODULES = 4
"""The white edge that the standard (ISO/IEC 18004) asks for, on each side."""

_ALPHANUMERIC: Final = 2
_BYTES: Final = 4
"""The standard's two ways to pack signs: two in 11 bits for a few of them, 8 bits each for any."""

_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_PAIR_BITS = 11
_FIXED_MASK = 2
"""Looking for the best of eight masks takes six times as long and reads no better."""


@dataclass(frozen=True, kw_only=True)
class Symbol:
    """A QR symbol: `modules` a side (quiet zone apart), `path` its dark runs as SVG path data."""

    modules: int
    path: str

    @property
    def side(self) -> int:
        """Modules a side, quiet zone included."""
        return self.modules + 2 * QUIET_MODULES

    def svg(self) -> str:
        """The symbol as a drawing with its quiet zone, one unit a module, black on nothing."""
        box = f"{-QUIET_MODULES} {-QUIET_MODULES} {self.side} {self.side}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" '
            f'shape-rendering="crispEdges"><path d="{self.path}"/></svg>'
        )


@dataclass(frozen=True, kw_only=True)
class _Address:
    """One address's square: with a code of nothing but zeros, and what each bit flips."""

    modules: int
    zeros: int
    flips: tuple[int, ...]

    def square(self, code: str) -> int:
        square = self.zeros
        for pair in range(len(code) // 2):
            bits = _SIGNS.index(code[2 * pair]) * len(_SIGNS) + _SIGNS.index(code[2 * pair + 1])
            for bit in range(_PAIR_BITS):
                if bits >> bit & 1:
                    square ^= self.flips[pair * _PAIR_BITS + bit]
        return square


def cheque_url(base_url: str, code: str) -> str:
    """What a phone opens: the city's own address, and the code where no server sees it."""
    return f"{base_url.rstrip('/')}/c#{code}"


def symbol(base_url: str, code: str) -> Symbol:
    """Draw the QR symbol of one cheque, level Q, in the smallest version that holds it.

    `base_url` is the city's setting, never a request's Host header. `code` is a cheque's, 16 signs
    of its alphabet; any other is refused with ValueError.
    """
    if len(code) != CODE or not set(code) <= set(ALPHABET):
        raise ValueError(f"a cheque's code has {CODE} signs of {ALPHABET}")
    address = _address(cheque_url(base_url, ""))
    return Symbol(modules=address.modules, path=_runs(address.square(code), address.modules))


@lru_cache(maxsize=16)
def _address(address: str) -> _Address:
    modules, zeros = drawn(address, "0" * CODE)
    bits = [(pair, 1 << bit) for pair in range(CODE // 2) for bit in range(_PAIR_BITS)]
    flips = tuple(drawn(address, _with_pair(pair, value))[1] ^ zeros for pair, value in bits)
    return _Address(modules=modules, zeros=zeros, flips=flips)


def _with_pair(pair: int, value: int) -> str:
    two = _SIGNS[value // len(_SIGNS)] + _SIGNS[value % len(_SIGNS)]
    return "00" * pair + two + "00" * (CODE // 2 - pair - 1)


def drawn(address: str, code: str) -> tuple[int, int]:
    """Let `qrcode` draw one square: its modules a side, and all of them as the bits of a number."""
    drawing = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=0, mask_pattern=_FIXED_MASK)
    drawing.add_data(QRData(address.encode(), mode=_BYTES))
    # Capitals packed apart from the address often make the symbol a version smaller.
    drawing.add_data(QRData(code.encode(), mode=_ALPHANUMERIC))
    drawing.make(fit=True)
    rows = drawing.get_matrix()
    bits = "".join("1" if dark else "0" for row in rows for dark in row)
    return len(rows), int(bits, 2)


def _runs(square: int, modules: int) -> str:
    """Dark runs, a rectangle each: a fifth of the size of a rectangle a module."""
    bits = format(square, f"0{modules * modules}b")
    rows = (bits[start : start + modules] for start in range(0, len(bits), modules))
    return "".join(
        f"M{run.start()} {y}h{(width := len(run[0]))}v1h-{width}z"
        for y, row in enumerate(rows)
        for run in re.finditer("1+", row)
    )
