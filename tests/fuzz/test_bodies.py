"""Bodies that are huge, deep or slow are refused at once, and others are served meanwhile (F8)."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from kernel.cities import City
from tests import build
from tests.build import Person
from tests.conftest import city_at
from tests.figures import Say
from tests.races.server import Server, serving

pytestmark = pytest.mark.serial

MEGABYTE = 1024 * 1024
_REFUSED_WITHIN = 1.5  # seconds: the figure's one, and what a busy machine takes
_SERVED_WITHIN = 3.0
_STOPS_WITHIN = 9.0  # less than the patience with a slow sender
_MORE_MEMORY = 100 * MEGABYTE
_PATHS = ("/api/v1/redemptions", "/api/v1/booklets", "/c", "/aanmelden", "/meegeven", "/scan")


def test_a_huge_body_is_refused_at_once(server: Server, token: str, figure: Say) -> None:
    before, slowest, asked = memory(server), 0.0, 0
    for path in _PATHS:
        for chunked in (False, True):
            status, took = sent_huge(server, path, token, chunked=chunked)
            assert status in {400, 401, 404, 413}, f"{path}: {status}"
            assert took < _REFUSED_WITHIN, f"{path}: {took:.2f} s"
            slowest, asked = max(slowest, took), asked + 1
    more = memory(server) - before
    assert more < _MORE_MEMORY
    assert is_up(server)
    figure(
        "F8 huge",
        f"{asked} bodies of 50 MB, with and without their length: refused within {slowest:.2f} s, "
        f"{more // MEGABYTE} MB more memory",
    )


def test_a_deep_body_is_refused_at_once(server: Server, token: str, figure: Say) -> None:
    before, slowest, asked = memory(server), 0.0, 0
    marks = "a" + "\u0315\u0300" * 90_000
    bodies = {
        "lists": "[" * (MEGABYTE - 1),
        "objects": '{"a":' * (MEGABYTE // 5 - 1),
        "family in family": '{"family":' * (MEGABYTE // 10 - 1),
        "a long number": '{"code": ' + "9" * (MEGABYTE - 20) + "}",
        "many fields": "{" + ",".join(f'"f{n}":1' for n in range(80_000)) + "}",
        "marks to compose": f'{{"family": {{"reference": "{marks}", "language": "ar"}}}}',
    }
    for name, body in bodies.items():
        for path in _PATHS[:3]:
            status, took = sent(server, path, body.encode(), token)
            assert status in {400, 403, 404, 413, 422}, f"{name} to {path}: {status}"
            assert took < _REFUSED_WITHIN, f"{name} to {path}: {took:.2f} s"
            slowest, asked = max(slowest, took), asked + 1
    more = memory(server) - before
    assert more < _MORE_MEMORY
    figure(
        "F8 deep",
        f"{asked} deep or wide bodies: refused within {slowest:.2f} s, "
        f"{more // MEGABYTE} MB more memory",
    )


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"POST /c HTTP/1.1\r\nHost: x\r\n",
        b"POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
        b"POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n",
    ],
    ids=["nothing", "half a head", "half a body", "half a chunk", "a huge one"],
)
def test_slow_senders_keep_nobody_waiting(server: Server, begun: bytes, figure: Say) -> None:
    before = memory(server)
    with ExitStack() as open_:
        slow = [open_.enter_context(slow_sender(server, begun)) for _ in range(40)]
        assert len(slow) == 40
        times = [served(server) for _ in range(10)]
    assert max(times) < _SERVED_WITHIN, f"{max(times):.2f} s"
    assert memory(server) - before < _MORE_MEMORY
    figure(
        f"F8 slow, {len(begun)} bytes begun",
        f"40 senders that stop half-way, 16 threads: 10 others served, the slowest in "
        f"{max(times):.2f} s",
    )


def test_a_slow_sender_alone_gets_its_time_and_then_a_sentence(server: Server) -> None:
    head = b"POST /c HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sender:
        sender.sendall(head + b"Content-Length: 24\r\n\r\n{")
        told = HTTPResponse(sender)
        told.begin()
        assert told.status == 408
        assert "probeer opnieuw" in told.read().decode()
    patient = b'"code": "7K3M9QW2XRT6"}'
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sender:
        sender.sendall(head + b"Content-Length: 24\r\n\r\n")
        for part in (b"{", patient[:9], patient[9:]):
            assert not wait_for_end(sender, 0.7)
            sender.sendall(part)
        told = HTTPResponse(sender)
        told.begin()
        assert told.status == 404


def test_a_slow_sender_does_not_keep_the_server_from_stopping(city: City, tmp_path: Path) -> None:
    half = b"POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
    with ExitStack() as open_:
        with serving(city, tmp_path) as running:
            open_.enter_context(slow_sender(running, half))
            served(running)
            began = time.monotonic()
        assert time.monotonic() - began < _STOPS_WITHIN


@pytest.fixture
def city(sqlite_url: str) -> Iterator[City]:
    made = city_at(sqlite_url)
    yield made
    made.database.dispose()


@pytest.fixture
def regie(city: City) -> Person:
    return build.regie(city)


@pytest.fixture
def token(city: City, regie: Person) -> str:
    return build.token(city, regie)["Authorization"]


@pytest.fixture
def server(city: City, tmp_path: Path) -> Iterator[Server]:
    with serving(city, tmp_path) as running:
        yield running
        assert not running.unforeseen()


def sent(server: Server, path: str, body: bytes, token: str) -> tuple[int, float]:
    """Send a body of JSON, and give the answer's status with how long it took."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    began = time.monotonic()
    connection.request(
        "POST", path, body, {"Content-Type": "application/json", "Authorization": token}
    )
    status = connection.getresponse().status
    connection.close()
    return status, time.monotonic() - began


def sent_huge(server: Server, path: str, token: str, *, chunked: bool) -> tuple[int, float]:
    """Send 50 MB as fast as they are taken; an answer may come, and end it, on the way."""
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {50 * MEGABYTE}"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n{length}\r\n"
    piece = b"x" * 65_536
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sender:
        sender.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n")
        told = ThreadPoolExecutor(1)
        answer = told.submit(status_of, sender)
        with suppress(OSError):
            for _ in range(50 * MEGABYTE // len(piece)):
                sender.sendall(b"10000\r\n" + piece + b"\r\n" if chunked else piece)
                if answer.done():
                    break
        status = answer.result()
        told.shutdown()
    return status, time.monotonic() - began


def status_of(sender: socket.socket) -> int:
    told = HTTPResponse(sender)
    told.begin()
    return told.status


def slow_sender(server: Server, begun: bytes) -> socket.socket:
    sender = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    sender.sendall(begun)
    return sender


def served(server: Server) -> float:
    """Ask as somebody else, with a body, and give how long the answer took."""
    status, took = sent(server, "/c", b'{"code": "7K3M9QW2XRT6"}', "")
    assert status == 404
    return took


def is_up(server: Server) -> bool:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/health")
    status = connection.getresponse().status
    connection.close()
    return status == 200


def wait_for_end(sender: socket.socket, seconds: float) -> bool:
    """Say whether the server ends the connection within so many seconds."""
    sender.settimeout(seconds)
    try:
        return sender.recv(1, socket.MSG_PEEK) == b""
    except TimeoutError:
        return False
    finally:
        sender.settimeout(30)


def memory(server: Server) -> int:
    """Give the bytes of memory that the workers hold together."""
    held: Callable[[int], str] = lambda pid: Path(f"/proc/{pid}/smaps_rollup").read_text()  # noqa: E731
    rss = [line for pid in server.workers() for line in held(pid).splitlines()]
    return sum(int(line.split()[1]) * 1024 for line in rss if line.startswith("Pss:"))
