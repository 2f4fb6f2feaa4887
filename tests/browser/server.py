"""The real server in a process of its own, on a port that the machine chose; and its clock."""

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from kernel.cities import City

HOUSE = Path(__file__).parent.parent.parent


def environment_of(city: City, folder: Path, **more: str) -> dict[str, str]:
    """Give the settings of an installation of one city, as an administrator would; `more` too."""
    ours = {
        "OPSTAP_DATA": str(folder),
        "OPSTAP_CITIES": str(_described(city, folder)),
        "SECRET_KEY": "a key for tests",
    }
    return os.environ | ours | more


@contextmanager
def serving(
    environment: Mapping[str, str], listener: socket.socket, folder: Path
) -> Iterator[None]:
    """Serve an installation with gunicorn on a socket that is bound already, to the block's end."""
    listener.listen(64)
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "app:wsgi()",
        "--bind",
        f"fd://{listener.fileno()}",
    ]
    command += ["--workers", "1", "--worker-class", "gthread", "--threads", "8"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "--log-level", "warning", "--no-control-socket"],
            cwd=HOUSE,
            env=environment,
            pass_fds=[listener.fileno()],
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for_health(listener, server, folder)
            yield
        finally:
            server.terminate()
            server.wait(timeout=20)


@contextmanager
def ticking(environment: Mapping[str, str], folder: Path) -> Iterator[None]:
    """Let the real clock run in a process of its own, until the block ends."""
    with (folder / "clock.log").open("ab") as log:
        clock = subprocess.Popen(
            [sys.executable, "-m", "jobs"], cwd=HOUSE, env=environment, stdout=log, stderr=log
        )
        try:
            yield
            said = (folder / "clock.log").read_text(encoding="utf-8")
            assert clock.poll() is None, f"the clock stopped by itself: {said}"
        finally:
            clock.terminate()
            clock.wait(timeout=20)


def types(environment: Mapping[str, str], *words: str) -> str:
    """Type a command on the machine of an installation; gives what it prints."""
    opstap = Path(sys.executable).with_name("opstap")
    done = subprocess.run(
        [opstap, *words], cwd=HOUSE, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"opstap {' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout


def _described(city: City, folder: Path) -> Path:
    """Write the city as an administrator would, and give the file."""
    file = folder / "cities.toml"
    url = city.database.engine.url.render_as_string(hide_password=False)
    lines = {
        "host": city.host,
        "base_url": city.base_url,
        "database": url,
        "name": city.name,
        "desk_phone": city.desk_phone,
        "desk_address": city.desk_address,
        "desk_hours": city.desk_hours,
        "privacy_contact": city.privacy_contact,
    }
    body = "".join(f'{key} = "{value}"\n' for key, value in lines.items())
    body += f"programmes = {sorted(city.programmes)}\n"
    file.write_text(f"[[city]]\n{body}", encoding="utf-8")
    return file


def _wait_for_health(
    listener: socket.socket, server: "subprocess.Popen[bytes]", folder: Path
) -> None:
    """The socket listens already: the first request waits in its queue until a worker takes it."""
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/health"
    try:
        urllib.request.urlopen(url, timeout=30).close()
    except (URLError, TimeoutError) as error:
        said = (folder / "server.log").read_text(encoding="utf-8")
        raise AssertionError(f"no server (exit {server.poll()}): {said}") from error
