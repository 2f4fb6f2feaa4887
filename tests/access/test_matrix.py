"""Every role at every door: declared here, or the test fails (FIGURES Z1)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app, migrate
from kernel.cities import Cities, City
from kernel.settings import Settings
from kernel.signing_in import sign_in
from tests.access.world import NOW, World, build_world
from tests.build import PASSWORD, Person, token
from tests.conftest import city_at
from tests.figures import Say
from web.identity import COOKIE

ANYBODY = frozenset({"anybody"})  # no account at all
SIGNED_IN = frozenset({"referrer", "provider", "regie", "finance", "evaluator", "administrator"})
CITYS = SIGNED_IN - {"referrer", "provider"}
DESKS = frozenset({"referrer", "regie"})
OFFICE = frozenset({"administrator", "regie"})
PROVIDERS = frozenset({"provider"})
SCANNERS = frozenset({"provider", "regie"})

# Who may come through which door. A route that is not here fails the test.
DECLARED: dict[str, frozenset[str]] = {
    "GET /": ANYBODY,
    "GET /health": ANYBODY,
    "GET /static/<path:filename>": ANYBODY,
    "GET /theme.css": ANYBODY,
    "GET /privacy": ANYBODY,
    "GET /toegankelijkheid": ANYBODY,
    "GET /hulp": ANYBODY,
    "GET /api": ANYBODY,
    "GET /api/v1/openapi.json": ANYBODY,
    "GET /c": ANYBODY,
    "POST /c": ANYBODY,
    "GET /aanmelden": ANYBODY,
    "POST /aanmelden": ANYBODY,
    "POST /afmelden": ANYBODY,
    "GET /aanmelden/code": ANYBODY,
    "POST /aanmelden/code": ANYBODY,
    "POST /aanmelden/code/invullen": ANYBODY,
    "GET /aanmelden/tweede-stap": ANYBODY,
    "POST /aanmelden/tweede-stap": ANYBODY,
    "GET /wachtwoord/vergeten": ANYBODY,
    "POST /wachtwoord/vergeten": ANYBODY,
    "GET /wachtwoord/<token>": ANYBODY,
    "POST /wachtwoord/<token>": ANYBODY,
    "GET /account": SIGNED_IN,
    "POST /account/afwezig": SIGNED_IN,
    "POST /account/terug": SIGNED_IN,
    "POST /account/mails": SIGNED_IN,
    "POST /account/toestel": SIGNED_IN,
    "POST /account/wachtwoord": SIGNED_IN,
    "GET /account/tweede-stap": CITYS,
    "POST /account/tweede-stap": CITYS,
    "POST /account/tweede-stap/begin": CITYS,
    "POST /account/tweede-stap/opnieuw": CITYS,
    "GET /meegeven": DESKS,
    "POST /meegeven": DESKS,
    "POST /meegeven/boekje": DESKS,
    "GET /boekjes": DESKS,
    "POST /boekjes/zoek": DESKS,
    "GET /boekjes/<uuid:booklet_id>": DESKS,
    "GET /boekjes/<uuid:booklet_id>/boekje.pdf": DESKS,
    "GET /boekjes/<uuid:booklet_id>/meekijken": DESKS,
    "POST /boekjes/<uuid:booklet_id>/eerste-bezoek": DESKS,
    "POST /boekjes/<uuid:booklet_id>/kwijt": DESKS,
    "POST /boekjes/<uuid:booklet_id>/bereikbaar": DESKS,
    "POST /boekjes/<uuid:booklet_id>/verlengen": frozenset({"regie"}),
    "POST /boekjes/<uuid:booklet_id>/verlenging-terug": frozenset({"regie"}),
    "POST /boekjes/<uuid:booklet_id>/terugnemen": DESKS,
    "POST /boekjes/<uuid:booklet_id>/tweede": frozenset({"regie"}),
    "GET /vandaag": DESKS,
    "POST /vandaag/<uuid:task_id>/afgerond": DESKS,
    "POST /vandaag/<uuid:task_id>/bezoek": DESKS,
    "POST /vandaag/<uuid:task_id>/terug": DESKS,
    "POST /boekjes/<uuid:booklet_id>/verder": DESKS,
    "POST /scan/<uuid:redemption_id>/verder": PROVIDERS,
    "GET /regie/opvolging": frozenset({"regie"}),
    "POST /regie/opvolging/<uuid:task_id>/overnemen": frozenset({"regie"}),
    "POST /regie/opvolging/<uuid:task_id>/teruggeven": frozenset({"regie"}),
    "GET /scan": PROVIDERS,
    "POST /scan": PROVIDERS,
    "GET /scan/<uuid:redemption_id>": PROVIDERS,
    "POST /scan/<uuid:redemption_id>/ongedaan": PROVIDERS,
    "GET /opvang/vandaag": PROVIDERS,
    "POST /opvang/vandaag/plaats": PROVIDERS,
    "GET /geld": PROVIDERS,
    "GET /geld.csv": PROVIDERS,
    "GET /geld/stad": frozenset({"finance"}),
    "GET /cijfers": frozenset({"evaluator"}),
    "GET /cijfers.csv": frozenset({"evaluator"}),
    "GET /regie/bereik": frozenset({"regie"}),
    "GET /regie/bereik.csv": frozenset({"regie"}),
    "GET /beheer/bewaren": OFFICE,
    "GET /beheer/bewaren.csv": OFFICE,
    "GET /beheer/inzage": frozenset({"administrator"}),
    "GET /beheer/inzage.csv": frozenset({"administrator"}),
    "POST /beheer/inzage": frozenset({"administrator"}),
    "GET /gezinnen/<uuid:family_id>/gegevens": frozenset({"regie"}),
    "GET /gezinnen/<uuid:family_id>/gegevens.json": frozenset({"regie"}),
    "GET /gezinnen/<uuid:family_id>/wissen": OFFICE,
    "POST /gezinnen/<uuid:family_id>/wissen": OFFICE,
    "GET /regie/opvang": OFFICE,
    "GET /regie/opvang/<uuid:location_id>/weigeren": OFFICE,
    "POST /regie/opvang/<uuid:location_id>/weigeren": OFFICE,
    "GET /opvang/meedoen": ANYBODY,
    "POST /opvang/meedoen": ANYBODY,
    "GET /opvang/team": PROVIDERS,
    "GET /opvang/team/nieuw": PROVIDERS,
    "POST /opvang/team/nieuw": PROVIDERS,
    "GET /opvang/team/plaats/<uuid:location_id>": PROVIDERS,
    "POST /opvang/team/plaats/<uuid:location_id>/telefoon": PROVIDERS,
    "POST /opvang/team/plaats/<uuid:location_id>/uren": PROVIDERS,
    "POST /opvang/team/plaats/<uuid:location_id>/gesloten": PROVIDERS,
    "POST /opvang/team/plaats/<uuid:location_id>/toch-open": PROVIDERS,
    "POST /opvang/team/mensen": PROVIDERS,
    "POST /opvang/team/mensen/<uuid:account_id>/opnieuw": PROVIDERS,
    "POST /opvang/team/mensen/<uuid:account_id>/intrekken": PROVIDERS,
    "POST /opvang/team/mensen/<uuid:account_id>/uitschakelen": PROVIDERS,
    "POST /opvang/team/mensen/<uuid:account_id>/inschakelen": PROVIDERS,
    "GET /beheer/mensen": OFFICE,
    "POST /beheer/mensen": OFFICE,
    "GET /beheer/mensen/uitnodigen": OFFICE,
    "POST /beheer/mensen/uitnodigen": OFFICE,
    "GET /beheer/mensen/<uuid:account_id>": OFFICE,
    "POST /beheer/mensen/<uuid:account_id>/opnieuw": OFFICE,
    "POST /beheer/mensen/<uuid:account_id>/intrekken": OFFICE,
    "POST /beheer/mensen/<uuid:account_id>/link": frozenset({"administrator"}),
    "POST /beheer/mensen/<uuid:account_id>/uitschakelen": frozenset({"administrator"}),
    "POST /beheer/mensen/<uuid:account_id>/inschakelen": frozenset({"administrator"}),
    "POST /beheer/mensen/<uuid:account_id>/rollen": frozenset({"administrator"}),
    "POST /beheer/mensen/<uuid:account_id>/organisatie": frozenset({"administrator"}),
    "POST /beheer/mensen/<uuid:account_id>/tweede-stap": frozenset({"administrator"}),
    "GET /regie/opvang/nieuw": OFFICE,
    "POST /regie/opvang/nieuw": OFFICE,
    "POST /regie/opvang/<uuid:location_id>/goedkeuren": OFFICE,
    "POST /regie/opvang/<uuid:location_id>/stoppen": OFFICE,
    "POST /regie/opvang/<uuid:location_id>/terug": OFFICE,
    "GET /kinderen": frozenset({"regie"}),
    "GET /kinderen/nieuw": frozenset({"regie"}),
    "POST /kinderen/nieuw": frozenset({"regie"}),
    "GET /kinderen/<uuid:placement_id>": frozenset({"regie"}),
    "POST /kinderen/<uuid:placement_id>/verplaatsen": frozenset({"regie"}),
    "POST /kinderen/<uuid:placement_id>/opnieuw-tellen": frozenset({"regie"}),
    "POST /kinderen/<uuid:placement_id>/stoppen": frozenset({"regie"}),
    "POST /kinderen/<uuid:placement_id>/toch-niet": frozenset({"regie"}),
    "POST /kinderen/<uuid:placement_id>/vergissing": frozenset({"regie"}),
    "POST /kinderen/<uuid:placement_id>/stap": frozenset({"regie"}),
    "POST /kinderen/<uuid:placement_id>/stap-terug": frozenset({"regie"}),
    "GET /aankopen": frozenset({"regie"}),
    "GET /aankopen/nieuw": frozenset({"regie"}),
    "POST /aankopen/nieuw": frozenset({"regie"}),
    "GET /aankopen/<uuid:purchase_id>": frozenset({"regie"}),
    "POST /aankopen/<uuid:purchase_id>/starten": frozenset({"regie"}),
    "POST /aankopen/<uuid:purchase_id>/annuleren": frozenset({"regie"}),
    "POST /aankopen/<uuid:purchase_id>/pauzeren": frozenset({"regie"}),
    "POST /aankopen/<uuid:purchase_id>/hervatten": frozenset({"regie"}),
    "POST /aankopen/<uuid:purchase_id>/afbouwen": frozenset({"regie"}),
    "POST /aankopen/<uuid:purchase_id>/beeindigen": frozenset({"regie"}),
    "POST /aankopen/<uuid:purchase_id>/bedrag": frozenset({"regie"}),
    "POST /aankopen/<uuid:purchase_id>/stand": frozenset({"regie"}),
    "GET /voorraad": frozenset({"regie"}),
    "POST /voorraad/leveren": frozenset({"regie"}),
    "GET /voorraad/reeksen": frozenset({"regie"}),
    "POST /voorraad/reeksen": frozenset({"regie"}),
    "GET /voorraad/reeksen/<uuid:batch_id>": frozenset({"regie"}),
    "GET /voorraad/reeksen/<uuid:batch_id>/boekjes.pdf": frozenset({"regie"}),
    "POST /voorraad/reeksen/<uuid:batch_id>/annuleren": frozenset({"regie"}),
    "POST /voorraad/reeksen/<uuid:batch_id>/weggooien": frozenset({"regie"}),
    "POST /voorraad/leveringen/<uuid:delivery_id>/terug": frozenset({"regie"}),
    "POST /voorraad/vragen/<uuid:holder_id>/afgehandeld": frozenset({"regie"}),
    "GET /voorraad/bij/<uuid:holder_id>": frozenset({"regie"}),
    "POST /voorraad/bij/<uuid:holder_id>/terug": frozenset({"regie"}),
    "POST /voorraad/bij/<uuid:holder_id>/door": frozenset({"regie"}),
    "GET /voorraad/<uuid:booklet_id>": frozenset({"regie"}),
    "POST /voorraad/<uuid:booklet_id>/terug": frozenset({"regie"}),
    "POST /voorraad/<uuid:booklet_id>/kwijt": frozenset({"regie"}),
    "POST /voorraad/<uuid:booklet_id>/weggooien": frozenset({"regie"}),
    "GET /voorraad/mijn": frozenset({"referrer"}),
    "POST /voorraad/mijn/vraag": frozenset({"referrer"}),
    "POST /voorraad/mijn/vraag/terug": frozenset({"referrer"}),
    "POST /voorraad/mijn/<uuid:booklet_id>/kwijt": frozenset({"referrer"}),
    "POST /api/v1/booklets": DESKS,
    "GET /api/v1/booklets/<uuid:booklet_id>": DESKS,
    "GET /api/v1/booklets/<uuid:booklet_id>/print": DESKS,
    "POST /api/v1/booklets/<uuid:booklet_id>/loss": DESKS,
    "POST /api/v1/booklets/<uuid:booklet_id>/hand-out": DESKS,
    "POST /api/v1/booklets/<uuid:booklet_id>/extension": frozenset({"regie"}),
    "POST /api/v1/booklets/<uuid:booklet_id>/delivery": frozenset({"regie"}),
    "POST /api/v1/booklet-batches": frozenset({"regie"}),
    "GET /api/v1/booklet-batches/<uuid:batch_id>": frozenset({"regie"}),
    "GET /api/v1/booklet-batches/<uuid:batch_id>/print": frozenset({"regie"}),
    "POST /api/v1/booklet-batches/<uuid:batch_id>/cancellation": frozenset({"regie"}),
    "POST /api/v1/cheques/lookup": SCANNERS,
    "GET /api/v1/redemptions": SCANNERS,
    "POST /api/v1/redemptions": SCANNERS,
    "POST /api/v1/redemptions/<uuid:redemption_id>/annulment": SCANNERS,
    "GET /api/v1/statistics/uptake": frozenset({"regie"}),
}
# What a form needs to be right, where its page is asked for its rows first.
RIGHT: dict[str, dict[str, str]] = {
    "POST /vandaag/<uuid:task_id>/afgerond": {"outcome": "will-go"},
    "POST /vandaag/<uuid:task_id>/bezoek": {
        "appointment.locationId": "00000000-0000-0000-0000-000000000001",
        "appointment.on": "2027-01-18",
    },
    "POST /boekjes/<uuid:booklet_id>/verder": {"answer": "unknown"},
    "POST /scan/<uuid:redemption_id>/verder": {"answer": "unknown"},
    "POST /voorraad/mijn/<uuid:booklet_id>/kwijt": {"reason": "stolen"},
}
# Without a family a booklet is a blank one, which is the regie's alone.
RIGHT_JSON: dict[str, dict[str, object]] = {
    "POST /api/v1/booklets": {"family": {}},
    "POST /api/v1/booklets/<uuid:booklet_id>/hand-out": {
        "family": {"reference": "OC-9", "language": "nl"},
        "meetsCriteria": True,
    },
}
OTHERS = {"referrer": "other referrer", "provider": "other provider"}


def test_every_route_is_declared_and_nothing_is_declared_in_vain(app: Flask) -> None:
    built = set(doors(app))
    assert built - set(DECLARED) == set()
    assert set(DECLARED) - built == set()


def test_whoever_may_not_is_refused_at_every_door(city: City, app: Flask, figure: Say) -> None:
    world, tried = build_world(city), 0
    visitors = {role: Visitor(app, city, world.people[role]) for role in SIGNED_IN}
    nobody = Visitor(app, city, None)
    for door in doors(app):
        if DECLARED[door] == ANYBODY:
            continue
        assert nobody.is_out(nobody.tries(door, world)), f"{door} let nobody in"
        for role, visitor in visitors.items():
            if role not in DECLARED[door]:
                answer = visitor.tries(door, world)
                assert answer.status_code == 403, f"{door} as {role}: {answer.status_code}"
            tried += 1
    figure("Z1", f"{tried} pairs of role and route tried, every one that is not declared refused")


def test_what_is_anothers_is_not_there(city: City, app: Flask, figure: Say) -> None:
    world, tried = build_world(city), 0
    for role, other in OTHERS.items():
        visitor = Visitor(app, city, world.people[other])
        for door in doors(app):
            if role in DECLARED[door] and "<uuid:" in door:
                answer = visitor.tries(door, world)
                assert answer.status_code == 404, f"{door} as {other}: {answer.status_code}"
                tried += 1
    figure("Z1 another's", f"{tried} routes with another organisation's id: 404 each")


def test_whoever_may_comes_in(city: City, app: Flask) -> None:
    world = build_world(city)
    for role in sorted(SIGNED_IN):
        visitor = Visitor(app, city, world.people[role])
        for door in sorted(doors(app), key=lambda each: (each[:3] != "GET", each)):
            if role in DECLARED[door] and "/static" not in door:
                answer = visitor.tries(door, world)
                assert not visitor.is_out(answer), f"{door} as {role}"
                assert answer.status_code not in {403, 404}, f"{door} as {role}"
                assert answer.status_code < 500, f"{door} as {role}"


def test_another_citys_people_are_nobody_here(two_cities: tuple[Flask, City, City]) -> None:
    app, genk, antwerpen = two_cities
    world = build_world(genk)
    build_world(antwerpen)
    for role in SIGNED_IN:
        visitor = Visitor(app, genk, world.people[role], at=antwerpen)
        for door in doors(app):
            if DECLARED[door] != ANYBODY:
                assert visitor.is_out(visitor.tries(door, world)), f"{door} as {role}"


class Visitor:
    """Somebody at the doors: with a browser for pages and a token for the API, or with neither."""

    def __init__(
        self, app: Flask, city: City, person: Person | None, *, at: City | None = None
    ) -> None:
        """Take the person with their city, and the city at whose doors they come."""
        self.base = f"http://{(at or city).host}"
        self.browser: FlaskClient = app.test_client()
        self.headers = token(city, person) if person else {}
        if person is not None:
            secret = sign_in(city, email=person.email, password=PASSWORD, now=NOW)
            self.browser.set_cookie(COOKIE, secret, domain=(at or city).host)
        page = "/account" if person and at is None else "/aanmelden"
        self.csrf = csrf_of(self.browser.get(page, base_url=self.base))

    def tries(self, door: str, world: World) -> TestResponse:
        """Come to a door with the first referrer's and provider's ids."""
        method, _, path = door.partition(" ")
        for name, value in world.ids().items():
            path = path.replace(f"<uuid:{name}>", str(value))
        json = RIGHT_JSON.get(door, {}) if method == "POST" else None
        if path.startswith("/api/v1"):
            query = "?from=2026-01-01&until=2026-12-31" if method == "GET" else ""
            return self.browser.open(
                path + query, method=method, json=json, headers=self.headers, base_url=self.base
            )
        data = {"csrf_token": self.csrf} | RIGHT.get(door, {}) if method == "POST" else None
        return self.browser.open(path, method=method, data=data, base_url=self.base)

    @staticmethod
    def is_out(answer: TestResponse) -> bool:
        """Say whether this was answered as to somebody who is not signed in."""
        to_sign_in = answer.status_code == 302 and "/aanmelden" in answer.headers["Location"]
        return answer.status_code == 401 or to_sign_in


def csrf_of(page: TestResponse) -> str:
    """Give the token that the page's forms carry."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    assert found, page.status
    return found[1]


def doors(app: Flask) -> Iterator[str]:
    """Give every method and rule of the application, as `GET /account`."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield f"{method} {rule.rule}"


@pytest.fixture
def two_cities(city: City, tmp_path: Path) -> Iterator[tuple[Flask, City, City]]:
    other = city_at(f"sqlite:///{tmp_path}/other.db", host="antwerpen.localhost", name="Antwerpen")
    migrate(other)
    settings = Settings(
        folder=tmp_path,
        cities=Cities([city, other]),
        port=8000,
        demo=False,
        secret_key="a key for tests",
    )
    yield create_app(settings), city, other
    other.database.dispose()


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: who may come in is decided before any database is asked."""
    return sqlite_url
