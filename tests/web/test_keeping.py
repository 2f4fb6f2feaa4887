"""What is kept is shown in numbers; a family sees all of it, and is removed when it asks."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from jobs.clock import run_daily
from jobs.schedule import JOBS, KEPT_OF_PEOPLE
from kernel.access import Role
from kernel.audit import AuditRow
from kernel.cities import City
from kernel.events import RecordedEvent
from kernel.family_files import MARK
from kernel.forgetting import forget
from kernel.organisations import OrganisationKind
from kernel.people import Child, Family
from kernel.tasks import Task
from occasioneel.models import Outcome, Reason, Signal
from tests import build
from tests.build import Paper, Person, at_work
from tests.web.people import form, said, signed_in
from vouchers.call_reasons import SilenceRule
from vouchers.continuing import Moment
from vouchers.models import (
    Barrier,
    Booklet,
    BookletState,
    CareMoment,
    Company,
    ExtensionReason,
    Going,
    SameDayReason,
)
from vouchers.outcomes import CallOutcome
from vouchers.redeeming import redeem_cheque
from web.keeping_words import WORDS

NOW = datetime.now(UTC)


def test_the_preview_tells_what_goes_tonight_and_when_it_was_last_done(
    city: City, app: Flask
) -> None:
    by = build.referrer(city)
    ended(city, family(city, by), days=250)
    clerk = signed_in(app, administrator(city))
    text = said(clerk, "/beheer/bewaren")
    assert "Vannacht vergeet Opstap één ding." in text
    assert "Dit gebeurde nog nooit. Draait de klok?" in text
    assert "Amina" not in clerk.get("/beheer/bewaren").get_data(as_text=True)
    job = next(job for job in JOBS if job.name == "forget")
    assert run_daily(city, job, NOW)
    text = said(clerk, "/beheer/bewaren")
    assert "Vannacht hoeft er niets vergeten te worden." in text
    assert "Laatst gedaan op" in text
    assert f"1 op {NOW:%d/%m/%Y}" in text


def test_the_preview_is_a_file_too(city: City, app: Flask) -> None:
    ended(city, family(city, build.referrer(city)), days=250)
    answer = signed_in(app, administrator(city)).get("/beheer/bewaren.csv")
    lines = answer.get_data(as_text=True).lstrip("\ufeff").split("\r\n")
    assert lines[0].startswith("Wat;Waarom;Hoelang")
    assert len([line for line in lines if line]) == 1 + len(KEPT_OF_PEOPLE.kept)
    row = next(line for line in lines if line.startswith("Gezin met een boekje"))
    assert row.split(";")[2:8:2] == ["6 maanden", "1", "1"]


def test_the_regie_may_read_it_and_others_may_not(city: City, app: Flask) -> None:
    assert signed_in(app, build.regie(city)).get("/beheer/bewaren").status_code == 200
    assert signed_in(app, build.referrer(city)).get("/beheer/bewaren").status_code == 403


def test_a_city_without_a_programme_sees_no_class_of_it(city: City, app: Flask) -> None:
    clerk = signed_in(app, administrator(city))
    assert "occasionele opvang" in said(clerk, "/beheer/bewaren")
    object.__setattr__(city, "programmes", frozenset({"vouchers"}))
    assert "occasionele opvang" not in said(clerk, "/beheer/bewaren")
    assert "occasionele opvang" not in said(clerk, "/privacy")


def test_the_privacy_page_tells_the_terms_that_the_clock_keeps(city: City, app: Flask) -> None:
    client = app.test_client()
    assert "tot 6 maanden na het einde van je boekje" in said(client, "/privacy")
    build.rule(city, "vouchers.family_months", 3)
    build.rule(city, "vouchers.scan_attempt_days", 30)
    text = said(client, "/privacy")
    assert "tot 3 maanden na het einde van je boekje" in text
    assert "Een scan die niet lukte: 30 dagen." in text
    assert "Wie je gegevens opende: 5 jaar." in text
    for code, told in (("fr", "jusqu’à 3 mois"), ("en", "until 3 months"), ("ar", "3 أشهر")):
        assert told in said(client, f"/privacy?taal={code}"), code


def test_a_family_is_shown_everything_that_is_kept_of_it(city: City, app: Flask) -> None:
    by, provider = build.referrer(city), build.provider(city, name="Opvang De Bron")
    build.price(city)
    paper = family(city, by)
    with at_work(city, provider.actor, NOW) as uow:
        redeem_cheque(uow, code=paper.codes[0], idempotency_key="a")
    regie = signed_in(app, build.regie(city))
    page = f"/gezinnen/{family_id(city, paper)}/gegevens"
    assert page in regie.get(f"/boekjes/{paper.id}").get_data(as_text=True)
    text = said(regie, page)
    for told in (
        *("Amina Demo", "0470 12 34 56", "Lina", "OC-77", "Arabisch", "meegegeven"),
        *("een hele dag", "Onleesbare afdruk van de telefoon ja", "maart 2025"),
    ):
        assert told in text, told
    assert not any(code in text for code in (*paper.codes, *paper.typed_codes))
    told = json.loads(regie.get(f"{page}.json").get_data(as_text=True))
    assert told["Gezin"][0]["Naam"] == "Amina Demo"
    assert told["Kinderen"] == [{"Voornaam": "Lina", "Geboren in de maand van": "2025-03-01"}]
    assert told["Gebruikte cheques"][0]["Bedrag in cent"] == 2000
    assert told["Wie deze gegevens opende"][-1]["Welke pagina"] == "families.told"
    assert set(told) >= {"Boekjes", "Gesprekken", "Afgesproken bezoeken", "Occasionele opvang"}


def test_every_code_that_a_family_is_shown_has_words() -> None:
    kinds: tuple[type[StrEnum], ...] = (
        *(BookletState, CareMoment, SameDayReason, Company, SilenceRule, CallOutcome, Barrier),
        *(Going, Moment, ExtensionReason, Reason, Outcome, Signal),
    )
    assert {str(each) for kind in kinds for each in kind} - set(WORDS) == set()


def test_a_removal_says_what_goes_and_stays_and_asks_once(city: City, app: Flask) -> None:
    by = build.referrer(city)
    paper = family(city, by)
    with at_work(city) as uow:
        uow.session.add(call(by, paper))
    regie = signed_in(app, build.regie(city))
    page = f"/gezinnen/{family_id(city, paper)}/wissen"
    text = said(regie, page)
    assert "Gezin OC-77 vraagt om vergeten te worden." in text
    assert "Geplande oproepen: 1" in text
    assert "Dat blijft werken: het papier is van het gezin." in text
    unsure = regie.post(page, data=form(regie, page))
    assert unsure.status_code == 422
    assert "Zet een vinkje als je zeker bent." in unsure.get_data(as_text=True)
    with at_work(city) as uow:
        assert uow.session.scalars(select(Family.name)).one() == "Amina Demo"
    done = regie.post(page, data=form(regie, page) | {"sure": "true"}, follow_redirects=True)
    assert "Dit gezin is gewist" in done.get_data(as_text=True)
    assert "Ben je zeker?" not in done.get_data(as_text=True)


def test_a_removed_family_is_nobodys_and_its_booklet_works_on(city: City, app: Flask) -> None:
    by, provider = build.referrer(city), build.provider(city)
    paper = family(city, by)
    with at_work(city) as uow:
        uow.session.add(call(by, paper))
    removed(city, app, paper)
    with at_work(city) as uow:
        gone = uow.session.scalars(select(Family)).one()
        assert gone.reference.startswith(MARK)
        assert (gone.name, gone.phone, gone.phone_hash, gone.number_of_children) == (None,) * 4
        assert gone.removed_at is not None
        child = uow.session.scalars(select(Child)).one()
        assert (child.first_name, child.birth_month) == (None, None)
        task = uow.session.scalars(select(Task)).one()
        assert (task.outcome, task.closed_at is not None) == ("family-removed", True)
        booklet = uow.session.scalars(select(Booklet)).one()
        assert (booklet.state, booklet.good_news_consent) == ("handed_out", False)
        told = uow.session.scalars(
            select(RecordedEvent.payload).where(RecordedEvent.name == "kernel.family_removed")
        ).all()
        assert told == [{"family_id": str(gone.id)}]
    with at_work(city, provider.actor, NOW) as uow:
        redeem_cheque(uow, code=paper.codes[0], idempotency_key="a")


def test_a_second_click_says_that_it_is_done(city: City, app: Flask) -> None:
    paper = family(city, build.referrer(city))
    regie = signed_in(app, build.regie(city))
    page = f"/gezinnen/{family_id(city, paper)}/wissen"
    sent = form(regie, page) | {"sure": "true"}
    assert regie.post(page, data=sent).status_code == 303
    again = regie.post(page, data=sent)
    assert again.status_code == 409
    assert "Dit gezin is al gewist." in again.get_data(as_text=True)


def test_an_unknown_family_is_not_there(city: City, app: Flask) -> None:
    regie = signed_in(app, build.regie(city))
    for page in ("wissen", "gegevens", "gegevens.json"):
        assert regie.get(f"/gezinnen/{uuid4()}/{page}").status_code == 404


def test_an_administrator_removes_without_seeing_a_name(city: City, app: Flask) -> None:
    paper = family(city, build.referrer(city))
    clerk = signed_in(app, administrator(city))
    page = f"/gezinnen/{family_id(city, paper)}/wissen"
    shown = clerk.get(page).get_data(as_text=True)
    assert not re.search("Amina|0470|Lina", shown)
    assert "/gegevens" not in shown
    assert clerk.post(page, data=form(clerk, page) | {"sure": "true"}).status_code == 303


@pytest.mark.parametrize("page", ["gegevens", "gegevens.json", "wissen"])
def test_each_of_these_looks_leaves_a_row(city: City, app: Flask, page: str) -> None:
    paper = family(city, build.referrer(city))
    person = build.regie(city)
    signed_in(app, person).get(f"/gezinnen/{family_id(city, paper)}/{page}")
    with at_work(city) as uow:
        rows = uow.session.execute(select(AuditRow.account_id, AuditRow.subject_id)).all()
    assert [tuple(row) for row in rows] == [(person.actor.account_id, family_id(city, paper))]


def family(city: City, by: Person) -> Paper:
    return build.handed_out(
        city,
        by,
        now=NOW,
        reference="OC-77",
        family={
            "name": "Amina Demo",
            "phone": "0470 12 34 56",
            "language": "ar",
            "number_of_children": 2,
        },
        child={"first_name": "Lina", "birth_month": date(2025, 3, 1)},
        good_news_consent=True,
        phone_key="k",
    )


def family_id(city: City, paper: Paper) -> object:
    with at_work(city) as uow:
        return uow.session.get_one(Booklet, paper.id).family_id


def ended(city: City, paper: Paper, *, days: int) -> None:
    with at_work(city) as uow:
        booklet = uow.session.get_one(Booklet, paper.id)
        booklet.valid_until = NOW.date() - timedelta(days=days)
        known = uow.session.get_one(Family, booklet.family_id)
        known.created_at = NOW - timedelta(days=days + 365)


def removed(city: City, app: Flask, paper: Paper) -> None:
    regie = signed_in(app, build.regie(city))
    page = f"/gezinnen/{family_id(city, paper)}/wissen"
    assert regie.post(page, data=form(regie, page) | {"sure": "true"}).status_code == 303
    assert forget(city, KEPT_OF_PEOPLE, NOW) == 0, "a removal leaves nothing to forget"


def administrator(city: City) -> Person:
    home = build.organisation(city, OrganisationKind.CITY)
    return build.person(city, Role.ADMINISTRATOR, organisation_id=home)


def call(by: Person, paper: Paper) -> Task:
    return Task(
        rule="no-first-use",
        subject_id=paper.id,
        period="since-hand-out",
        organisation_id=by.organisation_id,
        account_id=None,
        due_on=NOW.date(),
        opened_at=NOW,
    )
