"""The benchmark's pieces work on few rows; how fast they are is not judged here."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bench import figures
from bench.booklets import Printed
from bench.city import BenchCity, founded
from bench.raw import commits
from bench.redeeming import Cell, medians, pressed
from bench.scale import filled
from bench.servers import BARE, REAL, Served, running
from bench.statements import statements
from kernel.database import Base
from kernel.events import PendingEvent, RecordedEvent
from vouchers.models import Booklet, Cheque, Redemption

WRITTEN: tuple[type[Base], ...] = (Redemption, RecordedEvent, PendingEvent)


@pytest.mark.parametrize("served", [BARE, REAL], ids=lambda served: served.name)
def test_a_server_answers_its_clients_and_both_write_the_same_rows(
    bench: BenchCity, served: Served, tmp_path: Path
) -> None:
    with running(served, bench.url, tmp_path) as running_one:
        outcome = pressed(bench, running_one, 2, 0.01)
    assert outcome.errors == {}
    assert outcome.sent == len(outcome.took) >= 2
    assert set(_counts(bench).values()) == {outcome.sent}


def test_raw_commits_write_the_same_rows(bench: BenchCity) -> None:
    assert commits(bench, seconds=0.02).rate > 0
    counts = set(_counts(bench).values())
    assert len(counts) == 1
    assert counts != {0}


def test_a_redemption_through_the_door_asks_what_the_figure_counts(
    bench: BenchCity, tmp_path: Path
) -> None:
    said = statements(bench, tmp_path)
    assert said[2:] == [
        "UPDATE booklet",
        "UPDATE cheque",
        "INSERT redemption",
        "INSERT event",
        "INSERT event_pending",
    ]
    assert figures.of_statements(bench.kind, said).met


def test_a_city_is_filled_with_used_cheques(bench: BenchCity) -> None:
    filled(bench, 30)
    assert {Redemption: 30, "used": 30}.items() <= _counts(bench).items()


def test_the_ratio_is_taken_round_by_round() -> None:
    rates = [(100, 50), (1000, 700), (10, 6)]
    cells = [
        Cell(
            database="SQLite", server=server, clients=8, round=nth, rate=rate,
            p50=1, p95=2, p99=26, errors=0, cpu_ms=1,
        )
        for nth, pair in enumerate(rates)
        for server, rate in zip((BARE.name, REAL.name), pair, strict=True)
    ]  # fmt: skip
    rows = {row.server: row for row in medians(cells)}
    assert (rows[BARE.name].ratio, rows[REAL.name].ratio) == (1, 0.6)
    assert [one.met for one in figures.of_redeeming(rows.values())] == [True, False, True]


def test_a_promise_that_is_not_kept_is_said_to_be_so() -> None:
    printed = Printed(one_ms=40.1, fifty_ms=500, thousand_s=15, peak_mb=300)
    said = figures.verdict(figures.of_booklets(printed)).splitlines()
    assert [line.endswith("| NOT MET |") for line in said[2:]] == [True, False, False, False]
    assert json.dumps([one.met for one in figures.of_booklets(printed)])


def _counts(bench: BenchCity) -> dict[object, int]:
    with bench.city.database.transaction(writes=False) as session:
        counts: dict[object, int] = {
            one: session.scalar(select(func.count()).select_from(one)) or 0 for one in WRITTEN
        }
        used = select(func.count()).select_from(Cheque).where(Cheque.state == "used")
        counts["used"] = session.scalar(used) or 0
        first = session.scalars(select(Booklet.used_count)).all()
        assert sum(first) == counts["used"]
    return counts


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def bench(request: pytest.FixtureRequest) -> Iterator[BenchCity]:
    kind: str = request.param
    url = request.getfixturevalue("sqlite_url" if kind == "SQLite" else "postgres_url")
    made = founded(kind, url)
    yield made
    made.city.database.dispose()
