"""A cheque's code becomes a square that any phone can open, even when a corner is dirty.

The content is `<base_url>/c#<code>`: what stands behind `#` stays in the browser, so the code
reaches no log. Level Q lets a quarter of the square be lost; level M does not survive a 15 % cover.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Final

import qrcode
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.util import QRData

QUIET_MODULES = 4
"""The white edge that the standard (ISO/IEC 18004) asks for, on each side."""

_ALPHANUMERIC: Final = 2
_BYTES: Final = 4
"""The standard's two ways to pack signs: 5.5 bits each for a few of them, 8 bits for any."""

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


def cheque_url(base_url: str, code: str) -> str:
    """What a phone opens: the city's own address, and the code where no server sees it."""
    return f"{base_url.rstrip('/')}/c#{code}"


def symbol(base_url: str, code: str) -> Symbol:
    """Draw the QR symbol of one cheque, level Q, in the smallest version that holds it.

    `base_url` is the city's setting, never a request's Host header. `code` has only signs of the
    cheque alphabet; a sign outside QR's alphanumeric set (lower case, say) is refused, by
    ValueError.
    """
    address = cheque_url(base_url, "")
    drawing = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=0, mask_pattern=_FIXED_MASK)
    drawing.add_data(QRData(address.encode(), mode=_BYTES))
    # Capitals packed apart from the address often make the symbol a version smaller.
    drawing.add_data(QRData(code.encode(), mode=_ALPHANUMERIC))
    drawing.make(fit=True)
    rows = drawing.get_matrix()
    return Symbol(modules=len(rows), path=_runs(rows))


def _runs(rows: list[list[bool]]) -> str:
    """Dark runs, a rectangle each: a fifth of the size of a rectangle a module."""
    parts = []
    for y, row in enumerate(rows):
        x = 0
        for dark, run in groupby(row):
            width = len(list(run))
            if dark:
                parts.append(f"M{x} {y}h{width}v1h-{width}z")
            x += width
    return "".join(parts)
