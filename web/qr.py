"""A square that an app reads from the screen, drawn as one path: no picture, no script."""

import re

import qrcode
from qrcode.constants import ERROR_CORRECT_M

_QUIET = 4  # modules of white around it, as ISO/IEC 18004 asks for


def square(text: str) -> tuple[int, str]:
    """Give a text's QR symbol: its side in modules, white edge included, and its dark runs.

    The runs are SVG path data, one unit a module.
    """
    drawing = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=_QUIET)
    drawing.add_data(text)
    drawing.make(fit=True)
    rows = ["".join("1" if dark else "0" for dark in row) for row in drawing.get_matrix()]
    runs = (
        f"M{run.start()} {y}h{len(run[0])}v1h-{len(run[0])}z"
        for y, row in enumerate(rows)
        for run in re.finditer("1+", row)
    )
    return len(rows), "".join(runs)
