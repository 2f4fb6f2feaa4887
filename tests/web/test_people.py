"""The administrator's page of people: found, invited, given roles, let go, and back."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from jobs.dispatch import dispatch_events
from kernel.access import Role
from kernel.accounts import Account
from kernel.cities import City
from kernel.events import Delivery, RecordedEvent
from kernel.organisations import OrganisationKind
from tests import build
from tests.build import MONDAY, Person, at_work
from tests.fuzz.test_names import NAMES
from tests.web.people import form, said, signed_in, words

LIST, NEW = "/beheer/mensen", "/beheer/mensen/uitnodigen"
NADIA = {
    "name": "Nadia Demo",
    "email": "nadia@genk.example",
    "roles.referrer": "true",
    "newOrganisation": "OCMW Genk",
    "sort": "OCMW",
    "prefix": "OC",
}


def test_an_invited_person_is_shown_with_the_letter_on_its_way(client: FlaskClient) -> None:
    answer = invites(client)
    assert answer.status_code == 303
    assert "nadia" not in answer.location
    page = said(client, answer.location)
    assert "De uitnodiging is klaar." in page
    assert "De brief is onderweg." in page
    assert "OCMW Genk" in page


def test_a_letter_that_cannot_be_delivered_is_said_and_its_link_shown_once(
    client: FlaskClient, city: City
) -> None:
    path = invites(client).location.partition("?")[0]
    dispatch_events(city, MONDAY)
    with at_work(city) as uow:
        uow.session.execute(update(Delivery).values(done_at=None, parked_at=MONDAY))
    assert "kon niet bezorgd worden" in said(client, path)
    assert "/wachtwoord/" not in client.get(path).text
    shown = press(client, path, "link")
    link = re.search(r"http://genk\.localhost(/wachtwoord/[\w.-]+)", shown)
    assert link is not None
    assert client.get(link[1]).status_code == 200
    assert "/wachtwoord/" not in client.get(path).text
    with at_work(city) as uow:
        events = set(uow.session.scalars(select(RecordedEvent.name)))
    assert "kernel.invitation_shown" in events


def test_a_known_address_leads_to_its_account(client: FlaskClient, city: City) -> None:
    known = build.referrer(city, email="nadia@genk.example")
    answer = invites(client)
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "Dit adres heeft hier al een account." in words(page)
    assert f'href="{LIST}/{known.actor.account_id}"' in page
    assert 'value="Nadia Demo"' in page


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": " "}, "Vul dit in."),
        ({"email": "nadia"}, "Dit is geen e-mailadres."),
        ({"email": "nadia@genk.example\r\nBcc: x@y.be"}, "Hier staat een teken"),
        ({"roles.referrer": ""}, "Kies minstens één rol."),
        ({"roles.provider": "true"}, "Opvang gaat niet samen"),
        ({"newOrganisation": ""}, "Kies een organisatie, of typ de naam"),
        ({"prefix": "O1"}, "hoogstens zes letters"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    client: FlaskClient, wrong: dict[str, str], told: str
) -> None:
    answer = invites(client, **wrong)
    assert answer.status_code == 422
    assert told in words(answer.get_data(as_text=True))
    assert 'value="OCMW Genk"' in answer.text or "newOrganisation" in wrong


def test_people_are_searched_without_a_name_in_the_address(client: FlaskClient, city: City) -> None:
    invites(client)
    found = client.post(LIST, data=form(client, LIST, action=LIST) | {"zoek": "NADIA@"})
    assert "1 persoon" in words(found.text)
    assert "Niemand gevonden" in words(
        client.post(LIST, data=form(client, LIST, action=LIST) | {"zoek": "zz"}).text
    )
    assert "1 persoon" in said(client, f"{LIST}?rol=referrer")
    assert "uitgenodigd" in said(client, f"{LIST}?staat=invited")
    assert "Niemand gevonden" in said(client, f"{LIST}?staat=disabled")
    assert "2 mensen" in said(client, f"{LIST}?rol=onzin&staat=x&pagina=y")


def test_fifty_people_fill_a_page(client: FlaskClient, city: City) -> None:
    home = build.organisation(city, OrganisationKind.REFERRER)
    with at_work(city) as uow:
        uow.session.add_all(
            Account(organisation_id=home, email=f"{n}@genk.example", name=f"Mens {n:02}")
            for n in range(52)
        )
    assert "Mensen 1 tot 50 van 53" in said(client, LIST)
    assert "Mens 51" in said(client, f"{LIST}?pagina=2")


def test_somebody_is_disabled_and_that_can_be_undone(
    client: FlaskClient, city: City, app: Flask
) -> None:
    pieter = build.referrer(city)
    theirs = signed_in(app, pieter)
    path = f"{LIST}/{pieter.actor.account_id}"
    page = press(client, path, "uitschakelen")
    assert "kan niet meer aanmelden" in words(page)
    assert "/aanmelden" in theirs.get("/account").location
    undone = press(client, f"{path}?klaar=uitgeschakeld", "inschakelen")
    assert "Dit account werkt weer." in words(undone)
    signed_in(app, pieter)


def test_the_last_administrator_stays(
    client: FlaskClient, city: City, administrator: Person
) -> None:
    path = f"{LIST}/{administrator.actor.account_id}"
    assert "Schakel uit" not in said(client, path)
    refused = client.post(f"{path}/uitschakelen", data=form(client, path))
    assert refused.status_code == 409
    assert "laatste beheerder" in words(refused.text)
    roles = client.post(f"{path}/rollen", data=form(client, path) | {"roles.regie": "true"})
    assert "laatste beheerder" in words(roles.text)


def test_roles_and_the_organisations_name_change(
    client: FlaskClient, city: City, administrator: Person
) -> None:
    home = administrator.organisation_id
    joris = build.person(city, Role.REGIE, organisation_id=home)
    path = f"{LIST}/{joris.actor.account_id}"
    given = form(client, path, action=f"{path}/rollen") | {"roles.finance": "true"}
    page = client.post(f"{path}/rollen", data=given, follow_redirects=True)
    assert "Rol Financiën" in words(page.text)
    given = form(client, path, action=f"{path}/organisatie") | {"name": "Stad Genk, dienst Jeugd"}
    page = client.post(f"{path}/organisatie", data=given, follow_redirects=True)
    assert "Organisatie Stad Genk, dienst Jeugd" in words(page.text)


def test_an_unused_invitation_is_withdrawn(client: FlaskClient) -> None:
    path = invites(client).location.partition("?")[0]
    assert "ingetrokken" in words(press(client, path, "intrekken"))
    assert client.get(path).status_code == 404
    assert invites(client).status_code == 303


def test_the_regie_sees_and_invites_referrers_and_providers_only(
    app: Flask, city: City, administrator: Person
) -> None:
    regie = signed_in(app, build.regie(city))
    assert "Nog niemand" in said(regie, LIST)
    assert invites(regie).status_code == 303
    assert "Beheer" not in said(regie, NEW)
    assert regie.get(f"{LIST}/{administrator.actor.account_id}").status_code == 404
    given = {"roles.referrer": "", "roles.administrator": "true", "email": "x@genk.example"}
    assert invites(regie, **given).status_code == 403


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_script_is_kept_and_shown(client: FlaskClient, name: str) -> None:
    path = invites(client, name=name).location
    assert name in said(client, path)


def invites(client: FlaskClient, **changed: str) -> TestResponse:
    return client.post(NEW, data=form(client, NEW) | NADIA | changed)


def press(client: FlaskClient, path: str, deed: str) -> str:
    """Press one of a person's deeds, and give the page that follows."""
    action = f"{path.partition('?')[0]}/{deed}"
    given = form(client, path, action=action)
    answer = client.post(action, data=given, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.fixture
def administrator(city: City) -> Person:
    home = build.organisation(city, OrganisationKind.CITY, name="Stad Genk")
    return build.person(city, Role.ADMINISTRATOR, organisation_id=home)


@pytest.fixture
def client(app: Flask, administrator: Person) -> FlaskClient:
    return signed_in(app, administrator)
