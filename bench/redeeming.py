"""V1: redemptions a second through the real door, beside the bare server in the same run."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from bench.city import BenchCity
from bench.load import Plan, Pressed, press
from bench.servers import BARE, REAL, Served, running

CLIENTS = (1, 8, 32)
_MOST_A_SECOND = 3000  # no cell can use more cheques


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One server, pressed once by some clients."""

    database: str
    server: str
    clients: int
    round: int
    rate: float
    p50: float
    p95: float
    p99: float
    errors: int
    cpu_ms: float  # that the web processes computed for one answer


def measured(
    benches: Sequence[BenchCity],
    folder: Path,
    *,
    rounds: int,
    seconds: float,
    clients: Iterable[int] = CLIENTS,
) -> list[Cell]:
    """Press bare and real in turns, on each database, and give every cell."""
    cells: list[Cell] = []
    counts = list(clients)
    for bench in benches:
        with ExitStack() as stack:
            both = [stack.enter_context(running(one, bench.url, folder)) for one in (BARE, REAL)]
            for one in both:
                pressed(bench, one, clients=8, seconds=min(seconds, 1.0))  # warm
            for nth in range(rounds):
                for count in counts:
                    cells += [
                        _cell(bench, one, nth, count, seconds)
                        for one in (both if nth % 2 == 0 else reversed(both))
                    ]
    return cells


def pressed(bench: BenchCity, served: Served, clients: int, seconds: float) -> Pressed:
    """Let some clients redeem for some seconds, a cheque nobody used each time."""
    cheques = bench.take(max(clients, int(_MOST_A_SECOND * seconds)))
    outcome = press(
        Plan(
            port=served.port,
            path=served.path,
            headers={"Authorization": f"Bearer {bench.token}"},
            bodies=[f'{{"code": "{cheque.code}"}}' for cheque in cheques],
            keys=[uuid4().hex for _ in cheques],
            clients=clients,
            seconds=seconds,
        )
    )
    bench.give_back(cheques[outcome.sent :])
    return outcome


def _cell(bench: BenchCity, served: Served, nth: int, clients: int, seconds: float) -> Cell:
    before = served.computed()
    outcome = pressed(bench, served, clients, seconds)
    computed = served.computed() - before
    p50, p95, p99 = (_quantile(outcome.took, share) for share in (0.5, 0.95, 0.99))
    return Cell(
        database=bench.kind,
        server=served.name,
        clients=clients,
        round=nth,
        rate=outcome.rate,
        p50=p50,
        p95=p95,
        p99=p99,
        errors=sum(outcome.errors.values()),
        cpu_ms=1000 * computed / len(outcome.took),
    )


def _quantile(took: Sequence[float], share: float) -> float:
    return sorted(took)[min(len(took) - 1, int(len(took) * share))]


@dataclass(frozen=True, kw_only=True)
class Row:
    """The medians of every round of one database, server and number of clients."""

    database: str
    clients: int
    server: str
    rate: float
    p50: float
    p95: float
    p99: float
    errors: int
    cpu_ms: float
    ratio: float  # of the bare server's rate, round by round


def medians(cells: Iterable[Cell]) -> list[Row]:
    """Give a row for each server, database and number of clients."""
    groups: dict[tuple[str, int, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[cell.database, cell.clients, cell.server].append(cell)
    return [
        _row(group, {cell.round: cell.rate for cell in groups[database, clients, BARE.name]})
        for (database, clients, _), group in sorted(groups.items())
    ]


def _row(group: Sequence[Cell], bare: dict[int, float]) -> Row:
    one = group[0]
    return Row(
        database=one.database,
        clients=one.clients,
        server=one.server,
        rate=statistics.median(cell.rate for cell in group),
        p50=statistics.median(cell.p50 for cell in group),
        p95=statistics.median(cell.p95 for cell in group),
        p99=statistics.median(cell.p99 for cell in group),
        errors=sum(cell.errors for cell in group),
        cpu_ms=statistics.median(cell.cpu_ms for cell in group),
        ratio=statistics.median(cell.rate / bare[cell.round] for cell in group),
    )
