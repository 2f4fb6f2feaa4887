"""A phone's camera before a cheque: found, answered, looked at again, let go."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from kernel.cities import City
from tests.browser.conftest import PageAs
from tests.browser.film import Filmed, symbol
from tests.browser.scans import attempts, paper, posted, qr, redemptions
from tests.build import Person
from tests.figures import Say

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Measured:
    """How slow the phone is, and how long it may take, in ms."""

    figure: Say
    name: str
    slower: int
    at_most: int

    def slow_down(self, page: Page) -> None:
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": self.slower})

    def say(self, took: float) -> None:
        self.figure(self.name, f"decode to answer, processor {self.slower} × slower: {took:.0f} ms")


def test_a_stack_of_cheques_is_scanned_with_one_hand(
    city: City, page_as: PageAs, provider: Person, filmed: Filmed
) -> None:
    """Each is redeemed once while it lies there; shown again later it is refused, in red."""
    first, second = (symbol(qr(city, paper(city))) for _ in range(2))
    browser = filmed((first, 5), (second, 6))
    page = page_as(provider.email, browser=browser)
    page.goto("/scan")
    expect(page.get_by_role("alert")).to_contain_text("Ingeruild")
    expect(page.locator("#count")).to_have_text("1 ingeruild, 0 niet")
    expect(page.locator("#video")).to_be_visible()  # back by itself
    expect(page.locator("#undo")).to_contain_text("Maak ongedaan")
    assert page.evaluate("document.documentElement.scrollHeight") <= 740
    expect(page.locator("#count")).to_have_text("2 ingeruild, 0 niet")
    expect(page.get_by_role("alert")).to_contain_text("Al gebruikt", timeout=30_000)
    expect(page.locator("#count")).to_have_text("2 ingeruild, 1 niet")
    assert redemptions(city) == 2


@pytest.mark.serial
@pytest.mark.parametrize(("name", "slower", "at_most"), [("V6", 1, 150), ("A1", 4, 1500)])
def test_from_decode_to_answer_is_quick(
    city: City, page_as: PageAs, provider: Person, filmed: Filmed, measured: Measured
) -> None:
    """The second cheque counts: a server that was just started compiles its pages on the first."""
    first, second = (symbol(qr(city, paper(city))) for _ in range(2))
    page = page_as(provider.email, browser=filmed((first, 4), (second, 30)))
    measured.slow_down(page)
    page.goto("/scan")
    expect(page.locator("#count")).to_have_text("2 ingeruild, 0 niet", timeout=30_000)
    took = page.evaluate(TOOK)
    measured.say(took)
    assert took <= measured.at_most


def test_a_foreign_symbol_is_told_without_asking_anybody(
    city: City, page_as: PageAs, provider: Person, filmed: Filmed
) -> None:
    browser = filmed((symbol("https://menukaart.example/c?tafel=7"), 30))
    page = page_as(provider.email, browser=browser)
    posts = posted(page)
    page.goto("/scan")
    expect(page.locator("#camera-says")).to_have_text("Dit is geen opvangcheque")
    assert posts == []
    assert attempts(city) == 0


def test_a_phone_without_webassembly_reads_too(
    city: City, page_as: PageAs, provider: Person, filmed: Filmed
) -> None:
    browser = filmed((symbol(qr(city, paper(city))), 30))
    page = page_as(provider.email, browser=browser)
    page.add_init_script("delete globalThis.WebAssembly")
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto("/scan")
    expect(page.get_by_role("alert")).to_contain_text("Ingeruild")
    assert any("vendor/qr/decode.js" in url for url in loaded)
    assert not any("zxing" in url for url in loaded)


def test_the_camera_is_let_go_when_nobody_looks(
    page_as: PageAs, provider: Person, filmed: Filmed
) -> None:
    browser = filmed((symbol("https://menukaart.example"), 30))
    page = page_as(provider.email, browser=browser)
    page.goto("/scan")
    expect(page.locator("#camera-says")).to_have_text("Dit is geen opvangcheque")
    page.evaluate("globalThis.track = document.getElementById('video').srcObject.getTracks()[0]")
    hide(page, hidden=True)
    assert page.evaluate("globalThis.track.readyState") == "ended"
    hide(page, hidden=False)
    expect(page.locator("#camera-says")).to_have_text("Dit is geen opvangcheque")
    page.get_by_role("button", name="Typ de code").click()
    assert page.evaluate("document.getElementById('video').srcObject") is None


def test_without_a_camera_one_can_type(page_as: PageAs, provider: Person) -> None:
    page = page_as(provider.email)
    page.goto("/scan")
    expect(page.locator("#camera-says")).to_contain_text("We vinden geen camera")
    page.get_by_role("button", name="Typ de code").click()
    expect(page.get_by_label("Code van de cheque")).to_be_focused()


def test_a_photo_is_read_on_the_phone_and_never_sent(
    city: City, page_as: PageAs, provider: Person, tmp_path: Path
) -> None:
    file = tmp_path / "photo.png"
    symbol(qr(city, paper(city))).save(file)
    page = page_as(provider.email)
    posts = posted(page)
    page.goto("/scan")
    page.locator("#photo").set_input_files(file)
    expect(page.get_by_role("alert")).to_contain_text("Ingeruild")
    assert [len(post.post_data or "") < 500 for post in posts] == [True]


TOOK = """performance.getEntriesByName("answered")[0].startTime
 - performance.getEntriesByName("decoded")[0].startTime"""


@pytest.fixture
def measured(figure: Say, name: str, slower: int, at_most: int) -> Measured:
    return Measured(figure, name, slower, at_most)


def hide(page: Page, *, hidden: bool) -> None:
    """Tell the page that another page is looked at, or that it is back."""
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )
