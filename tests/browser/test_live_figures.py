"""The regie's figure moves under somebody's eyes, without a reload and without a broken policy."""

import pytest
from playwright.sync_api import expect

from kernel.cities import City
from tests import build
from tests.browser.axe import faults_of, overflow_of
from tests.browser.conftest import PageAs

pytestmark = pytest.mark.browser

BOARD = "/regie/bereik?van=2026-09-01&tot=2026-09-30"


def test_the_figure_goes_up_by_itself_when_a_cheque_is_scanned(city: City, page_as: PageAs) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    papers = [build.handed_out(city, referrer) for _ in range(2)]
    page = page_as(build.regie(city).email, width=1280)
    answers: list[int] = []
    page.on("response", lambda answer: answers.append(answer.status))
    page.goto(BOARD)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Geen van de 2 gezinnen gebruikte al een cheque")
    with page.expect_response(lambda answer: answer.status == 304, timeout=15_000):
        pass
    expect(heading).to_have_text("Geen van de 2 gezinnen gebruikte al een cheque")
    page.locator("#n-unused").focus()
    page.evaluate("window.sameWindow = true")
    build.scanned(city, provider, papers[0].codes[0])
    expect(heading).to_have_text("1 van de 2 gezinnen gebruikte een cheque", timeout=15_000)
    assert page.evaluate("window.sameWindow"), "nothing was loaded anew"
    expect(page.locator("#n-unused")).to_be_focused()
    with page.expect_response(lambda answer: answer.status == 304, timeout=15_000):
        pass
    assert set(answers) <= {200, 304}


@pytest.mark.parametrize("width", [320, 1280])
def test_the_pages_fit_and_are_for_everybody(city: City, page_as: PageAs, width: int) -> None:
    referrer, provider = build.referrer(city), build.provider(city, approved_on=None)
    build.provider(city, name="Buurtgericht kinderdagverblijf De Regenboogvlinders en vrienden")
    build.handed_out(city, referrer)
    page = page_as(build.regie(city).email, width=width)
    for path in (BOARD, "/regie/opvang", "/regie/opvang/nieuw", f"{BOARD}&tot=x"):
        page.goto(path)
        assert faults_of(page) == [], path
        assert overflow_of(page) == 0, path
    page.goto("/regie/opvang")
    page.get_by_role("button", name="Keur goed").click()
    expect(page.locator(".undo")).to_contain_text("kan vanaf vandaag cheques inruilen")
    assert faults_of(page) == []
    assert provider.location_id is not None


def test_the_page_is_whole_without_javascript(city: City, page_as: PageAs) -> None:
    build.handed_out(city, build.referrer(city))
    page = page_as(build.regie(city).email, javascript=False)
    page.goto(BOARD)
    expect(page.get_by_role("heading", level=1)).to_contain_text("nog geen cheque")
    expect(page.locator(".bar rect")).to_have_count(4)
