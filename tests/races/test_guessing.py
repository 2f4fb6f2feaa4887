"""A cheque's code cannot be guessed: eighty random bits, and ten tries a minute."""

import ast
import secrets
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import event, update

from kernel.access import Actor
from kernel.cities import City
from kernel.unit_of_work import UnitOfWork, unit_of_work
from tests import build
from tests.build import MONDAY, Person, at_work
from tests.figures import Say, rounds
from tests.races.clients import Answer, Call, ask_once, redemption
from tests.races.conftest import Served
from vouchers import codes
from vouchers.errors import UnknownCode
from vouchers.models import CareMoment, ScanAttempt
from vouchers.scan_facts import ScanFacts, read_scan_facts

pytestmark = pytest.mark.serial

TRIES = 10  # unknown codes in a minute


def test_a_code_is_eighty_bits_of_the_systems_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [codes.new_code() for _ in range(20_000)]
    assert {len(code) for code in drawn} == {16}
    assert len(codes.ALPHABET) == len(set(codes.ALPHABET)) == 2**5
    assert len(set(drawn)) == len(drawn)
    for place in range(16):
        signs = Counter(code[place] for code in drawn)
        expected = len(drawn) / 32
        skew = sum((signs[sign] - expected) ** 2 / expected for sign in codes.ALPHABET)
        assert skew < 90, "31 degrees of freedom: by chance once in ten million"
    names = {node.id for node in ast.walk(_source()) if isinstance(node, ast.Name)}
    assert "random" not in names
    asked: list[object] = []

    def first(signs: str) -> str:
        asked.append(signs)
        return signs[0]

    monkeypatch.setattr(secrets, "choice", first)
    codes.new_code()
    codes.new_typed_code()
    assert len(asked) == 16 + 11, "each sign is drawn, and drawn by `secrets`"


def test_no_random_code_is_ever_accepted(city: City, figure: Say) -> None:
    """At the very statement that a scan reads, among the cheques of a hundred booklets."""
    referrer, provider = build.referrer(city), build.provider(city)
    papers = [build.handed_out(city, referrer) for _ in range(100)]
    each = rounds(250_000)  # of two kinds of code on two databases: a million
    for draw, known in (
        (codes.new_code, papers[0].codes[0]),
        (codes.new_typed_code, papers[-1].typed_codes[-1]),
    ):
        look_up = _LookUp(city, provider, like=draw())
        assert look_up.found(known for _ in range(3)) == 3, "what is there, is found"
        assert look_up.found(draw() for _ in range(each)) == 0
    figure("Q2", f"{2 * each:,} random codes at the look-up among 1,000 cheques: 0 accepted")


def test_the_eleventh_unknown_code_in_a_minute_waits_while_right_scans_pass(
    served: Served, figure: Say
) -> None:
    """Each call comes over a new connection: both processes are asked, and count together."""
    city, server = served.city, served.server
    guesser, other = build.provider(city), build.provider(city)
    token, others = build.token(city, guesser), build.token(city, other)
    paper, second = (
        build.handed_out(city, build.referrer(city), now=datetime.now(UTC)) for _ in range(2)
    )
    before = server.work_done()
    guesses = [_ask(served, _guess(token, scan=bool(n % 2))) for n in range(TRIES + 6)]
    after = server.work_done()
    told = [answer.said for answer in guesses]
    assert told[:TRIES] == [(404, "unknown-code")] * TRIES
    assert told[TRIES:] == [(429, "too-many-wrong-codes")] * 6
    assert {answer.headers["Retry-After"] for answer in guesses[TRIES:]} == {"60"}
    assert all(after[pid] > ticks for pid, ticks in before.items()), "a process was not asked"
    assert _ask(served, redemption(paper.codes[0], token)).status == 201
    assert _ask(served, _guess(others)).said == (404, "unknown-code"), "each account has its own"
    _a_minute_passes(city, guesser.actor)
    assert _ask(served, _guess(token)).said == (404, "unknown-code")
    assert _ask(served, redemption(second.typed_codes[0], token)).status == 201
    figure("Q2 slowed", "10 unknown codes, the 11th to 16th 429, right scans pass; two processes")


def test_an_unknown_code_counts_for_a_minute(city: City) -> None:
    """A window ends to the second: what is a minute old counts no more, what is younger does."""
    provider = build.provider(city)
    with at_work(city) as uow:
        uow.session.add_all(_attempt(provider, seconds=second) for second in range(51, 61))
    with unit_of_work(city, provider.actor, writes=False, now=MONDAY) as uow:
        facts = _facts(uow, codes.new_code())
    assert facts.unknown_lately == 9


def _source() -> ast.Module:
    return ast.parse(Path(codes.__file__).read_text("utf-8"))


class _LookUp:
    """The statement that a scan reads, as it went to the driver, to be asked a million times."""

    def __init__(self, city: City, by: Person, *, like: str) -> None:
        self._city, self._like = city, like
        self._sent, self._given = "", cast("Any", None)
        event.listen(city.database.engine, "before_cursor_execute", self._note)
        with unit_of_work(city, by.actor, writes=False, now=MONDAY) as uow:
            _facts(uow, like)
        event.remove(city.database.engine, "before_cursor_execute", self._note)

    def found(self, guesses: Iterable[str]) -> int:
        """Count the codes that are known."""
        with closing(self._city.database.engine.raw_connection()) as connection:
            cursor: Any = connection.cursor()
            if self._city.database.dialect == "sqlite":
                rows = (cursor.execute(self._sent, self._asked(g)).fetchone() for g in guesses)
                return sum(row[_CHEQUE_ID] is not None for row in rows)
            cursor.executemany(self._sent, map(self._asked, guesses), returning=True)
            return sum(done.fetchone()[_CHEQUE_ID] is not None for done in cursor.results())

    def _note(self, _c: Any, _k: Any, sent: str, given: Any, _x: Any, _m: Any) -> None:
        if self._like in str(given):
            self._sent, self._given = sent, given

    def _asked(self, guess: str) -> Any:
        """Give what was given to the driver, with another code in it."""
        if isinstance(self._given, dict):
            return {k: guess if v == self._like else v for k, v in self._given.items()}
        return tuple(guess if v == self._like else v for v in self._given)


_CHEQUE_ID = 2  # the third column that a scan reads


def _facts(uow: UnitOfWork, signs: str) -> ScanFacts:
    return read_scan_facts(
        uow, signs=signs, location_id=None, on=uow.today, moment=CareMoment.FULL_DAY, key=None
    )


def _guess(token: dict[str, str], *, scan: bool = True) -> Call:
    call = redemption(codes.new_code() if scan else codes.new_typed_code(), token)
    return call if scan else Call("/api/v1/cheques/lookup", call.body, call.headers)


def _ask(served: Served, call: Call) -> Answer:
    return ask_once(served.server.port, call)


def _a_minute_passes(city: City, actor: Actor) -> None:
    ago = {"at": datetime.now(UTC) - timedelta(seconds=61)}
    with at_work(city) as uow:
        mine = update(ScanAttempt).where(ScanAttempt.account_id == actor.account_id)
        uow.session.execute(mine.values(**ago))


def _attempt(by: Person, *, seconds: int) -> ScanAttempt:
    return ScanAttempt(
        account_id=by.actor.account_id,
        at=MONDAY - timedelta(seconds=seconds),
        refusal=UnknownCode.code,
    )
