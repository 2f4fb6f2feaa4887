"""A pilot in Chromium, with the real server, the real clock and real mail: nothing is stood in for.

The same story through the doors, on both databases, is tests/stories/test_pilot_day.py.
"""

import base64
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from socket import socket

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from kernel.calendar import BRUSSELS, working_day_after
from kernel.cities import City
from tests.browser.conftest import QUIET, Live, PageAs, watched
from tests.browser.server import environment_of, serving, ticking, types
from tests.conftest import city_at
from tests.figures import Say
from tests.mailbox import Mailbox, mailbox
from vouchers.choices import NO_FIRST_USE_DAYS

pytestmark = pytest.mark.browser

PASSWORD = "een korte zin van vier woorden"
WORKER, REGIE = "nadia@ocmw.example", "regie@genk.example"
CHILDMINDER = "lien@opvang.example"
AT_MOST = 4  # fields
FLAG, MAIL = "flag-drop-offs", "send-morning-mail"
PATHS = (  # what the worker, the regie and the childminder look at before and after the restoring
    ("/vandaag", "/boekjes", "/voorraad/mijn"),
    ("/regie/bereik", "/voorraad", "/boekjes", "/regie/opvang", "/regie/opvolging"),
    ("/opvang/vandaag", "/geld", "/opvang/team"),
)
Phone = Callable[[], Page]


def test_a_city_pilots_opstap_in_its_browsers(
    machine: "Machine", page_as: PageAs, phone: Phone, tmp_path: Path, figure: Say
) -> None:
    # Let in from the terminal, an administrator lets the others in by mail.
    office, worker, regie = (page_as(width=1280, height=860) for _ in range(3))
    with machine.clock():
        asked = "beheer@genk.example --role administrator --name Bea --organisation"
        chooses_a_password(office, machine.types("account", "invite", *asked.split(), "Stad Genk"))
        signs_in(office, "beheer@genk.example")
        sets_up_the_second_step(office)
        pocket = phone()
        for page, email, *said in (
            (worker, WORKER, "Nadia Demo", "Toeleider", "OCMW Genk"),
            (regie, REGIE, "Ruben Demo", "Regie", "Stad Genk"),
            (pocket, CHILDMINDER, "Lien Demo", "Opvang", "Opvang Pardoes"),
        ):
            invites(office, email, *said)
            chooses_a_password(page, machine.box.waits_for(email, 1).get_content())
        signs_in(regie, REGIE)
        sets_up_the_second_step(regie)
        opens_a_place(regie)
        signs_in(worker, WORKER)
        signs_in_by_code(pocket, machine.box)

    # While the clock is off a batch waits; then it is made before one's eyes.
    asks_for_twenty(regie)
    with machine.clock():
        expect(regie.get_by_role("heading", name="Pluklijst")).to_be_visible(timeout=60_000)
        paper = booklets_on(downloads(regie), tmp_path)
        assert [len(codes) for codes in paper.values()] == [10] * 20
        delivers_all(regie)

        # Two families get a booklet by its number: one goes to care, one stays at home.
        first, second = list(paper)[:2]
        fields = max(hands_out(worker, number) for number in (first, second))
        assert fields <= AT_MOST
        today = datetime.now(BRUSSELS).date()

        # The phone is still signed in, though its browser was closed in between.
        pocket = phone()
        pocket.goto("/account")
        expect(pocket.get_by_text("blijft 90 dagen aangemeld")).to_be_visible()
        redeems(pocket, paper[first][0])
        assert "Goed nieuws" in str(machine.box.waits_for(WORKER, 2)["Subject"])

        # The silent one gives one task and one letter, on the first working day after two weeks.
        silent_on = today + timedelta(days=NO_FIRST_USE_DAYS.default)
        day = working_day_after(silent_on - timedelta(days=1))
        flagged = [machine.runs(FLAG, on) for on in (silent_on - timedelta(days=1), day, day)]
        assert flagged == [0, 1, 0]
        assert [machine.runs(MAIL, on) for on in (day, day, working_day_after(day))] == [1, 0, 0]
        assert "1 nieuwe taak" in str(machine.box.waits_for(WORKER, 3)["Subject"])
        logs_the_call(worker)

        # The first use closes the task, and is good news once.
        redeems(pocket, paper[second][0])
        machine.box.waits_for(WORKER, 4)
        worker.goto("/vandaag")
        expect(worker.get_by_text("ging voor het eerst naar de opvang")).to_have_count(1)
        expect(worker.get_by_role("heading", name="Niemand om te bellen")).to_be_visible()
    told = [str(letter["Subject"]).partition(":")[0] for letter in machine.box.of(WORKER)]
    assert told[1:] == ["Goed nieuws", "Opstap Genk", "Goed nieuws"]
    written = "".join(letter.get_content() for letter in machine.box.letters).replace(" ", "")
    assert not [code for codes in paper.values() for code in codes if code in written]

    # A restored backup shows the same.
    before = shown(worker, regie, pocket)
    with machine.restored(tmp_path / "elsewhere"):
        assert shown(worker, regie, pocket) == before
    figure(
        "Pilot day",
        f"in Chromium: 20 printed and delivered, 2 handed out ({fields} fields), a phone signed in "
        f"after its browser was closed, {len(machine.box.raw)} letters of which 1 of the morning "
        f"and 2 of good news; {len(before)} pages of the restored backup the same",
    )


def chooses_a_password(page: Page, letter: str) -> None:
    found = re.search(r"https?://\S+/wachtwoord/\S+", letter)
    assert found is not None
    page.goto(found[0])
    page.get_by_label("Je nieuwe wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Bewaar mijn wachtwoord").click()
    expect(page.get_by_text("Je wachtwoord is bewaard")).to_be_visible()


def signs_in(page: Page, email: str) -> None:
    page.get_by_label("Je e-mailadres").fill(email)
    page.get_by_label("Je wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Meld je aan").click()


def sets_up_the_second_step(page: Page) -> None:
    page.get_by_role("button", name="Ik heb mijn telefoon bij me").click()
    secret = page.get_by_text(re.compile(r"^[A-Z2-7 ]{32,}$")).inner_text().replace(" ", "")
    page.get_by_label("Je code van zes cijfers").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Zet de tweede stap aan").click()
    expect(page).to_have_url(re.compile(r"/account\?klaar=tweede-stap$"))


def invites(office: Page, email: str, name: str, role: str, organisation: str) -> None:
    """Invite somebody, at an organisation that is in the list or is new."""
    office.get_by_role("link", name="Mensen", exact=True).click()
    office.get_by_role("link", name="Nodig iemand uit").click()
    office.get_by_label("Naam", exact=True).fill(name)
    office.get_by_label("E-mailadres").fill(email)
    office.get_by_role("checkbox", name=role).check()
    known = office.get_by_label("Organisatie", exact=True)
    if organisation in known.inner_text():
        known.select_option(organisation)
    else:
        office.get_by_text("Staat ze er niet bij?").click()
        office.get_by_label("Nieuwe organisatie").fill(organisation)
    office.get_by_role("button", name="Verstuur de uitnodiging").click()
    expect(office.get_by_text("De uitnodiging is klaar.")).to_be_visible()


def opens_a_place(regie: Page) -> None:
    regie.get_by_role("link", name="Opvang", exact=True).click()
    regie.get_by_role("link", name="Voeg een opvang toe").first.click()
    regie.get_by_label("Naam van de opvang").fill("Opvang Pardoes")
    regie.get_by_role("radio", name="Gezinsopvang").check()
    regie.get_by_label("Straat en nummer").fill("Demostraat 1")
    regie.get_by_label("Postcode").fill("3600")
    regie.get_by_label("Organisatie", exact=True).select_option("Opvang Pardoes")
    regie.get_by_role("button", name="Voeg toe").click()
    regie.get_by_role("button", name="Keur goed").click()
    expect(regie.get_by_text("kan vanaf vandaag cheques inruilen")).to_be_visible()


def signs_in_by_code(phone: Page, box: Mailbox) -> None:
    phone.get_by_label("Je e-mailadres").fill(CHILDMINDER)
    phone.get_by_label("Blijf aangemeld op deze gsm").check()
    phone.get_by_role("button", name="Stuur me een code").click()
    digits = re.search(r"\b\d{6}\b", box.waits_for(CHILDMINDER, 2).get_content())
    assert digits is not None
    phone.get_by_label("Je code van zes cijfers").fill(digits[0])
    expect(phone.get_by_label("Blijf aangemeld op deze gsm")).to_be_checked()
    phone.get_by_role("button", name="Meld je aan").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Scan de cheque")


def asks_for_twenty(regie: Page) -> None:
    regie.get_by_role("link", name="Voorraad", exact=True).click()
    regie.get_by_label("Hoeveel boekjes?").fill("20")
    regie.get_by_role("button", name="Maak de reeks").click()
    expect(regie.get_by_role("progressbar")).to_have_attribute("value", "0")
    expect(regie.get_by_text("0 van 20 boekjes gemaakt")).to_be_visible()


def downloads(regie: Page) -> bytes:
    """Give what the button gives: Chromium would show it in a window of its own."""
    address = regie.get_by_role("link", name="Download PDF").get_attribute("href")
    read = """async address => {
      const bytes = new Uint8Array(await (await fetch(address)).arrayBuffer());
      return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""));
    }"""
    return base64.b64decode(regie.evaluate(read, address))


def booklets_on(pdf: bytes, folder: Path) -> dict[str, list[str]]:
    """Read the paper as its holder does: each booklet's number, with the codes below its QRs."""
    (folder / "boekjes.pdf").write_bytes(pdf)
    told = ["pdftotext", "-raw", str(folder / "boekjes.pdf"), "-"]
    text = subprocess.run(told, capture_output=True, text=True, check=True).stdout
    found: dict[str, list[str]] = {}
    for line in text.replace(" ", "").splitlines():
        if cover := re.search(r"Boekje([0-9A-Z]{4}-[0-9A-Z]{4})$", line):
            found[cover[1]] = []
        elif re.fullmatch("[0-9A-Z]{12}", line):
            found[list(found)[-1]].append(line)
    return found


def delivers_all(regie: Page) -> None:
    regie.get_by_role("link", name="Lever boekjes").click()
    regie.get_by_label("Voor wie?").select_option(label="Nadia Demo (heeft er 0)")
    regie.get_by_label("Hoeveel?", exact=True).fill("20")
    regie.get_by_role("button", name="Lever deze boekjes").click()
    expect(regie.get_by_text("20 boekjes geleverd aan Nadia Demo")).to_be_visible()


def hands_out(worker: Page, number: str) -> int:
    """Hand a booklet out by its number; gives how many fields the page asks to fill in."""
    worker.goto("/meegeven")
    form = worker.get_by_role("main").locator("form")
    worker.get_by_label("Nummer op het boekje").fill(number)
    worker.keyboard.press("Tab")
    expect(worker.get_by_text("kan mee")).to_be_visible()
    worker.get_by_label("3. Welke taal").select_option("ar")
    worker.get_by_label("Het gezin voldoet").check()
    worker.get_by_label("Het gezin vindt het goed").check()
    fields = form.locator("input[type=text], input[type=date], select").filter(visible=True).count()
    worker.get_by_role("button", name="Geef mee").click()
    expect(worker).to_have_url(re.compile(r"/meekijken"))
    return fields


def redeems(phone: Page, code: str) -> None:
    phone.goto("/scan")
    phone.get_by_role("button", name="Typ de code").click()
    phone.get_by_label("Code van de cheque").fill(code)
    phone.get_by_role("button", name="Ruil cheque in").click()
    expect(phone.get_by_role("alert")).to_contain_text("Ingeruild")
    expect(phone.get_by_role("alert")).to_contain_text("Cheque 1 van 10")


def logs_the_call(worker: Page) -> None:
    worker.get_by_role("link", name="Vandaag", exact=True).click()
    expect(worker.get_by_text("Eén gezin.")).to_be_visible()
    worker.get_by_role("radio", name="Gaat binnenkort").check()
    worker.get_by_role("button", name="Bewaar").click()
    expect(worker.get_by_text("staat dit gezin opnieuw in je lijst")).to_be_visible()


def shown(*pages: Page) -> list[str]:
    """Give the text of every page that each of them opens, as it stands on screen."""
    said = []
    for page, paths in zip(pages, PATHS, strict=True):
        for path in paths:
            answer = page.goto(path)
            assert answer is not None
            assert (answer.status, page.url.endswith(path)) == (200, True), page.url
            said.append(page.locator("body").inner_text())
    return said


class Machine:
    """Where Opstap is installed: its commands, its server, its clock; a mail server beside it."""

    def __init__(self, city: City, listener: socket, folder: Path, box: Mailbox) -> None:
        self.city, self.listener, self.folder, self.box = city, listener, folder, box
        self.servers = ExitStack()

    def types(self, *words: str) -> str:
        return types(self._environment(), *words)

    def serves(self) -> None:
        self.servers.enter_context(serving(self._environment(), self.listener, self.folder))

    def clock(self) -> AbstractContextManager[None]:
        return ticking(self._environment(), self.folder)

    def runs(self, job: str, on: date) -> int:
        """Run a job as of a day; gives how much it did."""
        return int(self.types("jobs", "run", job, "--on", on.isoformat()).split()[-1])

    @contextmanager
    def restored(self, folder: Path) -> Iterator[None]:
        """Put a backup back elsewhere, and let another server answer at the same address."""
        folder.mkdir()
        self.types("backup", str(folder / "pilot.backup"))
        self.servers.close()
        url = f"sqlite:///{folder}/restored.db"
        with closing(Machine(at(url, self.listener), self.listener, folder, self.box)) as spare:
            assert "alle in orde" in spare.types("restore", str(folder / "pilot.backup"))
            spare.serves()
            yield

    def close(self) -> None:
        self.servers.close()
        self.city.database.dispose()

    def _environment(self) -> dict[str, str]:
        return environment_of(self.city, self.folder, SMTP_URL=self.box.url)


def at(url: str, listener: socket) -> City:
    return city_at(url, base_url=f"http://genk.localhost:{listener.getsockname()[1]}")


@pytest.fixture
def city(listener: socket, tmp_path: Path) -> City:
    """A city of which nothing is there yet, not even its database."""
    return at(f"sqlite:///{tmp_path}/pilot.db", listener)


@pytest.fixture
def machine(city: City, listener: socket, tmp_path: Path) -> Iterator[Machine]:
    with mailbox() as box, closing(Machine(city, listener, tmp_path, box)) as machine:
        machine.types("migrate")
        yield machine


@pytest.fixture
def live(machine: Machine) -> Live:
    """The server of this installation, which knows the mail server."""

    def start(city: City) -> str:
        machine.serves()
        return city.base_url

    return start


@pytest.fixture
def phone(
    page_as: PageAs, playwright: Playwright, city: City, tmp_path: Path
) -> Iterator[Callable[[], Page]]:
    """`phone()` opens the browser of one phone; again, and it was closed in between."""
    opened: list[BrowserContext] = []
    faults: list[str] = []

    def open_() -> Page:
        for context in opened:
            context.close()
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "phone",
            executable_path="/usr/bin/chromium",
            args=list(QUIET),
            base_url=city.base_url,
            viewport={"width": 360, "height": 740},
            locale="nl-BE",
            timezone_id="Europe/Brussels",
        )
        opened[:] = [context]
        return watched(context, city.base_url, faults)

    yield open_
    for context in opened:
        context.close()
    assert faults == []
