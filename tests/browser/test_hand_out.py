"""A social worker hands out a booklet with the keyboard alone, and reads along with the family."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from kernel.cities import City
from tests import build
from tests.browser.axe import faults_of, overflow_of
from tests.browser.conftest import PageAs

pytestmark = pytest.mark.browser

WIDE = 1280


def test_a_booklet_is_handed_out_without_a_mouse(city: City, page_as: PageAs) -> None:
    build.district(city, name="Winterslag")
    nadia = build.referrer(city)
    page = page_as(nadia.email, width=WIDE, height=900)
    page.goto("/meegeven")
    expect(page.get_by_label("2. Jouw kenmerk")).to_be_focused()
    _press(page, "Tab")
    page.keyboard.type("Arab")
    _press(page, "Tab")
    page.keyboard.type("Winter")
    _press(page, "Tab", "Space", "Enter")
    expect(page).to_have_url(_ends("meekijken"))
    expect(page.get_by_role("heading", level=1)).to_have_text("هذا الدفتر لكم")
    expect(page.locator("[dir=rtl] .giant")).to_have_text("10")
    page.goto("/boekjes")
    expect(page.get_by_role("row")).to_have_count(2)


def test_an_error_is_reached_and_put_right_without_a_mouse(city: City, page_as: PageAs) -> None:
    page = page_as(build.referrer(city).email, width=WIDE, height=900)
    page.goto("/meegeven")
    _press(page, "Enter")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    page.get_by_role("link", name="Taal").focus()
    _press(page, "Enter")
    expect(page.get_by_label("3. Welke taal")).to_be_focused()
    page.keyboard.type("Turks")
    page.get_by_label("Het gezin voldoet").focus()
    _press(page, "Space", "Enter")
    expect(page).to_have_url(_ends("meekijken"))


def test_a_mistake_is_taken_back_and_the_family_found_again_without_a_mouse(
    city: City, page_as: PageAs
) -> None:
    nadia = build.referrer(city)
    paper = build.handed_out(city, nadia, now=datetime.now(UTC), reference="OC-1")
    page = page_as(nadia.email)
    page.goto(f"/boekjes/{paper.id}/meekijken")
    page.get_by_role("button", name="Neem het boekje terug").focus()
    _press(page, "Enter")
    expect(page.get_by_text("Dit boekje is teruggenomen")).to_be_visible()
    page.get_by_role("link", name="Mijn boekjes").first.focus()
    _press(page, "Enter")
    page.get_by_label("Zoek op kenmerk").focus()
    page.keyboard.type("oc-1")
    _press(page, "Enter")
    expect(page.get_by_role("link", name="OC-1")).to_be_visible()


@pytest.mark.parametrize("width", [320, WIDE])
def test_every_page_of_a_referrer_is_for_everybody(city: City, page_as: PageAs, width: int) -> None:
    nadia = build.referrer(city)
    build.provider(city, name="Buurtgericht kinderdagverblijf De Regenboogvlinders")
    paper = build.handed_out(
        city, nadia, family={"language": "ar", "name": "Familie Demo", "phone": "0470 11 22 33"}
    )
    page = page_as(nadia.email, width=width)
    for path in ("/meegeven", "/vandaag", "/boekjes", f"/boekjes/{paper.id}"):
        page.goto(path)
        assert (path, faults_of(page), overflow_of(page)) == (path, [], 0)
    page.goto(f"/boekjes/{paper.id}/meekijken")
    assert (faults_of(page), overflow_of(page)) == ([], 0)


def _press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def _ends(word: str) -> re.Pattern[str]:
    return re.compile(rf"/{word}(\?.*)?$")
