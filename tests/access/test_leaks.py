"""No name, phone or code leaves by a side door: logs, events, addresses, error pages, headers."""

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from jobs.dispatch import dispatch_events
from kernel.access import Role
from kernel.audit import AuditRow
from kernel.cities import City
from kernel.events import Delivery, RecordedEvent
from kernel.letters import Letter
from kernel.organisations import OrganisationKind
from kernel.people import Family
from kernel.tasks import Task
from tests import build
from tests.build import at_work
from tests.figures import Say
from tests.web.people import form, signed_in
from vouchers.giving_again import give_second_booklet
from vouchers.models import Booklet, Cheque, FollowUp, ScanAttempt

NOW = datetime.now(UTC)
# Canary persons: if one of these shows anywhere it should not, somebody real would have too.
NAME, PHONE, CHILD, REFERENCE = "Kanarie Vogelaar", "0470 99 88 77", "Pieperke", "KANARIE-77"
LINE, JOINER = "vertrouwt buurvrouw Sijs", "Roodborst Tuin"  # a line about a call, a new provider
CANARIES = (NAME, "Vogelaar", PHONE, "470998877", CHILD, REFERENCE, LINE, "Sijs", JOINER)


def test_canary_persons_show_up_nowhere(
    city: City, app: Flask, caplog: pytest.LogCaptureFixture, figure: Say
) -> None:
    caplog.set_level(logging.DEBUG)
    flows = Flows(city, app)
    with capture_logs() as lines:
        flows.hand_out()
        flows.wrong_input()
        flows.desk()
        flows.scan()
        flows.family_page()
        flows.calls()
        flows.joins()
        flows.asks_what_is_kept()
        flows.broken_database()
        flows.is_removed()
    dispatch_events(city, NOW)
    places = {
        "letters": stored(city, select(Letter.subject, Letter.body)),
        "logs": json.dumps(lines, default=str) + caplog.text,
        "events": stored(city, select(RecordedEvent.payload, RecordedEvent.name)),
        "deliveries": stored(city, select(Delivery.last_error, Delivery.handler)),
        "scan attempts": stored(city, select(ScanAttempt.refusal, ScanAttempt.code_hash)),
        "audit": stored(city, select(AuditRow.what)),
        "addresses": " ".join(flows.addresses),
        "error pages": " ".join(flows.error_pages),
    }
    hits = [
        (where, canary) for where, said in places.items() for canary in CANARIES if canary in said
    ]
    assert hits == []
    assert len(lines) > 10
    told = f"{len(CANARIES)} canaries, {len(flows.addresses) // 3} requests"
    figure("P3", f"{told}: 0 hits in {len(places)} places")


def test_a_code_is_in_no_log_address_error_page_event_or_list(
    city: City, app: Flask, caplog: pytest.LogCaptureFixture, figure: Say
) -> None:
    caplog.set_level(logging.DEBUG)
    flows = Flows(city, app)
    with capture_logs() as lines:
        flows.hand_out()
        flows.desk()
        flows.scan()
        flows.family_page()
        flows.broken_database()
    with at_work(city) as uow:
        codes = [
            c for row in uow.session.execute(select(Cheque.code, Cheque.typed_code)) for c in row
        ]
    said = " ".join(
        [
            json.dumps(lines, default=str),
            caplog.text,
            stored(city, select(RecordedEvent.payload)),
            stored(city, select(ScanAttempt.refusal, ScanAttempt.code_hash)),
            *flows.addresses,
            *flows.error_pages,
            *flows.lists,
        ]
    )
    grouped = [f"{c[:4]} {c[4:8]} {c[8:12]}" for c in codes]
    assert [code for code in codes + grouped if code in said] == []
    told = f"{len(codes)} codes, {len(flows.addresses) // 3} requests"
    figure("Q4", f"{told}: 0 in logs, addresses, error pages, events and lists")


def test_who_reads_a_familys_file_leaves_a_row(city: City, app: Flask) -> None:
    flows = Flows(city, app)
    flows.hand_out()
    with at_work(city) as uow:
        family_id = uow.session.scalars(select(Family.id)).one()
        before = len(uow.session.scalars(select(AuditRow.number)).all())
    assert flows.referrer.get(f"/boekjes/{flows.booklet_id}").status_code == 200
    with at_work(city) as uow:
        rows = uow.session.execute(
            select(AuditRow.account_id, AuditRow.subject_id).where(AuditRow.number > before)
        ).all()
    assert [tuple(row) for row in rows] == [(flows.nadia.actor.account_id, family_id)]


class Flows:
    """Everything that people do, with canaries in every field that takes a word."""

    def __init__(self, city: City, app: Flask) -> None:
        self.city, self.nadia, self.provider = city, build.referrer(city), build.provider(city)
        build.price(city)
        self.district = build.district(city)
        self.referrer = Watched(self, signed_in(app, self.nadia))
        self.childminder = Watched(self, signed_in(app, self.provider))
        self.nobody = Watched(self, app.test_client())
        home = build.organisation(city, OrganisationKind.CITY)
        self.regie = build.person(city, Role.REGIE, organisation_id=home)
        clerk = build.person(city, Role.ADMINISTRATOR, organisation_id=home)
        self.desk_s = Watched(self, signed_in(app, self.regie))
        self.beheer = Watched(self, signed_in(app, clerk))
        self.api, self.token = app.test_client(), build.token(city, self.provider)
        self.addresses: list[str] = []
        self.error_pages: list[str] = []
        self.lists: list[str] = []

    def hand_out(self) -> None:
        answer = self.referrer.sends(
            "/meegeven",
            {
                "family.reference": REFERENCE,
                "family.language": "ar",
                "family.district": str(self.district),
                "family.name": NAME,
                "family.phone": PHONE,
                "child.firstName": CHILD,
                "child.birthMonth": "2025-03",
                "meetsCriteria": "true",
            },
        )
        assert answer.status_code in {302, 303}, answer.get_data(as_text=True)
        with at_work(self.city) as uow:
            self.booklet_id = uow.session.scalars(select(Booklet.id)).one()
            self.codes = list(uow.session.scalars(select(Cheque.code).order_by(Cheque.number)))
            self.typed = list(uow.session.scalars(select(Cheque.typed_code)))

    def wrong_input(self) -> None:
        given = {"family.reference": REFERENCE, "family.name": NAME, "family.language": "ar"}
        for more in ({"family.phone": "bel mij"}, {}, {"meetsCriteria": "true"}):
            assert self.referrer.sends("/meegeven", given | more).status_code in {409, 422}

    def desk(self) -> None:
        for path in (f"/boekjes/{self.booklet_id}", f"/boekjes/{self.booklet_id}/meekijken"):
            assert self.referrer.get(path).status_code == 200
        assert self.referrer.get(f"/boekjes/{self.booklet_id}/boekje.pdf").status_code == 200
        self.lists.append(self.referrer.get("/boekjes").get_data(as_text=True))
        self.lists.append(self.referrer.get("/vandaag").get_data(as_text=True))
        self.error_pages.append(self.referrer.get(f"/boekjes/{uuid4()}").get_data(as_text=True))

    def scan(self) -> None:
        assert self.childminder.sends("/scan", {"code": self.codes[0]}).status_code < 400
        for wrong in (self.codes[0], self.typed[1], self.codes[2][:-1], "x" * 70):
            answer = self.childminder.sends("/scan", {"code": wrong})
            self.error_pages.append(without_what_was_typed(answer.get_data(as_text=True)))
        for body in ({"code": self.codes[0]}, {"code": self.codes[3], "careDate": "x"}):
            answer = self.api.post("/api/v1/redemptions", json=body, headers=self.token)
            self.error_pages.append(answer.get_data(as_text=True))
        listed = self.api.get(
            "/api/v1/redemptions?from=2020-01-01&until=2099-01-01", headers=self.token
        )
        self.lists.append(listed.get_data(as_text=True))
        self.lists.append(self.childminder.get("/opvang/vandaag").get_data(as_text=True))

    def family_page(self) -> None:
        page = self.nobody.sends("/c", {"code": self.codes[4]})
        assert page.status_code == 200
        shown = page.get_data(as_text=True)
        assert NAME not in shown
        assert CHILD not in shown
        self.nobody.sends("/c", {"code": "7K3M9QW2XRT6"})

    def calls(self) -> None:
        """Call about another booklet, and write a line that holds a name all the same."""
        again = NOW - timedelta(days=40)
        with at_work(self.city, self.regie.actor, again) as uow:
            second = give_second_booklet(uow, booklet_id=self.booklet_id).booklet
        with at_work(self.city) as uow:
            call = Task(
                rule="no-first-use",
                subject_id=second.id,
                period="since-hand-out",
                organisation_id=self.nadia.organisation_id,
                account_id=self.nadia.actor.account_id,
                due_on=again.date(),
                opened_at=again,
            )
            uow.session.add(call)
        given = {"outcome": "not-reached", "line": LINE}
        path = f"/vandaag/{call.id}/afgerond"
        noted = self.referrer.sends("/vandaag", given, action=path)
        assert noted.status_code == 303, noted.get_data(as_text=True)
        with at_work(self.city) as uow:
            assert uow.session.scalars(select(FollowUp.line)).all() == [LINE]
        self.referrer.get("/vandaag")

    def joins(self) -> None:
        asked = {
            "organisation": JOINER,
            "person": JOINER,
            "email": "roodborst@opvang.example",
            "phone": PHONE,
            "name": "Opvang De Tuin",
            "kind": "family",
            "address": "Tuinlaan 1",
            "postcode": "3600",
            "municipality": "Genk",
        }
        answer = self.nobody.sends("/opvang/meedoen", asked)
        assert answer.status_code in {302, 303}, answer.get_data(as_text=True)

    def asks_what_is_kept(self) -> None:
        with at_work(self.city) as uow:
            self.family_id = uow.session.scalars(select(Family.id)).one()
        self.desk_s.get(f"/gezinnen/{self.family_id}/gegevens")
        self.desk_s.get(f"/gezinnen/{self.family_id}/gegevens.json")
        for typed in (REFERENCE, NAME, PHONE):
            self.beheer.sends("/beheer/inzage", {"gezin": typed})
        self.beheer.get(f"/beheer/inzage?gezin={self.family_id}")
        self.beheer.get("/beheer/inzage.csv")
        self.lists.append(self.beheer.get("/beheer/bewaren").get_data(as_text=True))
        self.lists.append(self.beheer.get("/beheer/bewaren.csv").get_data(as_text=True))

    def is_removed(self) -> None:
        path = f"/gezinnen/{self.family_id}/wissen"
        unsure = self.desk_s.sends(path, {"reden": NAME})
        self.error_pages.append(unsure.get_data(as_text=True).replace(REFERENCE, ""))
        assert unsure.status_code == 422
        assert self.desk_s.sends(path, {"sure": "true"}).status_code == 303
        shown = self.desk_s.get(path).get_data(as_text=True)
        assert [canary for canary in CANARIES if canary in shown] == []

    def broken_database(self) -> None:
        """Something that nobody foresaw, while a canary is in the form."""
        with at_work(self.city) as uow:
            uow.session.execute(text("ALTER TABLE child RENAME TO child_away"))
        self.referrer.client.application.config["PROPAGATE_EXCEPTIONS"] = False
        answer = self.referrer.sends(
            "/meegeven",
            {
                "family.reference": f"{REFERENCE}-2",
                "family.language": "nl",
                "family.name": NAME,
                "child.firstName": CHILD,
                "meetsCriteria": "true",
            },
        )
        assert answer.status_code in {500, 503}
        self.error_pages.append(answer.get_data(as_text=True))
        with at_work(self.city) as uow:
            uow.session.execute(text("ALTER TABLE child_away RENAME TO child"))


class Watched:
    """A browser whose every address is written down, that of a redirect too."""

    def __init__(self, flows: Flows, client: FlaskClient) -> None:
        self.flows, self.client = flows, client

    def get(self, path: str) -> TestResponse:
        return self._noted(self.client.get(path))

    def sends(self, path: str, given: dict[str, str], *, action: str = "") -> TestResponse:
        hidden = form(self.client, path, action=action)
        return self._noted(self.client.post(action or path, data=hidden | given))

    def _noted(self, answer: TestResponse) -> TestResponse:
        self.flows.addresses.append(
            answer.request.path + "?" + answer.request.query_string.decode()
        )
        self.flows.addresses.append(answer.headers.get("Location", ""))
        self.flows.addresses.append(answer.headers.get("Content-Disposition", ""))
        return answer


def without_what_was_typed(page: str) -> str:
    """Leave out the fields of a form: there a refused code may stand, to be sent again."""
    return re.sub(r'<input[^>]* value="[^"]*"', "<input", page)


def stored(city: City, statement: object) -> str:
    with at_work(city) as uow:
        rows = uow.session.execute(statement).all()  # type: ignore[call-overload]
        return json.dumps([[*row] for row in rows], default=str)


@pytest.fixture(autouse=True)
def quiet(app: Flask) -> Iterator[None]:
    yield
    app.config["PROPAGATE_EXCEPTIONS"] = None
