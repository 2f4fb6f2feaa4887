"""`make run`: two invented cities on this machine, their web and their clock, until Ctrl-C."""

from __future__ import annotations

import os
import socket
import sys

from tools.commands import ROOT, run

BIN = ROOT / ".venv" / "bin"
LOOPBACK = "127.0.0.1"

WELCOME = """
Opstap runs on this machine, with two invented cities:
  http://genk.localhost:{port}       cheques
  http://antwerpen.localhost:{port}  cheques and occasional care

Sign in with the password opstap-demo as one of
  toeleider@  opvang@  opvang2@  regie@  financien@  evaluator@  beheer@
followed by genk.example or antwerpen.example.

Ctrl-C ends it. The data stay in {data}.
"""


def main() -> None:
    """Migrate, fill empty cities with the demo, tell where they are, and become honcho."""
    port = os.environ.get("PORT", "8000")
    refuse_taken_port(port)
    os.environ.update({"OPSTAP_DEMO": "1", "PORT": port})
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    run(BIN / "opstap", "migrate")
    run(BIN / "opstap", "seed", "demo")
    print(WELCOME.format(port=port, data=os.environ.get("OPSTAP_DATA", "data/")), flush=True)
    # Honcho takes this process's place, so that a signal to `make run` reaches web and clock.
    honcho = str(BIN / "honcho")
    os.execv(honcho, [honcho, "start", "--port", port, "web", "clock"])


def refuse_taken_port(port: str) -> None:
    """Stop before anything is made when another program answers on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if port.isdecimal() and probe.connect_ex((LOOPBACK, int(port))) != 0:
            return
    sys.exit(f"Port {port} cannot be used, or is in use. Choose another: make run PORT=8001")


if __name__ == "__main__":
    main()
