"""What is sent again under the same key has one effect, and gets the first answer."""

from collections import Counter
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from kernel.cities import City
from tests import build
from tests.build import MONDAY, Paper, at_work
from tests.figures import Say, rounds
from tests.races.books import faults, live_count
from tests.races.clients import PATIENCE, Call, ask, ask_once, redemption, rounds_at_once
from tests.races.conftest import Served
from tests.races.cutting import cutting_line
from tests.races.dying import dies_before
from vouchers.annulling import annul_redemption
from vouchers.models import Redemption
from vouchers.redeeming import redeem_cheque

pytestmark = pytest.mark.serial

ONCE = 100  # times at once


def test_one_key_sent_a_hundred_times_at_once_has_one_effect(served: Served, figure: Say) -> None:
    city, server, had = served.city, served.server, live_count(served.city)
    token = build.token(city, build.provider(city))
    ways: tuple[dict[str, str], ...] = (
        {},
        {"sameDayReason": "secondHalfDay"},
        {"careMoment": "halfDay"},
    )
    calls = [
        [redemption(paper.codes[0], token, uuid4().hex, **ways[n % len(ways)])] * ONCE
        for n, paper in enumerate(_papers(city, rounds(10)))
    ]
    for answers in rounds_at_once(server.port, calls):
        assert {answer.status for answer in answers} == {201}, server.unforeseen()
        assert all(answer.body == answers[0].body for answer in answers)
        again = Counter(answer.headers.get("Idempotent-Replayed") for answer in answers)
        assert again == {None: 1, "true": ONCE - 1}
    assert live_count(city) - had == len(calls)
    assert faults(city) == []
    figure("I1", f"{len(calls)} keys, {ONCE} times at once: 1 effect and {ONCE} equal answers each")


def test_one_key_for_two_bodies_at_once_is_refused_for_one(served: Served, figure: Say) -> None:
    """Two cheques of two booklets, so that no row of theirs makes the two take turns."""
    city, server, had = served.city, served.server, live_count(served.city)
    token = build.token(city, build.provider(city))
    papers = _papers(city, 2 * rounds(100))
    pairs = list(zip(papers[::2], papers[1::2], strict=True))
    keys = [uuid4().hex for _ in pairs]
    calls = [
        [redemption(paper.codes[0], token, key) for paper in pair]
        for pair, key in zip(pairs, keys, strict=True)
    ]
    for answers in rounds_at_once(server.port, calls):
        assert sorted(answer.said for answer in answers) == [
            (201, ""),
            (422, "idempotency-mismatch"),
        ], server.unforeseen()
    assert live_count(city) - had == len(pairs)
    assert faults(city) == []
    figure("I2", f"{len(pairs)} keys with two bodies at once: 201 and 422 each, one effect")


def test_another_users_key_is_its_own(served: Served) -> None:
    city, server, had = served.city, served.server, live_count(served.city)
    one, other = (build.token(city, build.provider(city)) for _ in range(2))
    first, second = _papers(city, 2)
    key = uuid4().hex
    got = [
        ask_once(server.port, redemption(first.codes[0], one, key)),
        ask_once(server.port, redemption(second.codes[0], other, key)),
        ask_once(server.port, redemption(second.codes[0], one, key)),
    ]
    assert [answer.said for answer in got] == [
        (201, ""),
        (201, ""),
        (422, "idempotency-mismatch"),
    ]
    assert live_count(city) - had == 2


def test_an_answer_that_was_lost_on_the_way_is_given_again(served: Served, figure: Say) -> None:
    city, server, had = served.city, served.server, live_count(served.city)
    cut = rounds(200)
    token = build.token(city, build.provider(city))
    calls = [redemption(paper.codes[0], token, uuid4().hex) for paper in _papers(city, cut)]
    with cutting_line(server.port) as line:
        lost = sum(_was_lost(line, call) for call in calls)
    again = [ask_once(server.port, call) for call in calls]
    assert lost == cut
    assert {answer.status for answer in again} == {201}
    assert all(answer.headers.get("Idempotent-Replayed") == "true" for answer in again)
    assert len({answer.body["id"] for answer in again}) == live_count(city) - had == cut
    assert faults(city) == []
    figure("I3", f"{cut} answers cut after the commit, then retried: 0 double, 0 lost")


def test_a_key_is_never_kept_without_its_effect(city: City, database_url: str, figure: Say) -> None:
    """The process is killed before each of its statements in turn, and before its COMMIT."""
    provider, killed, rounds_done = build.provider(city), 0, rounds(10)
    build.price(city, 2000)
    for paper in (build.handed_out(city, build.referrer(city)) for _ in range(rounds_done)):
        for statement in range(1, 100):
            key = uuid4().hex

            def scan(where: City, key: str = key, paper: Paper = paper) -> str:
                with at_work(where, provider.actor) as uow:
                    done = redeem_cheque(uow, code=paper.codes[0], idempotency_key=key)
                    return str(done.redemption.id)

            if not dies_before(database_url, statement, scan):
                assert _kept(city, key) == 1
                assert scan(city)  # the retry of the one that lived: the same, once
                break
            killed += 1
            assert _kept(city, key) == 0
            assert faults(city) == []
    assert killed >= 6 * rounds_done
    assert live_count(city) == rounds_done
    assert faults(city) == []
    figure("I4", f"killed before each statement and COMMIT, {killed} times: 0 keys without effect")


def test_a_retry_on_a_later_day_and_after_an_undo_gets_the_first_answer(city: City) -> None:
    """The first scan was for two weeks ago: a day later nobody could scan that any more."""
    provider = build.provider(city)
    paper = build.handed_out(city, build.referrer(city), now=MONDAY - timedelta(days=30))
    told = []
    for now in (MONDAY, MONDAY + timedelta(days=1)):
        with at_work(city, provider.actor, now) as uow:
            done = redeem_cheque(
                uow,
                code=paper.codes[0],
                idempotency_key="the same",
                care_date=MONDAY.date() - timedelta(days=14),
            )
            told.append((done.redemption.id, done.redemption.used_after, done.valid_until))
        if now == MONDAY:
            with at_work(city, provider.actor) as uow:
                annul_redemption(uow, redemption_id=told[0][0])
    assert told[0] == told[1]
    assert live_count(city) == 0


def _papers(city: City, count: int) -> list[Paper]:
    referrer = build.referrer(city)
    return [build.handed_out(city, referrer, now=datetime.now(UTC)) for _ in range(count)]


def _was_lost(line: int, call: Call) -> bool:
    with closing(HTTPConnection("127.0.0.1", line, timeout=PATIENCE)) as connection:
        with suppress(HTTPException, OSError):
            ask(connection, call)
            return False
        return True


def _kept(city: City, key: str) -> int:
    with at_work(city) as uow:
        kept = select(func.count()).where(Redemption.idempotency_key == key)
        return uow.session.scalar(kept) or 0
