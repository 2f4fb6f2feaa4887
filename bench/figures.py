"""What was measured, held against what Opstap promises, as a table that says met or not met."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.booklets import Printed
from bench.raw import Commits
from bench.redeeming import Row
from bench.scale import Scale
from bench.servers import REAL

RATIO = 0.60
P99_MS = {8: 25.0, 32: 60.0}
MOST_STATEMENTS = 8
SAME_RATE = 0.90
ONE_MS, FIFTY_MS, THOUSAND_S, PEAK_MB = 40.0, 500.0, 15.0, 300.0


@dataclass(frozen=True, kw_only=True)
class Held:
    """One promise: what was measured, and the bound it is held to."""

    figure: str
    what: str
    measured: float
    bound: float
    unit: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Say whether the promise is kept."""
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


def of_redeeming(rows: Iterable[Row]) -> list[Held]:
    """Hold V1's medians to their bounds."""
    held = []
    for row in rows:
        if row.server != REAL.name or row.clients not in P99_MS:
            continue
        at = f"{row.database}, {row.clients} clients"
        if row.clients == 8:  # noqa: PLR2004 — V1 holds the ratio at eight
            share = round(row.ratio * 100)
            held.append(
                Held(
                    figure="V1",
                    what=f"{at}: share of the bare server",
                    measured=share,
                    bound=RATIO * 100,
                    unit="%",
                    at_least=True,
                )
            )
        p99, bound = round(row.p99, 1), P99_MS[row.clients]
        held.append(Held(figure="V1", what=f"{at}: p99", measured=p99, bound=bound, unit="ms"))
        held.append(Held(figure="V1", what=f"{at}: errors", measured=row.errors, bound=0))
    return held


def of_statements(database: str, statements: Sequence[str]) -> Held:
    """Hold V2's count to its bound."""
    return Held(
        figure="V2",
        what=f"{database}: statements a redemption",
        measured=len(statements),
        bound=MOST_STATEMENTS,
    )


def of_scale(scale: Scale) -> Held:
    """Hold V2's rate beside a million to the rate beside few."""
    return Held(
        figure="V2",
        what=f"{scale.database}: rate at {scale.many:,} redemptions beside {scale.few:,}",
        measured=round(scale.ratio * 100),
        bound=SAME_RATE * 100,
        unit="%",
        at_least=True,
    )


def of_booklets(printed: Printed) -> list[Held]:
    """Hold V3's times and memory to their bounds."""
    told = (
        ("one booklet, warm", printed.one_ms, ONE_MS, "ms"),
        ("50 booklets", printed.fifty_ms, FIFTY_MS, "ms"),
        ("1,000 booklets", printed.thousand_s, THOUSAND_S, "s"),
        ("1,000 booklets: peak memory of a child", printed.peak_mb, PEAK_MB, "MB"),
    )
    return [
        Held(figure="V3", what=what, measured=round(measured, 1), bound=bound, unit=unit)
        for what, measured, bound, unit in told
    ]


def table(rows: Iterable[Row], commits: Iterable[Commits]) -> str:
    """Write the medians, with the databases' own limit beneath them."""
    lines = [
        "| database | clients | server | rate/s | of bare | p50 ms | p95 | p99 | CPU ms | errors |",
        "| --- | --: | --- | --: | --: | --: | --: | --: | --: | --: |",
        *(
            f"| {row.database} | {row.clients} | {row.server} | {row.rate:,.0f} | {row.ratio:.0%} "
            f"| {row.p50:.1f} | {row.p95:.1f} | {row.p99:.1f} | {row.cpu_ms:.2f} | {row.errors} |"
            for row in rows
        ),
        *(
            f"| {one.database} | {one.writers} | no server, raw commits | {one.rate:,.0f} "
            "| | | | | | |"
            for one in commits
        ),
    ]
    return "\n".join(lines)


def verdict(held: Iterable[Held]) -> str:
    """Write each promise with what was measured, and whether it is kept."""
    lines = ["| figure | what | measured | bound | |", "| --- | --- | --: | --: | --- |"]
    for one in held:
        sign = "≥" if one.at_least else "≤"
        lines.append(
            f"| {one.figure} | {one.what} | {one.measured:g} {one.unit} "
            f"| {sign} {one.bound:g} {one.unit} | {'met' if one.met else 'NOT MET'} |"
        )
    return "\n".join(lines)
