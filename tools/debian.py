"""`make test` needs a browser and three small programs: Debian has them, and this asks for them."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import sys

from tools.commands import run, works


def main() -> None:
    """Install what the tests need and this machine lacks."""
    need(
        {
            "chromium": shutil.which("chromium") is not None,
            "poppler-utils": shutil.which("pdftoppm") is not None,
            "libzbar0": ctypes.util.find_library("zbar") is not None,
            "strace": shutil.which("strace") is not None,
        }
    )


def need(present: dict[str, bool]) -> None:
    """Install the packages that are not `present`; stop with a sentence where that cannot be."""
    missing = [package for package, here in present.items() if not here]
    if not missing:
        return
    prefix = as_root()
    if prefix is None:
        sys.exit(
            "These Debian packages are missing, and this account may not install them:\n"
            f"  {' '.join(missing)}\n"
            "Ask who looks after this machine to install them, then try again."
        )
    print(f"Debian packages: {' '.join(missing)} …", flush=True)
    run(*prefix, "apt-get", "update", "-qq")
    run(*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing)


def as_root() -> list[str] | None:
    """Give what goes before `apt-get` on this machine, or None where it cannot be called."""
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return quiet
    if not shutil.which("sudo"):
        return None
    # Somebody at a keyboard may type a password; nobody is there to type one in CI.
    if sys.stdin.isatty() and not os.environ.get("CI"):
        return ["sudo", *quiet]
    return (
        ["sudo", "--non-interactive", *quiet]
        if works("sudo", "--non-interactive", "true")
        else None
    )


if __name__ == "__main__":
    main()
