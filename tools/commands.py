"""Other programs are called from the clone's root, and a failure is told in a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path) -> None:
    """Run a command in the clone's root; stop with a sentence when it fails."""
    words = [str(word) for word in command]
    code = subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode
    if code:
        sys.exit(
            f"Stopped: this command ended with code {code}; its own words are above.\n"
            f"  {' '.join(words)}"
        )


def works(*command: str | Path) -> bool:
    """Tell, without printing anything, whether a command exists and succeeds."""
    return bool(answer(*command)[0])


def answer(*command: str | Path) -> tuple[bool, str]:
    """Give whether a command succeeded, and what it printed."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return False, ""
    return done.returncode == 0, done.stdout.strip()
