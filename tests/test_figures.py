"""The figures that the tests print are kept line by line, in order, and survive a second run."""

from pathlib import Path

import pytest

from tests.figures import Figure, database_of, in_order, read, rounds, table


def test_a_table_of_figures_reads_back_as_it_was_written(tmp_path: Path) -> None:
    figures = [Figure("C1", "SQLite", "100 of 100; 4,900 refused"), Figure("T2", "", "7 moments")]
    (tmp_path / "met.md").write_text(table(figures), encoding="utf-8")
    assert read(tmp_path / "met.md") == figures


def test_figures_stand_in_the_order_of_their_numbers_and_the_later_count_replaces() -> None:
    lines = [
        Figure("C10", "", "a"),
        Figure("C2", "SQLite", "old"),
        Figure("C2", "PostgreSQL", "b"),
        Figure("C2", "SQLite", "new"),
    ]
    assert [(line.name, line.counts) for line in in_order(lines)] == [
        ("C2", "b"),
        ("C2", "new"),
        ("C10", "a"),
    ]


@pytest.mark.parametrize(
    ("asked", "full", "expected"),
    [("short", 100, 10), ("short", 20, 3), ("short", 2, 2), ("full", 100, 100)],
)
def test_short_is_a_tenth_and_at_least_three(
    monkeypatch: pytest.MonkeyPatch, asked: str, full: int, expected: int
) -> None:
    monkeypatch.setenv("FIGURES", asked)
    assert rounds(full) == expected


def test_another_word_for_figures_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIGURES", "ful")
    with pytest.raises(pytest.UsageError, match="short or full"):
        rounds(100)


def test_the_database_of_a_figure_is_read_from_the_parameters_only() -> None:
    assert database_of("test_one_wins[postgres-3]") == "PostgreSQL"
    assert database_of("test_one_wins[sqlite]") == "SQLite"
    assert database_of("test_sqlite_waits") == ""
