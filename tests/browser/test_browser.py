"""The browser's own tools: who is signed in, and nothing of the outside."""

import pytest
from playwright.sync_api import expect

from kernel.cities import City
from tests import build
from tests.browser.axe import faults_of, overflow_of
from tests.browser.conftest import PageAs

pytestmark = pytest.mark.browser


def test_a_signed_in_person_sees_who_they_are(city: City, page_as: PageAs) -> None:
    nadia = build.provider(city)
    page = page_as(nadia.email)
    page.goto("/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nadia Demo")


def test_without_an_address_nobody_is_signed_in(city: City, page_as: PageAs) -> None:
    page = page_as()
    page.goto("/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Meld je aan")


@pytest.mark.parametrize("width", [320, 1280])
def test_the_sign_in_page_is_for_everybody(page_as: PageAs, width: int) -> None:
    page = page_as(width=width)
    page.goto("/aanmelden")
    assert faults_of(page) == []
    assert overflow_of(page) == 0


def test_axe_sees_a_fault(page_as: PageAs) -> None:
    page = page_as()
    page.goto("/aanmelden")
    page.evaluate("document.querySelector('label').remove()")
    assert "label" in [fault.split(":")[0] for fault in faults_of(page)]
