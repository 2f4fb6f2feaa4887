"""`python -m bench` measures Opstap's speed beside a bare server, and says what it promises."""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import figures
from bench.booklets import printed
from bench.city import BenchCity, cities
from bench.raw import commits
from bench.redeeming import CLIENTS, measured, medians
from bench.scale import compared, filled
from bench.statements import statements

FEW, MANY = 1_000, 1_000_000


def main() -> int:
    """Measure, print two tables, and keep everything as JSON where the run was told to."""
    asked = _asked()
    with tempfile.TemporaryDirectory(prefix="opstap-bench-") as name:
        found = _found(asked, Path(name))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", type=Path, help="keep every cell in this file")
    parser.add_argument("--rounds", type=int, default=3, help="how often each cell is measured")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a cell takes")
    parser.add_argument("--full", action="store_true", help="also beside a million redemptions")
    return parser.parse_args()


def _found(asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    with cities(folder) as both:
        _say("redemptions, in turns with the bare server …")
        cells = measured(both, folder, rounds=asked.rounds, seconds=asked.seconds, clients=CLIENTS)
        raw = [commits(bench, seconds=min(asked.seconds, 2.0)) for bench in both]
        counted = {bench.kind: statements(bench, folder) for bench in both}
    scales = _scales(asked, folder) if asked.full else []
    _say("booklets …")
    booklets = printed()
    rows = medians(cells)
    held = [
        *figures.of_redeeming(rows),
        *(figures.of_statements(kind, said) for kind, said in counted.items()),
        *map(figures.of_scale, scales),
        *figures.of_booklets(booklets),
    ]
    print(figures.table(rows, raw), figures.verdict(held), sep="\n\n")
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cells": [asdict(cell) for cell in cells],
        "medians": [asdict(row) for row in rows],
        "raw": [asdict(one) for one in raw],
        "statements": counted,
        "scale": [asdict(one) for one in scales],
        "booklets": asdict(booklets),
        "figures": [asdict(one) | {"met": one.met} for one in held],
    }


def _scales(asked: argparse.Namespace, folder: Path) -> list[Any]:
    small, large = folder / "small", folder / "large"
    for each in (small, large):
        each.mkdir()
    with cities(small) as few, cities(large) as many:
        for bench in (*few, *many):
            _fill(bench, MANY if bench in many else FEW)
        return [
            compared(one, other, folder, rounds=asked.rounds, seconds=asked.seconds)
            for one, other in zip(few, many, strict=True)
        ]


def _fill(bench: BenchCity, redemptions: int) -> None:
    _say(f"{bench.kind}: {redemptions:,} redemptions to stand beside …")
    filled(bench, redemptions)


def _say(what: str) -> None:
    print(what, file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
