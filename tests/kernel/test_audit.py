"""Nobody changes who looked at whose file: not the house, not its own database account."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import delete, insert, make_url, select, text, update
from sqlalchemy.exc import DBAPIError

from app import HOUSE
from jobs.schedule import KEPT_OF_PEOPLE
from kernel.access import Role
from kernel.audit import AuditRow, Sought, note_reading, read_looks
from kernel.checking import CHECKS, run_checks
from kernel.cities import City
from kernel.errors import Forbidden
from kernel.forgetting import forget
from kernel.organisations import OrganisationKind
from kernel.people import Family
from tests import build
from tests.build import MONDAY, Person, at_work
from tests.conftest import city_at
from tests.figures import Say

NOW = datetime.now(UTC)
FIVE_YEARS = NOW.replace(year=NOW.year - 5, day=min(NOW.day, 28))
OLDER, YOUNGER = FIVE_YEARS - timedelta(days=5), FIVE_YEARS + timedelta(days=5)


def test_a_row_is_changed_by_nobody_and_goes_after_five_years(city: City, figure: Say) -> None:
    for age in (OLDER, YOUNGER, NOW):
        row(city, at=age)
    refused(city, update(AuditRow).values(what="x"))
    refused(city, update(AuditRow).where(AuditRow.at < FIVE_YEARS).values(account_id=uuid4()))
    refused(city, delete(AuditRow).where(AuditRow.at > FIVE_YEARS))
    refused(city, delete(AuditRow))
    with at_work(city) as uow:
        uow.session.execute(delete(AuditRow).where(AuditRow.at < FIVE_YEARS))
    assert ages(city) == [YOUNGER, NOW]
    figure("P4", "no row of the audit is changed; one goes only once it is five years old")


def test_events_are_never_deleted_however_old(city: City) -> None:
    build.handed_out(city, build.referrer(city), now=OLDER)
    refused(city, text("DELETE FROM event"))
    refused(city, text("UPDATE event SET name = 'x'"))


def test_the_night_forgets_what_is_older_than_five_years_and_a_day(city: City) -> None:
    for age in (OLDER, YOUNGER, NOW):
        row(city, at=age)
    assert forget(city, KEPT_OF_PEOPLE, NOW) == 1
    assert ages(city) == [YOUNGER, NOW]


def test_a_clock_that_runs_ahead_forgets_no_row_too_soon(city: City) -> None:
    row(city, at=YOUNGER)
    row(city, at=NOW)
    assert forget(city, KEPT_OF_PEOPLE, NOW + timedelta(days=3650)) == 0
    assert ages(city) == [YOUNGER, NOW]


def test_the_check_sees_that_a_trigger_is_gone(city: City) -> None:
    sqlite = city.database.dialect == "sqlite"
    with at_work(city) as uow:
        name = "append_only_audit_delete" if sqlite else "append_only_audit ON audit"
        uow.session.execute(text(f"DROP TRIGGER {name}"))
    with at_work(city) as uow:
        broken = [
            each.check.name for each in run_checks(uow.session, CHECKS, now=NOW) if not each.holds
        ]
    assert broken == ["triggers-in-place"]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_the_houses_own_account_cannot_take_the_guard_away(
    city: City, guest: City, figure: Say
) -> None:
    """As docs/operating.md advises: who runs the house does not own its tables."""
    family_id = uuid4()
    note_reading(guest, build.regie(city).actor, what="booklet.show", subject_ids=[family_id])
    assert len(ages(guest)) == 1
    tried = (
        "UPDATE audit SET what = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DROP TABLE audit",
        "DROP TRIGGER append_only_audit ON audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        (
            "CREATE OR REPLACE FUNCTION append_only_audit() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RETURN OLD; END $$"
        ),
    )
    for statement in tried:
        refused(guest, text(statement))
    assert len(ages(guest)) == 1
    build.handed_out(guest, build.referrer(guest))
    assert forget(guest, KEPT_OF_PEOPLE, NOW + timedelta(days=3650)) > 0
    assert len(ages(guest)) == 1
    figure("P4 role", f"{len(tried)} ways tried as the house's own role: each refused")


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_not_even_the_owner_empties_it_at_once(city: City) -> None:
    row(city, at=NOW)
    refused(city, text("TRUNCATE audit"))


def test_looks_are_found_by_person_family_and_day(city: City) -> None:
    nadia, joris = build.referrer(city), build.regie(city)
    first, second = (family(city, nadia, name) for name in ("OC-1", "OC-2"))
    for number, (person, subject) in enumerate(
        [(nadia, first), (joris, first), (nadia, second), (nadia, first)]
    ):
        row(
            city,
            at=MONDAY + timedelta(days=number),
            account_id=person.actor.account_id,
            subject_id=subject,
        )
    day = MONDAY.date()
    assert numbers(city) == [4, 3, 2, 1]
    assert numbers(city, account_id=joris.actor.account_id) == [2]
    assert numbers(city, family_id=first) == [4, 2, 1]
    assert numbers(city, family_id=first, account_id=nadia.actor.account_id) == [4, 1]
    assert numbers(city, since=day + timedelta(days=1), until=day + timedelta(days=2)) == [3, 2]
    assert numbers(city, until=date(2020, 1, 1)) == []
    looks, _ = read(city)
    assert {(look.reference, look.name) for look in looks} == {
        ("OC-1", "Nadia Demo"),
        ("OC-2", "Nadia Demo"),
    }


def test_a_days_looks_are_those_of_its_day_in_brussels(city: City) -> None:
    row(city, at=datetime(2027, 1, 31, 23, 30, tzinfo=UTC))
    assert numbers(city, since=date(2027, 2, 1), until=date(2027, 2, 1)) == [1]
    assert numbers(city, until=date(2027, 1, 31)) == []


def test_looks_come_in_pages_by_their_number(city: City) -> None:
    for _ in range(5):
        row(city, at=MONDAY)
    looks, more = read(city, at_most=2)
    assert ([look.number for look in looks], more) == ([5, 4], True)
    looks, more = read(city, at_most=2, before=4)
    assert ([look.number for look in looks], more) == ([3, 2], True)
    looks, more = read(city, at_most=2, before=2)
    assert ([look.number for look in looks], more) == ([1], False)


def test_only_the_administrator_reads_it(city: City) -> None:
    with pytest.raises(Forbidden), at_work(city, build.regie(city).actor) as uow:
        read_looks(uow, sought=Sought())


def row(city: City, *, at: datetime, **more: UUID) -> None:
    given = {"account_id": uuid4(), "subject_id": uuid4()} | more
    with at_work(city) as uow:
        uow.session.execute(insert(AuditRow), {"at": at, "what": "booklet.show"} | given)


def refused(city: City, statement: Any) -> None:
    with pytest.raises(DBAPIError), at_work(city) as uow:
        uow.session.execute(statement)


def ages(city: City) -> list[datetime]:
    with at_work(city) as uow:
        return list(uow.session.scalars(select(AuditRow.at).order_by(AuditRow.number)))


def read(city: City, *, before: int | None = None, at_most: int = 50, **sought: Any) -> Any:
    with at_work(city, clerk(city).actor) as uow:
        return read_looks(uow, sought=Sought(**sought), before=before, at_most=at_most)


def clerk(city: City) -> Person:
    home = build.organisation(city, OrganisationKind.CITY)
    return build.person(city, Role.ADMINISTRATOR, organisation_id=home)


def numbers(city: City, **sought: Any) -> list[int]:
    looks, _ = read(city, **sought)
    return [look.number for look in looks]


def family(city: City, by: Person, reference: str) -> UUID:
    with at_work(city) as uow:
        made = Family(
            organisation_id=by.organisation_id,
            reference=reference,
            language="nl",
            created_at=MONDAY,
        )
        uow.session.add(made)
        return made.id


@pytest.fixture
def guest(postgres_url: str) -> Iterator[City]:
    """The same city, seen by the role that the house runs as: it reads and writes, owns nothing."""
    url = make_url(postgres_url)
    role = f"house_{uuid4().hex[:12]}"
    with psycopg.connect(
        url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
    ) as owner:
        for statement in granted(role):
            owner.execute(statement)
        same = city_at(url.set(username=role).render_as_string(hide_password=False))
        yield same
        same.database.dispose()
        owner.execute(f"DROP OWNED BY {role}")
        owner.execute(f"DROP ROLE {role}")


def granted(role: str) -> list[str]:
    """Give the statements of docs/operating.md, for a role of this name."""
    told = (HOUSE / "docs" / "operating.md").read_text()
    block = told.partition("```sql\n")[2].partition("```")[0]
    assert "CREATE ROLE opstap" in block
    lines = block.replace("PASSWORD 'kies er een'", "").replace("opstap", role).split(";")
    return [line.strip() for line in lines if line.strip()]
