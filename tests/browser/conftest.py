"""Chromium and the real server on a real database: each test has a city and a port of its own."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, sync_playwright

from kernel.cities import City
from kernel.signing_in import sign_in
from tests import build
from tests.browser.film import Filmed, film
from tests.browser.server import environment_of, serving
from tests.build import PASSWORD, Person
from tests.conftest import city_at
from web.identity import COOKIE

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")

Live = Callable[[City], str]
Launch = Callable[..., Browser]


class PageAs(Protocol):
    """What the fixture `page_as` gives to a test."""

    def __call__(
        self,
        email: str = "",
        *,
        width: int = 360,
        height: int = 740,
        javascript: bool = True,
        browser: Browser | None = None,
        **context: Any,
    ) -> Page: ...


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def launch(playwright: Playwright) -> Iterator[Launch]:
    """`launch("--a-flag")` gives a Chromium with flags of its own, such as a fake camera."""
    with ExitStack() as stack:
        yield lambda *flags: stack.enter_context(_chromium(playwright, *flags))


@pytest.fixture
def filmed(launch: Launch, tmp_path: Path) -> Filmed:
    """`filmed((picture, seconds), …)` gives a Chromium whose camera sees this, again and again."""
    return lambda *scenes: launch(*film(tmp_path, scenes))


@pytest.fixture
def provider(city: City) -> Person:
    """A childminder, in a city that pays 20 euros a cheque."""
    build.price(city)
    return build.provider(city)


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all tests; each page has a context (cookies, storage) of its own."""
    with _chromium(playwright) as browser:
        yield browser


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite, unless a test asks for another: parametrize `database_url` indirectly."""
    url: str = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")
    return url


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port of our own, held from the start: the city's `base_url` must name it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener


@pytest.fixture
def city(database_url: str, listener: socket.socket) -> Iterator[City]:
    """A city called Genk, empty, that knows at which address the browser finds it."""
    port = listener.getsockname()[1]
    genk = city_at(database_url, base_url=f"http://genk.localhost:{port}")
    yield genk
    genk.database.dispose()


@pytest.fixture
def live(listener: socket.socket, tmp_path: Path) -> Iterator[Live]:
    """`live(city)` starts the server and gives the city's address, without a slash at its end."""
    with ExitStack() as stack:

        def start(city: City) -> str:
            environment = environment_of(city, tmp_path)
            stack.enter_context(serving(environment, listener, tmp_path))
            return city.base_url

        yield start


@pytest.fixture
def page_as(city: City, live: Live, browser: Browser) -> Iterator[PageAs]:
    """`page_as(email)` gives an empty page of a browser in which somebody is signed in.

    Without an address nobody is. `page.goto("/scan")` finds the city. When the test ends, nothing
    may have been asked of the outside, no script may have failed, no policy may have been broken.
    """
    base = live(city)
    faults: list[str] = []
    contexts: list[BrowserContext] = []
    ours = browser

    def open_page(
        email: str = "",
        *,
        width: int = 360,
        height: int = 740,
        javascript: bool = True,
        browser: Browser | None = None,
        **context: Any,
    ) -> Page:
        made = (browser or ours).new_context(
            base_url=base,
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            locale="nl-BE",
            timezone_id="Europe/Brussels",
            **context,
        )
        contexts.append(made)
        if email:
            _sign_in(made, city, email)
        return watched(made, base, faults)

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def watched(context: BrowserContext, base: str, faults: list[str]) -> Page:
    """Give an empty page; what is asked of the outside or fails on it is a fault."""
    context.set_default_timeout(15_000)
    context.route(lambda url: not url.startswith(base), _refuser(faults))
    page = context.new_page()
    _listen(page, faults)
    return page


def _chromium(playwright: Playwright, *flags: str) -> Browser:
    return playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*QUIET, *flags])


def _refuser(faults: list[str]) -> Callable[[Route], None]:
    def refuse(route: Route) -> None:
        if not route.request.url.startswith(("data:", "blob:")):
            faults.append(f"asked of the outside: {route.request.url}")
            route.abort()
        else:
            route.continue_()

    return refuse


def _sign_in(context: BrowserContext, city: City, email: str) -> None:
    """Put a session of the person in the browser, as the sign-in page does.

    A `__Host-` cookie is set for an https address only; Chromium then shows it on localhost too.
    """
    secret = sign_in(city, email=email, password=PASSWORD, now=datetime.now(UTC))
    cookie = {"name": COOKIE, "value": secret, "url": city.base_url.replace("http:", "https:")}
    context.add_cookies([cookie | {"secure": True, "httpOnly": True, "sameSite": "Lax"}])  # type: ignore[list-item]


def _listen(page: Page, faults: list[str]) -> None:
    page.on("pageerror", lambda error: faults.append(f"script failed: {error}"))
    page.on(
        "console",
        lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None,
    )
