"""What axe-core finds wrong with a page for somebody who cannot see, point or read well."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_AXE = Path(__file__).parent.parent.parent / "node_modules" / "axe-core" / "axe.min.js"


@cache
def _script() -> str:
    return _AXE.read_text(encoding="utf-8")


def faults_of(page: Page) -> list[str]:
    """Give every serious or critical fault: the rule, and where it was broken first."""
    page.evaluate(_script())
    found: list[dict[str, Any]] = page.evaluate("axe.run().then(found => found.violations)")
    return [
        f"{fault['id']}: {fault['nodes'][0]['html']}"
        for fault in found
        if fault["impact"] in {"serious", "critical"}
    ]


def check_whole(page: Page, what: str) -> None:
    """See that a page has a title and a heading, fits its window, and hinders nobody."""
    page.wait_for_load_state()  # after a click: its styles may still be on their way
    assert page.title().strip(), what
    assert page.locator("h1").count() >= 1, f"{what} has no heading"
    wide = page.evaluate("innerWidth")
    assert overflow_of(page) == 0, f"{what} is wider than {wide} pixels"
    assert faults_of(page) == [], f"{what}, {wide} pixels wide"


def overflow_of(page: Page) -> int:
    """Give how many pixels the page is wider than its window; 0 when nothing sticks out."""
    wide: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wide
