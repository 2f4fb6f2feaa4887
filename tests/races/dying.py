"""A process that dies without a word, at the statement that a test chooses."""

import os
import signal
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

from kernel.cities import City
from tests.conftest import city_at


def dies_before(url: str, statement: int, deed: Callable[[City], Any]) -> bool:
    """Do a deed in a child process that is killed before its n-th statement or COMMIT (from 1).

    Statements are counted from the child's first one on. Says whether it died: it lived when it
    has fewer statements than that.
    """
    return _dies(url, lambda number, _: number == statement, deed)


def dies_at(url: str, beginning: str, deed: Callable[[City], Any]) -> bool:
    """Do a deed in a child process that is killed before the first statement that begins so."""
    return _dies(url, lambda _, text: text.startswith(beginning), deed)


def _dies(url: str, when: Callable[[int, str], bool], deed: Callable[[City], Any]) -> bool:
    child = os.fork()
    if child == 0:
        _live_and_die(url, when, deed)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the deed itself failed"
    return False


def _live_and_die(url: str, when: Callable[[int, str], bool], deed: Callable[[City], Any]) -> None:
    """Never return into the test that was copied with the process."""
    try:
        city = city_at(url)
        _kill_at(city.database.engine, when)
        deed(city)
        os._exit(0)
    finally:
        os._exit(1)


def _kill_at(engine: Engine, when: Callable[[int, str], bool]) -> None:
    seen = 0

    def count(text: str) -> None:
        nonlocal seen
        seen += 1
        if when(seen, text):
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", lambda *told: count(told[2]))
    event.listen(engine, "commit", lambda *_: count("COMMIT"))
