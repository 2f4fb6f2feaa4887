"""The demo looks as the field knows it, and everybody in it can sign in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app import create_app
from demo.seeding import seed_demo
from jobs.dispatch import dispatch_events
from kernel.access import CLOCK, Actor, Role
from kernel.accounts import Account
from kernel.calendar import BRUSSELS, is_working_day, working_day_after
from kernel.cities import City
from kernel.events import Delivery, PendingEvent
from kernel.organisations import Location, Organisation, Room
from kernel.people import Family
from kernel.places import nearest_places, room_now
from kernel.tasks import Task
from kernel.unit_of_work import UnitOfWork, unit_of_work
from tests.conftest import city_at, settings_for
from vouchers.asking_stock import read_asks
from vouchers.batches import read_batches
from vouchers.calls import read_calls
from vouchers.drop_off import SilenceRule, flag_drop_offs
from vouchers.models import Booklet, BookletState, Continuation, FollowUp, Redemption
from vouchers.stock import count_at_desk, read_holders
from vouchers.uptake import Steps, uptake

THURSDAY = datetime(2026, 11, 26, 14, 0, tzinfo=BRUSSELS)
PEOPLE = ("toeleider", "opvang", "opvang2", "regie", "financien", "evaluator", "beheer")


def test_the_funnel_looks_as_the_field_knows_it(genk: City) -> None:
    total = _funnel(genk, THURSDAY)
    assert total.handed_out == 79
    assert total.first_use == 41
    lost_before_use = total.handed_out - total.first_use
    assert lost_before_use > total.first_use - total.all_used, "the first step loses most"
    assert total.three_or_more >= 0.9 * total.first_use, "who begins goes on"
    assert 30 <= total.visit_agreed <= 50
    with _looking(genk, THURSDAY) as uow:
        used = func.sum(Booklet.used_count)
        by_family = uow.session.scalars(select(used).group_by(Booklet.origin_id)).all()
    assert sum(8 <= count <= 10 for count in by_family) == 29
    assert sum(1 <= count <= 2 for count in by_family) <= 5


def test_cheques_are_used_on_working_days_that_are_over_at_several_places(genk: City) -> None:
    with _looking(genk, THURSDAY) as uow:
        days = uow.session.execute(
            select(Redemption.care_date, Redemption.redeemed_at, Redemption.location_id)
        ).all()
        open_places = nearest_places(uow, district_id=None, limit=99)
    assert len(days) > 300
    assert all(is_working_day(day) for day, _, _ in days)
    assert all(moment <= THURSDAY for _, moment, _ in days)
    assert THURSDAY - min(moment for _, moment, _ in days) > timedelta(days=480)
    assert len({place for _, _, place in days}) >= 15
    assert {place for _, _, place in days} <= {place.id for place in open_places}


def test_some_booklets_were_lost_and_replaced_and_one_was_taken_back(genk: City) -> None:
    with _looking(genk, THURSDAY) as uow:
        states = list(uow.session.scalars(select(Booklet.state)))
        replaced = uow.session.scalars(select(Booklet).where(Booklet.replaces_id.is_not(None)))
        sizes = sorted(booklet.size for booklet in replaced)
    assert states.count(BookletState.BLOCKED_LOST) == 3
    assert states.count(BookletState.BLOCKED_ERROR) == 1
    assert sizes == [4, 7, 10]


def test_blank_booklets_lie_at_the_desk_and_with_two_referrers(genk: City) -> None:
    with _looking(genk, THURSDAY) as uow:
        assert count_at_desk(uow) == 13
        assert [(one.count, one.is_low) for one in read_holders(uow)] == [(2, True), (3, False)]
        assert [batch.at_desk for batch in read_batches(uow)] == [10, 3]
        assert [(ask.name, ask.booklets) for ask in read_asks(uow)] == [("Tom Demo", 5)]


def test_the_demo_referrer_has_calls_to_make_each_due_on_its_own_working_day(genk: City) -> None:
    with _looking(genk, THURSDAY, email="toeleider@genk.example") as uow:
        calls = read_calls(uow)
        fresh = uow.session.scalar(
            select(func.count(Booklet.id)).where(
                Booklet.organisation_id == uow.actor.organisation_id,
                Booklet.handed_out_on > THURSDAY.date() - timedelta(days=14),
                Booklet.used_count == 0,
            )
        )
    rules = [call.rule for call in calls]
    assert rules.count(SilenceRule.VISIT_NEAR) == 1
    assert rules.count(SilenceRule.VISIT_MISSED) == 1
    assert rules.count(SilenceRule.NO_FIRST_USE) == 3
    assert rules.count(SilenceRule.SILENCE) == rules.count(SilenceRule.USED_UP) == 1
    assert all(is_working_day(call.due_on) and call.due_on <= THURSDAY.date() for call in calls)
    visits = {str(call.rule): call.visit_on for call in calls}
    assert visits[SilenceRule.VISIT_NEAR] == working_day_after(THURSDAY.date())
    assert visits[SilenceRule.VISIT_MISSED] == date(2026, 11, 25)
    assert (fresh or 0) >= 3


def test_what_happened_reached_everybody_and_the_clock_finds_nothing_more(genk: City) -> None:
    with unit_of_work(genk, CLOCK, writes=True, now=THURSDAY) as uow:
        assert uow.session.scalar(select(func.count()).select_from(PendingEvent)) == 0
        owed = select(func.count()).select_from(Delivery).where(Delivery.done_at.is_(None))
        assert uow.session.scalar(owed) == 0
        assert flag_drop_offs(uow) == []
        outcomes = set(uow.session.scalars(select(Task.outcome)))
        heard = set(uow.session.scalars(select(FollowUp.outcome)))
        barriers = set(uow.session.scalars(select(FollowUp.barrier)))
        going = set(uow.session.scalars(select(Continuation.answer)))
    assert {None, "first-use", "does-not-want", "unreachable", "continues"} <= outcomes
    assert {"will-go", "needs-help", "not-reached", "does-not-want"} <= heard
    assert len(barriers) > 5
    assert going == {"here", "elsewhere", "no", "unknown"}


def test_places_say_lately_long_ago_or_never_whether_they_have_room(genk: City) -> None:
    with _looking(genk, THURSDAY) as uow:
        places = list(uow.session.scalars(select(Location)))
        assert len(places) >= 24
        said = {room_now(place, THURSDAY) for place in places}
        assert said == {Room.YES, Room.SOME, Room.NO, None}
        assert sum(place.training for place in places) == 1
        assert sum(place.approved_on is None for place in places) == 1
        assert sum(place.ended_on is not None for place in places) == 1
        assert all(place.phone.startswith("089 00 1") for place in places), "they cannot exist"
        assert {place.kind for place in places} == {"group", "family"}


def test_every_person_in_it_is_clearly_invented(genk: City) -> None:
    with _looking(genk, THURSDAY) as uow:
        assert all(name.endswith(" Demo") for name in uow.session.scalars(select(Account.name)))
        families = list(uow.session.scalars(select(Family.name)))
        names = [name for name in families if name]
        sorts = set(uow.session.scalars(select(Organisation.sort)))
    assert names
    assert len(names) < len(families) / 2, "most families gave no name"
    assert all(name.endswith(" Demo") for name in names)
    assert {"OCMW", "CKG", "VDAB", "Kind en Gezin", "Taalschool", "Huis van het Kind"} <= sorts


@pytest.mark.parametrize("person", PEOPLE)
def test_every_account_can_sign_in(genk: City, tmp_path: Path, person: str) -> None:
    app = create_app(settings_for(genk, tmp_path))
    app.config["WTF_CSRF_ENABLED"] = False
    answer = app.test_client().post(
        "/aanmelden", data={"email": f"{person}@genk.example", "password": "opstap-demo"}
    )
    assert answer.status_code == 302
    assert "__Host-opstap=" in answer.headers["Set-Cookie"]


def test_a_second_time_nothing_is_done_and_it_says_so(genk: City) -> None:
    before = _funnel(genk, THURSDAY)
    said = seed_demo(genk, now=THURSDAY, dispatch=dispatch_events)
    assert "er is niets gedaan" in said
    assert _funnel(genk, THURSDAY) == before


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 23, 0, 10, tzinfo=BRUSSELS),  # a Monday, before the clock looks
        datetime(2026, 3, 29, 3, 30, tzinfo=BRUSSELS),  # the Sunday on which summer time begins
        datetime(2027, 1, 1, 23, 59, tzinfo=BRUSSELS),  # a holiday
        datetime(2028, 2, 29, 12, 0, tzinfo=BRUSSELS),  # leap day
    ],
)
def test_it_is_as_believable_at_any_moment(sqlite_url: str, now: datetime) -> None:
    antwerp = city_at(sqlite_url, host="antwerpen.localhost", name="Antwerpen")
    assert "alles verzonnen" in seed_demo(antwerp, now=now, dispatch=dispatch_events)
    total = _funnel(antwerp, now)
    with _looking(antwerp, now, email="toeleider@antwerpen.example") as uow:
        rules = [call.rule for call in read_calls(uow)]
    antwerp.database.dispose()
    assert (total.handed_out, total.first_use) == (29, 15)
    assert sorted(set(rules)) == [
        "no-first-use",
        "silence",
        "used-up",
        "visit-missed",
        "visit-near",
    ]


def test_it_fills_a_postgresql_city_of_another_name_and_leaves_events_to_the_clock(
    postgres_url: str,
) -> None:
    city = city_at(postgres_url, host="elders.localhost")
    seed_demo(city, now=THURSDAY)
    with _looking(city, THURSDAY) as uow:
        assert (uow.session.scalar(select(func.count()).select_from(PendingEvent)) or 0) > 400
    assert dispatch_events(city, THURSDAY) > 400
    assert _funnel(city, THURSDAY).first_use == 41
    city.database.dispose()


def _funnel(city: City, now: datetime) -> Steps:
    with _looking(city, now) as uow:
        return uptake(uow, since=(now - timedelta(days=560)).date(), until=now.date()).total


@contextmanager
def _looking(city: City, now: datetime, email: str = "") -> Iterator[UnitOfWork]:
    """Look as an account of the demo, else as a regie that has none."""
    nobody = UUID(int=1)
    actor = Actor(account_id=nobody, organisation_id=nobody, roles=frozenset({Role.REGIE}))
    if email:
        with city.database.transaction(writes=False) as session:
            account = session.scalars(select(Account).where(Account.email == email)).one()
            home, roles = account.organisation_id, frozenset({Role.REFERRER})
            actor = Actor(account_id=account.id, organisation_id=home, roles=roles)
    with unit_of_work(city, actor, writes=False, now=now) as uow:
        yield uow


@pytest.fixture(scope="module")
def genk(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The demo's Genk, as of a Thursday afternoon."""
    file = tmp_path_factory.mktemp("demo") / "genk.db"
    file.write_bytes(sqlite_template.read_bytes())
    city = city_at(f"sqlite:///{file}")
    assert "alles verzonnen" in seed_demo(city, now=THURSDAY, dispatch=dispatch_events)
    yield city
    city.database.dispose()
