"""A provider with a phone in one hand: what only a browser shows of a scan."""

import pytest
from playwright.sync_api import Page, Request, expect

from kernel.cities import City
from tests import build
from tests.browser.axe import faults_of, overflow_of
from tests.browser.conftest import PageAs
from tests.browser.scans import paper, posted, redemptions, typing
from tests.build import Person

pytestmark = pytest.mark.browser

ANSWER = "[data-outcome]"


def test_a_wrong_sign_is_told_before_anything_is_sent(
    city: City, page_as: PageAs, provider: Person
) -> None:
    typed = paper(city).typed_codes[0]
    page = page_as(provider.email)
    posts = posted(page)
    field = typing(page)
    field.fill(typed[:5] + typed[6] + typed[5] + typed[7:])
    if typed[5] == typed[6]:
        field.fill(typed[:-1] + ("0" if typed[-1] != "0" else "1"))
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Deze code klopt niet")
    expect(field).to_be_focused()
    field.fill(typed[:9])
    field.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Een code heeft 12 tekens. Je typte er 9.")
    assert posts == []
    field.fill(f" {typed[:4].lower()}-{typed[4:8]} {typed[8:]}")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Cheque 1 van 10")
    expect(page.get_by_role("alert")).to_be_focused()


def test_a_scan_is_undone_where_it_was_answered(
    city: City, page_as: PageAs, provider: Person
) -> None:
    page = page_as(provider.email)
    field = typing(page)
    field.fill(paper(city).typed_codes[0])
    field.press("Enter")
    page.get_by_role("button", name="Maak ongedaan").click()
    expect(page.get_by_role("alert")).to_contain_text("De cheque is weer open.")
    expect(page.locator("#count")).to_have_text("0 ingeruild, 0 niet")
    assert redemptions(city) == 0


def test_a_second_cheque_of_the_day_asks_why_and_goes_on(
    city: City, page_as: PageAs, provider: Person
) -> None:
    booklet = paper(city)
    page = page_as(provider.email)
    field = typing(page)
    posts = posted(page)
    for typed in booklet.typed_codes[:2]:
        field.fill(typed)
        field.press("Enter")
        expect(page.locator(ANSWER)).to_be_visible()
        if page.get_by_role("button", name="Een tweede kind").is_visible():
            page.get_by_role("button", name="Een tweede kind").click()
        expect(page.get_by_role("alert")).to_contain_text("Ingeruild")
        page.get_by_text("Volgende cheque").click()
    keys = {key_of(post) for post in posts}
    assert (len(posts), len(keys)) == (3, 3)
    assert redemptions(city) == 2


def test_no_network_sends_nothing_and_the_retry_is_the_same_scan(
    city: City, page_as: PageAs, provider: Person
) -> None:
    page = page_as(provider.email)
    field = typing(page)
    field.fill(paper(city).typed_codes[0])
    page.context.set_offline(True)
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Geen verbinding: niets verstuurd")
    assert redemptions(city) == 0
    page.context.set_offline(False)
    page.get_by_role("button", name="Probeer opnieuw").click()
    expect(page.get_by_role("alert")).to_contain_text("Ingeruild")


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_key(
    city: City, page_as: PageAs, provider: Person
) -> None:
    page = page_as(provider.email)
    field = typing(page)
    lose_one_answer(page)
    field.fill(paper(city).typed_codes[0])
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("We kregen geen antwoord")
    assert redemptions(city) == 1
    page.get_by_role("button", name="Probeer opnieuw").click()
    expect(page.get_by_role("alert")).to_contain_text("Cheque 1 van 10")
    expect(page.locator("#count")).to_have_text("1 ingeruild, 0 niet")
    assert redemptions(city) == 1


def test_whoever_was_signed_out_signs_in_and_finds_the_cheque_ready(
    city: City, page_as: PageAs, provider: Person
) -> None:
    page = page_as(provider.email)
    field = typing(page)
    page.context.clear_cookies(name="__Host-opstap")
    field.fill(paper(city).typed_codes[0])
    field.press("Enter")
    sign_in(page, provider)
    expect(page.get_by_label("Code van de cheque")).not_to_have_value("")
    page.get_by_role("button", name="Ruil cheque in").click()
    expect(page.get_by_role("alert")).to_contain_text("Ingeruild")
    assert redemptions(city) == 1


def test_a_cheque_opened_by_the_phones_own_camera_is_one_tap_away(
    city: City, page_as: PageAs, provider: Person
) -> None:
    page = page_as()
    page.goto(f"/c#{paper(city).codes[0]}")
    page.locator("[data-redeem]").first.click()
    sign_in(page, provider)
    page.get_by_role("button", name="Ruil cheque in").click()
    expect(page.get_by_role("alert")).to_contain_text("Ingeruild")
    assert page.evaluate("sessionStorage.length") == 0


def test_every_step_works_without_a_script(city: City, page_as: PageAs) -> None:
    two = build.provider(city, locations=2)
    page = page_as(two.email, javascript=False)
    booklet = paper(city)
    page.goto("/scan")
    page.get_by_label("Code van de cheque").fill(booklet.typed_codes[0])
    page.get_by_role("button", name="Ruil cheque in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Waar ben je?")
    page.get_by_role("button").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ingeruild")
    page.reload()
    page.get_by_text("Volgende cheque").click()
    expect(page.get_by_role("radio", checked=True)).to_have_count(1)  # where one was
    page.get_by_label("Code van de cheque").fill(booklet.typed_codes[1])
    page.get_by_role("button", name="Ruil cheque in").click()
    page.get_by_role("button", name="Een tweede halve dag").click()
    page.get_by_role("button", name="Maak ongedaan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ongedaan gemaakt")
    assert redemptions(city) == 1


def test_the_whole_scan_page_fits_one_screen(page_as: PageAs, provider: Person) -> None:
    page = page_as(provider.email)
    page.goto("/scan")
    expect(page.locator("#sound")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollHeight") <= 740


@pytest.mark.parametrize("width", [320, 1280])
def test_the_scan_page_and_its_answers_are_for_everybody(
    city: City, page_as: PageAs, provider: Person, width: int
) -> None:
    page = page_as(provider.email, width=width)
    answer = page.goto("/scan")
    assert answer is not None
    assert "'wasm-unsafe-eval'" in answer.headers["content-security-policy"]
    assert answer.headers["permissions-policy"].startswith("camera=(self)")
    assert (faults_of(page), overflow_of(page)) == ([], 0)
    typed = paper(city).typed_codes[0]
    field = typing(page)
    assert (faults_of(page), overflow_of(page)) == ([], 0)
    for word in ("Ingeruild", "Al gebruikt"):
        field.fill(typed)
        field.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(word)
        assert (faults_of(page), overflow_of(page)) == ([], 0)
        page.locator("[data-next]").click()


def test_how_loud_is_kept_on_the_phone_and_no_code_is(
    city: City, page_as: PageAs, provider: Person
) -> None:
    page = page_as(provider.email)
    page.goto("/scan")
    sound = page.locator("#sound")
    expect(sound).to_have_text("Zacht geluid")
    sound.click()
    expect(sound).to_have_text("Luid geluid")
    page.get_by_label("Blijf scannen").uncheck()
    field = typing(page)
    expect(sound).to_have_text("Luid geluid")
    expect(page.get_by_label("Blijf scannen")).not_to_be_checked()
    field.fill(paper(city).typed_codes[0])
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Ingeruild")
    kept = page.evaluate("({...localStorage, ...sessionStorage})")
    assert kept == {"opstap-sound": "loud", "opstap-keep-on": "no"}


def key_of(post: Request) -> str:
    fields = dict(pair.split("=") for pair in (post.post_data or "").split("&"))
    return fields["key"]


def lose_one_answer(page: Page) -> None:
    """Let the next scan reach the server and be done there, and lose what the server says."""
    session = page.context.new_cdp_session(page)
    heard = {"urlPattern": "*/scan", "requestStage": "Response"}

    def lose(paused: dict[str, str]) -> None:
        failed = {"requestId": paused["requestId"], "errorReason": "ConnectionReset"}
        session.send("Fetch.failRequest", failed)
        session.send("Fetch.disable")

    session.on("Fetch.requestPaused", lose)
    session.send("Fetch.enable", {"patterns": [heard]})


def sign_in(page: Page, person: Person) -> None:
    page.get_by_label("Je e-mailadres").fill(person.email)
    page.get_by_label("Je wachtwoord").fill(build.PASSWORD)
    page.get_by_role("button", name="Meld je aan").click()
