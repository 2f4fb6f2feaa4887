"""The regie's list of children by the days to their limit, and all that it does with one."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from jobs.dispatch import dispatch_events
from kernel.access import Role
from kernel.audit import AuditRow
from kernel.calendar import BRUSSELS
from kernel.cities import City
from kernel.organisations import OrganisationKind
from kernel.tasks import Task
from occasioneel.models import Placement
from occasioneel.signalling import signal_limits
from tests import build, build_care
from tests.build import Person, at_work
from tests.build_care import Bought
from tests.web.people import form, said, signed_in, words

LIST, NEW = "/kinderen", "/kinderen/nieuw"
NOW = datetime.combine(date(2027, 6, 16), time(9), BRUSSELS)  # a Wednesday
TODAY = NOW.date()
LINA = {
    "child.firstName": "Lina",
    "child.birthMonth": "2026-01",
    "reason": "training",
    "since": TODAY.isoformat(),
    "family.reference": "OC-7",
    "family.language": "ar",
    "family.phone": "0470 11 22 33",
}


def test_children_stand_by_their_days_to_the_limit_those_beyond_it_first(
    city: City, desk: FlaskClient, regie: Person, bought: Bought
) -> None:
    for name, since in (
        ("Ruim", date(2027, 6, 1)),
        ("Voorbij", date(2026, 12, 1)),
        ("Bijna", date(2027, 1, 15)),
        ("Halfweg", date(2027, 2, 10)),
    ):
        placed(city, regie, bought, name, since)
    text = said(desk, LIST)
    order = [text.index(f" {name} ") for name in ("Voorbij", "Bijna", "Halfweg", "Ruim")]
    assert order == sorted(order)
    for told in (
        "16 dagen voorbij Voorbij",
        "28 dagen over Bijna",
        "Nog 1 maand tot en met 14 juli 2027",
        "Nog 2 maanden tot en met 9 augustus 2027",
        "Ruim tot en met 30 november 2027",
        "plaats 1",
    ):
        assert told in text.replace("\xa0", " "), told


def test_on_the_last_day_and_the_day_after(
    city: City, desk: FlaskClient, regie: Person, bought: Bought
) -> None:
    placed(city, regie, bought, "Lina", date(2026, 12, 17))
    assert "0 dagen over, vandaag is de laatste" in said(desk, LIST)
    with time_machine.travel(NOW + timedelta(days=1)):
        assert "1 dag voorbij" in said(signed_in(desk, regie), LIST)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?toon=voorbij", {"Voorbij"}),
        ("?toon=een-maand", {"Bijna"}),
        ("?toon=twee-maanden", set()),
        ("?toon=kaart", {"Bijna"}),
        ("?toon=onzin", {"Voorbij", "Bijna", "Elders"}),
        ("?opvang=geen-id&wijk=ook-niet", {"Voorbij", "Bijna", "Elders"}),
    ],
)
def test_four_numbers_lead_to_their_children(
    city: City, app: Flask, query: str, names: set[str]
) -> None:
    regie = build.regie(city)
    bought, other = (build_care.bought(city, regie, now=NOW) for _ in range(2))
    placed(city, regie, bought, "Bijna", date(2027, 1, 15))
    card_for(city)
    placed(city, regie, bought, "Voorbij", date(2026, 12, 1))
    placed(city, regie, other, "Elders", date(2027, 6, 1))
    text = said(signed_in(app, regie), LIST + query)
    assert {name for name in ("Voorbij", "Bijna", "Elders") if f" {name} " in text} == names


def test_a_list_of_one_location_or_district(
    city: City, desk: FlaskClient, regie: Person, bought: Bought
) -> None:
    deurne = build.district(city, name="Deurne")
    where = build_care.starter(city, district_id=deurne)
    other = build_care.bought(city, regie, location_id=where, now=NOW)
    placed(city, regie, bought, "Hier", TODAY)
    placed(city, regie, other, "Daar", TODAY)
    for query in (f"?opvang={where}", f"?wijk={deurne}"):
        text = said(desk, LIST + query)
        assert " Daar " in text
        assert " Hier " not in text
    assert "Niemand in deze lijst" in said(desk, f"{LIST}?opvang={uuid4()}")


def test_nobody_yet_says_what_to_do_next(desk: FlaskClient) -> None:
    text = said(desk, LIST)
    assert "Nog geen kinderen" in text
    assert "Naar de aankopen" in text
    assert "Geen plaats vrij" in said(desk, NEW)


def test_every_child_on_the_page_leaves_an_audit_row_and_those_that_are_not_shown_none(
    city: City, desk: FlaskClient, regie: Person, bought: Bought
) -> None:
    child = placed(city, regie, bought, "Voorbij", date(2026, 12, 1))
    placed(city, regie, bought, "Ruim", TODAY)
    said(desk, f"{LIST}?toon=voorbij")
    said(desk, f"{LIST}/{child.id}")
    with at_work(city) as uow:
        rows = uow.session.execute(
            select(AuditRow.what, AuditRow.subject_id, AuditRow.account_id).order_by(
                AuditRow.number
            )
        )
        assert [tuple(row) for row in rows] == [
            ("children.index", child.family_id, regie.actor.account_id),
            ("children.show", child.family_id, regie.actor.account_id),
        ]


def test_a_child_is_placed_on_the_first_free_place_and_that_can_be_undone(
    city: City, desk: FlaskClient, bought: Bought
) -> None:
    done = places(desk, where=f"location:{bought.location_id}")
    assert done.status_code == 303, words(done.get_data(as_text=True))
    page = desk.get(done.location).get_data(as_text=True)
    text = words(page).replace("\xa0", " ")
    for told in ("Lina , 17 maanden", "plaats 1", "Opleiding start", "OC-7", "Leest Arabisch"):
        assert told in text, told
    assert "Tot en met woensdag 15 december 2027" in text
    assert 'href="tel:+32470112233"' in page
    undo = f"{done.location.partition('?')[0]}/vergissing"
    after = desk.post(undo, data=form(desk, done.location, action=undo))
    assert "De plaats is weer vrij" in said(desk, after.location)
    assert "Nog geen kinderen" in said(desk, LIST)


def test_the_same_form_sent_twice_places_one_child(
    city: City, desk: FlaskClient, bought: Bought
) -> None:
    sent = form(desk, NEW) | LINA | {"where": f"place:{bought.places[1]}"}
    assert desk.post(NEW, data=sent).location == desk.post(NEW, data=sent).location


WRONG = [
    ({"child.firstName": ""}, "Voornaam: Vul dit in."),
    ({"child.firstName": "x" * 26}, "Dit is te lang: schrijf hoogstens 25 tekens."),
    ({"child.birthMonth": ""}, "Kies een maand."),
    ({"child.birthMonth": "2027-07"}, "Deze maand komt na de eerste dag."),
    ({"reason": ""}, "Kies waarom het gezin nu opvang nodig heeft."),
    ({"reason": "crisis"}, "Kies waarom het gezin nu opvang nodig heeft."),
    ({"where": ""}, "Kies een plaats."),
    ({"where": "place:hier"}, "Kies een plaats uit de lijst."),
    ({"since": ""}, "Kies een dag."),
    ({"since": "2030-01-01"}, "Kies een dag die hoogstens"),
    ({"family.reference": "85073003328"}, "Dit lijkt op een rijksregisternummer."),
    ({"family.language": ""}, "Kies een taal."),
    ({"family.phone": "bel mama"}, "Dit is geen telefoonnummer."),
]


def test_what_is_missing_or_wrong_is_said_and_nothing_typed_is_lost(
    desk: FlaskClient, bought: Bought
) -> None:
    for changed, told in WRONG:
        answer = places(desk, **({"where": f"place:{bought.places[1]}"} | changed))
        assert answer.status_code == 422, changed
        page = answer.get_data(as_text=True)
        assert told in words(page), changed
        kept = changed.get("family.phone", LINA["family.phone"])
        assert f'value="{kept}"' in page


def test_a_place_that_was_just_taken_says_so(
    city: City, desk: FlaskClient, regie: Person, bought: Bought
) -> None:
    hidden = form(desk, NEW)
    build_care.placed(city, regie, on=bought.places[1], since=TODAY, now=NOW)
    sent = hidden | LINA | {"where": f"place:{bought.places[1]}"}
    answer = desk.post(NEW, data=sent)
    assert answer.status_code == 409
    assert "Op deze plaats is er in die dagen al een ander kind" in words(
        answer.get_data(as_text=True)
    )


def test_a_free_place_of_a_purchase_leads_here_with_its_place_chosen(
    desk: FlaskClient, bought: Bought
) -> None:
    page = desk.get(f"{NEW}?plaats={bought.places[3]}").get_data(as_text=True)
    assert f'<option value="place:{bought.places[3]}" selected>' in page
    assert desk.get(f"{NEW}?plaats=onzin&opnieuw=onzin").status_code == 200
    assert desk.get(f"{NEW}?opnieuw={uuid4()}").status_code == 404


def test_the_card_is_closed_in_the_list_and_opened_again(
    city: City, desk: FlaskClient, regie: Person, bought: Bought
) -> None:
    child = placed(city, regie, bought, "Lina", date(2027, 1, 15))
    card_for(city)
    text = said(desk, LIST)
    assert "Kaart open: 5 maanden Nadia" in text
    step = f"{LIST}/{child.id}/stap"
    hidden = form(desk, LIST, action=step)
    done = desk.post(step, data=hidden | {"step": "search"})
    assert done.status_code == 303
    page = desk.get(done.location).get_data(as_text=True)
    assert "Lina : we zoeken een vaste plek" in words(page)
    assert "Kaart open" not in words(page)
    undo = f"{LIST}/{child.id}/stap-terug"
    back = desk.post(undo, data=form(desk, done.location, action=undo))
    assert "Kaart open: 5 maanden" in said(desk, back.location)


def test_the_card_on_the_childs_own_page_asks_for_a_step(
    city: City, desk: FlaskClient, regie: Person, bought: Bought
) -> None:
    child = placed(city, regie, bought, "Lina", date(2027, 1, 15))
    card_for(city)
    step = f"{LIST}/{child.id}/stap"
    hidden = form(desk, f"{LIST}/{child.id}", action=step)
    refused = desk.post(step, data=hidden)
    assert refused.status_code == 422
    assert "Kies de volgende stap." in words(refused.get_data(as_text=True))
    done = desk.post(step, data=hidden | {"step": "enrol"})
    text = said(desk, done.location)
    assert "Volgende stap Ingeschreven, startdag bekend" in text
    assert "Genoteerd. De kaart is dicht." in text
    again = desk.post(step, data=hidden | {"step": "search"})
    assert again.status_code == 409
    assert "al afgerond" in words(again.get_data(as_text=True))


def test_a_move_says_that_the_months_go_on(
    city: City, desk: FlaskClient, regie: Person, bought: Bought
) -> None:
    child = placed(city, regie, bought, "Lina", date(2027, 1, 15))
    given = {"where": f"place:{bought.places[3]}", "since": TODAY.isoformat()}
    done = presses(desk, child.id, "verplaatsen", **given)
    text = said(desk, done.location).replace("\xa0", " ")
    assert "De zes maanden lopen gewoon verder" in text
    assert "plaats 3" in text
    assert "Begonnen vrijdag 15 januari 2027" in text
    former = said(desk, f"{LIST}/{child.id}")
    assert "Was hier" in former
    assert "Verplaatst" in former
    wrong = presses(desk, UUID(done.location.split("/")[2][:36]), "verplaatsen", where="x")
    assert wrong.status_code == 422


def test_a_decision_lets_the_months_begin_anew_and_stands_in_the_history(
    city: City, desk: FlaskClient, regie: Person, bought: Bought
) -> None:
    child = placed(city, regie, bought, "Lina", date(2027, 1, 15))
    given = {"restartSince": "2027-06-01", "restartReason": "new-route"}
    done = presses(desk, child.id, "opnieuw-tellen", **given)
    text = said(desk, done.location)
    assert "De maanden tellen nu vanaf dinsdag 1 juni 2027" in text
    assert "anaf 01/06/2027: nieuw werk of nieuwe opleiding" in text
    assert "Nadia Demo" in text
    refused = presses(desk, UUID(done.location.split("/")[2][:36]), "opnieuw-tellen")
    assert refused.status_code == 422
    assert "Kies een reden." in words(refused.get_data(as_text=True))


def test_an_end_asks_where_the_child_goes_and_can_be_undone(
    city: City, desk: FlaskClient, regie: Person, bought: Bought
) -> None:
    child = placed(city, regie, bought, "Lina", date(2027, 1, 15))
    refused = presses(desk, child.id, "stoppen", lastDay=TODAY.isoformat())
    assert refused.status_code == 422
    assert "Kies waar het kind naartoe gaat." in words(refused.get_data(as_text=True))
    given = {"lastDay": "2027-06-18", "outcome": "regular-elsewhere"}
    done = presses(desk, child.id, "stoppen", **given)
    text = said(desk, done.location)
    assert "Vaste plek, elders" in text
    assert "laatste dag 18/06/2027" in said(desk, LIST), "until then the child is still there"
    undo = f"{LIST}/{child.id}/toch-niet"
    back = desk.post(undo, data=form(desk, done.location, action=undo))
    assert "Verplaats naar…" in said(desk, back.location)


def test_a_child_that_comes_back_asks_what_becomes_of_its_months(
    city: City, desk: FlaskClient, regie: Person, bought: Bought
) -> None:
    first = places(desk, where=f"place:{bought.places[1]}").location.partition("?")[0]
    child = UUID(first.rpartition("/")[2])
    presses(desk, child, "stoppen", lastDay=TODAY.isoformat(), outcome="parent-stops")
    with time_machine.travel(NOW + timedelta(days=20)):
        desk = signed_in(desk, regie)
        path = f"{NEW}?opnieuw={child}"
        page = desk.get(path).get_data(as_text=True)
        assert 'value="Lina"' in page
        assert 'value="OC-7"' in page
        given = form(desk, path) | LINA | {"where": f"place:{bought.places[1]}"}
        given |= {"since": "2027-07-06"}
        asked = desk.post(path, data=given)
        assert asked.status_code == 422
        text = words(asked.get_data(as_text=True))
        assert "De maanden begonnen op 16 juni 2027; de laatste dag was 16 juni 2027." in text
        done = desk.post(path, data=given | {"clock": "goes-on"})
        assert "De maanden lopen verder, sinds 16/06/2027" in said(desk, done.location)


def test_a_child_of_three_is_told(
    city: City, desk: FlaskClient, regie: Person, bought: Bought
) -> None:
    child = {"first_name": "Lina", "birth_month": date(2024, 6, 1)}
    build_care.placed(city, regie, on=bought.places[1], since=TODAY, now=NOW, child=child)
    assert "3 jaar of ouder" in said(desk, LIST)


def test_no_name_is_in_any_address(city: City, desk: FlaskClient, bought: Bought) -> None:
    done = places(desk, where=f"place:{bought.places[1]}")
    page = desk.get(done.location).get_data(as_text=True) + desk.get(LIST).get_data(as_text=True)
    addresses = [part.partition('"')[0] for part in page.split('href="')[1:]]
    addresses += [part.partition('"')[0] for part in page.split('action="')[1:]]
    assert not any("Lina" in each or "OC-7" in each for each in [*addresses, done.location])


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.REGIE, Role.CLOCK, Role.FAMILY}))
def test_nobody_else_reads_of_a_child(city: City, app: Flask, role: Role) -> None:
    regie = build.regie(city)
    bought = build_care.bought(city, regie, now=NOW)
    child = placed(city, regie, bought, "Lina", TODAY)
    home = build.organisation(city, OrganisationKind.CITY, name="Elders")
    client = signed_in(app, build.person(city, role, organisation_id=home))
    for path in (LIST, NEW, f"{LIST}/{child.id}"):
        assert client.get(path).status_code == 403


def test_a_hostile_first_name_is_text(
    city: City, desk: FlaskClient, regie: Person, bought: Bought
) -> None:
    placed(city, regie, bought, "<script>alert(1)</script>", TODAY)
    page = desk.get(LIST).get_data(as_text=True)
    assert "<script>alert" not in page


def placed(city: City, by: Person, bought: Bought, name: str, since: date) -> Placement:
    return build_care.placed(
        city,
        by,
        at=bought.location_id,
        since=since,
        now=NOW,
        child={"first_name": name, "birth_month": date(2026, 1, 1)},
    )


def card_for(city: City) -> None:
    """Let the clock of this morning open the cards."""
    with at_work(city, now=NOW) as uow:
        signal_limits(uow)
    dispatch_events(city, NOW)
    with at_work(city) as uow:
        assert len(uow.session.scalars(select(Task)).all()) == 1


def places(client: FlaskClient, **given: str) -> TestResponse:
    """Send the form that places a child."""
    return client.post(NEW, data=form(client, NEW) | LINA | given)


def presses(client: FlaskClient, placement_id: UUID, deed: str, **given: str) -> TestResponse:
    """Send a form of a child's page."""
    path = f"{LIST}/{placement_id}"
    return client.post(f"{path}/{deed}", data=form(client, path, action=f"{path}/{deed}") | given)


@pytest.fixture(autouse=True)
def _on_wednesday() -> Iterator[None]:
    """The pages read the clock: it is Wednesday 16 June 2027."""
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def regie(city: City) -> Person:
    return build.regie(city)


@pytest.fixture
def bought(city: City, regie: Person) -> Bought:
    return build_care.bought(city, regie, now=NOW)


@pytest.fixture
def desk(app: Flask, regie: Person) -> FlaskClient:
    return signed_in(app, regie)
