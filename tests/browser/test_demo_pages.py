"""Whoever tries the demo clicks on, in both cities: every page is reached, fits, hinders nobody."""

import os
from collections.abc import Iterator
from pathlib import Path
from socket import socket
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.access.test_matrix import ANYBODY, DECLARED
from tests.browser.axe import check_whole
from tests.browser.conftest import watched
from tests.browser.server import serving, types
from tests.browser.test_every_page import NOT_PAGES, pages
from tests.figures import Say, rounds
from web.rooms import OF_PROGRAMME
from web.sign_in import DEMO_PEOPLE

pytestmark = pytest.mark.browser

# Antwerpen shows what a city sees that made no booklets for its stock yet.
NO_STOCK = {"/voorraad/reeksen/<uuid:batch_id>", "/voorraad/bij/<uuid:holder_id>"}
TOWNS = {"genk": {"vouchers"}, "antwerpen": {"vouchers", "occasioneel"}}
WIDTHS = {"genk": 320, "antwerpen": 1280}  # test_every_page looks at every page at both
# A short run clicks through the city with both programmes; a full one through both cities.
FULL = rounds(len(TOWNS) * 10) == len(TOWNS) * 10
# Pages to which no link leads in the demo.
UNLINKED = {
    "/aanmelden/code",  # after asking for a code
    "/aanmelden/tweede-stap",  # after a password; the demo asks no second step
    "/wachtwoord/<token>",  # in a letter
    "/scan/<uuid:redemption_id>",  # after a scan
    "/voorraad/reeksen",  # a piece of a page, which renews itself
}


@pytest.mark.parametrize("town", TOWNS if FULL else ["antwerpen"])
def test_every_page_of_the_demo_is_reached_and_hinders_nobody(
    town: str, demo: str, app: Flask, browser: Browser, figure: Say
) -> None:
    faults: list[str] = []
    reached: set[Kind] = set()
    for label in ("", *(label for _, label in DEMO_PEOPLE)):
        page = watched(browser.new_context(base_url=demo, locale="nl-BE"), demo, faults)
        page.goto("/aanmelden")
        if label:
            page.get_by_role("button", name=label, exact=True).click()
            page.wait_for_url(lambda url: "aanmelden" not in url)
        page.set_viewport_size({"width": WIDTHS[town], "height": 800})
        walks(page, app, demo, who=label, reached=reached)
        page.context.close()
    assert faults == []
    rules = {rule for _, rule, _ in reached}
    hidden = UNLINKED | switched_off(app, town) | (NO_STOCK if town == "antwerpen" else set())
    assert (pages(app) - hidden - rules, hidden & rules) == (set(), set())
    figure(
        f"A1 demo {town.capitalize()}",
        f"{len(reached)} pages reached by clicking as {len(DEMO_PEOPLE)} people and as nobody, "
        f"at {WIDTHS[town]} px: 0 serious or critical faults",
    )


Kind = tuple[str, str, frozenset[str]]  # who, the rule, and what the address asks


def walks(page: Page, app: Flask, base: str, *, who: str, reached: set[Kind]) -> None:
    """Click on from the start page, and look at each kind of page once; a public one once."""
    ahead = ["/", "/aanmelden"]
    while ahead:
        path = ahead.pop()
        kind = kind_of(path, app, who)
        if kind is None or kind in reached:
            continue
        reached.add(kind)
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, f"{path} as {who}"
        links = page.eval_on_selector_all("a[href]", "all => all.map(each => each.href)")
        ahead += [link.removeprefix(base) for link in links if link.startswith(base)]
        check_whole(page, f"{path} as {who or 'nobody'}")


def kind_of(path: str, app: Flask, who: str) -> Kind | None:
    """Give what sort of page stands at an address; None where there is no page."""
    parts = urlsplit(path)
    rule, _ = app.url_map.bind("").match(parts.path, method="GET", return_rule=True)
    if NOT_PAGES.match(rule.rule):
        return None
    public = DECLARED[f"GET {rule.rule}"] == ANYBODY and rule.rule != "/"
    return "" if public else who, rule.rule, frozenset(name for name, _ in parse_qsl(parts.query))


def switched_off(app: Flask, town: str) -> set[str]:
    """Give the rules of the programmes that a town does not use."""
    off = {
        room for name, rooms in OF_PROGRAMME.items() if name not in TOWNS[town] for room in rooms
    }
    return {
        rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.partition(".")[0] in off
    }


@pytest.fixture
def demo(town: str, listener: socket, tmp_path: Path) -> Iterator[str]:
    """The demo as `make run` shows it, the morning's work done; gives the town's address."""
    host, port = f"{town}.localhost", listener.getsockname()[1]
    environment = os.environ | {
        "OPSTAP_DATA": str(tmp_path),
        "OPSTAP_DEMO": "1",
        "OPSTAP_CITIES": "",
        "PORT": str(port),
    }
    types(environment, "migrate")
    types(environment, "seed", "demo", "--city", host)
    for job in ("flag-drop-offs", "signal-limits", "freeze-cohorts"):
        types(environment, "jobs", "run", job, "--city", host)
    with serving(environment, listener, tmp_path):
        yield f"http://{host}:{port}"
