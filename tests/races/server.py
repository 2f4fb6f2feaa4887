"""A real web server with two worker processes on a city's database, until the block ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from kernel.cities import City
from terminal.running import WORKER

WORKERS = 2
STARTS_WITHIN = 60.0  # seconds, on a busy machine
_ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Server:
    """Where it listens, which process leads its workers, and what it wrote."""

    port: int
    leader: int
    said: Path

    def workers(self) -> list[int]:
        """Give the process ids of its workers."""
        return _children(self.leader)

    def unforeseen(self) -> str:
        """Give what it wrote of errors that nobody foresaw, to show when a test fails."""
        lines = self.said.read_text().splitlines()
        return "\n".join([line for line in lines if "unforeseen" in line][:3])

    def work_done(self) -> dict[int, int]:
        """Give for each worker how long it computed, in the kernel's ticks."""
        return {pid: _ticks(pid) for pid in self.workers()}


@contextmanager
def serving(
    city: City,
    folder: Path,
    *,
    under: Sequence[str] = (),
    workers: int = WORKERS,
    more: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Serve a city's database as `opstap serve` would, on a free port of loopback only.

    `under` is a command that runs the server, such as strace; `more` is added to its environment.
    """
    said = folder / "server.log"
    with socket.socket() as listening, said.open("wb") as log:
        listening.bind(("127.0.0.1", 0))
        listening.listen(256)
        port: int = listening.getsockname()[1]
        command = [*under, sys.executable, "-m", "gunicorn", "app:wsgi()"]
        command += ["--bind", f"fd://{listening.fileno()}", "--workers", str(workers)]
        command += ["--worker-class", WORKER, "--threads", "8", "--keep-alive", "60"]
        command += ["--log-level", "warning", "--no-control-socket"]
        process = subprocess.Popen(
            command,
            cwd=_ROOT,
            env=environment(city, folder) | dict(more or {}),
            stdout=log,
            stderr=log,
            pass_fds=[listening.fileno()],
        )
        try:
            _wait_for_health(port, process, said)
            yield Server(port, _children(process.pid)[0] if under else process.pid, said)
        finally:
            # At once: nobody asks it anything any more. What it runs under ends with it.
            for pid in _children(process.pid) if under else [process.pid]:
                os.kill(pid, signal.SIGINT)
            process.wait(30)


def environment(city: City, folder: Path) -> dict[str, str]:
    """Give what a process of this installation is told: the city's database, and nothing more."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return kept | {
        "DATABASE_URL": city.database.url,
        "OPSTAP_DATA": str(folder / "data"),
        "SECRET_KEY": "a key for tests",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _wait_for_health(port: int, process: "subprocess.Popen[bytes]", said: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            continue
        finally:
            connection.close()
    raise AssertionError(f"the server did not start: {said.read_text()[-2000:]}")


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
