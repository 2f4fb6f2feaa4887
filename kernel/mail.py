"""The way letters leave the house: a mail server, or the console where none is set."""

import smtplib
import sys
import textwrap
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses
from threading import Lock
from typing import Protocol
from uuid import UUID

from kernel.events import Hopeless
from kernel.mail_server import Conversation, ServerAddress

WIDTH = 76  # signs in a line of a letter; a link may be longer
_FORBIDDEN = "5.7."  # RFC 3463: nothing is wrong with the address, we are not let through
_NO_SUCH_ADDRESS = frozenset({550, 551, 553})


class Post(Protocol):
    """The way that letters leave."""

    def send(self, message: EmailMessage) -> None:
        """Hand a message over; raises when it was not taken."""
        ...


class NotTaken(Exception):
    """The mail server said no; later it may say yes. Holds its reply code, never its words."""

    def __init__(self, smtp_code: int) -> None:
        """Take the server's reply code."""
        super().__init__(smtp_code)
        self.smtp_code = smtp_code


class AddressRefused(Hopeless):
    """Nobody lives at this address, the server says; or it is no address at all (code 0)."""

    def __init__(self, smtp_code: int = 0) -> None:
        """Take the server's reply code."""
        super().__init__(smtp_code)
        self.smtp_code = smtp_code


_printing = Lock()


@dataclass(frozen=True)
class ConsolePost:
    """Where no mail server is set, a letter is printed, so that whoever runs the house reads it."""

    def send(self, message: EmailMessage) -> None:
        """Print the letter as its reader would see it."""
        body = textwrap.indent(message.get_content().strip(), "  ")
        head = f"  Aan:       {message['To']}\n  Onderwerp: {message['Subject']}"
        line, title = "-" * WIDTH, " Mail (SMTP_URL is niet ingesteld) ".center(WIDTH, "-")
        sign = getattr(sys.stdout, "encoding", None) or "utf-8"
        shown = f"\n{title}\n{head}\n\n{body}\n{line}\n".encode(sign, "replace").decode(sign)
        with _printing:
            print(shown, file=sys.stdout, flush=True)  # noqa: T201 — this is what it is for


@dataclass(frozen=True)
class SmtpPost:
    """A mail server, as `smtp://user:password@host:587` or `smtps://…` says where it is.

    `patience` is for each of its answers, in seconds; a whole letter takes three times as long at
    most, however the server behaves.
    """

    url: str = field(repr=False)
    patience: float = 10

    def send(self, message: EmailMessage) -> None:
        """Give the message to the server; raises when it refuses, hangs, babbles or breaks off."""
        to = message["To"].addresses[0].addr_spec
        us = str(message["Message-ID"]).strip("<>").rpartition("@")[2]
        with Conversation(ServerAddress(self.url), called=us, patience=self.patience) as talk:
            try:
                talk.smtp.send_message(message, to_addrs=[to])
            except smtplib.SMTPRecipientsRefused as refused:
                raise _refused(*next(iter(refused.recipients.values()))) from None
            except smtplib.SMTPResponseException as refused:
                raise NotTaken(refused.smtp_code) from None


def _refused(code: int, said: bytes) -> Exception:
    forbidden = said.decode("ascii", "replace").startswith(_FORBIDDEN)
    unknown = code in _NO_SUCH_ADDRESS and not forbidden
    return AddressRefused(code) if unknown else NotTaken(code)


def message_of(
    *, sender: str, to: str, subject: str, body: str, letter_id: UUID, host: str, written: datetime
) -> EmailMessage:
    """Give a letter as a message; sent twice it has the same Message-ID, so readers see one.

    Takes one bare address in `to`, and refuses anything else with AddressRefused. Whatever the
    subject holds, it makes one header.
    """
    message = EmailMessage()
    message["From"], message["To"] = sender, address_of(to)
    message["Subject"] = " ".join(subject.split())
    message["Message-ID"] = f"<{letter_id}@{host}>"
    message["Date"] = format_datetime(written)
    message["Auto-Submitted"] = "auto-generated"
    # Seven bits on the way: whatever servers it passes, the text arrives as it left.
    message.set_content(_folded(body), cte="quoted-printable")
    return message


def address_of(text: str) -> Address:
    """Give what a mail server can be told of an address; refuse with AddressRefused."""
    local, _, domain = text.rpartition("@")
    try:
        address = Address(addr_spec=f"{local}@{domain.encode('idna').decode()}")
    except (ValueError, MessageError, IndexError):
        raise AddressRefused from None
    if not (address.username and address.domain):
        raise AddressRefused
    return address


def is_sender(text: str) -> bool:
    """Say whether letters can come from this: one address, with or without a name before it."""
    try:
        [(_, address)] = getaddresses([text])
        return text.isprintable() and address_of(address).addr_spec == address
    except (AddressRefused, ValueError):
        return False


def _folded(body: str) -> str:
    """Keep every line short enough for any reader, and links whole."""
    fold = textwrap.TextWrapper(WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join("\n".join(fold.wrap(line)) for line in body.strip().splitlines()) + "\n"
