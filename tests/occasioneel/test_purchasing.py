"""The city buys up to four places of a starter: where it may, and what becomes of a purchase."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select, text

from kernel.access import Role
from kernel.cities import City
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.events import RecordedEvent
from kernel.organisations import LocationStanding, OrganisationKind
from kernel.standing import note_standing
from occasioneel.ending import end_placement
from occasioneel.errors import (
    AmountExists,
    CapReached,
    ChildrenStay,
    IllegalMove,
    StandingMissing,
    StepNotAllowed,
    TooFewLicensed,
)
from occasioneel.models import (
    MOVES,
    BoughtPlace,
    DayAmount,
    Outcome,
    PlaceDay,
    Purchase,
    PurchaseState,
    WindingDown,
)
from occasioneel.purchasing import activate_purchase, cancel_purchase, draft_purchase
from occasioneel.steering import (
    end_purchase,
    resume_purchase,
    set_day_amounts,
    suspend_purchase,
    wind_down_purchase,
)
from tests import build, build_care
from tests.build import MONDAY, Person, at_work
from tests.build_care import AMOUNTS, BEGAN
from tests.figures import Say

TODAY = MONDAY.date()
Deed = Callable[..., Any]


def test_an_active_purchase_has_its_places_numbered_from_one(city: City, regie: Person) -> None:
    made = build_care.bought(city, regie, places=3)
    assert sorted(made.places) == [1, 2, 3]
    assert periods(city, made.id) == [(BEGAN, None)] * 3
    assert told(city)[-1] == (
        "occasioneel.purchase_activated",
        {
            "purchase_id": str(made.id),
            "location_id": str(made.location_id),
            "begins_on": "2025-01-01",
            "numbers": "1 2 3",
        },
    )


def test_a_draft_keeps_its_amounts_and_buys_nothing_yet(city: City, regie: Person) -> None:
    purchase_id = build_care.draft(city, regie, places=2)
    assert amounts(city, purchase_id) == [
        ("absent", 3200, BEGAN, None),
        ("closed", 0, BEGAN, None),
        ("empty", 3200, BEGAN, None),
        ("occupied", 3200, BEGAN, None),
    ]
    assert periods(city, purchase_id) == []


def test_one_key_drafts_one_purchase(city: City, regie: Person) -> None:
    where = build_care.starter(city)
    again = [
        build_care.draft(city, regie, location_id=where, idempotency_key="k") for _ in range(2)
    ]
    assert again[0] == again[1]
    assert count(city, Purchase) == 1


@pytest.mark.parametrize(
    ("step", "places", "refusal"),
    [
        ("T0", 8, None),
        ("T1", 4, None),
        ("T2", 8, StepNotAllowed),
        ("T3", 8, StepNotAllowed),
        ("T0", 3, TooFewLicensed),
        (None, 8, StandingMissing),
    ],
)
def test_a_location_is_in_step_0_or_1_and_licensed_for_enough(
    city: City, regie: Person, step: str | None, places: int, refusal: type[Invalid] | None
) -> None:
    where = build_care.starter(city, step=step, places=places)
    if refusal is None:
        build_care.draft(city, regie, location_id=where)
        return
    with pytest.raises(refusal) as refused:
        build_care.draft(city, regie, location_id=where)
    assert all(name.startswith("standing.") for name in refused.value.fields)
    assert count(city, Purchase) == 0


def test_a_licence_without_a_step_is_not_known(city: City, regie: Person) -> None:
    where = build_care.starter(city, step=None)
    with at_work(city) as uow:
        uow.session.add(LocationStanding(location_id=where, licensed_places=8, valid_from=BEGAN))
    with pytest.raises(StandingMissing):
        build_care.draft(city, regie, location_id=where)


def test_the_licence_can_be_written_down_with_the_draft(city: City, regie: Person) -> None:
    where = build_care.starter(city, step=None)
    standing = {"licensed_places": 8, "step": "T1", "since": BEGAN}
    build_care.draft(city, regie, location_id=where, standing=standing)
    assert standings(city, where) == [(8, "T1", BEGAN, None)]


def test_it_is_the_begin_date_that_counts(city: City, regie: Person) -> None:
    where = build_care.starter(city, step="T0")
    step_up = date(2026, 10, 1)
    noted(city, regie, where, step="T2", since=step_up)
    build_care.draft(city, regie, location_id=where, begins_on=step_up - timedelta(days=1))
    with pytest.raises(StepNotAllowed):
        build_care.draft(city, regie, location_id=where, begins_on=step_up)


def test_a_licence_that_changed_since_the_draft_is_seen_at_the_start(
    city: City, regie: Person
) -> None:
    where = build_care.starter(city)
    purchase_id = build_care.draft(city, regie, location_id=where)
    noted(city, regie, where, step="T2", since=BEGAN)
    with pytest.raises(StepNotAllowed):
        done(city, regie, activate_purchase, purchase_id)
    assert state(city, purchase_id) == "draft"


def test_a_second_purchase_takes_the_numbers_that_are_free(city: City, regie: Person) -> None:
    where = build_care.starter(city)
    build_care.bought(city, regie, location_id=where, places=3)
    with pytest.raises(CapReached):
        build_care.draft(city, regie, location_id=where, places=2)
    assert sorted(build_care.bought(city, regie, location_id=where, places=1).places) == [4]


def test_all_that_is_bought_stays_within_the_licence(city: City, regie: Person) -> None:
    where = build_care.starter(city, places=3)
    build_care.bought(city, regie, location_id=where, places=2)
    with pytest.raises(TooFewLicensed):
        build_care.draft(city, regie, location_id=where, places=2)


def test_a_city_may_choose_a_lower_number_from_a_day_on(city: City, regie: Person) -> None:
    build.rule(city, "occasioneel.places_cap", 2, since=date(2026, 1, 1))
    build_care.draft(city, regie, begins_on=date(2025, 12, 31))
    with pytest.raises(CapReached):
        build_care.draft(city, regie, begins_on=date(2026, 1, 1))
    build_care.draft(city, regie, begins_on=date(2026, 1, 1), places=2)


def test_a_higher_number_than_four_is_never_chosen(city: City, regie: Person) -> None:
    build.rule(city, "occasioneel.places_cap", 9)
    where = build_care.starter(city, places=20)
    build_care.bought(city, regie, location_id=where)
    with pytest.raises(CapReached):
        build_care.draft(city, regie, location_id=where, places=1)


def test_a_fifth_place_is_refused_by_the_database_itself(
    city: City, regie: Person, figure: Say
) -> None:
    made = build_care.bought(city, regie)
    row = {"purchase_id": made.id, "location_id": made.location_id, "valid_from": TODAY}
    refused = []
    for number, until in ((5, None), (0, None), (3, None), (3, TODAY)):
        fifth = row | {"id": uuid4(), "number": number, "valid_until": until}
        try:
            with at_work(city) as uow:
                uow.session.execute(insert(BoughtPlace), fifth)
        except Exception as error:  # noqa: BLE001 — the database's own word is what counts
            refused.append(type(error).__name__)
    assert refused == ["IntegrityError", "IntegrityError", "CapReached", "CapReached"]
    assert count(city, BoughtPlace) == 4
    figure(
        "C3 fifth place",
        "inserted by SQL: number 5 and 0 refused by the CHECK, a second number 3 by the trigger",
    )


def test_a_number_may_come_again_after_its_period(city: City, regie: Person) -> None:
    where = build_care.starter(city)
    build_care.bought(city, regie, location_id=where)
    with at_work(city) as uow:
        uow.session.execute(text("UPDATE bought_place SET valid_until = '2026-06-30'"))
    again = build_care.bought(city, regie, location_id=where, begins_on=date(2026, 7, 1))
    assert sorted(again.places) == [1, 2, 3, 4]


@pytest.mark.parametrize("day", [date(2021, 1, 1), date(2028, 1, 1)])
def test_a_year_that_cannot_be_meant_is_refused(city: City, regie: Person, day: date) -> None:
    with pytest.raises(Invalid) as refused:
        build_care.draft(city, regie, begins_on=day)
    assert list(refused.value.fields) == ["beginsOn"]


def test_a_place_for_practice_or_one_that_stopped_is_not_bought_at(
    city: City, regie: Person
) -> None:
    for where in (
        build_care.starter(city, training=True),
        build_care.starter(city, ended_on=date(2024, 12, 31)),
        uuid4(),
    ):
        with pytest.raises(Invalid) as refused:
            build_care.draft(city, regie, location_id=where)
        assert list(refused.value.fields) == ["location"]


MOVING: dict[tuple[PurchaseState, PurchaseState], Deed] = {
    (PurchaseState.DRAFT, PurchaseState.ACTIVE): activate_purchase,
    (PurchaseState.DRAFT, PurchaseState.CANCELLED): cancel_purchase,
    (PurchaseState.ACTIVE, PurchaseState.SUSPENDED): suspend_purchase,
    (PurchaseState.SUSPENDED, PurchaseState.ACTIVE): resume_purchase,
    (PurchaseState.ACTIVE, PurchaseState.WINDING_DOWN): build_care.winds_down,
    (PurchaseState.WINDING_DOWN, PurchaseState.ENDED): build_care.ends,
}


def test_each_pair_of_states_of_a_purchase_is_a_move_or_refused(
    city: City, regie: Person, figure: Say
) -> None:
    """Every deed from every state: it moves, or is refused with what is allowed (M0)."""
    legal = {(now, to) for now, moves in MOVES.items() for to in moves}
    assert set(MOVING) == legal
    tried = 0
    for now in PurchaseState:
        for (begins, to), deed in MOVING.items():
            purchase_id = build_care.purchase_in(city, regie, now)
            if begins == now:
                done(city, regie, deed, purchase_id)
                assert state(city, purchase_id) == to
            else:
                with pytest.raises(IllegalMove) as refused:
                    done(city, regie, deed, purchase_id)
                assert refused.value.about == {"state": now, "allowed": sorted(MOVES[now])}
                assert state(city, purchase_id) == now
            tried += 1
    illegal = len(PurchaseState) ** 2 - len(legal)
    figure(
        "M0 purchase",
        f"{tried} deeds from every state: {len(legal)} legal pairs moved, "
        f"{illegal} others are nobody's; each refusal names what is allowed",
    )


def test_winding_down_needs_no_last_day_but_not_a_past_one(city: City, regie: Person) -> None:
    made = build_care.bought(city, regie)
    with pytest.raises(Invalid), at_work(city, regie.actor) as uow:
        wind_down_purchase(
            uow,
            purchase_id=made.id,
            reason=WindingDown.NOTICE,
            last_day=TODAY - timedelta(days=1),
        )
    with at_work(city, regie.actor) as uow:
        wind_down_purchase(
            uow, purchase_id=made.id, reason=WindingDown.NOTICE, last_day=date(2026, 12, 31)
        )
    assert periods(city, made.id) == [(BEGAN, None)] * 4, "nothing ends by itself"


def test_a_purchase_ends_whole_once_no_child_is_left(city: City, regie: Person) -> None:
    made = build_care.bought(city, regie)
    placement = build_care.placed(city, regie, on=made.places[1], since=date(2026, 6, 1))
    with at_work(city, regie.actor) as uow:
        set_day_amounts(uow, purchase_id=made.id, since=date(2026, 12, 1), amounts=AMOUNTS)
    done(city, regie, build_care.winds_down, made.id)
    with pytest.raises(ChildrenStay) as refused:
        done(city, regie, build_care.ends, made.id)
    assert refused.value.about["children"] == 1
    with at_work(city, regie.actor) as uow:
        end_placement(uow, placement_id=placement.id, outcome=Outcome.SCHOOL, last_day=TODAY)
    yesterday = TODAY - timedelta(days=1)
    for day in (yesterday, TODAY + timedelta(days=1), date(2024, 1, 1)):
        with pytest.raises((ChildrenStay, Invalid)), at_work(city, regie.actor) as uow:
            end_purchase(uow, purchase_id=made.id, last_day=day)
    done(city, regie, build_care.ends, made.id)
    assert periods(city, made.id) == [(BEGAN, TODAY)] * 4
    assert {row[3] for row in amounts(city, made.id)} == {TODAY}


def test_a_new_amount_closes_the_former_period_the_day_before(city: City, regie: Person) -> None:
    made = build_care.bought(city, regie)
    more = AMOUNTS | {PlaceDay.EMPTY: 1600}
    with at_work(city, regie.actor) as uow:
        set_day_amounts(uow, purchase_id=made.id, since=date(2026, 10, 1), amounts=more)
    assert [row for row in amounts(city, made.id) if row[0] == "empty"] == [
        ("empty", 3200, BEGAN, date(2026, 9, 30)),
        ("empty", 1600, date(2026, 10, 1), None),
    ]
    name, payload = told(city)[-1]
    assert name == "occasioneel.day_amount_set"
    assert payload["empty_cents"] == 1600


def test_an_amount_of_the_same_day_is_corrected(city: City, regie: Person) -> None:
    made = build_care.bought(city, regie)
    for cents in (9900, 3300):
        with at_work(city, regie.actor) as uow:
            set_day_amounts(
                uow, purchase_id=made.id, since=TODAY, amounts=dict.fromkeys(PlaceDay, cents)
            )
    assert [row[1:] for row in amounts(city, made.id) if row[0] == "absent"] == [
        (3200, BEGAN, TODAY - timedelta(days=1)),
        (3300, TODAY, None),
    ]


def test_what_was_agreed_is_never_rewritten(city: City, regie: Person) -> None:
    made = build_care.bought(city, regie)
    before = amounts(city, made.id)
    with pytest.raises(Invalid), at_work(city, regie.actor) as uow:
        set_day_amounts(uow, purchase_id=made.id, since=TODAY - timedelta(days=1), amounts=AMOUNTS)
    assert amounts(city, made.id) == before


def test_an_amount_before_one_that_is_agreed_for_later_is_refused(
    city: City, regie: Person
) -> None:
    made = build_care.bought(city, regie)
    with at_work(city, regie.actor) as uow:
        set_day_amounts(uow, purchase_id=made.id, since=date(2027, 1, 1), amounts=AMOUNTS)
    with pytest.raises(AmountExists) as refused, at_work(city, regie.actor) as uow:
        set_day_amounts(uow, purchase_id=made.id, since=date(2026, 12, 1), amounts=AMOUNTS)
    assert "01/01/2027" in str(refused.value)


def test_of_a_draft_the_amounts_are_replaced_and_of_what_ended_refused(
    city: City, regie: Person
) -> None:
    purchase_id = build_care.draft(city, regie)
    new = dict.fromkeys(PlaceDay, 100)
    with at_work(city, regie.actor) as uow:
        set_day_amounts(uow, purchase_id=purchase_id, since=TODAY, amounts=new)
    assert {row[1:] for row in amounts(city, purchase_id)} == {(100, BEGAN, None)}
    ended = build_care.purchase_in(city, regie, PurchaseState.ENDED)
    with pytest.raises(IllegalMove), at_work(city, regie.actor) as uow:
        set_day_amounts(uow, purchase_id=ended, since=TODAY, amounts=new)


def test_two_amounts_for_one_day_are_refused_by_the_database_itself(
    city: City, regie: Person
) -> None:
    made = build_care.bought(city, regie)
    row = {"id": uuid4(), "purchase_id": made.id, "kind": "empty", "cents": 1, "valid_from": TODAY}
    with pytest.raises(AmountExists), at_work(city) as uow:
        uow.session.execute(insert(DayAmount), row)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.REGIE}))
def test_nobody_but_the_regie_buys(city: City, role: Role) -> None:
    home = build.organisation(city, OrganisationKind.CITY)
    person = build.person(city, role, organisation_id=home)
    with at_work(city, person.actor) as uow:
        deeds: list[Any] = [draft_purchase, activate_purchase, cancel_purchase, end_purchase]
        for deed in (*deeds, suspend_purchase, resume_purchase, set_day_amounts):
            with pytest.raises(Forbidden):
                deed(uow)


def test_an_unknown_purchase_is_not_there(city: City, regie: Person) -> None:
    for deed in MOVING.values():
        with pytest.raises(NotFound):
            done(city, regie, deed, uuid4())


def test_a_standing_splits_the_period_in_which_it_falls(city: City, regie: Person) -> None:
    where = build_care.starter(city, step="T0", places=8)
    noted(city, regie, where, step="T1", since=date(2026, 1, 1), licensed_places=7)
    noted(city, regie, where, step="T0", since=date(2025, 1, 1), licensed_places=6)
    noted(city, regie, where, step="T0", since=date(2026, 1, 1), licensed_places=5)
    noted(city, regie, where, step="T3", since=date(2019, 1, 1), licensed_places=4)
    assert standings(city, where) == [
        (4, "T3", date(2019, 1, 1), date(2019, 12, 31)),
        (8, "T0", date(2020, 1, 1), date(2024, 12, 31)),
        (6, "T0", date(2025, 1, 1), date(2025, 12, 31)),
        (5, "T0", date(2026, 1, 1), None),
    ]
    with pytest.raises(NotFound):
        noted(city, regie, uuid4(), step="T0", since=TODAY)


def test_a_refusal_of_the_triggers_is_a_conflict() -> None:
    assert issubclass(CapReached, Conflict)


def done(city: City, by: Person, deed: Deed, purchase_id: UUID) -> None:
    with at_work(city, by.actor) as uow:
        deed(uow, purchase_id=purchase_id)


def noted(city: City, by: Person, where: UUID, *, licensed_places: int = 8, **more: Any) -> None:
    with at_work(city, by.actor) as uow:
        note_standing(uow, location_id=where, licensed_places=licensed_places, **more)


def state(city: City, purchase_id: UUID) -> str:
    with at_work(city) as uow:
        return uow.session.get_one(Purchase, purchase_id).state


def periods(city: City, purchase_id: UUID) -> list[tuple[date, date | None]]:
    with at_work(city) as uow:
        rows = uow.session.execute(
            select(BoughtPlace.valid_from, BoughtPlace.valid_until)
            .where(BoughtPlace.purchase_id == purchase_id)
            .order_by(BoughtPlace.number)
        )
        return [(row[0], row[1]) for row in rows]


def amounts(city: City, purchase_id: UUID) -> list[tuple[Any, ...]]:
    columns = (DayAmount.kind, DayAmount.cents, DayAmount.valid_from, DayAmount.valid_until)
    with at_work(city) as uow:
        rows = uow.session.execute(
            select(*columns)
            .where(DayAmount.purchase_id == purchase_id)
            .order_by(DayAmount.kind, DayAmount.valid_from)
        )
        return [tuple(row) for row in rows]


def standings(city: City, where: UUID) -> list[tuple[Any, ...]]:
    row = LocationStanding
    with at_work(city) as uow:
        rows = uow.session.execute(
            select(row.licensed_places, row.step, row.valid_from, row.valid_until)
            .where(row.location_id == where)
            .order_by(row.valid_from)
        )
        return [tuple(each) for each in rows]


def count(city: City, kind: type[Any]) -> int:
    with at_work(city) as uow:
        return uow.session.scalar(select(func.count()).select_from(kind)) or 0


def told(city: City) -> list[tuple[str, dict[str, Any]]]:
    with at_work(city) as uow:
        rows = uow.session.execute(
            select(RecordedEvent.name, RecordedEvent.payload).order_by(RecordedEvent.number)
        )
        return [(row[0], row[1]) for row in rows]


@pytest.fixture
def regie(city: City) -> Person:
    return build.regie(city)
