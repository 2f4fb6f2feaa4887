"""Nothing is acknowledged before it lies on the disk."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from kernel.cities import City
from tests import build
from tests.conftest import city_at
from tests.figures import Say
from tests.races.books import live_count
from tests.races.clients import ask_once, redemption
from tests.races.server import serving

pytestmark = pytest.mark.serial

REDEMPTIONS = 20
TRACED = "trace=fsync,fdatasync,pwrite64,write,sendto,sendmsg"
# One call of the kernel, in one line: who, which, and of which file or with which text.
_CALL = re.compile(r"^(\d+) +(\w+)\(\d+<([^>]*)>(.*)$")


def test_each_acknowledgement_follows_an_fsync(
    sqlite_url: str, tmp_path: Path, figure: Say
) -> None:
    """Watched from outside, by strace: the log is written, synced, and only then is it told."""
    city = city_at(sqlite_url)
    token, referrer = build.token(city, build.provider(city)), build.referrer(city)
    papers = [build.handed_out(city, referrer, now=datetime.now(UTC)) for _ in range(REDEMPTIONS)]
    trace = tmp_path / "trace"
    strace = ["strace", "-f", "-y", "-s", "32", "-e", TRACED, "-o", str(trace)]
    with serving(city, tmp_path, under=strace) as server:
        calls = [redemption(paper.codes[0], token) for paper in papers]
        assert {ask_once(server.port, call).status for call in calls} == {201}
    assert live_count(city) == REDEMPTIONS
    city.database.dispose()
    synced, unsynced = _acknowledged(trace.read_text(errors="replace"))
    assert (synced, unsynced) == (REDEMPTIONS, 0)
    said = f"{synced} redemptions: an fsync between the write and each acknowledgement"
    figure("D2", said, database="SQLite")


def test_the_databases_are_told_to_wait_for_the_disk(city: City, figure: Say) -> None:
    """On every connection that the house opens, reading or writing."""
    sqlite = city.database.dialect == "sqlite"
    asked = ("PRAGMA synchronous", "PRAGMA journal_mode") if sqlite else _POSTGRES
    told = []
    for writes in (False, True):
        with city.database.transaction(writes=writes) as session:
            told.append([session.execute(text(each)).scalar_one() for each in asked])
    expected = [2, "wal"] if sqlite else ["on", "on", "on"]
    assert told == [expected, expected]
    figure("D2 settings", ", ".join(f"{a} {b}" for a, b in zip(asked, expected, strict=True)))


_POSTGRES = ("SHOW synchronous_commit", "SHOW fsync", "SHOW full_page_writes")


def _acknowledged(trace: str) -> tuple[int, int]:
    """Count the acknowledgements before which all that was written was synced, and the others.

    Both by the same thread: a sync of another's commit proves nothing.
    """
    owed: dict[str, bool | None] = {}  # by thread: nothing written, written, or synced since
    synced = unsynced = 0
    for line in trace.splitlines():
        found = _CALL.match(line)
        if found is None:
            continue
        thread, call, of, rest = found.groups()
        if "sync" in call and of.endswith("-wal"):
            owed[thread] = True
        elif call == "pwrite64" and of.endswith("-wal"):
            owed[thread] = False
        elif "HTTP/1.1 201" in rest:
            synced, unsynced = synced + bool(owed.get(thread)), unsynced + (not owed.get(thread))
            owed.pop(thread, None)
    return synced, unsynced
