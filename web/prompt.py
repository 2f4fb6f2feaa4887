"""The web server's worker: whoever sends slowly never keeps the others waiting."""

import io
import time
from contextlib import suppress
from socket import SHUT_RD, socket
from threading import Thread
from typing import Any

from gunicorn.http.errors import NoMoreData
from gunicorn.util import write_error
from gunicorn.workers.gthread import ThreadWorker

_LONGEST = 1024 * 1024  # bytes of a body; the application refuses more without reading it
_PATIENCE = 10.0  # seconds in which a request must have come in
_SHORT_PATIENCE = 0.25  # the same where so many come in slowly that others would wait
_HALF = 2  # of the threads may wait for who sends slowly
_LOOKS = 0.1  # seconds between two looks at the clock
_TOO_SLOW = "Je aanvraag kwam te traag binnen. Kijk je verbinding na en probeer opnieuw."


class PromptWorker(ThreadWorker):  # type: ignore[misc] # gunicorn comes without types
    """A worker with threads, in which a thread waits for nobody.

    A request comes in whole, head and body, before the application sees it. One that does not come
    within ten seconds is cut off; when half of the threads wait for such, the oldest are cut off
    sooner. Without this, as many slow senders as there are threads stop a city.
    """

    def init_process(self) -> None:
        """Look at the clock beside the work."""
        self.coming: dict[Any, float] = {}  # connections whose request comes in, and since when
        Thread(target=self._look, daemon=True).start()
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """Take a request from a connection, and answer it."""
        self.coming[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self.coming.pop(conn, None)

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Answer a request once its body is here; what never came whole is told so."""
        is_whole = _take_body(req, conn.sock)
        self.coming.pop(conn, None)
        if is_whole:
            answered: bool = super().handle_request(req, conn)
            self.coming[conn] = time.monotonic()  # what is left of a body too long is read away
            return answered
        with suppress(OSError):
            write_error(conn.sock, 408, "Request Timeout", _TOO_SLOW)
        return False

    def _look(self) -> None:
        while True:  # also at the end: a thread that waits would keep the process
            time.sleep(_LOOKS)
            self.cut_off(time.monotonic())

    def cut_off(self, now: float) -> None:
        """Stop reading from whoever was waited for too long."""
        since = sorted(((began, conn) for conn, began in self.coming.copy().items()), key=_began)
        crowd = len(since) - (self.cfg.threads // _HALF if self.alive else 0)
        for at, (began, conn) in enumerate(since):
            if now - began > (_SHORT_PATIENCE if at < crowd else _PATIENCE):
                with suppress(OSError):
                    conn.sock.shutdown(SHUT_RD)


def _began(one: tuple[float, Any]) -> float:
    return one[0]


def _take_body(req: Any, sock: socket) -> bool:
    """Read a body whole, and say whether it came; one that is too long is not waited for."""
    headers = dict(req.headers)
    length = int(headers.get("CONTENT-LENGTH") or 0)
    if length > _LONGEST or (not length and "TRANSFER-ENCODING" not in headers):
        return True
    if "EXPECT" in headers:
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        taken = req.body.read(length or _LONGEST + 1)
    except NoMoreData:
        return False
    req.body = _Taken(taken, req.body)
    return not length or len(taken) == length


class _Taken(io.RawIOBase):
    """A body that is here already, and what may come after it."""

    def __init__(self, taken: bytes, rest: Any) -> None:
        self._taken, self._rest = io.BytesIO(taken), rest

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Give the next bytes."""
        data: bytes = self._taken.read(len(buffer)) or self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
