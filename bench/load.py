"""Clients that keep a server busy: one process, raw sockets, each waiting for its own answer.

Run as a program of its own, so that its cost is not the server's: it reads a `Plan` as JSON from
standard input and prints a `Pressed` as JSON.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

_LENGTH = b"content-length:"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to send: each body once, to one path, until the seconds are over or all are sent."""

    port: int
    path: str
    headers: dict[str, str]
    bodies: list[str]
    keys: list[str]  # a value of the header Idempotency-Key for each body
    clients: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Pressed:
    """What came of it: how many were sent, how long each took in ms, and what was not a 201."""

    sent: int
    seconds: float
    took: list[float]
    errors: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.took) / self.seconds if self.seconds else 0.0


def press(plan: Plan) -> Pressed:
    """Keep a server busy from another process."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(plan)),
        capture_output=True,
        check=True,
        text=True,
        timeout=plan.seconds + 60,
    )
    return Pressed(**json.loads(done.stdout))


class _Client:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.answer = b""

    def ask(self, request: bytes) -> None:
        self.answer = b""
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def heard(self) -> int | None:
        """Read what there is; give the status when the answer is whole, 0 when it was cut off."""
        more = self.socket.recv(65536)
        self.answer += more
        if not more:
            return 0
        head, found, body = self.answer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return None
        return int(head[9:12])


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line[len(_LENGTH) :]) for line in lines if line.startswith(_LENGTH)), 0)


def keep_busy(plan: Plan) -> Pressed:
    """Send the plan's requests, one at a time a client, and wait for the last answers."""
    requests = _requests(plan)
    took: list[float] = []
    errors: dict[str, int] = {}
    waiting = selectors.DefaultSelector()
    began = time.perf_counter()
    for client in [_Client(plan.port) for _ in range(min(plan.clients, len(requests)))]:
        waiting.register(client.socket, selectors.EVENT_READ, client)
        client.ask(requests.pop())
    while waiting.get_map():
        for key, _ in waiting.select():
            client = key.data
            status = client.heard()
            if status is None:
                continue
            took.append((time.perf_counter() - client.began) * 1000)
            if status != 201:  # noqa: PLR2004 — created
                errors[str(status)] = errors.get(str(status), 0) + 1
            over = time.perf_counter() - began > plan.seconds
            if status == 0 or over or not requests:
                waiting.unregister(client.socket)
                client.socket.close()
            else:
                client.ask(requests.pop())
    seconds = time.perf_counter() - began
    sent = len(plan.bodies) - len(requests)
    return Pressed(sent=sent, seconds=seconds, took=took, errors=errors)


def _requests(plan: Plan) -> list[bytes]:
    """Give the requests as bytes, the first one last: they are taken from the end."""
    head = f"POST {plan.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in plan.headers.items())
    return [
        f"{head}Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        for body, key in zip(reversed(plan.bodies), reversed(plan.keys), strict=True)
    ]


def main() -> None:
    """Do what standard input says."""
    given: dict[str, Any] = json.load(sys.stdin)
    json.dump(asdict(keep_busy(Plan(**given))), sys.stdout)


if __name__ == "__main__":
    main()
