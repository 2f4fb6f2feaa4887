"""Two deeds at the same moment, each in a thread and a transaction of its own.

Chance rarely brings two threads to the place that hurts, so one is held just before a statement of
its own, and the other goes on meanwhile until it is done or must wait for the first.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

from kernel.cities import City
from kernel.errors import Refusal

PATIENCE = 60.0
HELD = 0.02  # seconds that the second gets before the first goes on: it may be waiting for it

Deed = Callable[[], Any]
Hook = Callable[[int, str], None]  # told the number and the text of each statement of its thread


@dataclass
class _Watched(threading.local):
    hook: Hook | None = None
    seen: int = field(default=0)


@contextmanager
def watching(engine: Engine) -> Iterator[_Watched]:
    """Let a thread be told of each of its own statements, before the database is."""
    watched = _Watched()

    def tell(_c: Any, _k: Any, statement: str, _p: Any, _x: Any, _m: Any) -> None:
        if watched.hook is not None:
            watched.seen += 1
            watched.hook(watched.seen, statement)

    event.listen(engine, "before_cursor_execute", tell)
    try:
        yield watched
    finally:
        event.remove(engine, "before_cursor_execute", tell)


def race(city: City, first: Deed, second: Deed, *, held_at: int) -> tuple[Any, Any]:
    """Do both deeds at once; `held_at` is the statement of the first before which it is held.

    Gives what each gave, or the refusal that it raised; anything else that is raised, is raised.
    """
    may_start, is_done = threading.Event(), threading.Event()

    def hold(number: int, _statement: str) -> None:
        if number == held_at:
            may_start.set()
            is_done.wait(HELD)

    def one() -> Any:
        watched.seen, watched.hook = 0, hold
        try:
            return outcome(first)
        finally:
            may_start.set()

    def other() -> Any:
        assert may_start.wait(PATIENCE)
        try:
            return outcome(second)
        finally:
            is_done.set()

    with watching(city.database.engine) as watched:
        one_s, other_s = all_at_once([one, other])
    return one_s, other_s


def outcome(deed: Deed) -> Any:
    """Give what a deed gives, or the refusal that it raises."""
    try:
        return deed()
    except Refusal as refusal:
        return refusal


def all_at_once(deeds: list[Deed]) -> list[Any]:
    """Do every deed in a thread of its own, and give what each gave; raise what one raised."""
    given: list[Any] = [None] * len(deeds)
    raised: list[BaseException] = []
    together = threading.Barrier(len(deeds), timeout=PATIENCE)

    def run(number: int, deed: Deed) -> None:
        try:
            together.wait()
            given[number] = deed()
        except BaseException as error:  # noqa: BLE001 — raised again, in the test's own thread
            raised.append(error)

    threads = [threading.Thread(target=run, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    if raised:
        raise raised[0]
    return given
