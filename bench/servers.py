"""The two servers that are compared: the same gunicorn around the bare view and Opstap."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.request import urlopen

ADDRESS = "BENCH_DATABASE"  # the environment variable that tells the bare server
# As `opstap serve` starts it, but on this machine's own address.
OPTIONS = ("--workers=2", "--worker-class=gthread", "--threads=8", "--log-level=warning")
_PATIENCE = 20.0


@dataclass(frozen=True, kw_only=True)
class Served:
    """A server that runs: what it is, where it listens, and where it redeems."""

    name: str
    application: str
    path: str
    port: int = 0
    pid: int = 0

    def computed(self) -> float:
        """Give the seconds that its worker processes computed so far."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return sum(_ticks(pid) for pid in children.read_text().split()) / os.sysconf("SC_CLK_TCK")


BARE = Served(name="bare", application="bench.bare:wsgi()", path="/redeem")
REAL = Served(name="Opstap", application="app:wsgi()", path="/api/v1/redemptions")


@contextmanager
def running(served: Served, url: str, folder: Path) -> Iterator[Served]:
    """Serve on a free port until the block ends; `folder` gets its log, as a city's disk would."""
    port = _free_port()
    house = Path(__file__).parent.parent
    environment = _environment(url, folder)
    with (folder / f"{served.name}.log").open("a") as log:
        server = subprocess.Popen(
            [_gunicorn(), served.application, "--bind", f"127.0.0.1:{port}", *OPTIONS],
            cwd=house,
            env=environment,
            stderr=log,
        )
        try:
            _await(server, port)
            yield replace(served, port=port, pid=server.pid)
        finally:
            server.terminate()
            server.wait(_PATIENCE)


def _ticks(pid: str) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])  # in the program, and in the kernel for it


def _environment(url: str, folder: Path) -> Mapping[str, str]:
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return kept | {ADDRESS: url, "DATABASE_URL": url, "OPSTAP_DATA": str(folder)}


def _gunicorn() -> str:
    return str(Path(sys.executable).with_name("gunicorn"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            urlopen(f"http://127.0.0.1:{port}/health", timeout=_PATIENCE).close()
        except OSError:
            if server.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
