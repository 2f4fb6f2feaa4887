"""A place asks to take part; the city answers, and nothing is taken over before it does."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from jobs.dispatch import dispatch_events
from kernel.access import Role
from kernel.accounts import Account
from kernel.approving import (
    KnownPlaceInUse,
    NothingAsked,
    TooLateToTakeBack,
    approve_location,
    decline_location,
    take_back_approval,
)
from kernel.cities import City
from kernel.closing import close_on, closing_periods, open_on
from kernel.errors import Conflict, Invalid, NotFound
from kernel.joining import AskedOften, RequestsFull, ask_for_location, ask_to_join
from kernel.letters import Letter
from kernel.letting_in import RequestWaits, invite_colleague, withdraw_invitation
from kernel.opening import change_hours, read_hours
from kernel.organisations import Admission, Location, Organisation, OrganisationKind
from kernel.tasks import Task
from kernel.waiting import RequestRow, read_requests
from tests import build
from tests.build import MONDAY, Person, at_work

NEST: dict[str, Any] = {
    "organisation": "Fatma Demo",
    "name": "Het Warme Nest",
    "kind": "family",
    "address": "Akkerhof 5",
    "postcode": "3600",
    "municipality": "Genk",
    "phone": "089 00 11 10",
    "person": "Fatma Demo",
    "email": "fatma@genk.example",
}
EIGHT, SIX = time(8), time(18)


def test_a_place_that_asks_waits_with_a_letter_and_a_task_for_the_city(
    city: City, regie: Person
) -> None:
    asks(city, register_number="123456789")
    found = request(city, regie)
    assert (found.name, found.person, found.proved) == ("Het Warme Nest", "Fatma Demo", False)
    assert (found.register_number, found.known) == ("123456789", None)
    assert letters(city) == ["invitation"]
    dispatch_events(city, MONDAY)
    assert tasks(city) == [("provider-asked", regie.organisation_id, None)]


def test_the_answer_closes_the_task_and_taking_it_back_opens_it(city: City, regie: Person) -> None:
    asks(city)
    place = request(city, regie).id
    for deed in (approve_location, decline_location):
        more = {"because": "Buiten Genk."} if deed is decline_location else {}
        with at_work(city, regie.actor) as uow:
            deed(uow, location_id=place, **more)
        dispatch_events(city, MONDAY)
        assert tasks(city)[0][2] == "answered"
        with at_work(city, regie.actor) as uow:
            take_back_approval(uow, location_id=place)
        dispatch_events(city, MONDAY)
        assert tasks(city)[0][2] is None
        assert request(city, regie).id == place
    assert letters(city) == ["invitation", "notice", "notice", "notice"]  # "again" once a day


def test_a_no_has_its_reason_and_stands_after_its_day(city: City, regie: Person) -> None:
    asks(city)
    place = request(city, regie).id
    for _ in range(2):
        with at_work(city, regie.actor) as uow:
            decline_location(uow, location_id=place, because="De plaats ligt buiten Genk.")
    with at_work(city) as uow:
        letter = uow.session.scalars(select(Letter).where(Letter.kind == "notice")).one()
        assert "De plaats ligt buiten Genk." in letter.body
        assert "Fatma" not in letter.body
        there = uow.session.get_one(Location, place)
        assert there.admission(MONDAY.date()) == Admission.DECLINED
    with (
        pytest.raises(TooLateToTakeBack),
        at_work(city, regie.actor, MONDAY + timedelta(days=1)) as uow,
    ):
        take_back_approval(uow, location_id=place)
    with at_work(city, regie.actor, MONDAY + timedelta(days=9)) as uow:
        approve_location(uow, location_id=place)  # it may be yes after all
    assert admission(city, place, MONDAY + timedelta(days=9)) == Admission.APPROVED


def test_only_who_asked_can_hear_no(city: City, regie: Person) -> None:
    provider = build.provider(city)
    assert provider.location_id is not None
    with pytest.raises(NothingAsked), at_work(city, regie.actor) as uow:
        decline_location(uow, location_id=provider.location_id, because="Nee.")


def test_a_known_address_gets_a_letter_and_changes_nothing(city: City, regie: Person) -> None:
    build.provider(city, email="fatma@genk.example")
    before = counted(city)
    asks(city)
    assert counted(city) == before
    assert letters(city) == ["notice"]
    with at_work(city, regie.actor) as uow:
        assert read_requests(uow) == []


def test_one_address_asks_three_times_a_day_known_or_not(city: City) -> None:
    build.referrer(city, email="known@genk.example")
    for email in ("known@genk.example", "new@genk.example"):
        for _ in range(3):
            asks(city, email=email)
        with pytest.raises(AskedOften):
            asks(city, email=email)
        asks(city, email=email, now=MONDAY + timedelta(days=1))
    assert len(letters(city)) == 8


def test_a_city_keeps_no_more_requests_than_it_can_look_at(city: City) -> None:
    build.rule(city, "kernel.most_waiting_requests", 2)
    for n in range(2):
        asks(city, email=f"{n}@genk.example")
    for email in ("0@genk.example", "3@genk.example"):  # full for who is known, too
        with pytest.raises(RequestsFull):
            asks(city, email=email)
    asks(city, email="4@genk.example", now=MONDAY + timedelta(days=8))  # unproved ones are over


def test_a_known_register_number_is_never_taken_over_by_itself(city: City, regie: Person) -> None:
    known = imported(city)
    asks(city, register_number="123456789")
    found = request(city, regie)
    assert found.known is not None
    assert (found.known.name, found.known.people) == ("Uit de lijst", 0)
    with at_work(city) as uow:
        place = uow.session.get_one(Location, known)
        assert (place.name, place.approved_on) == ("Uit de lijst", None)
        assert place.organisation_id != uow.session.get_one(Location, found.id).organisation_id


def test_who_asked_for_a_known_place_gets_it_with_a_yes_and_loses_it_with_its_undo(
    city: City, regie: Person
) -> None:
    known = imported(city)
    asks(city, register_number="123456789")
    asked = request(city, regie).id
    with at_work(city) as uow:
        mine = uow.session.get_one(Location, asked).organisation_id
        theirs = uow.session.get_one(Location, known).organisation_id
    with at_work(city, regie.actor) as uow:
        approve_location(uow, location_id=asked)
    assert (home_of(city, known), home_of(city, asked)) == (mine, theirs)
    assert admission(city, known, MONDAY) == Admission.APPROVED
    with at_work(city, regie.actor) as uow:
        approve_location(uow, location_id=asked)  # a second click
        take_back_approval(uow, location_id=asked)
    assert (home_of(city, known), home_of(city, asked)) == (theirs, mine)
    assert admission(city, known, MONDAY) == Admission.WAITING
    assert request(city, regie).id == asked


def test_a_place_where_others_work_is_not_given_away(city: City, regie: Person) -> None:
    other = build.provider(city)
    with at_work(city) as uow:
        uow.session.get_one(Location, other.location_id).register_number = "123456789"
    asks(city, register_number="123456789")
    found = request(city, regie)
    assert found.known is not None
    assert found.known.people == 1
    with pytest.raises(KnownPlaceInUse), at_work(city, regie.actor) as uow:
        approve_location(uow, location_id=found.id)


def test_an_organisations_name_that_is_taken_joins_nobody(city: City, regie: Person) -> None:
    build.organisation(city, OrganisationKind.PROVIDER, name="Fatma Demo")
    for email in ("a@genk.example", "b@genk.example", "c@genk.example"):
        asks(city, email=email)
    with at_work(city) as uow:
        names = set(uow.session.scalars(select(Organisation.name).filter_by(kind="provider")))
    assert names == {
        "Fatma Demo",
        "Fatma Demo (Het Warme Nest)",
        "Fatma Demo (2)",
        "Fatma Demo (3)",
    }


def test_a_provider_asks_for_one_more_place_of_its_own(city: City, regie: Person) -> None:
    provider = build.provider(city)
    place = {name: NEST[name] for name in ("name", "kind", "address", "postcode", "municipality")}
    with at_work(city, provider.actor) as uow:
        ask_for_location(uow, **place, register_number="987654321")
    assert request(city, regie).proved
    with pytest.raises(Invalid), at_work(city, provider.actor) as uow:
        ask_for_location(uow, **place)
    with pytest.raises(Invalid), at_work(city, provider.actor) as uow:
        ask_for_location(uow, **(place | {"name": "Anders"}), register_number="987654321")


def test_who_waits_for_an_answer_sends_no_invitations_and_is_not_withdrawn(
    city: City, regie: Person
) -> None:
    waiting = build.provider(city, approved_on=None)
    with pytest.raises(Conflict), at_work(city, waiting.actor) as uow:
        invite_colleague(uow, email="x@genk.example", name="X")
    asks(city)
    with at_work(city) as uow:
        account_id = uow.session.scalars(select(Account.id).filter_by(email=NEST["email"])).one()
    with pytest.raises(RequestWaits), at_work(city, regie.actor) as uow:
        withdraw_invitation(uow, account_id=account_id)


def test_new_hours_hold_from_their_day_and_the_old_ones_until_then(city: City) -> None:
    provider = build.provider(city)
    at, today = provider.location_id, MONDAY.date()
    assert at is not None
    week = dict.fromkeys(range(5), (EIGHT, SIX))
    early = {0: (time(6, 30), time(18, 30)), 5: (EIGHT, time(12))}
    with at_work(city, provider.actor) as uow:
        change_hours(uow, location_id=at, week=week, since=None)
        change_hours(uow, location_id=at, week=early, since=today + timedelta(days=7))
        now, later = read_hours(uow, location_id=at)
        assert now is not None
        assert later is not None
        assert (dict(now.week), dict(later.week)) == (week, early)
        assert (now.early, later.early, later.late, later.weekend) == (False, True, True, True)
        change_hours(uow, location_id=at, week=week, since=today)
        assert read_hours(uow, location_id=at)[1] is None, "what was to come is overtaken"
    with at_work(city, provider.actor, MONDAY + timedelta(days=8)) as uow:
        now, _ = read_hours(uow, location_id=at)
        assert now is not None
        assert dict(now.week) == week
    with pytest.raises(Invalid), at_work(city, provider.actor) as uow:
        change_hours(uow, location_id=at, week=week, since=today - timedelta(days=1))


def test_closing_days_are_added_shown_as_periods_and_taken_away(city: City) -> None:
    provider = build.provider(city)
    at = provider.location_id
    assert at is not None
    first, last = date(2026, 12, 21), date(2027, 1, 3)
    with at_work(city, provider.actor) as uow:
        close_on(uow, location_id=at, first=first, last=last)
        close_on(uow, location_id=at, first=last, last=None)
        close_on(uow, location_id=at, first=date(2026, 11, 11), last=None)
        assert closing_periods(uow, location_id=at) == [
            (date(2026, 11, 11), date(2026, 11, 11)),
            (first, last),
        ]
        open_on(uow, location_id=at, first=first, last=last)
        assert len(closing_periods(uow, location_id=at)) == 1
    wrong = ((last, first), (date(2026, 9, 6), None), (first, first + timedelta(days=93)))
    for begins, ends in wrong:
        with pytest.raises(Invalid), at_work(city, provider.actor) as uow:
            close_on(uow, location_id=at, first=begins, last=ends)


def test_nobody_changes_anothers_hours(city: City) -> None:
    mine, other = build.provider(city), build.provider(city)
    assert other.location_id is not None
    with pytest.raises(NotFound), at_work(city, mine.actor) as uow:
        change_hours(uow, location_id=other.location_id, week={}, since=None)
    with pytest.raises(NotFound), at_work(city, mine.actor) as uow:
        close_on(uow, location_id=other.location_id, first=date(2026, 12, 1), last=None)


def asks(city: City, *, now: datetime = MONDAY, **changed: str) -> None:
    ask_to_join(city, now=now, **(NEST | changed))


def request(city: City, regie: Person) -> RequestRow:
    with at_work(city, regie.actor) as uow:
        (found,) = read_requests(uow)
    return found


def imported(city: City) -> UUID:
    """A place as the register has it: in an organisation without people, not approved."""
    home = build.organisation(city, OrganisationKind.PROVIDER, name="Lijst vzw")
    return build.location(
        city,
        organisation_id=home,
        name="Uit de lijst",
        approved_on=None,
        register_number="123456789",
    )


def letters(city: City) -> list[str]:
    with at_work(city) as uow:
        return list(uow.session.scalars(select(Letter.kind).order_by(Letter.written_at)))


def tasks(city: City) -> list[tuple[str, UUID, str | None]]:
    with at_work(city) as uow:
        found = uow.session.execute(select(Task.rule, Task.organisation_id, Task.outcome))
        return [(rule, home, outcome) for rule, home, outcome in found]


def counted(city: City) -> list[int | None]:
    with at_work(city) as uow:
        kinds = (Account, Organisation, Location)
        return [uow.session.scalar(select(func.count()).select_from(kind)) for kind in kinds]


def admission(city: City, location_id: UUID, now: datetime) -> Admission:
    with at_work(city) as uow:
        return uow.session.get_one(Location, location_id).admission(now.date())


def home_of(city: City, location_id: UUID) -> UUID:
    with at_work(city) as uow:
        return uow.session.get_one(Location, location_id).organisation_id


@pytest.fixture
def regie(city: City) -> Person:
    home = build.organisation(city, OrganisationKind.CITY, name="Stad Genk")
    return build.person(city, Role.REGIE, organisation_id=home)
