"""A page is asked of one database in a short run, half of them of each; of both in a full run.

What a deed does is tested on both, always; a page only shapes it, and there are many.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest

HERE = Path(__file__).parent
KINDS = re.compile(r"\b(sqlite|postgres)\b")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, of each pair of one page test on both databases, the one that is not its turn."""
    if os.environ.get("FIGURES", "short") == "full":
        return
    out = set(_not_their_turn(items))
    config.hook.pytest_deselected(items=[item for item in items if item in out])
    items[:] = [item for item in items if item not in out]


def _not_their_turn(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    for item in items:
        name, _, variant = item.nodeid.partition("[")
        kind = KINDS.search(variant)
        if kind is not None and HERE in item.path.parents:
            turn = ("sqlite", "postgres")[crc32(name.encode()) % 2]
            if kind[1] != turn:
                yield item
