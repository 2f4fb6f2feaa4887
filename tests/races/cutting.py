"""A line that breaks after the server answered and before the client hears it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PATIENCE = 60.0


@contextmanager
def cutting_line(port: int) -> Iterator[int]:
    """Give a port that passes every request on to `port`, and drops every answer that comes."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        line = threading.Thread(target=_pass_on, args=(listening, port), daemon=True)
        line.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            line.join(PATIENCE)


def _pass_on(listening: socket.socket, port: int) -> None:
    with suppress(OSError):  # the block that opened the line has ended
        while True:
            client, _ = listening.accept()
            with client, socket.create_connection(("127.0.0.1", port), PATIENCE) as server:
                server.sendall(_request(client))
                _wait_for_answer(server)


def _request(client: socket.socket) -> bytes:
    """Read one whole request: its head, and as much body as the head says."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += client.recv(65536)
    head, _, body = read.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].split(b":")[1])
    while len(body) < length:
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


def _wait_for_answer(server: socket.socket) -> None:
    """Wait until the answer is on its way: what it tells of is committed then."""
    assert server.recv(65536).startswith(b"HTTP/1.1 201")
