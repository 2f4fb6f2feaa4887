"""A test that holds Opstap to a figure says what it counted, and the run ends with all of them.

`FIGURES=short` (a tenth, at least 3 rounds) or `full` decides how often; `--figures-to FILE` keeps
the figures in a table, line by line, so that a second run adds to what the first one wrote.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import pytest

LEAST_ROUNDS = 3
PROPERTY = "figure"
DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
HEAD = """# Figures met

What the tests counted when this page was last written; each line is printed by the test that holds
it, and says how often. `make figures` writes it anew with the full counts, which takes an hour.

| figure | database | what was counted |
| --- | --- | --- |
"""


class Figure(NamedTuple):
    """One line: which figure, on which database (or none), and the counts in words."""

    name: str
    database: str
    counts: str


class Say(Protocol):
    """What the fixture `figure` gives to a test."""

    def __call__(self, name: str, counts: str, *, database: str | None = None) -> None: ...


def rounds(full: int) -> int:
    """Give how often to do what the full figure asks `full` times of."""
    asked = os.environ.get("FIGURES", "short")
    if asked not in {"short", "full"}:
        raise pytest.UsageError(f"FIGURES is {asked!r}; it can be short or full")
    return full if asked == "full" else min(full, max(LEAST_ROUNDS, full // 10))


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Say:
    """Say a figure: `figure("C1", "100 of 100 …")`; the test's parameters tell the database."""

    def say(name: str, counts: str, *, database: str | None = None) -> None:
        line = Figure(
            name, database_of(request.node.name) if database is None else database, counts
        )
        request.node.user_properties.append((PROPERTY, list(line)))

    return say


def database_of(test: str) -> str:
    """Give the database in a test's parameters, as in `test_x[sqlite-3]`, or nothing."""
    parameters = test.partition("[")[2].lower()
    return next((name for sign, name in DATABASES.items() if sign in parameters), "")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the name of the file that keeps the figures."""
    parser.addoption("--figures-to", type=Path, help="keep the figures in this markdown table")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the figures of the tests that passed, and keep them where the run was told to."""
    reports = terminalreporter.getreports("passed")
    said = in_order(Figure(*line) for line in lines_of(reports))
    if not said:
        return
    terminalreporter.section("figures")
    for line in said:
        terminalreporter.write_line(" · ".join(part for part in line if part))
    target: Path | None = config.getoption("--figures-to")
    if target is not None:
        kept = read(target) if target.exists() else []
        target.write_text(table(in_order([*kept, *said])), encoding="utf-8")


def lines_of(reports: Iterable[pytest.TestReport]) -> Iterator[list[str]]:
    """Give what the tests said, which reaches us with their reports, also from another process."""
    for report in reports:
        if report.when == "call":
            said = (line for key, line in report.user_properties if key == PROPERTY)
            yield from cast("Iterator[list[str]]", said)


def in_order(lines: Iterable[Figure]) -> list[Figure]:
    """Sort by figure and database, C2 before C10; of two lines for one, the later counts."""
    latest = {(line.name, line.database): line for line in lines}
    return [latest[key] for key in sorted(latest, key=lambda key: (natural(key[0]), key[1]))]


def natural(name: str) -> list[tuple[int, str]]:
    """Give a key that sorts the numbers in a name as numbers."""
    return [
        (int(part), "") if part.isdecimal() else (0, part) for part in re.findall(r"\d+|\D+", name)
    ]


def table(lines: Iterable[Figure]) -> str:
    """Write the figures as a markdown table."""
    return HEAD + "".join(
        f"| {line.name} | {line.database} | {line.counts.replace('|', '/')} |\n" for line in lines
    )


def read(kept: Path) -> list[Figure]:
    """Read the figures back from a table that `table` wrote."""
    rows = kept.read_text(encoding="utf-8").removeprefix(HEAD).splitlines()
    return [Figure(*(cell.strip() for cell in row.strip("|").split("|"))) for row in rows]
