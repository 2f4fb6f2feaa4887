"""A backup that was taken while people worked can be put back into nothing (FIGURES D6)."""

import json
import threading
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Self
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, inspect, text

from app import bring_to
from jobs.dispatch import dispatch_events
from kernel.backing_up import MANIFEST, CityInside, write_backup
from kernel.checking import run_checks
from kernel.cities import City
from kernel.restoring import NoBackup, read_manifest
from terminal import command
from terminal.keeping import restore_city
from terminal.looking import CHECKS
from tests import build
from tests.conftest import city_at
from tests.figures import Say, rounds
from vouchers.models import SameDayReason
from vouchers.replacing import replace_lost_booklet

if TYPE_CHECKING:
    from tests.postgres import TestServer

KEY = "a key for tests"
NOW = datetime(2026, 9, 8, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_was_written_under_load_comes_back_whole(
    city: City, spare: "Spare", tmp_path: Path, kind: str, figure: Say
) -> None:
    crowd = Crowd(city, families=rounds(100))
    file = tmp_path / "city.backup"
    with crowd:
        crowd.wait_until_busy()
        began = monotonic()
        taken = backed_up(city, file)
    minutes = (monotonic() - began) / 60
    restored = spare(kind)
    with file.open("rb") as source:
        restore_city(restored, taken, source)
    assert backed_up(restored, tmp_path / "again").tables == taken.tables
    assert broken(restored) == []
    used = next(each.rows for each in taken.tables if each.name == "redemption")
    whole = len(crowd.used)
    assert 0 < used <= whole
    figure(
        "D6",
        f"into {kind}: {used} of {whole} scans in the snapshot; every row equal after the way "
        f"back, {len(CHECKS)} rules hold; {minutes:.3f} minutes",
    )


def test_people_work_on_in_what_was_restored(city: City, spare: "Spare", tmp_path: Path) -> None:
    worker, childminder = build.referrer(city), build.provider(city)
    first = build.handed_out(city, worker)
    build.scanned(city, childminder, first.codes[0])
    dispatch_events(city)
    restored = spare("postgres")
    put_back(city, restored, tmp_path)
    again = SameDayReason.SECOND_CHILD
    build.scanned(restored, childminder, first.codes[1], same_day_reason=again)
    build.handed_out(restored, worker)
    dispatch_events(restored)
    assert broken(restored) == []


def test_a_replaced_booklet_comes_back_with_what_it_replaces(
    city: City, spare: "Spare", tmp_path: Path
) -> None:
    worker = build.referrer(city)
    paper = build.handed_out(city, worker)
    with build.at_work(city, worker.actor) as uow:
        replace_lost_booklet(uow, booklet_id=paper.id)
    restored = spare("sqlite")
    put_back(city, restored, tmp_path)
    assert broken(restored) == []


def test_triggers_guard_what_was_restored(city: City, spare: "Spare", tmp_path: Path) -> None:
    build.handed_out(city, build.referrer(city))
    restored = spare("postgres")
    put_back(city, restored, tmp_path)
    with (
        pytest.raises(Exception, match=r"append.only"),
        restored.database.transaction(writes=True) as session,
    ):
        session.execute(text("DELETE FROM event"))


def test_a_backup_of_the_version_before_is_brought_to_this_one(
    city: City, spare: "Spare", tmp_path: Path
) -> None:
    paper = build.handed_out(city, build.referrer(city))
    file = tmp_path / "old"
    backed_up(city, file)
    make_old(file, tmp_path)
    restored = spare("postgres")
    with file.open("rb") as source:
        (inside,) = read_manifest(source, key=KEY)
        restore_city(restored, inside, source)
    with restored.database.transaction(writes=False) as session:
        numbers = session.scalars(text("SELECT number FROM booklet")).all()
    assert numbers == [paper.number]
    assert broken(restored) == []


def test_the_commands_take_a_backup_and_put_it_back(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.handed_out(city, build.referrer(city))
    dispatch_events(city)
    file = tmp_path / "city.backup"
    here = Commands(monkeypatch, tmp_path, city.database.url)
    assert "rijen in" in here.told("backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert "bestaat al" in here.refused("backup", str(file))
    assert "staat al iets" in here.refused("restore", str(file))
    assert "elke rij dezelfde" in here.told("drill")
    there = Commands(monkeypatch, tmp_path, f"sqlite:///{tmp_path}/empty.db")
    assert "alle in orde" in there.told("restore", str(file))
    assert "FAILED" not in there.told("check")


def test_a_file_that_is_no_backup_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Beste regie,")
    there = Commands(monkeypatch, tmp_path, f"sqlite:///{tmp_path}/empty.db")
    assert "geen volledige back-up" in there.refused("restore", str(file))


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_damaged_backup_leaves_nothing_behind(
    city: City, spare: "Spare", tmp_path: Path, kind: str
) -> None:
    build.handed_out(city, build.referrer(city))
    file = tmp_path / "city.backup"
    taken = backed_up(city, file)
    rewrite(file, "genk.localhost/cheque.jsonl", lambda rows: rows.splitlines(keepends=True)[:-1])
    restored = spare(kind)
    with file.open("rb") as source, pytest.raises(NoBackup):
        restore_city(restored, taken, source)
    engine = create_engine(restored.database.url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_another_installations_key_is_told_before_anything_is_written(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "city.backup"
    backed_up(city, file)
    url = f"sqlite:///{tmp_path}/empty.db"
    there = Commands(monkeypatch, tmp_path, url, key="another key")
    assert "SECRET_KEY" in there.refused("restore", str(file))
    assert "alle in orde" in there.told("restore", str(file), "--other-key")


def test_the_key_itself_is_not_in_the_file(city: City, tmp_path: Path) -> None:
    file = tmp_path / "city.backup"
    backed_up(city, file)
    with ZipFile(file) as inside:
        assert all(KEY not in inside.read(name).decode() for name in inside.namelist())


def backed_up(city: City, file: Path) -> CityInside:
    with file.open("wb") as into:
        (inside,) = write_backup(into, [city], key=KEY, now=NOW)
    return inside


def put_back(city: City, restored: City, folder: Path) -> None:
    file = folder / "city.backup"
    taken = backed_up(city, file)
    with file.open("rb") as source:
        restore_city(restored, taken, source)


def broken(city: City) -> list[str]:
    rules = [each for each in CHECKS if not each.of_the_clock]
    with city.database.transaction(writes=False) as session:
        return [c.check.name for c in run_checks(session, rules, now=NOW) if not c.holds]


def rewrite(file: Path, name: str, change: Any) -> None:
    """Change one member of a backup."""
    with ZipFile(file) as inside:
        parts = {each: inside.read(each) for each in inside.namelist()}
    parts[name] = b"".join(change(parts[name]))
    with ZipFile(file, "w") as inside:
        for each, content in parts.items():
            inside.writestr(each, content)


def make_old(file: Path, folder: Path) -> None:
    """Leave out of a backup what the first revision did not have yet."""
    engine = create_engine(f"sqlite:///{folder}/first.db")
    with engine.begin() as connection:
        bring_to(connection, "0001")
    there = inspect(engine)
    columns = {
        name: {c["name"] for c in there.get_columns(name)} for name in there.get_table_names()
    }
    engine.dispose()
    with ZipFile(file) as inside:
        told = json.loads(inside.read(MANIFEST))
        parts = {name: inside.read(name) for name in inside.namelist() if name != MANIFEST}
    (city,) = told["cities"]
    city["revision"] = "0001"
    city["tables"] = [each for each in city["tables"] if each["name"] in columns]
    for each in city["tables"]:
        older(each, columns[each["name"]], parts)
    with ZipFile(file, "w") as inside:
        for each in city["tables"]:
            name = f"{city['host']}/{each['name']}.jsonl"
            inside.writestr(name, parts[name])
        inside.writestr(MANIFEST, json.dumps(told))


def older(told: dict[str, Any], known: set[str], parts: dict[str, bytes]) -> None:
    name = f"genk.localhost/{told['name']}.jsonl"
    keep = [i for i, column in enumerate(told["columns"]) if column in known]
    rows = [json.loads(line) for line in parts[name].splitlines()]
    parts[name] = b"".join(json.dumps([row[i] for i in keep]).encode() + b"\n" for row in rows)
    told["columns"] = {c: kind for c, kind in told["columns"].items() if c in known}
    told["sha256"] = sha256(parts[name]).hexdigest()


class Crowd:
    """People who scan cheques at once, for as long as the block lasts."""

    def __init__(self, city: City, *, families: int) -> None:
        self.city, self.used = city, list[str]()
        worker, self.childminder = build.referrer(city), build.provider(city)
        self.codes = [
            code for _ in range(families) for code in build.handed_out(city, worker).codes[:5]
        ]
        self.busy, self.stop = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._scan)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()

    def wait_until_busy(self) -> None:
        assert self.busy.wait(30)

    def _scan(self) -> None:
        for number, code in enumerate(self.codes):
            if self.stop.is_set():
                return
            reason = SameDayReason.SECOND_CHILD if number % 5 else None
            build.scanned(self.city, self.childminder, code, same_day_reason=reason)
            self.used.append(code)
            if number % 10 == 9:
                dispatch_events(self.city)
                self.busy.set()


class Commands:
    """`opstap` in an installation with one city."""

    def __init__(
        self, patch: pytest.MonkeyPatch, folder: Path, url: str, *, key: str = KEY
    ) -> None:
        self.patch, self.runner = patch, CliRunner()
        self.settings = {"DATABASE_URL": url, "OPSTAP_DATA": str(folder), "SECRET_KEY": key}

    def told(self, *words: str) -> str:
        result = self._run(*words)
        assert result.exit_code == 0, result.output
        return result.output

    def refused(self, *words: str) -> str:
        result = self._run(*words)
        assert result.exit_code == 1, result.output
        return result.output

    def _run(self, *words: str) -> Result:
        for name in ("OPSTAP_CITIES", "OPSTAP_DEMO", "PROGRAMMES"):
            self.patch.delenv(name, raising=False)
        for name, value in self.settings.items():
            self.patch.setenv(name, value)
        return self.runner.invoke(command, list(words))


class Spare:
    """Gives empty databases, without a table, of either kind."""

    def __init__(self, folder: Path, server: "TestServer") -> None:
        self.folder, self.server, self.made = folder, server, list[City]()

    def __call__(self, kind: str) -> City:
        url = (
            f"sqlite:///{self.folder}/spare.db"
            if kind == "sqlite"
            else self.server.fresh_database()
        )
        self.made.append(city_at(url))
        return self.made[-1]

    def clear(self) -> None:
        for city in self.made:
            city.database.dispose()
            if city.database.dialect == "postgresql":
                self.server.drop(city.database.url)


@pytest.fixture
def spare(tmp_path: Path, postgres: "TestServer") -> Any:
    gives = Spare(tmp_path, postgres)
    yield gives
    gives.clear()
