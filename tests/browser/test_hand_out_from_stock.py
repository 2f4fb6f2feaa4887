"""A nurse at a kitchen table hands out a booklet from her bag: by its number, or by a cheque."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from kernel.cities import City
from tests import build
from tests.browser.axe import faults_of, overflow_of
from tests.browser.conftest import PageAs
from tests.browser.film import Filmed, symbol
from tests.browser.scans import posted, qr
from tests.build import Paper, Person, at_work
from tests.figures import Say
from vouchers.models import Booklet

pytestmark = pytest.mark.browser

WIDE = 1280
AT_MOST = 4  # fields


def test_from_the_open_page_to_looking_along_with_the_keyboard_alone(
    city: City, page_as: PageAs, figure: Say
) -> None:
    nadia, paper = _stocked(city)
    build.district(city, name="Winterslag")
    page = page_as(nadia.email, width=WIDE, height=900)
    began, filled = time.perf_counter(), 0
    page.goto("/meegeven")
    expect(page.get_by_label("Nummer op het boekje")).to_be_focused()
    for words, tabs in ((_grouped(paper), 2), ("", 1), ("Arab", 1), ("Winter", 1)):
        page.keyboard.type(words)
        filled += bool(words)
        for _ in range(tabs):
            page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the criteria
    page.keyboard.press("Enter")
    expect(page).to_have_url(_ends("meekijken"))
    expect(page.get_by_role("heading", level=1)).to_have_text("هذا الدفتر لكم")
    took = time.perf_counter() - began
    expect(page.get_by_text("Vul op het boekje in: tot en met")).to_be_visible()
    assert _state(city, paper) == "handed_out"
    assert filled <= AT_MOST
    figure(
        "hand-out from stock",
        f"{filled} fields filled (number, language, district; the reference is proposed) and one "
        f"tick, by keyboard alone: {took:.1f} s of the script's own work, pages included",
    )


def test_a_cheque_before_the_camera_fills_the_number_in(
    city: City, page_as: PageAs, filmed: Filmed, figure: Say
) -> None:
    nadia, paper = _stocked(city)
    page = page_as(nadia.email, browser=filmed((symbol(qr(city, paper, 6)), 30)))
    began = time.perf_counter()
    page.goto("/meegeven")
    page.get_by_role("button", name="Scan een cheque").click()
    field = page.get_by_label("Nummer op het boekje")
    expect(field).to_have_value(_grouped(paper))
    expect(page.locator("#found")).to_contain_text("kan mee")
    expect(page.get_by_label("2. Jouw kenmerk")).to_be_focused()
    expect(page.locator("#camera")).to_be_hidden()
    assert page.evaluate("document.getElementById('video').srcObject") is None
    page.get_by_label("3. Welke taal").select_option("tr")
    page.get_by_label("Het gezin voldoet").check()
    page.keyboard.press("Enter")
    expect(page).to_have_url(_ends("meekijken"))
    figure("hand-out by camera", f"{time.perf_counter() - began:.1f} s of the script's own work")
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert stored == "[{},{}]"
    for code in paper.codes:
        assert code not in page.content()


def test_a_foreign_symbol_is_told_and_asks_nobody(
    city: City, page_as: PageAs, filmed: Filmed
) -> None:
    nadia, _ = _stocked(city)
    browser = filmed((symbol("https://menukaart.example/c?tafel=7"), 30))
    page = page_as(nadia.email, browser=browser)
    page.goto("/meegeven")
    posts = posted(page)
    page.get_by_role("button", name="Scan een cheque").click()
    expect(page.locator("#camera-says")).to_have_text("Dit is geen opvangcheque")
    page.keyboard.press("Escape")
    expect(page.locator("#camera")).to_be_hidden()
    assert posts == []


def test_a_wrong_sign_is_told_before_anything_is_sent(city: City, page_as: PageAs) -> None:
    nadia, paper = _stocked(city)
    page = page_as(nadia.email)
    page.goto("/meegeven")
    posts, field = posted(page), page.get_by_label("Nummer op het boekje")
    wrong = paper.number[:-1] + ("0" if paper.number[-1] != "0" else "1")
    field.fill(wrong)
    field.press("Tab")
    expect(page.locator("#booklet-error")).to_have_text(re.compile("klopt een teken niet"))
    field.fill(paper.number[:5])
    field.press("Enter")
    expect(page.locator("#booklet-error")).to_have_text(re.compile("Je typte er 5"))
    expect(field).to_be_focused()
    assert posts == []
    field.fill(paper.number.lower())
    field.press("Tab")
    expect(page.locator("#found")).to_contain_text("kan mee")
    expect(page.locator("#booklet-error")).to_have_count(0)


def test_a_reader_on_a_cable_types_an_address_and_the_form_waits(
    city: City, page_as: PageAs
) -> None:
    nadia, paper = _stocked(city)
    page = page_as(nadia.email)
    page.goto("/meegeven")
    page.keyboard.type(qr(city, paper, 2))
    page.keyboard.press("Enter")
    expect(page.get_by_label("2. Jouw kenmerk")).to_be_focused()
    expect(page.get_by_label("Nummer op het boekje")).to_have_value(_grouped(paper))


def test_one_that_cannot_go_is_told_while_the_rest_is_still_empty(
    city: City, page_as: PageAs
) -> None:
    nadia, _ = _stocked(city)
    _, others = _stocked(city)
    page = page_as(nadia.email)
    page.goto("/meegeven")
    field = page.get_by_label("Nummer op het boekje")
    field.fill(others.number)
    field.press("Tab")
    expect(page.locator("#booklet-error")).to_contain_text("niet bij de voorraad")
    page.get_by_label("Druk nu een boekje").check()
    expect(field).to_be_hidden()
    page.get_by_label("3. Welke taal").select_option("tr")
    page.get_by_label("Het gezin voldoet").check()
    page.keyboard.press("Enter")
    expect(page).to_have_url(_ends("meekijken"))
    assert _state(city, others) == "delivered"


def test_back_with_the_arrow_is_explained(city: City, page_as: PageAs) -> None:
    nadia, paper = _stocked(city)
    _stocked(city, nadia)
    page = page_as(nadia.email)
    _hand_out(page, paper)
    page.go_back()
    expect(page.get_by_label("Nummer op het boekje")).to_be_visible()
    page.get_by_label("Nummer op het boekje").fill(paper.number)
    page.get_by_label("2. Jouw kenmerk").fill("OC-8")
    page.get_by_label("3. Welke taal").select_option("tr")
    page.get_by_label("Het gezin voldoet").check()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kwam je hier met de pijl terug?")).to_be_visible()
    page.get_by_role("link", name="Toon dit boekje").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gezin OC-7")


def test_all_of_it_works_without_scripts_but_the_camera(city: City, page_as: PageAs) -> None:
    nadia, paper = _stocked(city)
    page = page_as(nadia.email, javascript=False)
    page.goto("/meegeven")
    expect(page.get_by_role("button", name="Scan een cheque")).to_be_hidden()
    _hand_out(page, paper)
    assert _state(city, paper) == "handed_out"


def test_half_an_hour_later_the_form_still_goes_through(city: City, page_as: PageAs) -> None:
    nadia, paper = _stocked(city)
    page = page_as(nadia.email)
    page.clock.install()
    page.goto("/meegeven")
    page.clock.fast_forward("45:00")
    _fill(page, paper)
    expect(page).to_have_url(_ends("meekijken"))


@pytest.mark.parametrize("width", [320, WIDE])
def test_each_page_is_for_everybody(city: City, page_as: PageAs, width: int) -> None:
    nadia, paper = _stocked(city)
    _, waiting = _stocked(city, nadia)
    page = page_as(nadia.email, width=width)
    page.goto("/meegeven")
    _whole(page, "/meegeven with stock")
    page.get_by_label("Nummer op het boekje").fill("00000000")
    page.keyboard.press("Tab")
    expect(page.locator("#booklet-error")).to_be_visible()
    _whole(page, "/meegeven with a wrong number")
    _hand_out(page, paper)
    _whole(page, "looking along, from stock")
    page.goto(f"/boekjes/{waiting.id}")
    page.get_by_text("Druk af").click()
    _whole(page, "a booklet of stock")
    regie = page_as(build.regie(city).email, width=width)
    old = build.handed_out(city, nadia, now=datetime.now(UTC) - timedelta(days=370))
    for path in (f"/meegeven?boekje={waiting.number}&achteraf=1", f"/boekjes/{old.id}"):
        regie.goto(path)
        regie.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        _whole(regie, path)


def _whole(page: Page, what: str) -> None:
    assert (what, faults_of(page), overflow_of(page)) == (what, [], 0)


def _hand_out(page: Page, paper: Paper) -> None:
    page.goto("/meegeven")
    _fill(page, paper)
    expect(page).to_have_url(_ends("meekijken"))


def _fill(page: Page, paper: Paper) -> None:
    page.get_by_label("Nummer op het boekje").fill(paper.number)
    page.get_by_label("2. Jouw kenmerk").fill("OC-7")
    page.get_by_label("3. Welke taal").select_option("tr")
    page.get_by_label("Het gezin voldoet").check()
    page.get_by_role("button", name="Geef mee").click()


def _stocked(city: City, holder: Person | None = None) -> tuple[Person, Paper]:
    regie, nadia, now = build.regie(city), holder or build.referrer(city), datetime.now(UTC)
    paper = build.blank(city, regie, now=now)
    build.delivered(city, regie, nadia, paper.number, now=now)
    return nadia, paper


def _state(city: City, paper: Paper) -> str:
    with at_work(city) as uow:
        return uow.session.get_one(Booklet, paper.id).state


def _grouped(paper: Paper) -> str:
    return f"{paper.number[:4]} {paper.number[4:]}"


def _ends(word: str) -> re.Pattern[str]:
    return re.compile(rf"/{word}(\?.*)?$")
