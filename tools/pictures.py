"""`make pictures`: the README's screenshots, taken from the demo with a real browser.

Needs what the tests need (Chromium, Playwright); fills a throw-away folder with the demo first.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from PIL import ImageFilter
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from sqlalchemy import create_engine, text

from tests.browser.film import film, symbol
from tools.commands import ROOT

TOWNS = ("genk", "antwerpen")
SCREENS = ROOT / "docs" / "screens"
OPSTAP = Path(sys.executable).with_name("opstap")
COMMANDS = (
    "migrate",
    "seed demo",
    "jobs run flag-drop-offs",
    "jobs run signal-limits",
    "jobs run freeze-cohorts",
)
PHONE, DESK = ViewportSize(width=360, height=740), ViewportSize(width=1280, height=860)


def main() -> None:
    """Take every picture anew."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="opstap-pictures-") as folder:
        port = free_port()
        settings = os.environ | {"OPSTAP_DATA": folder, "OPSTAP_DEMO": "1", "PORT": str(port)}
        for command in COMMANDS:
            subprocess.run([OPSTAP, *command.split()], env=settings, cwd=ROOT, check=True)
        server = subprocess.Popen([OPSTAP, "serve"], env=settings, cwd=ROOT)
        try:
            wait_for(port)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path="/usr/bin/chromium",
                    args=["--no-sandbox", "--disable-gpu", *unsharp_camera(Path(folder))],
                )
                genk, antwerpen = (f"http://{town}.localhost:{port}" for town in TOWNS)
                take(browser, genk, open_code(Path(folder)))
                take_second_row(browser, genk, antwerpen)
        finally:
            server.terminate()
            server.wait(timeout=20)


def take(browser: Browser, base: str, code: str) -> None:
    """Open each page as the person it is for, and keep what it shows."""
    desk = signed_in(browser, base, "toeleider", DESK)
    keep(desk, "/meegeven", "hand-out")
    regie = signed_in(browser, base, "regie", DESK)
    keep(regie, "/regie/bereik", "uptake")
    phone = signed_in(browser, base, "opvang", PHONE)
    phone.goto("/scan?typ=1")
    phone.wait_for_load_state("networkidle")
    phone.screenshot(path=SCREENS / "scan.png")
    family = browser.new_context(base_url=base, viewport=PHONE).new_page()
    family.goto(f"/c?taal=ar#{code}")
    family.locator(".giant").wait_for()
    family.screenshot(path=SCREENS / "family-ar.png")
    phone.goto("/scan")
    phone.evaluate("code => sessionStorage.setItem('opstap-code', code)", code)
    phone.reload()
    phone.get_by_role("button", name="Ruil cheque in").click()
    phone.locator(".answer, [role=alert]").first.wait_for()
    phone.wait_for_load_state("networkidle")
    phone.screenshot(path=SCREENS / "redeemed.png")


def take_second_row(browser: Browser, genk: str, antwerpen: str) -> None:
    """Keep what follows a booklet: the call, the stock, the six months, the year."""
    desk = signed_in(browser, genk, "toeleider", DESK)
    desk.goto("/vandaag")
    card = desk.locator(".task").filter(has=desk.locator(".told")).first
    card.evaluate("card => card.scrollIntoView({block: 'center'})")
    desk.screenshot(path=SCREENS / "follow-up.png")
    keep(signed_in(browser, genk, "regie", DESK), "/voorraad", "stock")
    keep(signed_in(browser, antwerpen, "regie", DESK), "/kinderen", "children")
    keep(signed_in(browser, genk, "evaluator", DESK), "/cijfers", "evaluator")


def signed_in(browser: Browser, base: str, who: str, size: ViewportSize) -> Page:
    """Give a page on which one of the demo's people is signed in."""
    page = browser.new_context(base_url=base, viewport=size, locale="nl-BE").new_page()
    page.goto("/aanmelden")
    town = base.removeprefix("http://").partition(".")[0]
    page.fill("#email", f"{who}@{town}.example")
    page.fill("#password", "opstap-demo")
    page.get_by_role("button", name="Meld je aan").first.click()
    page.wait_for_url(lambda address: "aanmelden" not in address)
    return page


def keep(page: Page, path: str, name: str) -> None:
    """Keep the first screen of a page."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=SCREENS / f"{name}.png")


def unsharp_camera(folder: Path) -> tuple[str, ...]:
    """Give the flags for a camera that sees a cheque, not yet sharp enough to read."""
    cheque = symbol("https://opstap.example/c#0000000000000000")
    return film(folder, [(cheque.filter(ImageFilter.GaussianBlur(9)), 1)])


def open_code(folder: Path) -> str:
    """Give the code of a cheque that nobody used yet."""
    engine = create_engine(f"sqlite:///{folder}/genk.db")
    with engine.connect() as connection:
        code = connection.execute(
            text(
                "SELECT cheque.code FROM cheque JOIN booklet ON booklet.id = cheque.booklet_id"
                " WHERE cheque.state = 'open' AND booklet.state = 'handed_out'"
                " AND booklet.used_count BETWEEN 3 AND 6 AND booklet.last_used_on < date('now')"
                " ORDER BY booklet.handed_out_on DESC, cheque.number LIMIT 1"
            )
        ).scalar_one()
    engine.dispose()
    return str(code)


def free_port() -> int:
    """Give a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int, patience: float = 30) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    sys.exit("the server does not answer")


if __name__ == "__main__":
    main()
