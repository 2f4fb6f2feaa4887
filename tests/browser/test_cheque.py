"""A family opens a cheque with the camera of a phone: the code stays behind `#`."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from kernel.calendar import BRUSSELS
from kernel.cities import City
from tests import build
from tests.browser.axe import faults_of, overflow_of
from tests.browser.conftest import PageAs
from tests.build import PASSWORD, Paper, Person

pytestmark = pytest.mark.browser


def test_the_code_is_asked_about_in_the_body_alone(page_as: PageAs, ours: Paper) -> None:
    page = page_as()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.url} {request.headers}"))
    page.goto(f"/c#{ours.codes[0]}")
    expect(page.locator(".giant")).to_have_text("7")
    expect(page.get_by_text("Deze cheque is gebruikt op")).to_be_visible()
    assert page.url.endswith(f"/c#{ours.codes[0]}")
    assert len([one for one in asked if "/c " in one]) == 2
    assert [one for one in asked if ours.codes[0] in one] == []
    assert _kept(page) == "{}{}"
    assert page.context.cookies() == []


def test_the_next_cheque_is_read_in_the_same_page(page_as: PageAs, ours: Paper) -> None:
    page = page_as()
    page.goto(f"/c#{ours.codes[0]}")
    expect(page.get_by_text("Deze cheque is gebruikt op")).to_be_visible()
    page.evaluate(f"location.hash = '{ours.codes[5]}'")
    expect(page.get_by_text("Deze cheque is nog niet gebruikt")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Deze cheque is gebruikt op")).to_be_visible()


def test_another_language_keeps_the_code_and_turns_the_page(page_as: PageAs, ours: Paper) -> None:
    page = page_as()
    page.goto(f"/c#{ours.codes[5]}")
    page.locator("summary").first.click()
    page.get_by_role("link", name="العربية").click()
    expect(page.locator("html[lang=ar][dir=rtl] .giant")).to_have_text("7")
    assert page.url.endswith(f"/c?taal=ar#{ours.codes[5]}")
    page.reload()
    expect(page.locator("html[lang=ar][dir=rtl] .giant")).to_have_text("7")
    assert page.title() == "دفتركم - Opstap Genk"


def test_a_family_reads_its_own_language_at_once(
    city: City, page_as: PageAs, nadia: Person
) -> None:
    code = build.handed_out(city, nadia, now=_now(), family={"language": "ar"}).codes[0]
    page = page_as()
    page.goto(f"/c#{code}")
    expect(page.locator("html[lang=ar][dir=rtl] .giant")).to_have_text("10")
    number, word = page.locator(".giant"), page.locator(".left .show")
    assert _left_edge(number) > _left_edge(word)


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("language", ["nl", "ar", "fr", "en"])
def test_the_page_is_for_everybody(page_as: PageAs, ours: Paper, language: str, width: int) -> None:
    page = page_as(width=width)
    page.goto(f"/c?taal={language}#{ours.codes[5]}")
    expect(page.locator(f"html[lang={language}] .giant")).to_be_visible()
    for summary in page.locator("summary").all():
        summary.click()
    assert faults_of(page) == []
    assert overflow_of(page) == 0


@pytest.mark.parametrize(
    "path", ["/c", "/c#7K3M", "/privacy?taal=ar", "/toegankelijkheid", "/hulp"]
)
def test_what_anybody_reads_is_for_everybody(page_as: PageAs, path: str) -> None:
    page = page_as(width=320)
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert faults_of(page) == []
    assert overflow_of(page) == 0


def test_a_typed_code_opens_the_booklet(page_as: PageAs, ours: Paper) -> None:
    page = page_as()
    page.goto("/c")
    page.get_by_label("De code van je cheque").fill(ours.typed_codes[5].lower())
    page.keyboard.press("Enter")
    expect(page.locator(".giant")).to_have_text("7")


def test_without_a_script_a_typed_code_opens_the_booklet(page_as: PageAs, ours: Paper) -> None:
    page = page_as(javascript=False)
    page.goto("/c")
    page.get_by_label("De code van je cheque").fill(ours.typed_codes[5])
    page.keyboard.press("Enter")
    expect(page.locator(".giant")).to_have_text("7")
    assert page.url.endswith("/c")
    page.locator("summary").first.click()
    page.get_by_role("button", name="العربية").click()
    expect(page.locator("html[lang=ar][dir=rtl] .giant")).to_have_text("7")


def test_a_wrong_code_stays_to_be_corrected(page_as: PageAs, ours: Paper) -> None:
    page = page_as()
    wrong = f"{ours.typed_codes[5][:-1]}{'0' if ours.typed_codes[5][-1] != '0' else '1'}"
    page.goto(f"/c#{wrong}")
    expect(page.get_by_role("heading", level=1)).to_have_text("We vinden deze cheque niet")
    field = page.get_by_label("De code van je cheque")
    expect(field).to_have_value(wrong)
    field.fill(ours.typed_codes[5])
    page.get_by_role("button", name="Bekijk mijn boekje").click()
    expect(page.locator(".giant")).to_have_text("7")


def test_without_internet_a_button_tries_again(page_as: PageAs, ours: Paper) -> None:
    page = page_as()
    page.goto("/c")
    page.context.set_offline(True)
    page.evaluate(f"location.hash = '{ours.codes[5]}'")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_have_text("We kunnen je boekje nu niet tonen")
    page.context.set_offline(False)
    page.get_by_role("button", name="Probeer opnieuw").click()
    expect(page.locator(".giant")).to_have_text("7")


def test_by_keyboard_the_content_is_reached_and_the_code_stays(
    page_as: PageAs, ours: Paper
) -> None:
    page = page_as()
    page.goto(f"/c#{ours.codes[5]}")
    expect(page.locator(".giant")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Naar de inhoud")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#inhoud")).to_be_focused()
    assert page.url.endswith(f"#{ours.codes[5]}")
    expect(page.locator(".giant")).to_have_text("7")


def test_a_provider_signs_in_from_the_cheque_and_redeems_it(
    city: City, page_as: PageAs, ours: Paper, zon: Person
) -> None:
    page = page_as()
    page.goto(f"/c#{ours.codes[5]}")
    page.get_by_role("link", name="Ik ben van de opvang: cheque inruilen").click()
    page.get_by_label("Je e-mailadres").fill(zon.email)
    page.get_by_label("Je wachtwoord").fill(PASSWORD)
    assert ours.codes[5] not in page.url
    page.get_by_role("button", name="Meld je aan").click()
    expect(page.get_by_role("button", name="Ruil cheque in")).to_be_visible()
    assert page.url.endswith("/scan")
    page.get_by_role("button", name="Ruil cheque in").click()
    expect(page.locator("body.answer")).to_be_visible()
    family = page_as()
    family.goto(f"/c#{ours.codes[5]}")
    expect(family.locator(".giant")).to_have_text("6")
    expect(family.get_by_text("Deze cheque: ingeruild op")).to_be_visible()


def test_a_page_that_was_put_away_counts_again(
    city: City, page_as: PageAs, ours: Paper, zon: Person
) -> None:
    page = page_as()
    page.goto(f"/c#{ours.codes[5]}")
    expect(page.locator(".giant")).to_have_text("7")
    build.scanned(city, zon, ours.codes[5], now=_now())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".giant")).to_have_text("6")


@pytest.mark.parametrize("width", [320, 1280])
def test_the_api_is_tried_under_our_own_policy(page_as: PageAs, width: int) -> None:
    """The fixture fails when anything of the outside is asked, or the policy is broken."""
    page = page_as(width=width, height=900)
    page.goto("/api")
    expect(page.locator("#api .opblock").first).to_be_visible()
    assert overflow_of(page) == 0
    page.locator("#api .opblock-summary-control", has_text="/cheques/lookup").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator("#api .live-responses-table")).to_contain_text("no-token")
    page.locator("#api .btn.authorize").first.click()
    expect(page.get_by_role("button", name="Close").first).to_be_visible()
    assert faults_of(page) == []
    assert _kept(page) == "{}{}"


@pytest.fixture
def nadia(city: City) -> Person:
    return build.referrer(city)


@pytest.fixture
def zon(city: City) -> Person:
    build.price(city)
    return build.provider(city)


@pytest.fixture
def ours(city: City, nadia: Person, zon: Person) -> Paper:
    """A booklet of ten days old, of which three cheques were used."""
    began = _now() - timedelta(days=10)
    paper = build.handed_out(city, nadia, now=began)
    for number in range(3):
        build.scanned(city, zon, paper.codes[number], now=began + timedelta(days=number))
    return paper


def _now() -> datetime:
    return datetime.now(BRUSSELS)


def _kept(page: Page) -> str:
    kept: str = page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    return kept


def _left_edge(what: Locator) -> float:
    box = what.bounding_box()
    assert box
    return box["x"]
