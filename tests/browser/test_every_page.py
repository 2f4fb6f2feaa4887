"""Every page for every role fits a small and a wide screen, and hinders nobody (FIGURES A1)."""

import re
from urllib.parse import urlsplit

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from kernel.access import Role
from kernel.cities import City
from kernel.inviting import invite
from tests.access.test_matrix import ANYBODY, DECLARED
from tests.access.world import World, build_world
from tests.browser.axe import check_whole
from tests.browser.conftest import PageAs
from tests.build import PASSWORD
from tests.figures import Say

pytestmark = pytest.mark.browser

ROLES = ("nobody", "referrer", "provider", "regie", "finance", "evaluator", "administrator")
# What answers with something else than a page.
NOT_PAGES = re.compile(r"^(/api/v1/.*|/health|/theme\.css|/static/.*|.*\.(csv|json|pdf))$")
# What leads on: the start page, a piece of a page, a step of signing in without the one before.
LEADS = {"/", "/voorraad/reeksen", "/aanmelden/code", "/aanmelden/tweede-stap"}


@pytest.mark.parametrize("width", [320, 1280])
def test_a_page_fits_and_hinders_nobody(
    city: City, app: Flask, page_as: PageAs, figure: Say, width: int
) -> None:
    world, seen = build_world(city), list[str]()
    token = invited(city)
    for role in ROLES:
        page = page_as(world.people[role].email if role != "nobody" else "", width=width)
        for rule in sorted(pages(app)):
            if may_open(role, rule):
                path = filled(rule, world, token)
                answer = page.goto(path)
                assert answer is not None
                assert answer.status == 200, f"{path} as {role}"
                assert rule in LEADS or urlsplit(page.url).path == path, f"{path} led on"
                check_whole(page, f"{path} as {role}")
                seen.append(rule)
        page.context.close()
    assert set(seen) == pages(app)
    figure(
        f"A1 {width} px",
        f"{len(seen)} pages of {len(ROLES)} roles, every page route of the application among them: "
        "0 serious or critical faults",
    )


@pytest.mark.parametrize("width", [320, 1280])
def test_the_steps_of_signing_in_fit_too(city: City, page_as: PageAs, width: int) -> None:
    world = build_world(city)
    page = page_as(width=width)
    page.goto("/aanmelden")
    page.get_by_label("Je e-mailadres").fill(world.people["provider"].email)
    page.get_by_role("button", name="Stuur me een code").click()
    expect(page).to_have_url(re.compile("/aanmelden/code$"))
    check_whole(page, "the page of the code")
    regie = page_as(world.people["regie"].email, width=width)
    regie.goto("/account/tweede-stap")
    regie.get_by_role("button", name="Ik heb mijn telefoon bij me").click()
    secret = regie.get_by_text(re.compile(r"^[A-Z2-7 ]{32,}$")).inner_text().replace(" ", "")
    check_whole(regie, "the square of the second step")
    regie.get_by_label("Je code van zes cijfers").fill(pyotp.TOTP(secret).now())
    regie.get_by_role("button", name="Zet de tweede stap aan").click()
    expect(regie).to_have_url(re.compile("klaar=tweede-stap$"))
    regie.goto("/account/tweede-stap")
    check_whole(regie, "the second step as it is set")
    sign_in(page, world.people["regie"].email)
    expect(page).to_have_url(re.compile("/aanmelden/tweede-stap$"))
    check_whole(page, "the second step at the door")


def pages(app: Flask) -> set[str]:
    """Give the rule of every page that the application has."""
    rules = (rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set()))
    return {rule.rule for rule in rules if not NOT_PAGES.match(rule.rule)}


def may_open(role: str, rule: str) -> bool:
    """Say whether a page is declared to be for a role; one for anybody is opened by nobody."""
    who = DECLARED[f"GET {rule}"]
    return who == ANYBODY if role == "nobody" else role in who


def filled(rule: str, world: World, token: str) -> str:
    """Put the world's ids in a rule; one that has another parameter has no page to open."""
    values = {f"<uuid:{name}>": str(value) for name, value in world.ids().items()}
    values["<token>"] = token
    return re.sub("<[^>]+>", lambda part: values[part[0]], rule)


def invited(city: City) -> str:
    """Invite somebody; gives the last part of the link in the letter."""
    link = invite(
        city,
        email="sofie@ocmw.example",
        name="Sofie Demo",
        roles=[Role.REFERRER],
        organisation="OCMW Genk",
        key=city.secret_key,
    )
    return link.rpartition("/")[2]


def sign_in(page: Page, email: str) -> None:
    page.goto("/aanmelden")
    page.get_by_label("Je e-mailadres").fill(email)
    page.get_by_label("Je wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Meld je aan").click()
