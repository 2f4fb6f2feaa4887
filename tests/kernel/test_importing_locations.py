"""Places are taken in once, changed by their number, and never approved by a file."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, text

from kernel.access import CLOCK, Actor, Role
from kernel.cities import City
from kernel.errors import Forbidden
from kernel.events import RecordedEvent
from kernel.importing.locations import import_locations
from kernel.importing.places import ImportedPlace
from kernel.importing.planning import Plan, plan_locations
from kernel.organisations import Location, LocationStanding, Organisation, OrganisationKind
from kernel.unit_of_work import unit_of_work
from terminal import command
from tests import build
from tests.build import MONDAY, at_work
from tests.figures import Say

BEE = ImportedPlace(
    line=2,
    register_number="1",
    organisation="Zoem",
    given={"name": "De Bij", "kind": "group", "phone": "089 00 01 12"},
    licensed_places=12,
    valid_from=date(2026, 1, 1),
)


def test_a_new_place_waits_for_approval_under_its_organiser(city: City) -> None:
    done = takes_in(city, BEE, replace(BEE, register_number="2", line=3))
    assert (len(done.created), len(done.organisations)) == (2, 1)
    with at_work(city) as uow:
        place = uow.session.scalars(select(Location).where(Location.register_number == "1")).one()
        organiser = uow.session.get_one(Organisation, place.organisation_id)
        assert (organiser.name, organiser.kind) == ("Zoem", OrganisationKind.PROVIDER)
        assert (place.name, place.kind, place.phone) == ("De Bij", "group", "089 00 01 12")
        assert (place.approved_on, place.training) == (None, False)
        assert not place.is_approved(MONDAY.date())


def test_an_organiser_that_the_city_knows_is_not_made_again(city: City) -> None:
    known = build.organisation(city, OrganisationKind.PROVIDER, name="Zoem")
    build.organisation(city, OrganisationKind.REFERRER, name="Gons")
    done = takes_in(city, BEE, replace(BEE, register_number="2", organisation="Gons"))
    assert list(done.organisations) == ["Gons"]  # a referrer of that name is another thing
    with at_work(city) as uow:
        assert known in set(uow.session.scalars(select(Location.organisation_id)))


def test_a_changed_row_changes_the_place_and_leaves_it_approved(city: City) -> None:
    takes_in(city, BEE)
    with at_work(city) as uow:
        uow.session.scalars(select(Location)).one().approved_on = date(2026, 2, 1)
    changed = replace(BEE, given={"name": "De Hommel", "kind": "group", "address": "Dorp 1"})
    done = takes_in(city, changed)
    assert (len(done.changed), done.unchanged, done.moved) == (1, 0, [])
    with at_work(city) as uow:
        place = uow.session.scalars(select(Location)).one()
        assert (place.name, place.address) == ("De Hommel", "Dorp 1")
        assert place.phone == "089 00 01 12"  # the file says nothing of it now
        assert place.approved_on == date(2026, 2, 1)


def test_another_organiser_is_told_by_its_line(city: City) -> None:
    takes_in(city, BEE)
    done = takes_in(city, replace(BEE, organisation="Gons", line=7))
    assert done.moved == [7]


@pytest.mark.parametrize(
    ("places", "since", "standings"),
    [
        (12, date(2026, 3, 1), [(12, date(2026, 1, 1), None)]),
        (14, date(2026, 1, 1), [(14, date(2026, 1, 1), None)]),
        (14, date(2025, 1, 1), [(12, date(2026, 1, 1), None)]),
        (None, date(2026, 3, 1), [(12, date(2026, 1, 1), None)]),
        (
            14,
            date(2026, 3, 1),
            [(12, date(2026, 1, 1), date(2026, 2, 28)), (14, date(2026, 3, 1), None)],
        ),
        (14, None, [(12, date(2026, 1, 1), date(2026, 9, 6)), (14, MONDAY.date(), None)]),
    ],
)
def test_a_capacity_follows_the_one_before(
    city: City, places: int | None, since: date | None, standings: list[tuple[Any, ...]]
) -> None:
    takes_in(city, BEE)
    takes_in(city, replace(BEE, licensed_places=places, valid_from=since))
    with at_work(city) as uow:
        rows = uow.session.scalars(select(LocationStanding).order_by(LocationStanding.valid_from))
        assert [(r.licensed_places, r.valid_from, r.valid_until) for r in rows] == standings


def test_an_import_is_one_event_in_counts_and_nothing_new_is_none(city: City) -> None:
    takes_in(city, BEE)
    done = takes_in(city, BEE)
    assert (done.is_empty, done.unchanged) == (True, 1)
    takes_in(city, BEE, replace(BEE, register_number="2"))
    with at_work(city) as uow:
        rows = uow.session.scalars(select(RecordedEvent).order_by(RecordedEvent.number)).all()
        assert {row.name for row in rows} == {"kernel.locations_imported"}
        payloads = [{k: v for k, v in row.payload.items() if k != "import_id"} for row in rows]
    assert payloads == [
        {"created": 1, "changed": 0, "unchanged": 0, "organisations": 1},
        {"created": 1, "changed": 0, "unchanged": 1, "organisations": 0},
    ]


def test_a_plan_writes_nothing_in_a_transaction_that_cannot(city: City) -> None:
    with unit_of_work(city, CLOCK, writes=False, now=MONDAY) as uow:
        assert len(plan_locations(uow, places=[BEE]).created) == 1
    assert holds(city) == 0


@pytest.mark.parametrize("role", [Role.REFERRER, Role.PROVIDER, Role.FINANCE, Role.FAMILY])
def test_nobody_else_may_import(city: City, role: Role) -> None:
    actor = replace(build.referrer(city).actor, roles=frozenset({role}))
    for deed in (plan_locations, import_locations):
        with pytest.raises(Forbidden), at_work(city, actor) as uow:
            deed(uow, places=[BEE])
    assert holds(city) == 0


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.REGIE])
def test_the_regie_and_the_administrator_may(city: City, role: Role) -> None:
    actor: Actor = replace(build.regie(city).actor, roles=frozenset({role}))
    with at_work(city, actor) as uow:
        import_locations(uow, places=[BEE])
    assert holds(city) == 1


def test_all_places_or_none_when_one_cannot_be_kept(city: City) -> None:
    twice = [BEE, BEE]  # no file gives this: a number counts once
    with pytest.raises(Exception, match=r".") as refused:
        takes_in(city, *twice)
    assert type(refused.value).__name__ == "Conflict"
    assert holds(city) == 0


def test_two_imports_at_once_end_as_one(city: City) -> None:
    start, done = Barrier(2), list[Plan]()

    def run() -> None:
        start.wait()
        done.append(takes_in(city, *many(200)))

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((len(plan.created), plan.unchanged) for plan in done) == [(0, 200), (200, 0)]
    assert holds(city) == 200


def test_as_many_places_as_a_file_may_hold_come_in_at_once(city: City, figure: Say) -> None:
    places = many(20_000)
    began = datetime.now(MONDAY.tzinfo)
    with at_work(city) as uow:
        import_locations(uow, places=places)
        if city.database.dialect == "postgresql":  # which holds 6,400 as it comes
            assert (uow.session.scalar(text("SELECT count(*) FROM pg_locks")) or 0) < 2000
    took = (datetime.now(MONDAY.tzinfo) - began).total_seconds()
    assert holds(city) == 20_000
    figure("F7 many places", f"20000 places with a capacity in one transaction, {took:.1f} s")


@pytest.mark.parametrize("on_error", ["none", "skip"])
def test_a_file_with_one_bad_line_is_all_or_none_or_all_but_one(
    city: City, cli: "Cli", on_error: str
) -> None:
    told = cli("nr,naam,soort,houder\n1,De Bij,group,Zoem\n2,,group,Zoem\n", "--on-error", on_error)
    assert "regel 3: naam ontbreekt (kolom naam is leeg)" in told.output
    assert (told.exit_code, holds(city)) == ((1, 0) if on_error == "none" else (0, 1))
    assert cli.file.with_name("places.csv.rejects.csv").exists() == (on_error == "skip")


@pytest.mark.parametrize(
    "content", ["", "\0", "nr,naam\n", '"', "PK\x03\x04", "nr,naam,soort,houder\n", "\x81\x8d"]
)
def test_a_wrong_file_is_told_in_a_sentence_and_ends_with_one(
    city: City, cli: "Cli", content: str
) -> None:
    for on_error in ("none", "skip"):
        told = cli(content, "--on-error", on_error)
        assert told.exit_code == 1
        assert told.output.startswith("Error: ")
    assert holds(city) == 0


def test_whatever_the_file_is_all_of_it_comes_in_or_none(
    city: City, cli: "Cli", figure: Say
) -> None:
    cli.map_file.write_text(MAP + 'valid_from = { column = "op", date = "%d/%m/%Y" }')
    good = "nr,naam,soort,houder,op\n1,Crèche Zoë,group,Zoem,1/2/2026\n"
    files: dict[str, tuple[bytes, str]] = {
        "BOM": (good.encode("utf-8-sig"), ""),
        "latin-1": (good.encode("latin-1"), ""),
        "semicolon": (good.replace(",", ";").encode(), ""),
        "NUL": (good.encode() + b"2,De\0Bij,group,Zoem,\n", "regel 3: bevat een NUL-byte"),
        "quote": (good.encode() + b'2,"De Bij,group,Zoem,\n', "regel 3: een aanhalingsteken"),
        "date": (good.encode() + b"2,Bij,group,Zoem,31/2/2026\n", "regel 3: begindatum is geen"),
        "missing": (good.encode() + b"2,Bij,group,Zoem,\n3,x,group,,\n", "regel 4: organisator"),
        "ragged": (good.encode() + b"2,De Bij\n", "regel 3: heeft 2 kolommen"),
        "empty": (b"", "Dit bestand is leeg"),
        "header": (b"nr,naam,op\n1,De Bij,\n", "regel 1 (de kop): de kolom 'soort' ontbreekt"),
        "bytes": (bytes(range(256)) * 20, "regel 1"),
    }
    for name, (content, said) in files.items():
        cli.file.write_bytes(content)
        told, before = cli(None), holds(city)
        assert told.exit_code == (1 if said else 0), name
        assert said in told.output, name
        assert holds(city) == before == 1, name
    figure("F7 hostile files", f"{len(files)} kinds of file: all rows or none, 0 tracebacks")


def test_a_wrong_mapping_file_or_city_is_told_before_anything_is_read(
    city: City, cli: "Cli"
) -> None:
    cli.map_file.write_text("[key]\n")
    told = cli("nr\n1\n")
    assert told.exit_code == 1
    assert "map.toml klopt niet:\n  key: zeg uit welke" in told.output
    cli.file.unlink()
    cli.map_file.write_text(MAP)
    assert "is geen bestand" in cli(None).output


MAP = """
[key]
column = "nr"
[fields]
name = { column = "naam", required = true }
kind = { column = "soort" }
organisation = { column = "houder" }
"""


def many(count: int) -> list[ImportedPlace]:
    return [
        replace(BEE, register_number=str(n), organisation=f"Zoem {n % 50}") for n in range(count)
    ]


def takes_in(city: City, *places: ImportedPlace) -> Plan:
    with at_work(city) as uow:
        return import_locations(uow, places=places)


def holds(city: City) -> int:
    with at_work(city) as uow:
        return uow.session.scalar(select(func.count()).select_from(Location)) or 0


class Cli:
    """`opstap import locations` on one small file."""

    def __init__(self, folder: Path) -> None:
        self.file, self.map_file = folder / "places.csv", folder / "map.toml"
        self.map_file.write_text(MAP)

    def __call__(self, content: str | None, *options: str) -> Result:
        if content is not None:
            self.file.write_bytes(content.encode("latin-1"))
        given = ["import", "locations", str(self.file), "--map", str(self.map_file), *options]
        told = CliRunner().invoke(command, given)
        assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
        return told


@pytest.fixture
def cli(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.delenv("OPSTAP_CITIES", raising=False)
    monkeypatch.delenv("OPSTAP_DEMO", raising=False)
    monkeypatch.setenv("DATABASE_URL", city.database.url)
    monkeypatch.setenv("OPSTAP_DATA", str(tmp_path / "data"))
    return Cli(tmp_path)
