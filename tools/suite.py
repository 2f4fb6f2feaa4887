"""`make test`: the whole suite, some tests at a time, then those that want the machine alone."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tools.commands import ROOT

# Two for each of two cores: a test waits for a server, a browser or a disk half of its time.
TOGETHER = ("-n", "4", "--dist", "worksteal", "-m", "not serial")
ALONE = ("-m", "serial")


def main() -> None:
    """Run both parts, also when the first fails; `--figures-to FILE` keeps the figures."""
    if sys.argv[1:2] == ["--figures-to"]:
        sys.exit(with_figures(ROOT / sys.argv[2]))
    sys.exit(both())


def with_figures(target: Path) -> int:
    """Run both parts; put the figures that they print in `target`, unless something failed."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / target.name
        # With "=": pytest would take a name that stands alone for a folder of tests.
        code = both(f"--figures-to={fresh}")
        if code == 0:
            target.parent.mkdir(exist_ok=True)
            target.write_text(fresh.read_text(encoding="utf-8"), encoding="utf-8")
    return code


def both(*options: str) -> int:
    """Run pytest twice and give the first exit code that is not 0."""
    codes = [
        subprocess.run(
            [sys.executable, "-m", "pytest", *part, *options], cwd=ROOT, check=False
        ).returncode
        for part in (TOGETHER, ALONE)
    ]
    return codes[0] or codes[1]


if __name__ == "__main__":
    main()
