"""V2: whether a redemption stays as quick when there are a million of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from bench.bare import event_row, redemption_row
from bench.booklet_rows import Known, hand_out
from bench.city import BenchCity
from bench.redeeming import pressed
from bench.servers import REAL, running
from kernel.database import table_of
from kernel.events import RecordedEvent
from vouchers.models import Redemption

_AT_A_TIME = 50_000
_CLIENTS = 8


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Redemptions a second beside few and beside many, and the second as a share of the first."""

    database: str
    few: int
    many: int
    rate_few: float
    rate_many: float
    ratio: float


def filled(bench: BenchCity, redemptions: int) -> None:
    """Write so many redemptions, with their booklets, cheques and events."""
    for done in range(0, redemptions, _AT_A_TIME):
        wanted = min(_AT_A_TIME, redemptions - done)
        with bench.city.database.transaction(writes=True) as session:
            known = hand_out(session, by=bench.account_id, wanted=wanted, used=True)
            _redeemed(session, bench, known[:wanted])
    with bench.city.database.transaction(writes=True) as session:
        session.execute(text("ANALYZE"))


def _redeemed(session: Session, bench: BenchCity, cheques: Sequence[Known]) -> None:
    now = datetime.now(UTC)
    rows = [
        redemption_row(
            {"cheque_id": one.cheque_id, "booklet_id": one.booklet_id, "cheque_number": 1},
            bench.location_id,
            bench.account_id,
            now,
        )
        for one in cheques
    ]
    session.execute(insert(table_of(Redemption)), rows)
    session.execute(insert(table_of(RecordedEvent)), [event_row(row, now) for row in rows])


def compared(
    small: BenchCity, large: BenchCity, folder: Path, *, rounds: int, seconds: float
) -> Scale:
    """Press Opstap in turns on a city with few redemptions and on one with many."""
    rates: list[tuple[float, float]] = []
    few, many = (_count(bench) for bench in (small, large))
    with running(REAL, small.url, folder) as one, running(REAL, large.url, folder) as other:
        for nth in range(rounds + 1):
            rate = {
                bench.url: pressed(bench, served, _CLIENTS, seconds).rate
                for bench, served in ((small, one), (large, other))
            }
            if nth:  # the first round only warms
                rates.append((rate[small.url], rate[large.url]))
    return Scale(
        database=small.kind,
        few=few,
        many=many,
        rate_few=median(rate for rate, _ in rates),
        rate_many=median(rate for _, rate in rates),
        ratio=median(after / before for before, after in rates),
    )


def _count(bench: BenchCity) -> int:
    with bench.city.database.transaction(writes=False) as session:
        return session.query(Redemption).count()
