"""A cheque's whole way with real input: page, paper, two readers, camera, figure, task."""

import base64
from datetime import UTC, datetime, time

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from jobs.dispatch import dispatch_events
from kernel.access import CLOCK
from kernel.calendar import BRUSSELS, is_working_day, working_day_after
from kernel.cities import City
from kernel.tasks import Task
from tests import build
from tests.browser.conftest import PageAs
from tests.browser.film import Filmed
from tests.build import Person
from tests.conftest import DATABASES
from tests.figures import Say
from tests.vouchers.paper import decoded_by_zbar, found_by_zxing, render
from vouchers.drop_off import flag_drop_offs
from vouchers.models import Booklet

pytestmark = pytest.mark.browser

FIRST_USES = "tr:has(th:text('eerste cheque')) td"


@pytest.mark.parametrize("database_url", DATABASES, indirect=True)
def test_a_booklet_goes_from_page_to_paper_to_camera_to_figure(
    city: City, page_as: PageAs, filmed: Filmed, provider: Person, figure: Say
) -> None:
    referrer, regie = build.referrer(city), build.regie(city)
    pdf = handed_out_and_printed(page_as(referrer.email, width=1280), visit_on=FIRST_VISIT)
    flag(city)
    assert calls(city) == [None]

    pages = render(pdf, dpi=203)
    cheque = first_cheque(pages, city)

    board = page_as(regie.email, width=1280)
    board.goto("/regie/bereik")
    expect(board.locator("#n-cheques b")).to_have_text("0")
    expect(board.locator("#n-calls b")).to_have_text("1")
    expect(first_uses(board)).to_have_text("0")

    phone = page_as(provider.email, browser=filmed((cheque, 30)))
    phone.goto("/scan")
    expect(phone.get_by_role("alert")).to_contain_text("Ingeruild", timeout=30_000)
    expect(phone.get_by_role("alert")).to_contain_text("Je krijgt € 20,00")

    dispatch_events(city)
    assert calls(city) == ["first-use"]
    expect(board.locator("#n-cheques b")).to_have_text("1", timeout=15_000)  # by itself
    expect(board.locator("#n-calls b")).to_have_text("0")
    expect(first_uses(board)).to_have_text("1")
    figure("Real input", "page, PDF, zxing-cpp and zbar, camera: redeemed; figure + 1; task closed")


TODAY = datetime.now(UTC).astimezone(BRUSSELS).date()
WORKING_DAY = TODAY if is_working_day(TODAY) else working_day_after(TODAY)
FIRST_VISIT = working_day_after(WORKING_DAY)


def handed_out_and_printed(page: Page, *, visit_on: object) -> bytes:
    """Hand a booklet out through the page, with a first visit, and give what its button prints."""
    page.goto("/meegeven")
    page.get_by_label("3. Welke taal").select_option("ar")
    page.get_by_label("Het gezin voldoet").check()
    page.get_by_text("Meer: telefoon, kind, eerste bezoek").click()
    page.get_by_label("Bij welke opvang?").select_option(index=1)
    page.get_by_label("Welke dag?").fill(str(visit_on))
    page.get_by_role("button", name="Geef mee").click()
    address = page.get_by_role("link", name="Druk het boekje").get_attribute("href")
    read = """async address => {
      const bytes = new Uint8Array(await (await fetch(address)).arrayBuffer());
      return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""));
    }"""
    return base64.b64decode(page.evaluate(read, address))


def flag(city: City) -> None:
    """Let the clock look for silence in the morning of the day before the visit."""
    morning = datetime.combine(WORKING_DAY, time(8), BRUSSELS)
    with build.at_work(city, CLOCK, morning) as uow:
        assert len(flag_drop_offs(uow)) == 1
    dispatch_events(city, max(morning, datetime.now(UTC)))


def calls(city: City) -> list[str | None]:
    """Give how each call about the booklet ended; None while it is open."""
    with build.at_work(city) as uow:
        return list(uow.session.scalars(select(Task.outcome)))


def first_cheque(pages: list[Image.Image], city: City) -> Image.Image:
    """Give the first cheque of the paper, once both readers read all ten from it."""
    found = [(page, one) for page in pages for one in found_by_zxing(page)]
    read = [one.text for _, one in found]
    with build.at_work(city) as uow:
        booklet = uow.session.scalars(select(Booklet)).one()
        assert sorted(read) == sorted(f"{city.base_url}/c#{c.code}" for c in booklet.cheques)
    assert sorted(text for page in pages for text in decoded_by_zbar(page)) == sorted(read)
    page, one = found[0]
    wide = one.right - one.left
    around = (one.left - wide, one.top - wide // 2, one.right + wide, one.bottom + wide // 2)
    return page.crop(around)


def first_uses(board: Page) -> Locator:
    return board.locator(FIRST_USES).first
