"""A step of the set-up is done once, and again only when what it was made from has changed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tools.commands import ROOT

STAMPS = ROOT / ".venv" / "stamps"


def digest(inputs: Iterable[Path], *, also: str = "") -> str:
    """Give one fingerprint of the names and contents of files, and of `also`."""
    total = hashlib.sha256(also.encode())
    for path in inputs:
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def once(
    title: str,
    wanted: str,
    outputs: Iterable[Path],
    act: Callable[[], None],
) -> None:
    """Do `act` unless it was done for the fingerprint `wanted` and all `outputs` still exist."""
    stamp = STAMPS / title.replace(" ", "-")
    if stamp.is_file() and stamp.read_text() == wanted and all(path.exists() for path in outputs):
        return
    print(f"{title} …", flush=True)
    started = time.monotonic()
    act()
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)
    print(f"{title}: done in {time.monotonic() - started:.1f} s", flush=True)
