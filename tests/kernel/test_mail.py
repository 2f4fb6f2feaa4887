"""A letter reaches one reader as it was written, and no mail server can hold up the house."""

import io
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTPException
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.smtp import AuthResult

from kernel.mail import AddressRefused, ConsolePost, NotTaken, SmtpPost, is_sender, message_of
from kernel.mail_server import NotPrivate, ServerAddress, _trusted
from tests.mailbox import behaving, mailbox, nobody, up_to

QUICK = 0.3  # seconds of patience, so that the tests need none
LETTER = UUID("7f9f4a4e-0000-4000-8000-000000000001")
BODY = "Hallo,\n\n.\n..met punten\nZó ziet een brief eruit: €\n" + "woord " * 60


def letter(**more: Any) -> EmailMessage:
    given: dict[str, Any] = {
        "sender": "Opstap Genk <opstap@genk.example>",
        "to": "nadia@ocmw.example",
        "subject": "Zoë, één nieuwe taak",
        "body": BODY,
        "letter_id": LETTER,
        "host": "genk.example",
        "written": datetime(2026, 9, 7, 6, 0, tzinfo=UTC),
    }
    return message_of(**(given | more))


def test_a_letter_arrives_as_it_was_written() -> None:
    with mailbox() as box:
        SmtpPost(box.url).send(letter())
    [got], [raw] = box.letters, box.raw
    assert box.readers == [["nadia@ocmw.example"]]
    assert str(got["Subject"]) == "Zoë, één nieuwe taak"
    assert str(got["From"]) == "Opstap Genk <opstap@genk.example>"
    assert str(got["Message-ID"]) == f"<{LETTER}@genk.example>"
    assert got["Auto-Submitted"] == "auto-generated"
    text = got.get_content()
    assert text.startswith("Hallo,\r\n\r\n.\r\n..met punten\r\nZó ziet een brief eruit: €\r\n")
    assert text.split() == BODY.split()
    assert max(map(len, text.splitlines())) < 78
    assert raw.isascii(), "no server on the way has to understand more than seven bits"


def test_a_link_is_never_cut() -> None:
    link = "https://genk.example/wachtwoord/" + "x" * 200
    with mailbox() as box:
        SmtpPost(box.url).send(letter(body=f"Kies je wachtwoord:\n{link}\n"))
    assert link in box.letters[0].get_content().splitlines()


def test_a_letter_sent_twice_is_the_same_letter() -> None:
    with mailbox() as box:
        for _ in range(2):
            SmtpPost(box.url).send(letter())
    assert box.ids == [f"<{LETTER}@genk.example>"] * 2


def test_no_text_becomes_a_header_or_a_second_reader() -> None:
    with mailbox() as box:
        SmtpPost(box.url).send(letter(subject="Dag\r\nBcc: iemand@elders.example\r\n\r\nx"))
    assert box.readers == [["nadia@ocmw.example"]]
    assert box.letters[0].keys().count("Bcc") == 0
    assert str(box.letters[0]["Subject"]) == "Dag Bcc: iemand@elders.example x"


@pytest.mark.parametrize(
    "to",
    [
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        "Nadia <a@b.example>",
        "a@b.example c@d.example",
        "a@b@c.example>",
        "nadia",
        "@b.example",
        "nadia@",
        "",
        "zoë@b.example",
        "nadia@" + "x" * 80 + ".example",
    ],
)
def test_what_is_not_one_address_is_refused_at_once(to: str) -> None:
    with pytest.raises(AddressRefused):
        letter(to=to)


def test_a_domain_with_an_accent_is_written_as_servers_know_it() -> None:
    assert letter(to="nadia@knokké.example")["To"].addresses[0].domain == "xn--knokk-fsa.example"


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("opstap@genk.example", True),
        ("Opstap Genk <opstap@genk.example>", True),
        ('"Opstap, Sint-Niklaas" <opstap@genk.example>', True),
        ("Opstap <opstap>", False),
        ("opstap@genk.example, x@y.example", False),
        ("Opstap\r\nBcc: x@y.example <opstap@genk.example>", False),
        ("", False),
    ],
)
def test_letters_come_from_one_address(text: str, *, fits: bool) -> None:
    assert is_sender(text) is fits


@pytest.mark.parametrize(
    ("command", "answer", "raised"),
    [
        ("RCPT", "550 5.1.1 no such user", AddressRefused),
        ("RCPT", "553 not here", AddressRefused),
        ("RCPT", "550 5.7.1 relaying denied", NotTaken),  # nothing is wrong with the address
        ("RCPT", "554 no", NotTaken),
        ("RCPT", "450 4.2.0 greylisted", NotTaken),
        ("RCPT", "452 mailbox full", NotTaken),
        ("MAIL", "451 later", NotTaken),
        ("MAIL", "550 we do not know you", NotTaken),
        ("DATA", "451 later", NotTaken),
        ("DATA", "554 spam", NotTaken),
    ],
)
def test_a_refusal_says_whether_trying_again_may_help(
    command: str, answer: str, raised: type[Exception]
) -> None:
    with mailbox() as box:
        box.answers[command] = answer
        with pytest.raises(raised) as refused:
            SmtpPost(box.url).send(letter())
        assert refused.value.smtp_code == int(answer[:3])  # type: ignore[attr-defined]
        assert str(refused.value) == answer[:3], "not the server's words, which quote the address"
        box.answers.clear()
        SmtpPost(box.url).send(letter())
    assert len(box.raw) == 1


def silent(_caller: socket.socket, over: threading.Event) -> None:
    over.wait(30)


def dripping(caller: socket.socket, over: threading.Event) -> None:
    while not over.wait(QUICK / 5):
        caller.sendall(b"2")


def cutting(caller: socket.socket, _over: threading.Event) -> None:
    with caller.makefile("rb") as heard:
        caller.sendall(b"220 here\r\n")
        while not next(heard).upper().startswith(b"DATA"):
            caller.sendall(b"250 fine\r\n")
        caller.sendall(b"354 go on\r\n")
        next(heard)


def refusing(caller: socket.socket, _over: threading.Event) -> None:
    caller.sendall(b"554 go away\r\n")


def closing(_caller: socket.socket, _over: threading.Event) -> None:
    return


@pytest.mark.parametrize("talk", [silent, dripping, cutting, refusing, closing])
def test_a_server_that_does_not_do_its_work_is_left_soon(talk: Any) -> None:
    with behaving(talk) as url:
        began = time.monotonic()
        with pytest.raises((OSError, SMTPException)):
            SmtpPost(url, patience=QUICK).send(letter())
        assert time.monotonic() - began < 10 * QUICK


def test_nobody_at_home_is_an_error_at_once() -> None:
    with pytest.raises(ConnectionRefusedError):
        SmtpPost(nobody(), patience=QUICK).send(letter())


def test_a_server_that_never_stops_talking_fills_no_memory() -> None:
    said = 0

    def babble(caller: socket.socket, over: threading.Event) -> None:
        nonlocal said
        while not over.is_set() and said < 1_000_000_000:
            said += caller.send(b"220-and another thing\r\n" * 1000)

    with behaving(babble) as url, pytest.raises(SMTPException):
        SmtpPost(url, patience=30).send(letter())
    assert said < 16_000_000, "what the two sockets hold, and no more"


def test_what_a_server_does_after_it_took_a_letter_changes_nothing() -> None:
    quits = 0

    def sulking(caller: socket.socket, over: threading.Event) -> None:
        nonlocal quits
        up_to(b"QUIT", caller)
        quits += 1
        caller.sendall(b"500 you may not leave\r\n")

    with behaving(sulking) as url:
        SmtpPost(url, patience=QUICK).send(letter())
    assert quits == 1


def test_a_password_is_not_said_where_others_hear_it() -> None:
    heard: list[str] = []

    def check(*args: Any) -> AuthResult:
        heard.append(args[-1].password.decode())
        return AuthResult(success=True)

    with mailbox(authenticator=check, auth_require_tls=False) as box:
        port = box.url.rpartition(":")[2]
        with pytest.raises(NotPrivate):
            SmtpPost(f"smtp://opstap:ge%2Fheim@0.0.0.0:{port}").send(letter())
        assert (heard, box.raw) == ([], [])
        SmtpPost(f"smtp://opstap:ge%2Fheim@127.0.0.1:{port}").send(letter())
    assert (heard, len(box.raw)) == (["ge/heim"], 1)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_private_conversation_is_with_the_right_server_only(
    scheme: str, certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    known, context = certificate
    how = {"tls_context": context} if scheme == "smtp" else {"ssl_context": context}
    with mailbox(scheme=scheme, **how) as box:
        url = box.url.replace("127.0.0.1", "localhost")
        with pytest.raises(ssl.SSLCertVerificationError):
            SmtpPost(url).send(letter())
        assert box.raw == []
        monkeypatch.setenv("SSL_CERT_FILE", str(known))
        _trusted.cache_clear()
        SmtpPost(url).send(letter())
    assert len(box.raw) == 1


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("smtp://mail.example", None),
        ("smtp://mail.example:587/", None),
        ("smtps://user:pass%40word@mail.example", None),
        ("smtp://[::1]:2525", None),
        ("http://mail.example", "must be like"),
        ("mail.example:587", "must be like"),
        ("smtp://", "must be like"),
        ("smtp://mail.example:mail", "must be like"),
        ("smtp://mail.example:99999", "must be like"),
        ("smtp://user@mail.example", "needs a user and a password"),
        ("smtp://mail.example/inbox", "must end after the port"),
        ("smtp://user:secret#1@mail.example", "must"),
    ],
)
def test_a_wrong_address_of_a_mail_server_is_told_without_its_password(
    url: str, fault: str | None
) -> None:
    told = ServerAddress(url).fault()
    assert told is None if fault is None else told is not None and told.startswith(fault)
    assert "secret" not in (told or "")
    assert "pass" not in repr(SmtpPost(url))


def test_without_a_mail_server_a_letter_is_printed_as_its_reader_would_see_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ConsolePost().send(letter(body="Je hebt één nieuwe taak.\n\nhttps://genk.example/vandaag\n"))
    said = capsys.readouterr().out
    for line in (
        "  Aan:       nadia@ocmw.example",
        "  Onderwerp: Zoë, één nieuwe taak",
        "  Je hebt één nieuwe taak.",
        "  https://genk.example/vandaag",
    ):
        assert line in said.splitlines()


def test_a_console_that_knows_no_accents_still_shows_the_letter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    console = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", console)
    ConsolePost().send(letter(body="één taak"))
    console.seek(0)
    assert "??n taak" in console.read()


@pytest.fixture
def certificate(tmp_path: Path) -> Iterator[tuple[Path, ssl.SSLContext]]:
    """A certificate for localhost that nobody knows, and the context of a server that has it."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    named = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*made.split(), *named], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    yield cert, context
    _trusted.cache_clear()
