"""Somebody looks after their own account: away and back, letters, devices, another password."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from marshmallow import ValidationError
from sqlalchemy import select, update

from kernel.absence import (
    Absence,
    AbsenceRequest,
    StandInAway,
    end_absence,
    possible_stand_ins,
    read_absence,
    say_absence,
)
from kernel.access import Role
from kernel.accounts import Account
from kernel.cities import City
from kernel.errors import Invalid
from kernel.events import RecordedEvent
from kernel.identity import hashed_secret
from kernel.letters import stands_in_for
from kernel.own_account import Device, choose_letters, own_devices, sign_out_device
from kernel.proving import OldPasswordWrong, change_password, renew_second_factor
from kernel.sessions import signed_in_by_cookie
from kernel.signing_in import TooManyWrongPasswords, sign_in
from kernel.tokens import create_token, signed_in_by_token
from tests import build
from tests.build import MONDAY, PASSWORD, Person, at_work

TODAY, DAY = MONDAY.date(), timedelta(days=1)
NEW = "een andere lange zin"


def test_a_colleague_does_the_work_until_one_is_back(
    city: City, nadia: Person, robin: Person
) -> None:
    away(city, nadia, TODAY + DAY, TODAY + 5 * DAY, robin)
    with at_work(city) as uow:
        does = [
            stands_in_for(uow.session, nadia.actor.account_id, TODAY + n * DAY) for n in range(7)
        ]
    assert does == [
        nadia.actor.account_id,
        *[robin.actor.account_id] * 5,
        nadia.actor.account_id,
    ]
    said = absence(city, nadia)
    assert said is not None
    assert (said.since, said.until, said.stand_in) == (TODAY + DAY, TODAY + 5 * DAY, "Nadia Demo")
    assert not said.is_now
    for _ in range(2):
        with at_work(city, nadia.actor) as uow:
            end_absence(uow)
    assert absence(city, nadia) is None
    assert events(city) == ["kernel.absence_said", "kernel.absence_ended"]


def test_what_is_said_again_replaces_and_twice_the_same_is_once(city: City, nadia: Person) -> None:
    for until in (5, 5, 3):
        away(city, nadia, TODAY, TODAY + until * DAY)
    said = absence(city, nadia)
    assert said is not None
    assert (said.until, said.stand_in_id, said.is_now) == (TODAY + 3 * DAY, None, True)
    assert events(city) == ["kernel.absence_said"] * 2
    with at_work(city) as uow:
        told = uow.session.scalars(select(RecordedEvent.payload)).first()
    assert told == {
        "account_id": str(nadia.actor.account_id),
        "since": "2026-09-07",
        "until": "2026-09-12",
        "stand_in_id": None,
    }


def test_days_that_go_on_may_be_said_longer(city: City, nadia: Person) -> None:
    away(city, nadia, TODAY, TODAY + 2 * DAY)
    with at_work(city, nadia.actor, MONDAY + 2 * DAY) as uow:
        say_absence(uow, since=TODAY, until=TODAY + 9 * DAY)
        assert read_absence(uow) is not None
    with at_work(city, nadia.actor, MONDAY + 10 * DAY) as uow:
        assert read_absence(uow) is None, "over"


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [
        (-1, 3, "from"),
        (-3, -1, "until"),
        (3, 2, "until"),
        (0, 365, "until"),
        (366, 370, "from"),
    ],
)
def test_days_that_cannot_be_are_refused_at_their_field(
    city: City, nadia: Person, since: int, until: int, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        away(city, nadia, TODAY + since * DAY, TODAY + until * DAY)
    assert field in refused.value.fields
    assert absence(city, nadia) is None


def test_a_year_at_most_and_a_day_at_least(city: City, nadia: Person) -> None:
    away(city, nadia, TODAY, TODAY + 364 * DAY)
    away(city, nadia, TODAY, TODAY)
    with pytest.raises(Invalid):
        away(city, nadia, date.max, date.max)


def test_only_a_colleague_with_a_role_alike_stands_in(
    city: City, nadia: Person, robin: Person
) -> None:
    home = nadia.organisation_id
    finance = build.person(city, Role.FINANCE, organisation_id=home)
    gone = build.person(city, Role.REFERRER, organisation_id=home)
    elsewhere = build.referrer(city)
    with at_work(city) as uow:
        uow.session.execute(
            update(Account).where(Account.email == gone.email).values(disabled_at=MONDAY)
        )
    with at_work(city, nadia.actor) as uow:
        assert [one.id for one in possible_stand_ins(uow)] == [robin.actor.account_id]
    for nobody in (finance, gone, elsewhere, nadia):
        with pytest.raises(Invalid) as refused:
            away(city, nadia, TODAY, TODAY, nobody)
        assert "standIn" in refused.value.fields


def test_a_stand_in_who_is_away_on_any_of_the_days_is_refused(
    city: City, nadia: Person, robin: Person
) -> None:
    away(city, robin, TODAY + 3 * DAY, TODAY + 5 * DAY)
    for since, until in ((3, 3), (0, 3), (5, 9), (4, 4), (0, 9)):
        with pytest.raises(StandInAway):
            away(city, nadia, TODAY + since * DAY, TODAY + until * DAY, robin)
    away(city, nadia, TODAY, TODAY + 2 * DAY, robin)
    away(city, nadia, TODAY + 6 * DAY, TODAY + 9 * DAY, robin)


def test_a_stand_in_who_went_away_afterwards_is_told_as_none(
    city: City, nadia: Person, robin: Person
) -> None:
    away(city, nadia, TODAY, TODAY + 3 * DAY, robin)
    away(city, robin, TODAY + DAY, TODAY + DAY)
    said = absence(city, nadia)
    assert said is not None
    assert (said.stand_in, said.stand_in_id) == ("", None)


@pytest.mark.parametrize("wrong", [{}, {"from": "gisteren"}, {"from": "2027-02-31"}])
def test_a_day_that_is_none_is_told_so(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        AbsenceRequest().load({"until": "2027-01-01"} | wrong)
    assert list(refused.value.messages_dict) == ["from"]


def test_letters_are_chosen_one_by_one(city: City, nadia: Person) -> None:
    for chosen in (
        {"tasks": False},
        {"tasks": False},
        {"good_news": False},
        {"tasks": True, "good_news": True},
        {},
    ):
        with at_work(city, nadia.actor) as uow:
            choose_letters(uow, **chosen)
    assert events(city) == ["kernel.letters_chosen"] * 3
    with at_work(city) as uow:
        told = [
            (row["tasks"], row["good_news"])
            for row in uow.session.scalars(
                select(RecordedEvent.payload).order_by(RecordedEvent.number)
            )
        ]
    assert told == [(False, True), (False, False), (True, True)]


def test_ones_devices_are_listed_here_first_and_each_can_be_ended(
    city: City, nadia: Person, robin: Person
) -> None:
    names = ("Chrome op Android", "Firefox op Windows", "")
    hers = {name: enter(city, nadia, device=name) for name in names}
    his = enter(city, robin, device="Safari op iPhone")
    listed = devices(city, nadia, hers["Firefox op Windows"])
    assert listed[0].device == "Firefox op Windows"
    assert [one.is_here for one in listed] == [True, False, False]
    assert all(hashed_secret(hers[one.device]).startswith(one.handle) for one in listed)
    assert {(one.since, one.seen, one.stays) for one in listed} == {(MONDAY, MONDAY, False)}
    phone = next(one for one in listed if one.device == "Chrome op Android")
    for _ in range(2):
        with at_work(city, nadia.actor) as uow:
            sign_out_device(uow, device=phone.handle)
    assert {one.device for one in devices(city, nadia, "")} == {"Firefox op Windows", ""}
    assert events(city) == ["kernel.device_signed_out"]
    assert signed_in_by_cookie(city, secret=his, now=MONDAY) is not None


@pytest.mark.parametrize("handle", ["", "%", "_" * 16, "%" * 16, "0" * 64, "anothers"])
def test_a_handle_of_anybody_else_ends_nothing(
    city: City, nadia: Person, robin: Person, handle: str
) -> None:
    hers, his = enter(city, nadia), enter(city, robin)
    if handle == "anothers":
        handle = hashed_secret(his)[:16]
    with at_work(city, nadia.actor) as uow:
        sign_out_device(uow, device=handle)
    assert None not in [signed_in_by_cookie(city, secret=one, now=MONDAY) for one in (hers, his)]
    assert events(city) == []


def test_another_password_ends_every_session_but_this_and_every_token(
    city: City, nadia: Person
) -> None:
    here, there = enter(city, nadia), enter(city, nadia)
    token = create_token(city, email=nadia.email, now=MONDAY)
    change_password(city, nadia.actor, old=PASSWORD, new=NEW, secret=here, now=MONDAY)
    assert signed_in_by_cookie(city, secret=here, now=MONDAY) is not None
    assert signed_in_by_cookie(city, secret=there, now=MONDAY) is None
    assert signed_in_by_token(city, token=token) is None
    assert sign_in(city, email=nadia.email, password=NEW, now=MONDAY)
    assert events(city) == ["kernel.password_changed"]


def test_whoever_does_not_know_the_old_password_changes_nothing(city: City, nadia: Person) -> None:
    here = enter(city, nadia)
    for _ in range(5):
        with pytest.raises(OldPasswordWrong) as refused:
            change_password(city, nadia.actor, old="wrong", new=NEW, secret=here, now=MONDAY)
        assert list(refused.value.fields) == ["oldPassword"]
    with pytest.raises(TooManyWrongPasswords):
        change_password(city, nadia.actor, old=PASSWORD, new=NEW, secret=here, now=MONDAY)
    assert enter(city, nadia), "guessing here keeps nobody from signing in"


@pytest.mark.parametrize("new", ["", "kort", "negentien", "x" * 1001])
def test_a_password_that_is_none_is_refused_before_the_old_one_is_tried(
    city: City, nadia: Person, new: str
) -> None:
    for _ in range(6):
        with pytest.raises(Invalid) as refused:
            change_password(city, nadia.actor, old="wrong", new=new, secret="", now=MONDAY)
        assert list(refused.value.fields) == ["newPassword"]


def test_a_second_step_moves_to_another_phone_by_password(city: City) -> None:
    from tests.kernel.test_second_factor import asked_for, set_up  # noqa: PLC0415

    regie = build.regie(city)
    here, there = enter(city, regie), enter(city, regie)
    first = set_up(city, regie)
    with pytest.raises(OldPasswordWrong):
        renew_second_factor(city, regie.actor, password="wrong", secret=here, now=MONDAY)
    renew_second_factor(city, regie.actor, password=PASSWORD, secret=here, now=MONDAY)
    found = signed_in_by_cookie(city, secret=here, now=MONDAY)
    assert found is not None
    assert found.factor_due
    assert signed_in_by_cookie(city, secret=there, now=MONDAY) is None
    assert set_up(city, regie).secret != first.secret
    assert asked_for(city, regie)


def away(city: City, who: Person, since: date, until: date, stand_in: Person | None = None) -> None:
    chosen: UUID | None = stand_in.actor.account_id if stand_in else None
    with at_work(city, who.actor) as uow:
        say_absence(uow, since=since, until=until, stand_in_id=chosen)


def absence(city: City, who: Person) -> Absence | None:
    with at_work(city, who.actor) as uow:
        return read_absence(uow)


def devices(city: City, who: Person, secret: str) -> list[Device]:
    with at_work(city, who.actor) as uow:
        return own_devices(uow, secret=secret)


def enter(city: City, who: Person, **more: Any) -> str:
    return sign_in(city, email=who.email, password=PASSWORD, now=MONDAY, **more)


def events(city: City) -> list[str]:
    with at_work(city) as uow:
        return list(uow.session.scalars(select(RecordedEvent.name).order_by(RecordedEvent.number)))


@pytest.fixture
def nadia(city: City) -> Person:
    return build.referrer(city)


@pytest.fixture
def robin(city: City, nadia: Person) -> Person:
    return build.person(city, Role.REFERRER, organisation_id=nadia.organisation_id)
