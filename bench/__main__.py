"""`python -m bench` measures, and prints what it measured."""

import tempfile
from pathlib import Path

from bench.city import cities
from bench.redeeming import measured, medians


def main() -> int:
    """Measure what can be measured so far, and give the exit status."""
    with tempfile.TemporaryDirectory(prefix="opstap-bench-") as name, cities(Path(name)) as both:
        for row in medians(measured(both, Path(name), rounds=3, seconds=3.0)):
            print(row)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
