"""Every page for every role fits a small and a wide screen, and hinders nobody (FIGURES A1)."""

import pytest

from kernel.cities import City
from tests.access.test_matrix import ANYBODY, DECLARED
from tests.access.world import World, build_world
from tests.browser.axe import faults_of, overflow_of
from tests.browser.conftest import PageAs
from tests.figures import Say

NOT_PAGES = ("/api/v1", "/static", "/theme.css", "/health", ".pdf", ".csv")
ROLES = ("nobody", "referrer", "provider", "regie", "finance", "evaluator", "administrator")


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1280])
def test_a_page_fits_and_hinders_nobody(
    city: City, page_as: PageAs, figure: Say, width: int
) -> None:
    world, seen = build_world(city), 0
    for role in ROLES:
        email = world.people[role].email if role != "nobody" else ""
        page = page_as(email, width=width)
        for path in pages_of(role, world):
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            assert overflow_of(page) == 0, f"{path} as {role} is wider than {width} pixels"
            assert faults_of(page) == [], f"{path} as {role}"
            assert page.title().strip(), path
            assert page.locator("h1").count() >= 1, f"{path} has no heading"
            seen += 1
        page.context.close()
    figure(f"A1 {width} px", f"{seen} pages of {len(ROLES)} roles: 0 serious or critical faults")


def pages_of(role: str, world: World) -> list[str]:
    """Give the addresses of every page that a role can open, with the world's ids in them."""
    paths = []
    for door, who in DECLARED.items():
        method, _, path = door.partition(" ")
        mine = who == ANYBODY if role == "nobody" else role in who
        if method == "GET" and mine and not any(part in path for part in NOT_PAGES):
            for name, value in world.ids().items():
                path = path.replace(f"<uuid:{name}>", str(value))
            if "<" not in path:
                paths.append(path)
    return paths
