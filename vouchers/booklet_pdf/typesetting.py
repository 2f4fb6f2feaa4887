"""The press: one kept typst compiler a process, and a process of its own for a whole batch.

A kept compiler sets a booklet in milliseconds, but what it set stays in memory: batches go to a
child process that ends when they are done. Codes travel by its input, never on a command line.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typst

_HERE = Path(__file__).parent
FONTS = _HERE / "fonts"
_TEMPLATE = _HERE / "booklet.typ"
_NEEDED = {
    (family, weight) for family in ("Noto Sans", "Noto Sans Arabic") for weight in (400, 700)
}
_CHILD_SECONDS = 60
_press = threading.Lock()


class FontsMissingError(RuntimeError):
    """The booklet's fonts are not installed; another font would print some scripts as boxes."""


class BatchNotPrintedError(RuntimeError):
    """The process that sets a batch failed or took too long; nothing was printed."""


def typeset(content: Mapping[str, Any]) -> bytes:
    """Set a laid-out document as a tagged PDF (PDF/UA-1), in this process, one at a time."""
    inputs = {"content": json.dumps(content)}
    with _press:
        try:
            return _compiled(inputs, universal=True)
        except typst.TypstError as error:
            # PDF/UA refuses a sign that no font has. A strange sign in the name of a place may cost
            # the conformance mark (the page stays tagged), never the family's booklet.
            if "could not be displayed" not in str(error):
                raise
            return _compiled(inputs, universal=False)


def typeset_apart(content: Mapping[str, Any]) -> bytes:
    """Set a laid-out document in a child process, so that its memory is given back."""
    try:
        child = subprocess.run(  # noqa: S603 — this file, and no input on the command line
            [sys.executable, "-P", __file__],
            input=json.dumps(content).encode(),
            capture_output=True,
            timeout=_CHILD_SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as failed:
        raise BatchNotPrintedError(failed.stderr.decode(errors="replace")[-500:]) from None
    except subprocess.TimeoutExpired:
        raise BatchNotPrintedError(f"not ready after {_CHILD_SECONDS} seconds") from None
    return child.stdout


def _compiled(inputs: dict[str, str], *, universal: bool) -> bytes:
    made = _compiler().compile(
        format="pdf", sys_inputs=inputs, pdf_standards=["ua-1"] if universal else []
    )
    if not isinstance(made, bytes):
        raise TypeError("typst gave no single document")
    return made


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(_TEMPLATE, root=_HERE, font_paths=fonts_in(FONTS))


def fonts_in(folder: Path) -> typst.Fonts:
    """Read our own fonts only: neither the system's nor typst's built-in ones may stand in.

    Refuses, with FontsMissingError, a folder that lacks one, and says what to run.
    """
    found = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
    )
    missing = _NEEDED - {(font.family, font.weight) for font in found.fonts()}
    if missing:
        names = ", ".join(f"{family} {weight}" for family, weight in sorted(missing))
        raise FontsMissingError(f"{folder} lacks {names}: run make setup")
    return found


if (
    __name__ == "__main__"
):  # the child: this file alone, so that it starts in a twentieth of a second
    sys.stdout.buffer.write(typeset(json.load(sys.stdin.buffer)))
