"""However many hands hold the same cheque to a scanner at once, it is paid once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from kernel.calendar import day_of
from kernel.cities import City
from kernel.rules import DatedRule
from tests import build
from tests.build import at_work
from tests.figures import Say, rounds
from tests.races.books import faults, live_count
from tests.races.clients import Call, redemption, rounds_at_once
from tests.races.conftest import Served
from tests.races.server import WORKERS
from vouchers.choices import BOOKLET_SIZE

pytestmark = pytest.mark.serial

CLIENTS = 50


def test_fifty_clients_redeem_one_cheque_once(served: Served, figure: Say) -> None:
    city, server, cheques = served.city, served.server, rounds(100)
    had = live_count(city)
    tokens = [build.token(city, build.provider(city)) for _ in range(5)]
    calls = [_everybody(code, tokens) for code in _one_of_each_booklet(city, cheques)]
    before = server.work_done()
    answers = rounds_at_once(server.port, calls)
    after = server.work_done()
    counted = [Counter(answer.said for answer in round_) for round_ in answers]
    assert counted == [{(201, ""): 1, (409, "already-used"): CLIENTS - 1}] * cheques, (
        server.unforeseen()
    )
    assert faults(city) == []
    assert live_count(city) - had == cheques
    assert len(before) == WORKERS
    assert all(after[pid] > ticks for pid, ticks in before.items()), "a worker only watched"
    figure(
        "C1",
        f"{cheques} cheques of {cheques} booklets, {CLIENTS} clients, {WORKERS} processes: "
        f"{cheques} redeemed, {cheques * (CLIENTS - 1):,} × already used, 0 × 5xx, 0 doubles",
    )


def test_of_two_providers_one_is_paid_and_the_other_learns_the_date(
    served: Served, figure: Say
) -> None:
    city, pairs = served.city, rounds(100)
    referrer = build.referrer(city)
    both = [build.provider(city, name=name) for name in ("Kinderopvang Pimpelmees", "De Kikker")]
    tokens = [build.token(city, provider) for provider in both]
    papers = [build.handed_out(city, referrer, now=datetime.now(UTC)) for _ in range(pairs)]
    calls = [[redemption(paper.codes[0], token) for token in tokens] for paper in papers]
    answers = rounds_at_once(served.server.port, calls)
    for round_ in answers:
        won, lost = sorted(round_, key=lambda answer: answer.status)
        assert (won.said, lost.said) == ((201, ""), (409, "already-used"))
        assert lost.body["usedOn"] == won.body["careDate"]
        _tells_not_who(str(lost.body), won.body["locationId"], both)
    assert faults(city) == []
    won_by = Counter(answers[n][0].status == 201 for n in range(pairs))
    figure("C2", f"{pairs} pairs: one paid each (first {won_by[True]}, second {won_by[False]})")


def _tells_not_who(said: str, location: str, both: list[build.Person]) -> None:
    hidden = [location, "Pimpelmees", "Kikker"]
    hidden += [str(one.actor.account_id) for one in both] + [
        str(one.organisation_id) for one in both
    ]
    hidden += [str(one.location_id) for one in both] + [one.email for one in both]
    assert not [each for each in hidden if each in said]


def _one_of_each_booklet(city: City, count: int) -> list[str]:
    """Give a code of each of `count` booklets; in every second one it is the only cheque."""
    referrer = build.referrer(city)
    now = datetime.now(UTC)
    many = [build.handed_out(city, referrer, now=now) for _ in range(count - count // 2)]
    build.rule(city, BOOKLET_SIZE.name, 1)
    last = [build.handed_out(city, referrer, now=now) for _ in range(count // 2)]
    with at_work(city) as uow:
        uow.session.execute(delete(DatedRule).where(DatedRule.name == BOOKLET_SIZE.name))
    return [paper.codes[-1] for paper in (*many, *last)]


def _everybody(code: str, tokens: list[dict[str, str]]) -> list[Call]:
    """Give what 50 clients of five providers send: plain, for yesterday, and with a reason."""
    yesterday = str(day_of(datetime.now(UTC)) - timedelta(days=1))
    ways = [{}, {"careDate": yesterday}, {"sameDayReason": "secondChild"}]
    return [
        redemption(code, tokens[n % len(tokens)], **ways[n % len(ways)]) for n in range(CLIENTS)
    ]
