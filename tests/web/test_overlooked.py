"""The regie sees whom nobody calls, and takes over."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from jobs.dispatch import dispatch_events
from kernel.cities import City
from kernel.tasks import Task, show_tasks
from tests import build
from tests.build import MONDAY, Person, at_work
from tests.web.people import form, said, signed_in
from vouchers.drop_off import flag_drop_offs
from vouchers.following_up import note_follow_up
from vouchers.models import Booklet
from vouchers.outcomes import CallOutcome
from vouchers.overlooked import Why, read_overlooked
from vouchers.taking_over import take_over

LIST = "/regie/opvolging"
FLAGGED = MONDAY + timedelta(days=14)  # a Monday
NOT_REACHED = CallOutcome.NOT_REACHED


def test_never_shown_for_more_than_five_working_days(city: City) -> None:
    silent(city)
    assert found(city, FLAGGED + timedelta(days=7)) == []
    assert found(city, FLAGGED + timedelta(days=8)) == [Why.NEVER_SHOWN]


def test_shown_and_not_called_for_more_than_seven_days(city: City) -> None:
    referrer, task_id = silent(city)
    shown = FLAGGED + timedelta(days=1)
    with at_work(city, referrer.actor, shown) as uow:
        show_tasks(uow, task_ids=[task_id])
    assert found(city, shown + timedelta(days=7)) == []
    assert found(city, shown + timedelta(days=7, seconds=1)) == [Why.NOT_CALLED]
    note(city, referrer, task_id, CallOutcome.WILL_GO, shown)  # back on the 29th
    assert found(city, shown + timedelta(days=14)) == []
    assert found(city, shown + timedelta(days=15)) == [Why.NOT_CALLED], "it came back since"


def test_called_in_vain_three_times_until_a_cheque_is_used(city: City) -> None:
    referrer, task_id = silent(city)
    seen = None
    for days in range(3):
        seen = note(city, referrer, task_id, NOT_REACHED, FLAGGED + timedelta(days=days), seen=seen)
    later = FLAGGED + timedelta(days=20)
    assert found(city, later) == [Why.UNREACHABLE]
    assert found(city, FLAGGED + timedelta(days=63)) == [], "after two months it is history"
    with at_work(city) as uow:
        booklet_id = uow.session.get_one(Task, task_id).subject_id
        code = build.paper(uow.session.get_one(Booklet, booklet_id)).codes[0]
    build.scanned(city, build.provider(city), code, now=later)
    assert found(city, later + timedelta(hours=1)) == []


def test_a_closed_or_waiting_call_and_one_of_the_regie_are_followed_up(city: City) -> None:
    later = FLAGGED + timedelta(days=30)
    closed, waiting, taken = silent(city), silent(city), silent(city)
    note(city, *closed, CallOutcome.MOVED, FLAGGED)
    note(city, *waiting, CallOutcome.WILL_GO, later - timedelta(days=1))
    desk = build.regie(city)
    with at_work(city, desk.actor, later) as uow:
        take_over(uow, task_id=taken[1])
    assert found(city, later) == []


def test_the_regie_sees_why_of_whom_and_whom_to_ring(city: City, app: Flask) -> None:
    silent(city, "OC-1", "OCMW Genk")
    silent(city, "CK-2", "CKG De Boei")
    desk = signed_in(app, build.regie(city))
    text = said(desk, LIST)
    assert "2 gezinnen worden niet opgevolgd" in text
    assert "Nog niet bekeken: 2" in text
    assert "Bel de toeleider: Nadia Demo van OCMW Genk" in text
    assert "@genk.example" not in desk.get(LIST).get_data(as_text=True)
    with at_work(city) as uow:
        home = uow.session.scalars(
            select(Task.organisation_id).order_by(Task.opened_at, Task.id).limit(1)
        ).one()
    one = said(desk, f"{LIST}?organisatie={home}")
    assert ("OC-1" in one) is not ("CK-2" in one)
    assert "gezinnen worden niet opgevolgd" in said(desk, "/vandaag")


def test_taking_over_puts_it_in_ones_own_list_and_back(city: City, app: Flask) -> None:
    referrer, task_id = silent(city, "OC-1")
    desk = signed_in(app, build.regie(city))
    take, give = f"{LIST}/{task_id}/overnemen", f"{LIST}/{task_id}/teruggeven"
    token = form(desk, LIST, action=take)
    after = desk.post(take, data=token)
    assert after.status_code == 303
    assert "Overgenomen: het gezin staat nu in jouw lijst." in said(desk, after.location)
    assert "De regie belt dit gezin." in said(desk, "/vandaag")
    assert "OC-1" not in said(signed_in(app, referrer), "/vandaag")
    assert desk.post(take, data=token).status_code == 409
    back = form(desk, after.location, action=give)
    assert desk.post(give, data=back).status_code == 303
    assert "OC-1" in said(signed_in(app, referrer), "/vandaag")
    assert desk.post(give, data=back).status_code == 409


def test_where_everybody_is_followed_up_the_page_says_what_comes(city: City, app: Flask) -> None:
    text = said(signed_in(app, build.regie(city)), LIST)
    assert "Alle gezinnen worden opgevolgd" in text
    assert "langer dan vijf werkdagen" in text


@pytest.fixture(autouse=True)
def _three_weeks_later() -> Iterator[None]:
    with time_machine.travel(FLAGGED + timedelta(days=21)):
        yield


def silent(city: City, reference: str = "", organisation: str = "") -> tuple[Person, UUID]:
    """Give a referrer and the task to call about a booklet of hers, flagged on a Monday."""
    referrer = build.referrer(city, organisation_name=organisation)
    paper = build.handed_out(city, referrer, reference=reference)
    with at_work(city, now=FLAGGED) as uow:
        flag_drop_offs(uow)
    dispatch_events(city, FLAGGED)
    with at_work(city) as uow:
        return referrer, uow.session.scalars(
            select(Task.id).where(Task.subject_id == paper.id)
        ).one()


def note(
    city: City,
    who: Person,
    task_id: UUID,
    outcome: CallOutcome,
    now: datetime,
    *,
    seen: UUID | None = None,
) -> UUID:
    with at_work(city, who.actor, now) as uow:
        said_of_it = note_follow_up(uow, task_id=task_id, outcome=outcome, seen=seen)
        uow.session.flush()
        return said_of_it.id


def found(city: City, now: datetime) -> list[str]:
    with at_work(city, build.regie(city).actor, now) as uow:
        return [each.why for each in read_overlooked(uow)]
