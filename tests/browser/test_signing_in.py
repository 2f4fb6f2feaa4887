"""A childminder's phone: a code by mail, by keyboard or thumb, and it stays when all is closed."""

import pytest
from playwright.sync_api import Page, expect

from kernel.cities import City
from tests.browser.axe import faults_of, overflow_of
from tests.browser.conftest import PageAs
from tests.build import Person
from tests.kernel.test_sign_in_codes import newest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("javascript", [True, False])
def test_a_phone_stays_signed_in_when_the_browser_was_closed(
    city: City, page_as: PageAs, provider: Person, *, javascript: bool
) -> None:
    page = page_as(javascript=javascript)
    page.goto("/scan")
    page.get_by_label("Je e-mailadres").fill(provider.email)
    page.get_by_role("button", name="Stuur me een code").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Typ je code")
    assert overflow_of(page) == 0
    page.get_by_label("Je code van zes cijfers").fill(newest(city))
    page.get_by_label("Blijf aangemeld op deze gsm").check()
    page.get_by_role("button", name="Meld je aan").click()
    expect(page).to_have_url(f"{city.base_url}/scan")
    kept = [one for one in page.context.cookies() if one.get("expires", -1) > 0]
    assert [one["name"] for one in kept] == ["__Host-opstap"], "what outlives the browser"
    opened = page_as(javascript=javascript)
    secure = [one | {"url": city.base_url.replace("http:", "https:")} for one in kept]
    for one in secure:
        del one["domain"], one["path"]
    opened.context.add_cookies(secure)  # type: ignore[arg-type]
    opened.goto("/scan")
    expect(opened).to_have_url(f"{city.base_url}/scan")


def test_a_code_is_asked_and_typed_by_keyboard_alone(
    city: City, page_as: PageAs, provider: Person
) -> None:
    page = page_as(width=1280)
    page.goto("/aanmelden")
    page.get_by_label("Je e-mailadres").focus()
    page.keyboard.type(provider.email)
    tab_to(page, "Stuur me een code")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Typ je code")
    right = newest(city)
    page.get_by_label("Je code van zes cijfers").focus()
    page.keyboard.type(f"{(int(right) + 1) % 1_000_000:06}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    assert faults_of(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Je code van zes cijfers")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type(right)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{city.base_url}/scan")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until a button has the focus, at most twenty times."""
    button = page.get_by_role("button", name=name)
    for _ in range(20):
        if button.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} is not reached by keyboard")
