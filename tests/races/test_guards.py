"""Each guard is taken away once: what it holds back is then seen, and counted."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from kernel.cities import City
from kernel.constraints import violated
from kernel.database import Database
from kernel.errors import Refusal, Unavailable
from tests import build
from tests.build import Paper, Person, at_work
from tests.figures import Say, rounds
from tests.races.books import faults, live_count
from tests.races.pairs import PATIENCE, Deed, all_at_once, outcome, watching
from vouchers import taking
from vouchers.errors import AlreadyUsed
from vouchers.models import Redemption
from vouchers.redeeming import redeem_cheque

pytestmark = pytest.mark.serial

CLIENTS = 8
INDEX = "ux_redemption_live"


def test_with_every_guard_nothing_is_doubled(city: City, figure: Say) -> None:
    """The product's own run of the scenario of the patched ones."""
    doubles, refused, by_index = 0, 0, 0
    for _ in range(rounds(50)):
        got = _scenario(city, together=city.database.dialect == "postgresql")
        refused += sum(isinstance(each, AlreadyUsed) for each in got)
        by_index += sum("constraint" in each.about for each in got if isinstance(each, AlreadyUsed))
        doubles += _redeemed(got) - 1
    assert (doubles, refused) == (0, rounds(50) * (CLIENTS - 1))
    assert by_index == 0, "the guards hold by themselves; the index is there for when they do not"
    assert faults(city) == []
    figure("C5", f"{rounds(50)} cheques, {CLIENTS} clients: {doubles} doubles")


def test_without_guards_and_without_the_index_cheques_are_doubled(
    postgres_city: City, no_guards: None, figure: Say
) -> None:
    _drop_index(postgres_city)
    doubles = sum(_redeemed(_scenario(postgres_city)) - 1 for _ in range(rounds(50)))
    assert doubles > 0
    assert [fault for fault in faults(postgres_city) if "times" in fault]
    said = f"{rounds(50)} cheques, {CLIENTS} clients: {doubles} doubles without guards and index"
    figure("C5a", said, database="PostgreSQL")


def test_without_guards_the_index_refuses_each_second_one_by_name(
    postgres_city: City, no_guards: None, figure: Say
) -> None:
    by_name = 0
    for _ in range(rounds(50)):
        got = _scenario(postgres_city)
        assert _redeemed(got) == 1
        by_name += sum(
            isinstance(each, AlreadyUsed) and each.about["constraint"] == INDEX
            for each in got
            if isinstance(each, Refusal)
        )
    assert by_name == rounds(50) * (CLIENTS - 1)
    assert faults(postgres_city) == []
    said = f"{rounds(50)} cheques, {CLIENTS} clients: 0 doubles, {by_name} refused by {INDEX}"
    figure("C5b", said, database="PostgreSQL")


def test_the_index_alone_refuses_a_second_live_redemption(city: City, figure: Say) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    _scan(city, provider, paper)()
    with at_work(city) as uow:
        row = uow.session.execute(select(Redemption.__table__)).mappings().one()
    second = {**row, "id": uuid4(), "idempotency_key": uuid4().hex}
    with pytest.raises(AlreadyUsed) as refused:
        _insert(city, second)
    assert refused.value.about["constraint"] == INDEX
    assert live_count(city) == 1
    _drop_index(city)
    _insert(city, second)
    assert live_count(city) == 2
    figure("C5c", f"second live row inserted: refused by {INDEX}, accepted once it is dropped")


def test_sqlite_locks_errors_out_when_writers_begin_like_readers(
    sqlite_city: City, monkeypatch: pytest.MonkeyPatch, figure: Say
) -> None:
    own = [each for _ in range(rounds(50)) for each in _scenario(sqlite_city, together=False)]
    assert not [each for each in own if isinstance(each, Unavailable)]
    monkeypatch.setattr(Database, "_turn_of", lambda _self, **_writes: nullcontext())
    monkeypatch.setattr(Database, "_writers", property(lambda self: self.engine))
    got = [each for _ in range(rounds(50)) for each in _scenario(sqlite_city)]
    locked = [each for each in got if isinstance(each, Unavailable)]
    assert locked
    assert all("locked" in str(each.__cause__) for each in locked)
    assert faults(sqlite_city) == []
    said = f"{rounds(50)} cheques, {CLIENTS} clients: 0 lock errors; with BEGIN {len(locked)}"
    figure("C5d", said, database="SQLite")


def _scenario(city: City, *, together: bool = True) -> list[Any]:
    """Let eight clients redeem one cheque at once; gives what each got.

    `together` lets nobody write before everybody has looked: the worst moment, made certain. It
    cannot be where a writer's transaction begins alone.
    """
    paper = build.handed_out(city, build.referrer(city))
    scans = [_scan(city, build.provider(city), paper) for _ in range(CLIENTS)]
    looked = threading.Barrier(CLIENTS, timeout=PATIENCE)
    with watching(city.database.engine) as watched:

        def wait_for_all(_number: int, statement: str) -> None:
            if statement.startswith("UPDATE booklet"):
                watched.hook = None
                looked.wait()

        def client(scan: Deed) -> Deed:
            def run() -> Any:
                watched.hook = wait_for_all if together else None
                return outcome(scan)

            return run

        return all_at_once([client(scan) for scan in scans])


def _scan(city: City, by: Person, paper: Paper) -> Deed:
    def deed() -> str | None:
        with suppress(_FullBooklet), _full_booklet(), at_work(city, by.actor) as uow:
            redeem_cheque(
                uow,
                code=paper.codes[0],
                idempotency_key=uuid4().hex,
                same_day_reason="secondChild",
            )
            return "redeemed"
        return None

    return deed


class _FullBooklet(Exception):
    """The count of a booklet went past its size."""


@contextmanager
def _full_booklet() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if violated(error) != "ck_booklet_used_count":
            raise
        raise _FullBooklet from error


def _redeemed(got: list[Any]) -> int:
    return got.count("redeemed")


@pytest.fixture
def no_guards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both updates without what guards them, in the statements that are built once and kept."""
    with monkeypatch.context() as patched:
        patched.setattr(taking, "booklet_guards", lambda: ())
        patched.setattr(taking, "cheque_guards", lambda: ())
        _build_anew()
        yield
    _build_anew()


def _build_anew() -> None:
    taking._use_booklet.cache_clear()  # noqa: SLF001 — what is kept there is what is patched
    taking._use_cheque.cache_clear()  # noqa: SLF001 — the same


def _drop_index(city: City) -> None:
    with at_work(city) as uow:
        uow.session.execute(text(f"DROP INDEX {INDEX}"))


def _insert(city: City, row: dict[str, Any]) -> None:
    with at_work(city) as uow:
        uow.session.execute(insert(Redemption.__table__), row)  # type: ignore[arg-type]
