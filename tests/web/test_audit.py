"""The administrator finds who opened whose file, without a name or a reference in an address."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from kernel.access import Role
from kernel.audit import AuditRow
from kernel.cities import City
from kernel.organisations import OrganisationKind
from tests import build
from tests.build import Paper, Person, at_work
from tests.web.people import form, said, signed_in
from vouchers.models import Booklet

NOW = datetime.now(UTC)


def test_an_empty_list_says_what_will_stand_there(city: City, app: Flask) -> None:
    text = said(signed_in(app, administrator(city)), "/beheer/inzage")
    assert "Nog niemand opende een dossier" in text


def test_it_tells_who_when_which_page_and_which_family(city: City, app: Flask) -> None:
    nadia = build.referrer(city, organisation_name="OCMW Genk")
    paper = build.handed_out(city, nadia, now=NOW, reference="OC-77")
    reader = signed_in(app, nadia)
    reader.get(f"/boekjes/{paper.id}")
    reader.get(f"/boekjes/{paper.id}/meekijken")
    text = said(signed_in(app, administrator(city)), "/beheer/inzage")
    for told in ("Nadia Demo", "OCMW Genk", "Boekje: laat meekijken", "OC-77", f"{NOW:%d/%m/%Y}"):
        assert told in text


@pytest.mark.parametrize("typed", ["OC-77", "oc-77", "  OC-77 ", "number"])
def test_a_family_is_found_by_its_reference_or_its_booklets_number(
    city: City, app: Flask, typed: str
) -> None:
    paper = opened(city, app, "OC-77")
    opened(city, app, "OC-78")
    clerk = signed_in(app, administrator(city))
    text = paper.number if typed == "number" else typed
    answer = clerk.post("/beheer/inzage", data=form(clerk, "/beheer/inzage") | {"gezin": text})
    assert answer.status_code == 303
    where = answer.headers["Location"]
    assert "OC-77" not in where
    assert paper.number not in where
    shown = said(clerk, where)
    assert "OC-77" in shown
    assert "OC-78" not in shown


def test_one_reference_in_two_organisations_is_asked_about(city: City, app: Flask) -> None:
    opened(city, app, "OC-77")
    opened(city, app, "OC-77")
    clerk = signed_in(app, administrator(city))
    sent = form(clerk, "/beheer/inzage") | {"gezin": "OC-77"}
    answer = clerk.post("/beheer/inzage", data=sent)
    assert answer.status_code == 200
    assert "Welk gezin bedoel je?" in answer.get_data(as_text=True)


@pytest.mark.parametrize("typed", ["", "OC-99", "%", "x" * 500, "\x00"])
def test_what_finds_nobody_is_said_at_the_field(city: City, app: Flask, typed: str) -> None:
    opened(city, app, "OC-77")
    clerk = signed_in(app, administrator(city))
    sent = form(clerk, "/beheer/inzage") | {"gezin": typed}
    answer = clerk.post("/beheer/inzage", data=sent)
    assert answer.status_code == 422
    assert "Geen gezin met dit kenmerk of dit nummer." in answer.get_data(as_text=True)


def test_to_look_for_a_family_is_a_look_too(city: City, app: Flask) -> None:
    paper = opened(city, app, "OC-77")
    person = administrator(city)
    clerk = signed_in(app, person)
    clerk.get("/beheer/inzage")
    assert looks(city, person) == 0, "a list of everybody is nobody's file"
    with at_work(city) as uow:
        family_id = uow.session.get_one(Booklet, paper.id).family_id
    clerk.get(f"/beheer/inzage?gezin={family_id}")
    clerk.get(f"/beheer/inzage.csv?gezin={family_id}")
    assert looks(city, person) == 2


def test_it_is_narrowed_by_person_and_period_and_given_as_a_file(city: City, app: Flask) -> None:
    nadia = build.referrer(city)
    paper = opened(city, app, "OC-77", by=nadia)
    opened(city, app, "OC-78")
    clerk = signed_in(app, administrator(city))
    mine = f"wie={nadia.actor.account_id}"
    assert "OC-78" not in said(clerk, f"/beheer/inzage?{mine}")
    tomorrow = (NOW + timedelta(days=2)).date()
    assert "Niets gevonden" in said(clerk, f"/beheer/inzage?van={tomorrow}")
    rows = clerk.get(f"/beheer/inzage.csv?{mine}").get_data(as_text=True).strip().split("\r\n")
    assert rows[0].lstrip("\ufeff") == "Dag;Uur;Wie;Organisatie;Pagina;Gezin"
    assert len(rows) == 2
    assert rows[1].endswith(";boekje;OC-77")
    assert paper.number not in rows[1]


@pytest.mark.parametrize("given", ["van=gisteren", "tot=0001-01-01", "van=9999-12-31"])
def test_a_day_that_cannot_be_read_is_told(city: City, app: Flask, given: str) -> None:
    page = signed_in(app, administrator(city)).get(f"/beheer/inzage?{given}")
    assert page.status_code == 200
    assert "Kies een dag, of schrijf die zoals 2026-09-01." in page.get_data(as_text=True)


def test_older_looks_are_on_the_next_page(city: City, app: Flask) -> None:
    nadia = build.referrer(city)
    paper = build.handed_out(city, nadia, now=NOW)
    with at_work(city) as uow:
        family_id = uow.session.get_one(Booklet, paper.id).family_id
        row = {
            "account_id": nadia.actor.account_id,
            "subject_id": family_id,
            "what": "booklet.show",
        }
        uow.session.execute(insert(AuditRow), [row | {"at": NOW} for _ in range(60)])
    clerk = signed_in(app, administrator(city))
    first = clerk.get("/beheer/inzage").get_data(as_text=True)
    assert first.count('<tr role="row"><th role="rowheader"') == 50
    assert "voor=11" in first
    second = clerk.get("/beheer/inzage?voor=11").get_data(as_text=True)
    assert second.count('<tr role="row"><th role="rowheader"') == 10
    assert clerk.get("/beheer/inzage?voor=99999999999999999999").status_code == 200


def opened(city: City, app: Flask, reference: str, *, by: Person | None = None) -> Paper:
    """Hand a family a booklet, and open its file once."""
    person = by or build.referrer(city)
    paper = build.handed_out(city, person, now=NOW, reference=reference)
    assert signed_in(app, person).get(f"/boekjes/{paper.id}").status_code == 200
    return paper


def looks(city: City, by: Person) -> int:
    mine = AuditRow.account_id == by.actor.account_id
    with at_work(city) as uow:
        return uow.session.scalar(select(func.count()).where(mine)) or 0


def administrator(city: City) -> Person:
    home = build.organisation(city, OrganisationKind.CITY)
    return build.person(city, Role.ADMINISTRATOR, organisation_id=home, name="Bram Demo")
