"""The way letters leave the house: a mail server, or the console where none is set."""

import smtplib
import ssl
import sys
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

TIMEOUT = 10  # seconds that a mail server may take for each of its answers


class Post(Protocol):
    """The way that letters leave."""

    def send(self, message: EmailMessage) -> None:
        """Hand a message over; raises when it was not taken."""
        ...


@dataclass(frozen=True)
class ConsolePost:
    """Where no mail server is set, a letter is printed, so that whoever runs the house reads it."""

    def send(self, message: EmailMessage) -> None:
        """Print the letter."""
        print(message, file=sys.stdout, flush=True)  # noqa: T201 — this is what it is for


@dataclass(frozen=True)
class SmtpPost:
    """A mail server, as `smtp://user:password@host:587` (STARTTLS where offered) or `smtps://…`."""

    url: str = field(repr=False)

    def send(self, message: EmailMessage) -> None:
        """Give the message to the server; one that refuses, hangs or breaks off raises."""
        parts = urlsplit(self.url)
        host, secure = parts.hostname or "localhost", parts.scheme == "smtps"
        context = ssl.create_default_context()
        with (
            smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT, context=context)
            if secure
            else smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT)
        ) as server:
            if not secure and "starttls" in _offered(server):
                server.starttls(context=context)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)


def _offered(server: smtplib.SMTP) -> frozenset[str]:
    server.ehlo()
    return frozenset(server.esmtp_features)


def message_of(
    *, sender: str, to: str, subject: str, body: str, letter_id: UUID, host: str, written: datetime
) -> EmailMessage:
    """Give a letter as a message; sent twice it has the same Message-ID, so readers see one."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = f"<{letter_id}@{host}>"
    message["Date"] = format_datetime(written)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    return message
