"""The Amsterdam list as published: every one of its 2,951 rows is accounted for, twice over.

What is expected is worked out below from the file itself with a dozen lines of Python, which share
nothing with the importer; then it is compared place by place with what the database holds.
"""

import csv
import io
import re
import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from kernel.cities import City
from kernel.events import RecordedEvent
from kernel.importing.rejects import rejects_path
from kernel.organisations import Location, LocationStanding, Organisation
from terminal import command
from tests.build import at_work
from tests.figures import Say

PUBLISHED = Path(__file__).parent / "data" / "amsterdam_childcare_2012_2016.csv"
MAPPING = Path(__file__).parent.parent / "docs" / "mappings" / "amsterdam.toml"
MENDED = (("‚àö¬Æ", "è"), ("‚àö¬©", "é"), ("‚àö¬¥", "ë"))


def test_with_none_nothing_is_written_and_each_bad_line_is_named(
    opstap: "Opstap", figure: Say
) -> None:
    expected = account_for(PUBLISHED)
    told = opstap.imports("--on-error", "none")
    assert told.exit_code == 1
    named = re.findall(r"^  regel (\d+): (\w+) ontbreekt", told.output, re.MULTILINE)
    assert {int(line): what for line, what in named} == expected.wrong
    assert opstap.holds() == (0, 0, 0, 0)
    assert not rejects_path(opstap.file).exists()
    assert "Er is niets ingelezen" in told.output
    counts = Counter(expected.wrong.values())
    assert counts == {"registernummer": 10, "capaciteit": 7}
    figure(
        "F7 Amsterdam, none",
        f"{expected.rows} rows, {len(named)} bad lines named by number "
        f"({', '.join(f'{count} {what} missing' for what, count in counts.items())}), 0 written",
    )


def test_with_skip_exactly_the_places_that_count_come_in(opstap: "Opstap", figure: Say) -> None:
    expected = account_for(PUBLISHED)
    told = opstap.imports("--on-error", "skip")
    assert told.exit_code == 0, told.output
    assert opstap.places() == expected.places
    assert (
        expected.rows
        == 2951
        == (
            len(expected.places)
            + expected.older
            + sum(expected.skipped.values())
            + len(expected.wrong)
        )
    )
    assert f"Van de {dotted(expected.rows)} rijen:" in told.output
    for count, said in (
        (len(expected.places), "tellen: één per opvangplaats"),
        (expected.older, "gaan over een plaats waarvan een andere rij telt"),
        (expected.skipped["BSO"], "overgeslagen: buitenschoolse opvang"),
        (expected.skipped["gone"], "overgeslagen: niet meer geregistreerd"),
        (len(expected.wrong), "fout:"),
    ):
        assert f"  {dotted(count)} {said}\n" in told.output
    figure(
        "F7 Amsterdam, skip",
        f"{expected.rows} rows = {len(expected.places)} places in, each compared + "
        f"{expected.older} older + {expected.skipped['BSO']} after-school + "
        f"{expected.skipped['gone']} no longer registered + {len(expected.wrong)} rejected",
    )


def test_every_register_number_is_imported_rejected_or_skipped_for_a_reason(
    opstap: "Opstap", figure: Say
) -> None:
    expected = account_for(PUBLISHED)
    opstap.imports("--on-error", "skip")
    rows = rows_of(PUBLISHED)
    numbers = {row["lrknummer"] for row in rows}
    assert len(numbers) == 1033  # 1,032 and the empty one, of 17 inspections
    imported = set(opstap.places())
    rejected = {row["lrknummer"] for row in rows if row["line"] in expected.wrong}
    left = numbers - imported - rejected
    assert left == numbers - {row["lrknummer"] for row in rows if not is_skipped(row)}
    assert len(imported) + len(rejected) + len(left) == 1033
    assert not imported & rejected
    figure(
        "F7 Amsterdam, places",
        f"1033 numbers = {len(imported)} imported + {len(rejected - {''})} rejected + "
        f"{len(left)} only in skipped rows + 1 empty (17 inspections)",
    )


def test_the_rejects_are_the_lines_as_they_were(opstap: "Opstap") -> None:
    expected = account_for(PUBLISHED)
    opstap.imports("--on-error", "skip")
    with rejects_path(opstap.file).open(encoding="utf-8-sig", newline="") as file:
        rejected = list(csv.DictReader(file))
    published = {row.pop("line"): row for row in rows_of(PUBLISHED)}
    assert {int(row["regel"]) for row in rejected} == set(expected.wrong)
    for row in rejected:
        line, reason = int(row.pop("regel")), row.pop("reden")
        assert row == published[line]
        assert reason.startswith(f"{expected.wrong[line]} ontbreekt")


def test_a_mended_reject_comes_in_by_the_same_mapping(opstap: "Opstap") -> None:
    opstap.imports("--on-error", "skip")
    mended = rejects_path(opstap.file)
    text = mended.read_text("utf-8-sig")
    head, *rows = list(csv.reader(io.StringIO(text)))
    for row in rows:
        row[head.index("kindplaatsen")] = row[head.index("kindplaatsen")] or "12"
        row[head.index("lrknummer")] = row[head.index("lrknummer")] or f"9{row[0]:0>8}"
    with mended.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    before = len(opstap.places())
    told = opstap.imports("--on-error", "none", file=mended)
    assert told.exit_code == 0, told.output
    assert len(opstap.places()) == before + len(rows)


def test_a_second_import_changes_nothing(opstap: "Opstap") -> None:
    opstap.imports("--on-error", "skip")
    before, held = opstap.places(), opstap.holds()
    told = opstap.imports("--on-error", "skip")
    assert told.exit_code == 0
    assert (opstap.places(), opstap.holds()) == (before, held)
    assert "0 nieuw, 0 gewijzigd, 521 gelijk gebleven; 0 nieuwe organisatoren" in told.output


def test_a_dry_run_says_the_same_and_writes_nothing(opstap: "Opstap") -> None:
    dry = opstap.imports("--on-error", "skip", "--dry-run")
    assert dry.exit_code == 0
    assert opstap.holds() == (0, 0, 0, 0)
    assert not rejects_path(opstap.file).exists()
    real = opstap.imports("--on-error", "skip")
    same = [line for line in real.output.splitlines() if line in dry.output.splitlines()]
    assert len(dry.output.splitlines()) == len(same) + 1  # "zou worden ingelezen", "ingelezen"
    assert opstap.imports("--dry-run").exit_code == 1


# What the file says, worked out apart from the importer.


@dataclass
class Account:
    """Every row of the file, under one heading."""

    rows: int = 0
    places: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    older: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    wrong: dict[int, str] = field(default_factory=dict)


def rows_of(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return [row | {"line": line} for line, row in enumerate(csv.DictReader(opened), 2)]


def is_skipped(row: dict[str, Any]) -> str:
    if row["type"] == "BSO":
        return "BSO"
    return "gone" if row["status"].startswith("Niet meer") else ""


def account_for(file: Path) -> Account:
    account, last = Account(), dict[str, tuple[date, int]]()
    rows = {row["line"]: row for row in rows_of(file)}
    for line, row in rows.items():
        account.rows += 1
        if why := is_skipped(row):
            account.skipped[why] += 1
        elif not row["lrknummer"]:
            account.wrong[line] = "registernummer"
        else:
            account.older += row["lrknummer"] in last
            seen = (visited(row), line)
            last[row["lrknummer"]] = max(last.get(row["lrknummer"], seen), seen)
    for number, (_, line) in last.items():
        row = rows[line]
        if row["kindplaatsen"]:
            account.places[number] = expected_place(row)
        else:
            account.wrong[line] = "capaciteit"
    return account


def visited(row: dict[str, Any]) -> date:
    day, month, year = row["bezoekdatum"].split("-")
    return date(2000 + int(year), int(month), int(day))


def expected_place(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        mended(row["naam"]),
        {"KDV": "group", "PSZ": "group", "GOB": "family"}[row["type"]],
        mended(row["houder/_text"] or row["naam"]),
        row["adres"].strip(),
        row["postcode"],
        "Amsterdam",
        float(row["Latitude"]),
        float(row["Longitude"]),
        int(row["kindplaatsen"]),
        visited(row),
        None,  # not approved
    )


def mended(name: str) -> str:
    for broken, whole in MENDED:
        name = name.replace(broken, whole)
    return name


def dotted(count: int) -> str:
    return f"{count:,}".replace(",", ".")


class Opstap:
    """The command line, on one city, with a copy of the file that it may write beside."""

    def __init__(self, city: City, folder: Path) -> None:
        self.city = city
        self.file = folder / "amsterdam.csv"
        shutil.copy(PUBLISHED, self.file)

    def imports(self, *options: str, file: Path | None = None) -> Result:
        given = ["import", "locations", str(file or self.file), "--map", str(MAPPING), *options]
        told = CliRunner().invoke(command, given)
        assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
        return told

    def places(self) -> dict[str, tuple[Any, ...]]:
        with at_work(self.city) as uow:
            rows = uow.session.execute(
                select(Location, Organisation.name, LocationStanding)
                .join(Organisation, Organisation.id == Location.organisation_id)
                .join(LocationStanding, LocationStanding.location_id == Location.id)
            ).all()
            assert len(rows) == len({row[0].id for row in rows})
            return {
                str(place.register_number): (
                    place.name,
                    place.kind,
                    organisation,
                    place.address,
                    place.postcode,
                    place.municipality,
                    place.latitude,
                    place.longitude,
                    standing.licensed_places,
                    standing.valid_from,
                    place.approved_on,
                )
                for place, organisation, standing in rows
            }

    def holds(self) -> tuple[int, ...]:
        with at_work(self.city) as uow:
            return tuple(
                uow.session.scalar(select(func.count()).select_from(table)) or 0
                for table in (Location, Organisation, LocationStanding, RecordedEvent)
            )


@pytest.fixture
def opstap(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opstap:
    monkeypatch.delenv("OPSTAP_CITIES", raising=False)
    monkeypatch.delenv("OPSTAP_DEMO", raising=False)
    monkeypatch.setenv("DATABASE_URL", city.database.url)
    monkeypatch.setenv("OPSTAP_DATA", str(tmp_path / "data"))
    return Opstap(city, tmp_path)
