"""Each programme alone: a real server, a real clock, and its main path walked."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from app import HOUSE
from kernel.access import Role
from kernel.calendar import working_day_after
from kernel.cities import City
from kernel.events import Delivery, PendingEvent
from kernel.organisations import OrganisationKind
from kernel.tasks import Task
from occasioneel.models import LimitSignal, Placement, Purchase
from tests import build, build_care
from tests.build import Person, at_work
from tests.figures import Say
from tests.races.clients import Call, ask_once, redemption
from tests.races.desks import Browser
from tests.races.server import Server, environment, serving
from vouchers.models import Booklet, Cheque

NOW = datetime.now(UTC)
TODAY = NOW.date()
PATIENCE = 60.0
OTHERS = {
    "vouchers": ("/kinderen", "/kinderen/nieuw", "/aankopen", "/aankopen/nieuw"),
    "occasioneel": ("/meegeven", "/boekjes", "/vandaag", "/scan", "/geld", "/regie/bereik", "/c"),
}


def test_cheques_alone_start_and_walk_their_main_path(
    city: City, tmp_path: Path, figure: Say
) -> None:
    build.price(city)
    referrer, provider = build.referrer(city), build.provider(city)
    people = everybody(city) | {"referrer": referrer, "provider": provider}
    with installed(city, tmp_path, "vouchers") as server:
        assert leads(city, server, people) == {
            "referrer": "/meegeven",
            "provider": "/scan",
            "regie": "/regie/bereik",
            "evaluator": "/cijfers",
        }
        assert lost(city, server, people["regie"], "vouchers")
        made = ask_once(
            server.port,
            Call(
                "/api/v1/booklets",
                {"family": {"reference": "OC-1", "language": "ar"}, "meetsCriteria": True},
                build.token(city, referrer, now=NOW),
            ),
        )
        assert made.status == 201, made.body
        with at_work(city) as uow:
            code = uow.session.scalars(select(Cheque.code)).first()
        assert code is not None
        call = redemption(code, build.token(city, provider, now=NOW), key="k")
        assert ask_once(server.port, call).status == 201
        until_delivered(city)
    with at_work(city) as uow:
        assert uow.session.scalars(select(Booklet.used_count)).one() == 1
        assert not uow.session.scalar(select(func.count()).select_from(Purchase))
    assert ran(city, tmp_path, "vouchers", "signal-limits") == "dit onderdeel staat hier uit"
    assert ran(city, tmp_path, "vouchers", "flag-drop-offs") != "dit onderdeel staat hier uit"
    checks = checked(city, tmp_path, "vouchers")
    assert "booklet-count" in checks
    assert "purchase-places" not in checks
    figure("PROGRAMMES=vouchers", "server and clock alone: handed out, scanned, delivered, checked")


def test_occasional_care_alone_starts_and_walks_its_main_path(
    city: City, tmp_path: Path, figure: Say
) -> None:
    where = build_care.starter(city, name="Bij Amira")
    people = everybody(city)
    with installed(city, tmp_path, "occasioneel") as server:
        assert leads(city, server, people) == {"regie": "/kinderen"}
        for role in ("referrer", "provider", "evaluator"):
            status, page = Browser(city, server.port, people[role]).gets("/")
            assert (status, "Hier is nog niets voor jou" in page) == (200, True), role
        assert lost(city, server, people["regie"], "occasioneel")
        assert ask_once(server.port, Call("/api/v1/booklets", {}, {})).status == 404
        walk_care(Browser(city, server.port, people["regie"]), str(where))
        until_delivered(city)
    with at_work(city) as uow:
        assert uow.session.scalar(select(func.count()).select_from(Placement)) == 1
        assert not uow.session.scalar(select(func.count()).select_from(Booklet))
    later = working_day_after(TODAY + timedelta(days=125))
    assert ran(city, tmp_path, "occasioneel", "signal-limits", on=later.isoformat()) == "1"
    assert ran(city, tmp_path, "occasioneel", "flag-drop-offs") == "dit onderdeel staat hier uit"
    ran(city, tmp_path, "occasioneel", "dispatch-events", on=later.isoformat())
    with at_work(city) as uow:
        assert len(uow.session.scalars(select(LimitSignal)).all()) == 1
        assert uow.session.scalars(select(Task.rule)).all() == ["limit-four"]
    checks = checked(city, tmp_path, "occasioneel")
    assert "purchase-places" in checks
    assert "booklet-count" not in checks
    figure(
        "PROGRAMMES=occasioneel",
        "server and clock alone: bought, placed, delivered, signalled, checked",
    )


def walk_care(regie: Browser, where: str) -> None:
    """Buy two places and place a child on the first, through the pages."""
    status, page = regie.gets("/kinderen")
    assert (status, "Nog geen kinderen" in page) == (200, True)
    assert "Boekjes" not in page, "nothing of cheques in the menu"
    status, purchase = regie.posts(
        "/aankopen/nieuw",
        **{
            "location": where,
            "places": "2",
            "beginsOn": TODAY.isoformat(),
            "parentsShare": "deducted",
            "amounts.occupied": "32,50",
        },
    )
    assert status == 303, purchase
    path = urlsplit(purchase).path
    assert regie.posts(f"{path}/starten")[0] == 303
    status, placed = regie.posts(
        "/kinderen/nieuw",
        **{
            "child.firstName": "Lina",
            "child.birthMonth": f"{TODAY.year - 1}-01",
            "reason": "course",
            "where": f"location:{where}",
            "since": TODAY.isoformat(),
            "family.reference": "OK-1",
            "family.language": "ar",
        },
    )
    assert status == 303, placed
    assert "Lina" in regie.gets("/kinderen")[1]


@contextmanager
def installed(city: City, folder: Path, programme: str) -> Iterator[Server]:
    """Run the server and the clock of an installation that has one programme."""
    told = {"PROGRAMMES": programme}
    with (
        serving(city, folder, workers=1, more=told) as server,
        (folder / "clock.log").open("wb") as log,
    ):
        clock = subprocess.Popen(
            [sys.executable, "-m", "jobs"],
            cwd=HOUSE,
            env=environment(city, folder) | told,
            stdout=log,
            stderr=log,
        )
        try:
            yield server
        finally:
            clock.terminate()
            clock.wait(30)


def everybody(city: City) -> dict[str, Person]:
    """Make one person of each role that a desk is for."""
    home = build.organisation(city, OrganisationKind.CITY)
    roles = (Role.REFERRER, Role.PROVIDER, Role.REGIE, Role.EVALUATOR)
    return {str(role): build.person(city, role, organisation_id=home) for role in roles}


def leads(city: City, server: Server, people: dict[str, Person]) -> dict[str, str]:
    """Give where the start page leads those whose desk is in this programme."""
    asked = {role: Browser(city, server.port, person).gets("/") for role, person in people.items()}
    return {role: urlsplit(to).path for role, (status, to) in asked.items() if status == 302}


def lost(city: City, server: Server, regie: Person, programme: str) -> bool:
    """Say whether no room of the other programme is there."""
    browser = Browser(city, server.port, regie)
    return {browser.gets(path)[0] for path in OTHERS[programme]} == {404}


def until_delivered(city: City) -> None:
    """Wait until the clock has brought all that happened."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with city.database.transaction(writes=False) as session:
            waiting = session.scalar(select(func.count()).select_from(PendingEvent))
            owed = session.scalar(select(func.count()).where(Delivery.done_at.is_(None)))
        if not waiting and not owed:
            return
    raise AssertionError("the clock did not bring what happened")


def opstap(city: City, folder: Path, programme: str, *command: str) -> str:
    """Give what a command says in an installation that has one programme."""
    done = subprocess.run(
        [sys.executable, "-c", "from terminal import command; command()", *command],
        cwd=HOUSE,
        env=environment(city, folder) | {"PROGRAMMES": programme},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ran(city: City, folder: Path, programme: str, job: str, *, on: str = "") -> str:
    """Run a job by hand; gives what it says of the city."""
    day = ["--on", on] if on else []
    said = opstap(city, folder, programme, "jobs", "run", job, *day)
    return said.strip().splitlines()[-1].partition(": ")[2]


def checked(city: City, folder: Path, programme: str) -> set[str]:
    """Give the names of the invariants that are asked, all of which hold."""
    lines = opstap(city, folder, programme, "check").splitlines()
    return {line.split()[3] for line in lines if " ok " in line}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: what is switched off is decided before any database is asked."""
    return sqlite_url
