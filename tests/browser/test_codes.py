"""A wrongly typed code is refused on the phone, before anything is sent, and by the server too."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page

from kernel.cities import City
from tests import build
from tests.browser.conftest import PageAs
from tests.figures import Say, rounds
from vouchers import codes
from vouchers.codes import ALPHABET, CODE, TYPED_CODE
from vouchers.errors import UnknownCode
from vouchers.looking_up import look_up_cheque

pytestmark = pytest.mark.browser

VECTORS = {"7K3M9QW2XRT": "6", "00000000001": "2", "ZZZZZZZZZZZ": "K"}  # product/cheques.md 2


def test_phone_and_server_agree_on_the_vectors(page: Page) -> None:
    for signs, check in VECTORS.items():
        assert page.evaluate("signs => codes.checkSign(signs)", signs) == check
        assert codes.check_sign(signs) == check
        assert page.evaluate("signs => codes.isWhole(signs)", signs + check)


def test_one_wrong_sign_or_swap_is_refused_on_the_phone_and_on_the_server(
    page: Page, figure: Say
) -> None:
    chance = random.Random(20261124)
    tried = 0
    for _ in range(rounds(1000)):
        typed = "".join(chance.choices(ALPHABET, k=TYPED_CODE - 1))
        typed += codes.check_sign(typed)
        wrong = [*changed(typed), *swapped(typed)]
        tried += len(wrong)
        accepted = "([right, wrong]) => [codes.isWhole(right), wrong.filter(codes.isWhole)]"
        assert page.evaluate(accepted, [typed, wrong]) == [True, []]
        assert codes.is_whole(typed)
        assert [signs for signs in wrong if codes.is_whole(signs)] == []
    figure("Q1", f"{tried} wrongly typed codes, 0 taken for whole in the browser or on the server")


def test_a_wrongly_typed_code_redeems_nothing(city: City) -> None:
    """Even a phone that checks nothing gets nowhere."""
    provider = build.provider(city)
    paper = build.handed_out(city, build.referrer(city), now=datetime.now(UTC))
    typed = paper.typed_codes[0]
    with build.at_work(city, provider.actor, datetime.now(UTC)) as uow:
        look_up_cheque(uow, code=typed)
        for signs in [*changed(typed), *swapped(typed)]:
            with pytest.raises(UnknownCode):
                look_up_cheque(uow, code=signs)


def test_a_part_of_a_qr_code_is_refused_on_the_phone_and_on_the_server(
    city: City, page: Page, figure: Say
) -> None:
    provider = build.provider(city)
    paper = build.handed_out(city, build.referrer(city), now=datetime.now(UTC))
    tried = 0
    for code in paper.codes:
        address = f"{city.base_url}/c#{code}"
        parts = [address[:length] for length in range(len(address))]
        taken = "([whole, parts]) => [codes.codeIn(whole), parts.map(codes.codeIn).join('')]"
        assert page.evaluate(taken, [address, parts]) == [code, ""]
        with build.at_work(city, provider.actor, datetime.now(UTC)) as uow:
            look_up_cheque(uow, code=code)
            for length in range(CODE):
                tried += 1
                with pytest.raises(UnknownCode):
                    look_up_cheque(uow, code=code[:length])
    figure("Q1 truncated", f"{tried} truncated QR codes, 0 accepted")


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "https://menukaart.example/",
        "https://menukaart.example/c?code=7K3M9QW2XRT60000",
        "https://menukaart.example/x#7K3M9QW2XRT60000",
        "7K3M9QW2XRT60000",
        "javascript:alert(1)//c#7K3M9QW2XRT60000",
        "WIFI:S:opvang;T:WPA;P:geheim;;",
        "http://genk.localhost/c#7K3M9QW2XRT6000U",
        "http://genk.localhost/c#7K3M9QW2XRT600001",
    ],
)
def test_a_foreign_symbol_holds_no_code(page: Page, foreign: str) -> None:
    assert page.evaluate("text => codes.codeIn(text)", foreign) == ""


def test_the_phone_reads_what_somebody_meant_as_the_server_does(page: Page) -> None:
    for text in (" 7k3m-9qw2\u00a0xrt6 ", "oil OIL 0-1", "  ", "é☃ u", "7K3M 9QW2 XRT6"):
        assert page.evaluate("text => codes.normalised(text)", text) == codes.normalised(text)


@pytest.fixture
def page(page_as: PageAs) -> Page:
    """A page of Opstap in which `codes` is the scan page's own module."""
    page = page_as()
    page.goto("/aanmelden")
    page.evaluate("import('/static/codes.js').then(module => { globalThis.codes = module; })")
    return page


def changed(signs: str) -> Iterator[str]:
    """Give the signs with each one replaced by each other sign of the alphabet."""
    for place, sign in enumerate(signs):
        for other in ALPHABET.replace(sign, ""):
            yield signs[:place] + other + signs[place + 1 :]


def swapped(signs: str) -> Iterator[str]:
    """Give the signs with each two unequal neighbours swapped."""
    for place in range(len(signs) - 1):
        left, right = signs[place], signs[place + 1]
        if left != right:
            yield signs[:place] + right + left + signs[place + 2 :]
