"""A pilot, from an empty machine to a restored backup, through the doors that people use."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from app import create_app
from jobs.clock import run_daily
from jobs.dispatch import dispatch_events
from jobs.schedule import JOBS, Job
from kernel.calendar import BRUSSELS
from kernel.cities import City
from kernel.mail import SmtpPost
from terminal import command
from tests import build
from tests.build import at_work
from tests.conftest import city_at, settings_for
from tests.figures import Say
from tests.mailbox import Mailbox, mailbox
from tests.stories.people import Somebody
from tests.vouchers.paper import found_by_zxing, render
from vouchers.models import Booklet, Cheque

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=BRUSSELS)
Door = Callable[[str], Somebody]


def test_a_city_pilots_opstap(
    pilot: City, people: "Door", clock: "Days", tmp_path: Path, figure: Say
) -> None:
    # An administrator is let in from the terminal; the rest is done on pages.
    office = people("beheer@genk.example")
    asked = "account invite beheer@genk.example --role administrator --name Bea --organisation"
    office.chooses_a_password(types(pilot, tmp_path, *asked.split(), "Stad Genk").split()[-1])
    office.signs_in()
    office.sets_up_the_second_step()
    worker, regie, childminder = (
        invites(office, people(who[0]), clock, *who[1:])
        for who in (
            ("nadia@ocmw.example", "Nadia Demo", "referrer", "OCMW Genk"),
            ("regie@genk.example", "Ruben Demo", "regie", "Stad Genk"),
            ("lien@opvang.example", "Lien Demo", "provider", "Opvang Pardoes"),
        )
    )
    regie.signs_in()
    regie.sets_up_the_second_step()
    opens_a_place(regie)
    worker.signs_in()

    # Twenty booklets are made by the clock, printed on paper, and delivered.
    batch = asks_for_twenty(regie, clock)
    paper = regie.browser.get(f"{batch}/boekjes.pdf").data
    deliver_all(regie)
    assert "20" in worker.reads("/voorraad/mijn")
    first, second = numbers(pilot)[:2]

    # One is handed out by its number, one by a cheque before the camera; no more than four fields.
    fields = hands_out(worker, booklet=first)
    hands_out(worker, booklet=first_code(paper, pilot, second))
    assert len(fields) <= 4

    # The phone stays signed in, though its browser was closed in between.
    signs_in_by_code(childminder, clock)
    childminder.closes_the_browser()
    clock.goes_on_until(MONDAY + timedelta(days=5))
    scan = childminder.sends("/scan", code=codes_of(pilot, first)[0])
    assert "Ingeruild" in childminder.reads(scan.headers["Location"])
    clock.ticks()
    good_news = [letter for letter in worker.letters if "nieuws" in str(letter["Subject"])]
    assert len(good_news) == 1

    # The silent one gives one mail, on the right working day, and one call.
    known = len(worker.letters)
    told = clock.mornings_with_mail(worker, days=16)
    assert told == [datetime(2026, 9, 21, tzinfo=BRUSSELS).date()]
    assert len(worker.letters) == known + 1
    assert_nameless(worker.letters[-1].get_content(), pilot)
    logs_the_call(worker)

    # The first use closes what is open, and is good news, once.
    clock.goes_on_until(clock.now + timedelta(days=1))
    childminder.sends("/scan", code=codes_of(pilot, second)[0])
    clock.ticks()
    assert open_tasks(pilot) == 0
    assert len(worker.letters) == known + 2
    assert "nieuws" in str(worker.letters[-1]["Subject"])

    # A restored backup shows the same.
    clock.goes_on_until(datetime(2026, 10, 2, 9, 0, tzinfo=BRUSSELS))
    for who in (worker, regie):
        who.signs_in()
    shown = {who: pages_of(who) for who in (worker, regie)}
    restored = put_back(pilot, tmp_path)
    elsewhere = create_app(settings_for(restored, tmp_path))
    for who, before in shown.items():
        who.goes_to(elsewhere)
        assert pages_of(who) == before
    restored.database.dispose()
    letters = len(worker.box.raw)
    figure(
        "Pilot day",
        f"20 printed and delivered, 2 handed out ({len(fields)} fields), {letters} letters, "
        "1 on the morning of 21 September, 2 with good news; the restored backup shows the same",
    )


def types(city: City, folder: Path, *words: str) -> str:
    """Type a command on the machine where this city is installed; gives what it prints."""
    file = folder / "cities.toml"
    url = city.database.engine.url.render_as_string(hide_password=False)
    lines = (f'host = "{city.host}"', f'base_url = "{city.base_url}"', f'database = "{url}"')
    file.write_text("\n".join(("[[city]]", *lines)), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATABASE_URL", "OPSTAP_DEMO", "PROGRAMMES", "SMTP_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("OPSTAP_CITIES", str(file))
        patch.setenv("OPSTAP_DATA", str(folder))
        patch.setenv("SECRET_KEY", city.secret_key)
        result = CliRunner().invoke(command, words)
    assert result.exit_code == 0, result.output
    return result.output


def invites(office: Somebody, somebody: Somebody, clock: "Days", *said: str) -> Somebody:
    """Invite somebody: their name, role and organisation; they accept by the link in the letter."""
    name, role, organisation = said
    form = office.browser.get("/beheer/mensen/uitnodigen").get_data(as_text=True)
    known = re.search(rf'<option value="([0-9a-f-]+)"[^>]*>{organisation}<', form)
    home = {"organisation": known[1]} if known else {"newOrganisation": organisation}
    ticked = {f"roles__{role}": "true"}
    office.sends("/beheer/mensen/uitnodigen", name=name, email=somebody.email, **home, **ticked)
    clock.ticks()
    somebody.accepts_the_invitation()
    return somebody


def opens_a_place(regie: Somebody) -> None:
    form = regie.browser.get("/regie/opvang/nieuw").get_data(as_text=True)
    home = re.search(r'<option value="([0-9a-f-]+)"[^>]*>Opvang Pardoes<', form)
    assert home is not None
    regie.sends(
        "/regie/opvang/nieuw",
        name="Opvang Pardoes",
        kind="family",
        address="Demostraat 1",
        postcode="3600",
        municipality="Genk",
        organisation=home[1],
        approved="true",
    )


def asks_for_twenty(regie: Somebody, clock: "Days") -> str:
    regie.sends("/voorraad", "/reeksen", booklets="20")
    clock.ticks()
    page = regie.browser.get("/voorraad").get_data(as_text=True)
    found = re.search(r'href="(/voorraad/reeksen/[0-9a-f-]{36})"', page)
    assert found is not None
    assert "20" in regie.reads(found[1])
    return found[1]


def deliver_all(regie: Somebody) -> None:
    page = regie.browser.get("/voorraad").get_data(as_text=True)
    nadia = re.search(r'<option value="([0-9a-f-]+)"[^>]*>Nadia Demo', page)
    assert nadia is not None
    regie.sends("/voorraad", "/leveren", accountId=nadia[1], count="20")


def hands_out(worker: Somebody, *, booklet: str) -> list[str]:
    """Hand a booklet out from stock; gives the fields that were filled in by hand."""
    filled = {"booklet": booklet, "family__language": "ar", "meetsCriteria": "true"}
    worker.sends("/meegeven", "", way="stock", goodNewsConsent="true", **filled)
    return list(filled)


def signs_in_by_code(childminder: Somebody, clock: "Days") -> None:
    form = childminder.form("/aanmelden", "/aanmelden")
    asked = form.fields | {"email": childminder.email, "blijf": "ja"}
    led = childminder.browser.post("/aanmelden/code/vraag", data=asked)
    if led.status_code == 404:
        led = childminder.browser.post("/aanmelden/code", data=asked)
    clock.ticks()
    digits = re.search(r"\b\d{6}\b", childminder.letters[-1].get_content())
    assert digits is not None
    childminder.sends(led.headers["Location"], digits=digits[0], blijf="ja")


def logs_the_call(worker: Somebody) -> None:
    worker.signs_in()  # after two weeks; only the phone of the childminder stays signed in
    form = worker.form("/vandaag", "/afgerond")
    worker.sends("/vandaag", form.action, outcome="will-go")


def pages_of(who: Somebody) -> list[str]:
    paths = {
        "nadia@ocmw.example": ("/vandaag", "/boekjes", "/voorraad/mijn"),
        "regie@genk.example": ("/regie/bereik", "/voorraad", "/boekjes", "/regie/opvang"),
    }
    return [who.reads(path) for path in paths[who.email]]


def put_back(city: City, folder: Path) -> City:
    """Take a backup by the command, and put it back into an empty SQLite file."""
    file, restored = str(folder / "pilot.backup"), city_at(f"sqlite:///{folder}/restored.db")
    types(city, folder, "backup", file)
    assert "alle in orde" in types(restored, folder, "restore", file)
    return restored


def numbers(city: City) -> list[str]:
    with at_work(city) as uow:
        return list(uow.session.scalars(select(Booklet.number).order_by(Booklet.number)))


def codes_of(city: City, number: str) -> list[str]:
    with at_work(city) as uow:
        return list(
            uow.session.scalars(
                select(Cheque.code)
                .join(Booklet)
                .where(Booklet.number == number)
                .order_by(Cheque.number)
            )
        )


def first_code(pdf: bytes, city: City, number: str) -> str:
    """Read the paper that came out of the printer, and give a cheque of this booklet from it."""
    wanted = set(codes_of(city, number))
    for page in render(pdf, dpi=203, until=6):  # the first two booklets of the pile
        for found in found_by_zxing(page):
            code = found.text.partition("#")[2]
            if code in wanted:
                return code
    raise AssertionError("the booklet is not in the PDF")


def open_tasks(city: City) -> int:
    from kernel.tasks import Task  # noqa: PLC0415

    with at_work(city) as uow:
        return len(list(uow.session.scalars(select(Task.id).where(Task.closed_at.is_(None)))))


def assert_nameless(text: str, city: City) -> None:
    with at_work(city) as uow:
        codes = uow.session.scalars(select(Cheque.code)).all()
    assert not any(code in text for code in codes)
    assert "OC-" not in text


class Days:
    """Time, and the clock that does its work in it: at five, at eight, and when somebody waits."""

    def __init__(self, city: City, traveller: time_machine.Traveller) -> None:
        self.city, self.traveller = city, traveller

    @property
    def now(self) -> datetime:
        return datetime.now(BRUSSELS)

    def ticks(self) -> None:
        """Do what the clock does from second to second."""
        for job in JOBS:
            if job.daily is None:
                job.run(self.city, self.now)
        dispatch_events(self.city, self.now)

    def goes_on_until(self, moment: datetime) -> None:
        """Live every day until a moment, with each daily job at its hour."""
        day = self.now.date()
        while day <= moment.date():
            self.day_passes(day, until=moment)
            day += timedelta(days=1)
        self.traveller.move_to(moment)

    def day_passes(self, day: date, *, until: datetime | None = None) -> None:
        for at, jobs in self._by_hour(day):
            if at > self.now and (until is None or at <= until):
                self.traveller.move_to(at)
                for job in jobs:
                    run_daily(self.city, job, at)
                self.ticks()

    def _by_hour(self, day: date) -> list[tuple[datetime, list[Job]]]:
        hours = sorted({job.daily for job in JOBS if job.daily})
        return [
            (datetime.combine(day, hour, BRUSSELS), [job for job in JOBS if job.daily == hour])
            for hour in hours
        ]

    def mornings_with_mail(self, who: Somebody, *, days: int) -> list[date]:
        """Live so many days; gives those on which somebody got a letter."""
        told = []
        for _ in range(days):
            before = len(who.letters)
            day = self.now.date() + timedelta(days=1)
            self.goes_on_until(datetime.combine(day, time(9), BRUSSELS))
            if len(who.letters) > before:
                told.append(day)
        return told


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as box:
        yield box


@pytest.fixture
def pilot(database_url: str, box: Mailbox) -> Iterator[City]:
    """A fresh install: an empty city with a mail server, and what a cheque is worth."""
    genk = replace(city_at(database_url), post=SmtpPost(box.url))
    build.price(genk)
    yield genk
    genk.database.dispose()


@pytest.fixture
def people(app: Flask, box: Mailbox) -> "Door":
    """`people(email)` gives a browser and a letter box."""
    return lambda email: Somebody(app, email, box)


@pytest.fixture
def app(pilot: City, tmp_path: Path) -> Flask:
    return create_app(settings_for(pilot, tmp_path))


@pytest.fixture
def clock(pilot: City) -> Iterator[Days]:
    with time_machine.travel(MONDAY, tick=True) as traveller:
        yield Days(pilot, traveller)
