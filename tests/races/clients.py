"""Clients that ask a server the same thing at the very same moment."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from threading import Barrier
from typing import Any

PATIENCE = 60.0  # seconds before a client gives up: a test that hangs must fail


@dataclass(frozen=True)
class Call:
    """What one client asks."""

    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What a client got."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = field(compare=False, default_factory=dict)

    @property
    def said(self) -> tuple[int, str]:
        """The status, with the public code of a refusal."""
        return self.status, str(self.body.get("code", ""))


def redemption(code: str, token: Mapping[str, str], key: str = "", **more: Any) -> Call:
    """Give the call that redeems a cheque, under a key where one is given."""
    headers = dict(token) | ({"Idempotency-Key": key} if key else {})
    return Call("/api/v1/redemptions", {"code": code} | more, headers)


def ask(connection: HTTPConnection, call: Call) -> Answer:
    """Send one call and read its answer."""
    body = json.dumps(call.body)
    headers = {"Content-Type": "application/json", **call.headers}
    connection.request("POST", call.path, body, headers)
    response = connection.getresponse()
    read = response.read()
    return Answer(response.status, json.loads(read), dict(response.getheaders()))


def ask_once(port: int, call: Call) -> Answer:
    """Send one call over a connection of its own."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        return ask(connection, call)


def rounds_at_once(port: int, rounds: Sequence[Sequence[Call]]) -> list[list[Answer]]:
    """Let as many clients as a round has calls send one each, all at once, round after round.

    Every client keeps its connection. Gives each round's answers in the order of its calls.
    """
    clients = len(rounds[0])
    together = Barrier(clients, timeout=PATIENCE)

    def one(number: int) -> list[Answer]:
        with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
            connection.connect()
            answers = []
            for calls in rounds:
                together.wait()
                answers.append(ask(connection, calls[number]))
            return answers

    with ThreadPoolExecutor(clients) as pool:
        by_client = list(pool.map(one, range(clients)))
    return [list(answers) for answers in zip(*by_client, strict=True)]
