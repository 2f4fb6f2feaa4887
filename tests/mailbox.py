"""Mail servers for tests, on loopback: one that takes letters, and ones that do what they like."""

import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

PATIENCE = 30.0  # seconds: a test that hangs must fail


@dataclass
class Pile:
    """A post that keeps what it is given, for tests that need no server."""

    letters: list[EmailMessage] = field(default_factory=list)

    def send(self, message: EmailMessage) -> None:
        self.letters.append(message)

    @property
    def subjects(self) -> list[str]:
        return [str(letter["Subject"]) for letter in self.letters]

    @property
    def readers(self) -> list[str]:
        return sorted(str(letter["To"]) for letter in self.letters)


@dataclass
class Mailbox:
    """What a mail server got: each letter as often as it came, with whom it was for."""

    url: str = ""
    raw: list[bytes] = field(default_factory=list)
    readers: list[list[str]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)  # by command, instead of "250 OK"
    came: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def of(self, reader: str) -> list[EmailMessage]:
        """Give every letter that came for somebody, the oldest first."""
        pairs = zip(self.letters, self.readers, strict=True)
        return [letter for letter, readers in pairs if readers == [reader]]

    def waits_for(self, reader: str, count: int) -> EmailMessage:
        """Wait until somebody has so many letters, and give the newest."""
        with self.came:
            there = self.came.wait_for(lambda: len(self.of(reader)) >= count, PATIENCE)
            assert there, f"{reader} has {len(self.of(reader))} letters, not {count}"
        return self.of(reader)[-1]

    @property
    def letters(self) -> list[EmailMessage]:
        return [message_from_bytes(each, policy=policy.default) for each in self.raw]

    @property
    def ids(self) -> list[str]:
        return [str(letter["Message-ID"]) for letter in self.letters]

    async def handle_MAIL(  # noqa: N802 — aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.mail_from, envelope.mail_options = address, options
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        answer = self.answers.get("RCPT", "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.answers.get("DATA", "250 taken")
        if answer.startswith("250"):
            with self.came:
                self.raw.append(envelope.content)
                self.readers.append(list(envelope.rcpt_tos))
                self.came.notify_all()
        return answer


@contextmanager
def mailbox(*, scheme: str = "smtp", **how: Any) -> Iterator[Mailbox]:
    """Run a mail server that takes letters, on a free port; `how` is aiosmtpd's."""
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        server = _Listening(listening, box, hostname="127.0.0.1", port=port, **how)
        server.start()
        box.url = f"{scheme}://127.0.0.1:{port}"
        try:
            yield box
        finally:
            server.stop()


class _Listening(Controller):
    """Listens on a socket that is open already: a port that was free stays ours."""

    def __init__(self, listening: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._listening = listening

    def _create_server(self) -> Awaitable[Any]:
        context: ssl.SSLContext | None = self.ssl_context
        return self.loop.create_server(self._factory_invoker, sock=self._listening, ssl=context)


@contextmanager
def behaving(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """Run a server that does with each caller what `talk` says; it is told when the test ends."""
    over, talking = threading.Event(), list[threading.Thread]()

    def answer(caller: socket.socket) -> None:
        with caller, suppress(OSError, StopIteration):
            talk(caller, over)

    def listen(listening: socket.socket) -> None:
        with suppress(OSError):
            while not over.is_set():
                caller, _ = listening.accept()
                talking.append(threading.Thread(target=answer, args=(caller,)))
                talking[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        door = threading.Thread(target=listen, args=(listening,))
        door.start()
        try:
            yield f"smtp://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)
            for thread in [door, *talking]:
                thread.join(PATIENCE)


def nobody() -> str:
    """Give the address of a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"smtp://127.0.0.1:{listening.getsockname()[1]}"


def up_to(command: bytes, caller: socket.socket) -> None:
    """Speak SMTP as one should, until the caller gives this command; that stays unanswered."""
    with caller.makefile("rb") as heard:
        caller.sendall(b"220 here\r\n")
        for line in heard:
            if line.upper().startswith(command):
                return
            if line.upper().startswith(b"DATA"):
                caller.sendall(b"354 go on\r\n")
                while next(heard) != b".\r\n":
                    pass
            caller.sendall(b"250 fine\r\n")
