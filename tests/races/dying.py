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
    child = os.fork()
    if child == 0:
        _live_and_die(url, statement, deed)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the deed itself failed"
    return False


def _live_and_die(url: str, statement: int, deed: Callable[[City], Any]) -> None:
    """Never return into the test that was copied with the process."""
    try:
        city = city_at(url)
        _kill_at(city.database.engine, statement)
        deed(city)
        os._exit(0)
    finally:
        os._exit(1)


def _kill_at(engine: Engine, statement: int) -> None:
    seen = 0

    def count(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", count)
