"""A conversation with a mail server: it can neither last for ever nor fill the memory."""

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from time import monotonic
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

_WHOLE = 3  # times the patience for one answer: how long everything together may take
_MOST = 64 * 1024  # bytes that a server may say before it says anything useful
_GOODBYE = 1.0  # seconds for the answer to QUIT, which changes nothing any more
_SCHEMES = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True)
class ServerAddress:
    """Where a mail server is, as `smtp://user:password@host:587` or `smtps://…` says it.

    With `smtp` the conversation is made private where the server offers STARTTLS.
    """

    url: str = field(repr=False)

    @property
    def secure(self) -> bool:
        """Whether the conversation is private from its first word on."""
        return self.url.startswith("smtps:")

    @property
    def host(self) -> str:
        """The server's name."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """Where it listens."""
        parts = urlsplit(self.url)
        return parts.port or _SCHEMES[parts.scheme]

    @property
    def login(self) -> tuple[str, str] | None:
        """The user and password to sign in with, or None."""
        parts = urlsplit(self.url)
        if not parts.username:
            return None
        return unquote(parts.username), unquote(parts.password or "")

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine, so that nobody else hears what is said."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def fault(self) -> str | None:
        """Say what is wrong with it, without repeating it: a password stands in it."""
        try:
            parts = urlsplit(self.url)
            fits = parts.scheme in _SCHEMES and self.host and self.port
        except ValueError:
            fits = False
        if not fits:
            return "must be like smtp://host:587 or smtps://user:password@host"
        if (parts.username is None) != (parts.password is None):
            return "needs a user and a password, or neither"
        if parts.path.strip("/") or parts.query or parts.fragment:
            return "must end after the port; write a / ? or # in a password as %2F %3F %23"
        return None


class NotPrivate(Exception):
    """Our password is not said where others can hear it: the server offers no STARTTLS."""


class Conversation:
    """One conversation; leaving it says goodbye, and closes it whatever is answered."""

    def __init__(self, server: ServerAddress, *, called: str, patience: float) -> None:
        """Take the server, the name by which we call ourselves, and seconds for each answer."""
        kind: type[_Bounded] = _Secure if server.secure else _Plain
        context = _trusted()
        more = {"context": context} if server.secure else {}
        self.smtp = kind(server.host, server.port, local_hostname=called, timeout=patience, **more)
        try:
            self._introduce(server, context)
        except BaseException:
            self.smtp.close()
            raise

    def _introduce(self, server: ServerAddress, context: ssl.SSLContext) -> None:
        self.smtp.ehlo_or_helo_if_needed()
        private = server.secure
        if not private and self.smtp.has_extn("starttls"):
            self.smtp.starttls(context=context)
            self.smtp.ehlo()
            private = True
        if server.login is not None:
            if not (private or server.is_here):
                raise NotPrivate
            self.smtp.login(*server.login)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.smtp.part(politely=error is None)


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Bounded(smtplib.SMTP):
    """An SMTP client that stops listening after some time, and after some text."""

    def __init__(self, host: str, port: int, *, timeout: float, **more: Any) -> None:
        self._answer_within = timeout
        self._until = monotonic() + _WHOLE * timeout
        super().__init__(host, port, timeout=timeout, **more)

    def getreply(self) -> tuple[int, bytes]:
        """Read one answer, as the standard library does, from a source that ends."""
        if self.file is None and self.sock is not None:
            self.file = _Source(self.sock, self._answer_within, self._until)
        return super().getreply()

    def part(self, *, politely: bool) -> None:
        """Say goodbye where that makes sense, and close."""
        if politely and self.file is not None:
            self.file.until = min(self._until, monotonic() + _GOODBYE)
            with suppress(OSError, smtplib.SMTPException):
                self.docmd("QUIT")
        self.close()


class _Plain(_Bounded):
    pass


class _Secure(_Bounded, smtplib.SMTP_SSL):
    pass


class _Source:
    """The lines that come from a socket, until they have come too long or are too many."""

    def __init__(self, sock: socket.socket, answer_within: float, until: float) -> None:
        self._sock, self._answer_within, self.until = sock, answer_within, until
        self._said, self._waiting = 0, b""

    def readline(self, _most: int = -1) -> bytes:
        """Give the next line, or what there is of it when the other side is gone."""
        while b"\n" not in self._waiting:
            more = self._heard()
            if not more:
                rest, self._waiting = self._waiting, b""
                return rest
            self._waiting += more
        line, _, self._waiting = self._waiting.partition(b"\n")
        return line + b"\n"

    def _heard(self) -> bytes:
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(min(self._answer_within, left))
        more = self._sock.recv(4096)
        self._said += len(more)
        if self._said > _MOST:
            raise OSError("the server says too much")
        return more

    def close(self) -> None:
        """The socket is closed by who opened it."""
