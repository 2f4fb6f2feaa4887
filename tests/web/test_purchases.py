"""The regie buys places at its desk: a draft, a start, another amount, a pause, an end."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from kernel.access import Role
from kernel.audit import AuditRow
from kernel.cities import City
from kernel.organisations import OrganisationKind
from occasioneel.models import Purchase, PurchaseState
from tests import build, build_care
from tests.build import MONDAY, Person, at_work
from tests.web.people import form, said, signed_in, words

LIST, NEW = "/aankopen", "/aankopen/nieuw"
TODAY = MONDAY.date()


def test_four_answers_make_a_draft_and_one_press_starts_it(city: City, desk: FlaskClient) -> None:
    where = build_care.starter(city, name="Bij Amira")
    page = buys(desk, location=str(where), **{"amounts.occupied": "34,50"})
    assert page.status_code == 303
    text = said(desk, page.location)
    assert "Het ontwerp is bewaard" in text
    assert "€ 34,50" in text
    started = presses(desk, page.location, "starten")
    text = said(desk, started.location)
    assert "De aankoop loopt" in text
    assert text.count("Plaats een kind op plaats") == 3
    assert "0 van 3" in said(desk, LIST)


def test_the_same_form_sent_twice_is_one_draft(city: City, desk: FlaskClient) -> None:
    where = build_care.starter(city)
    hidden = form(desk, NEW)
    both = [
        desk.post(NEW, data=hidden | PLACES | {"location": str(where)}).location for _ in range(2)
    ]
    assert both[0] == both[1]
    assert how_many(city) == 1
    buys(desk, location=str(where), places="1")
    assert how_many(city) == 2


def test_a_licence_that_is_not_known_is_filled_in_right_there(
    city: City, desk: FlaskClient
) -> None:
    where = build_care.starter(city, step=None)
    refused = buys(desk, location=str(where))
    text = words(refused.get_data(as_text=True))
    assert refused.status_code == 422
    assert "De vergunning van deze opvang" in text
    assert 'name="standing.licensedPlaces"' in refused.get_data(as_text=True)
    assert 'value="32,50"' in refused.get_data(as_text=True), "what was typed is not lost"
    licence = {
        "standing.licensedPlaces": "8",
        "standing.step": "T0",
        "standing.since": "2026-09-01",
    }
    assert buys(desk, location=str(where), **licence).status_code == 303


WRONG = [
    ({"location": ""}, "Kies een opvang uit de lijst."),
    ({"location": str(uuid4())}, "Kies een opvang uit de lijst."),
    ({"places": ""}, "Kies 1, 2, 3 of 4 plaatsen."),
    ({"places": "5"}, "Kies 1, 2, 3 of 4 plaatsen."),
    ({"beginsOn": ""}, "Kies een dag."),
    ({"beginsOn": "morgen"}, "Kies een dag."),
    ({"beginsOn": "1999-01-01"}, "Kijk het jaar van deze dag na."),
    ({"parentsShare": ""}, "Kies wie het deel van de ouders int."),
    ({"amounts.occupied": ""}, "Vul een bedrag in, zoals 32,50."),
    ({"amounts.occupied": "veel"}, "Schrijf het bedrag zoals 32,50."),
    ({"amounts.occupied": "1.250"}, "Schrijf het bedrag zoals 32,50."),
    ({"amounts.occupied": "-5"}, "Schrijf het bedrag zoals 32,50."),
    ({"amounts.empty": "32,505"}, "Schrijf het bedrag zoals 32,50."),
]


def test_what_is_missing_or_wrong_is_said_at_its_field(city: City, desk: FlaskClient) -> None:
    where = str(build_care.starter(city))
    for changed, told in WRONG:
        answer = buys(desk, **({"location": where} | changed))
        assert answer.status_code == 422, changed
        assert told in words(answer.get_data(as_text=True)), changed
    assert how_many(city) == 0


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("32", "€ 32,00"), ("32,5", "€ 32,50"), ("€ 32.50", "€ 32,50"), ("0", "€ 0,00")],
)
def test_an_amount_is_typed_as_people_type_it(
    city: City, desk: FlaskClient, typed: str, shown: str
) -> None:
    where = build_care.starter(city)
    made = buys(desk, location=str(where), **{"amounts.occupied": typed})
    assert f"Bezet: {shown}" in said(desk, made.location)


def test_one_fixed_amount_unless_another_is_filled_in(city: City, desk: FlaskClient) -> None:
    amounts = {"amounts.occupied": "30", "amounts.empty": "15,25"}
    made = buys(desk, location=str(build_care.starter(city)), **amounts)
    text = said(desk, made.location)
    assert "Bezet: € 30,00 Kind afwezig: € 30,00 Leeg: € 15,25 Opvang dicht: € 0,00" in text


def test_step_2_is_refused_and_says_what_to_do(city: City, desk: FlaskClient) -> None:
    build_care.starter(city)
    answer = buys(desk, location=str(build_care.starter(city, step="T2")))
    assert answer.status_code == 422
    assert "De stad koopt alleen plaatsen in trap 0 en 1" in words(answer.get_data(as_text=True))


def test_a_new_amount_stands_above_the_former_one(
    city: City, desk: FlaskClient, regie: Person
) -> None:
    made = build_care.bought(city, regie)
    path = f"{LIST}/{made.id}"
    given = {"since": "2026-10-01", "amounts.occupied": "40"}
    done = presses(desk, path, "bedrag", **given)
    text = said(desk, done.location)
    assert text.index("01/10/2026 straks") < text.index("01/01/2025 tot en met 30/09/2026")
    past = presses(desk, path, "bedrag", **(given | {"since": "2026-09-06"}))
    assert past.status_code == 422
    assert "wat was, blijft zo" in words(past.get_data(as_text=True))


def test_a_pause_is_taken_back_with_one_press(city: City, desk: FlaskClient, regie: Person) -> None:
    made = build_care.bought(city, regie)
    path = f"{LIST}/{made.id}"
    paused = presses(desk, path, "pauzeren")
    page = desk.get(paused.location).get_data(as_text=True)
    assert "Gepauzeerd" in words(page)
    assert 'class="undo"' in page
    assert "Plaats een kind op plaats" not in words(page)
    back = presses(desk, paused.location, "hervatten")
    assert "Loopt" in said(desk, back.location)


def test_a_purchase_is_wound_down_and_ended_once_the_children_are_gone(
    city: City, desk: FlaskClient, regie: Person
) -> None:
    made = build_care.bought(city, regie)
    build_care.placed(city, regie, on=made.places[1])
    path = f"{LIST}/{made.id}"
    missing = presses(desk, path, "afbouwen")
    assert missing.status_code == 422
    assert "Kies waarom de stad stopt met kopen." in words(missing.get_data(as_text=True))
    done = presses(desk, path, "afbouwen", reason="viable")
    assert "Er is nog 1 kind." in said(desk, done.location)
    ended = presses(desk, path, "beeindigen", lastDay=TODAY.isoformat())
    assert ended.status_code == 409
    assert "Er zijn na die dag nog kinderen" in words(ended.get_data(as_text=True))


def test_a_cancelled_draft_offers_nothing_more(
    city: City, desk: FlaskClient, regie: Person
) -> None:
    path = f"{LIST}/{build_care.draft(city, regie)}"
    done = presses(desk, path, "annuleren")
    page = desk.get(done.location).get_data(as_text=True)
    assert "Geannuleerd" in words(page)
    assert '<form method="post"' not in page
    again = desk.post(f"{path}/starten", data=form(desk, NEW_FORM))
    assert again.status_code == 409
    assert "Dat kan niet met deze aankoop" in words(again.get_data(as_text=True))


def test_a_step_that_changed_is_told_with_what_to_do(
    city: City, desk: FlaskClient, regie: Person
) -> None:
    made = build_care.bought(city, regie)
    path = f"{LIST}/{made.id}"
    changed = {
        "standing.licensedPlaces": "8",
        "standing.step": "T2",
        "standing.since": TODAY.isoformat(),
    }
    done = presses(desk, path, "stand", **changed)
    text = said(desk, done.location)
    assert "Hier komen geen nieuwe kinderen" in text
    assert "Sinds 07/09/2026 is deze opvang in trap 2." in text
    assert "Plaats een kind op plaats" not in text
    wrong = presses(desk, path, "stand", **(changed | {"standing.licensedPlaces": "nul"}))
    assert wrong.status_code == 422


def test_who_opens_a_purchase_reads_the_files_of_its_children(
    city: City, desk: FlaskClient, regie: Person
) -> None:
    made = build_care.bought(city, regie)
    child = build_care.placed(city, regie, on=made.places[1], child={"first_name": "Lina"})
    assert "Lina" in said(desk, f"{LIST}/{made.id}")
    with at_work(city) as uow:
        rows = uow.session.execute(select(AuditRow.what, AuditRow.subject_id)).all()
    assert [tuple(row) for row in rows] == [("purchases.show", child.family_id)]


def test_no_purchases_and_no_places_to_buy_at_say_what_to_do_next(
    city: City, desk: FlaskClient
) -> None:
    assert "Nog geen aankopen" in said(desk, LIST)
    assert "Nog geen opvang om bij te kopen" in said(desk, NEW)


def test_the_list_has_what_runs_before_what_is_over(
    city: City, desk: FlaskClient, regie: Person
) -> None:
    for state in (PurchaseState.CANCELLED, PurchaseState.DRAFT, PurchaseState.ACTIVE):
        build_care.purchase_in(city, regie, state)
    text = said(desk, LIST)
    assert text.index("Loopt") < text.index("Ontwerp") < text.index("Geannuleerd")


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.REGIE, Role.CLOCK, Role.FAMILY}))
def test_nobody_else_buys(city: City, app: Flask, role: Role) -> None:
    home = build.organisation(city, OrganisationKind.CITY)
    client = signed_in(app, build.person(city, role, organisation_id=home))
    assert client.get(LIST).status_code == client.get(NEW).status_code == 403


def test_a_purchase_that_is_not_there_is_not_found(desk: FlaskClient) -> None:
    assert desk.get(f"{LIST}/{uuid4()}").status_code == 404


PLACES = {
    "places": "3",
    "beginsOn": "2026-09-07",
    "parentsShare": "provider-keeps",
    "amounts.occupied": "32,50",
}
NEW_FORM = "/account"


def buys(client: FlaskClient, **given: str) -> TestResponse:
    """Send the form that prepares a purchase."""
    hidden = form(client, NEW) if how_many_locations(client) else {}
    return client.post(NEW, data=hidden | PLACES | given)


def how_many_locations(client: FlaskClient) -> bool:
    """Say whether the form is there: a city without places to buy at has none."""
    return 'name="beginsOn"' in client.get(NEW).get_data(as_text=True)


def presses(client: FlaskClient, path: str, deed: str, **given: str) -> TestResponse:
    """Send the form of a purchase's page that does something."""
    action = f"{path.partition('?')[0]}/{deed}"
    return client.post(action, data=form(client, path, action=action) | given)


def how_many(city: City) -> int:
    with at_work(city) as uow:
        return uow.session.scalar(select(func.count()).select_from(Purchase)) or 0


@pytest.fixture(autouse=True)
def _on_monday() -> Iterator[None]:
    """The pages read the clock: it is Monday 7 September 2026."""
    with time_machine.travel(MONDAY):
        yield


@pytest.fixture
def regie(city: City) -> Person:
    return build.regie(city)


@pytest.fixture
def desk(app: Flask, regie: Person) -> FlaskClient:
    return signed_in(app, regie)
