"""A child on a bought place: placed, moved, its months begun anew, and ended by a person only."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select

from kernel.access import Role
from kernel.cities import City
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.events import RecordedEvent
from kernel.organisations import OrganisationKind
from kernel.people import Child, Family
from kernel.standing import note_standing
from occasioneel.ending import end_placement, take_back_end
from occasioneel.errors import (
    ClockQuestion,
    LicenceChanged,
    NoNewChildren,
    NoPlaceFree,
    NotRunning,
    NoUndo,
    OutsidePurchase,
    PlacedAlready,
    PlaceTaken,
)
from occasioneel.families import propose_reference
from occasioneel.models import (
    Outcome,
    Placement,
    PlacementState,
    Purchase,
    PurchaseState,
    RestartReason,
)
from occasioneel.moving import move_child, restart_clock
from occasioneel.placing import Clock, place_child, take_back_placing
from occasioneel.steering import end_purchase, suspend_purchase
from tests import build, build_care
from tests.build import MONDAY, Person, at_work
from tests.build_care import BEGAN, Bought
from tests.figures import Say

TODAY = MONDAY.date()
JUNE = date(2026, 6, 1)
LINA: dict[str, Any] = {
    "family": {"reference": "OK-7", "language": "ar"},
    "child": {"first_name": "Lina", "birth_month": date(2025, 3, 1)},
}


def test_a_child_is_placed_and_its_months_count_from_its_first_day(
    city: City, regie: Person, bought: Bought
) -> None:
    placement = build_care.placed(city, regie, on=bought.places[2], since=JUNE)
    assert (placement.valid_from, placement.valid_until, placement.clock_from) == (JUNE, None, JUNE)
    name, payload = told(city)[-1]
    assert name == "occasioneel.child_placed"
    assert payload == {
        "episode_id": str(placement.episode_id),
        "placement_id": str(placement.id),
        "child_id": str(placement.child_id),
        "bought_place_id": str(bought.places[2]),
        "location_id": str(bought.location_id),
        "since": "2026-06-01",
        "clock_from": "2026-06-01",
        "reason": "training",
        "restart": None,
    }


def test_the_first_free_place_of_a_location_is_taken_until_none_is_left(
    city: City, regie: Person, bought: Bought
) -> None:
    placed = [build_care.placed(city, regie, at=bought.location_id) for _ in range(4)]
    assert [each.bought_place_id for each in placed] == [bought.places[n] for n in (1, 2, 3, 4)]
    with pytest.raises(NoPlaceFree):
        build_care.placed(city, regie, at=bought.location_id)
    with pytest.raises(PlaceTaken):
        build_care.placed(city, regie, on=bought.places[1])


def test_a_place_is_free_again_the_day_after_the_last_day(
    city: City, regie: Person, bought: Bought
) -> None:
    placement = build_care.placed(city, regie, on=bought.places[1], since=JUNE)
    ends(city, regie, placement.id, last_day=TODAY)
    with pytest.raises(PlaceTaken):
        build_care.placed(city, regie, on=bought.places[1], since=TODAY)
    build_care.placed(city, regie, on=bought.places[1], since=TODAY + timedelta(days=1))


def test_a_planned_child_keeps_the_place_from_its_day_on(
    city: City, regie: Person, bought: Bought
) -> None:
    build_care.placed(city, regie, on=bought.places[1], since=TODAY + timedelta(days=9))
    with pytest.raises(PlaceTaken):
        build_care.placed(city, regie, on=bought.places[1])


def test_the_same_reference_is_the_same_family_and_the_same_name_the_same_child(
    city: City, regie: Person, bought: Bought
) -> None:
    first = build_care.placed(city, regie, at=bought.location_id, **LINA)
    with pytest.raises(PlacedAlready):
        build_care.placed(
            city,
            regie,
            at=bought.location_id,
            family=LINA["family"] | {"reference": "ok-7"},
            child=LINA["child"] | {"first_name": "LINA"},
        )
    noor = LINA["child"] | {"first_name": "Noor"}
    sister = build_care.placed(city, regie, at=bought.location_id, **(LINA | {"child": noor}))
    assert sister.family_id == first.family_id
    assert sister.child_id != first.child_id
    with at_work(city) as uow:
        assert uow.session.scalar(select(func.count()).select_from(Family)) == 1


def test_two_placements_of_a_child_or_on_a_place_are_refused_by_the_database_itself(
    city: City, regie: Person, bought: Bought
) -> None:
    row = one(city, build_care.placed(city, regie, on=bought.places[1]).id)
    other = build_care.placed(city, regie, on=bought.places[2])
    for changed, refusal in (
        ({"bought_place_id": bought.places[3]}, PlacedAlready),
        ({"child_id": other.child_id, "family_id": other.family_id}, Conflict),
    ):
        with pytest.raises(refusal), at_work(city) as uow:
            uow.session.execute(
                insert(Placement), row | changed | {"id": uuid4(), "idempotency_key": None}
            )


def test_one_key_places_one_child(city: City, regie: Person, bought: Bought) -> None:
    both = [
        build_care.placed(city, regie, at=bought.location_id, idempotency_key="k", **LINA)
        for _ in range(2)
    ]
    assert both[0].id == both[1].id


@pytest.mark.parametrize(
    "state", sorted(set(PurchaseState) - {PurchaseState.DRAFT, PurchaseState.CANCELLED})
)
def test_only_an_active_purchase_takes_new_children(
    city: City, regie: Person, state: PurchaseState
) -> None:
    purchase_id = build_care.purchase_in(city, regie, state)
    where = where_of(city, purchase_id)
    refusals = {
        PurchaseState.ACTIVE: None,
        PurchaseState.SUSPENDED: NoNewChildren,
        PurchaseState.WINDING_DOWN: NoNewChildren,
        PurchaseState.ENDED: OutsidePurchase,
    }
    if refusal := refusals[state]:
        with pytest.raises(refusal):
            build_care.placed(city, regie, at=where)
    else:
        build_care.placed(city, regie, at=where)


def test_a_draft_has_no_place_to_give(city: City, regie: Person) -> None:
    where = build_care.starter(city)
    build_care.draft(city, regie, location_id=where)
    with pytest.raises(NotFound):
        build_care.placed(city, regie, at=where)


def test_a_day_before_the_purchase_is_refused(city: City, regie: Person) -> None:
    made = build_care.bought(city, regie, begins_on=date(2026, 9, 1))
    with pytest.raises(OutsidePurchase) as refused:
        build_care.placed(city, regie, at=made.location_id, since=date(2026, 8, 31))
    assert list(refused.value.fields) == ["since"]
    build_care.placed(city, regie, at=made.location_id, since=date(2026, 9, 1))


def test_a_step_that_changed_lets_no_new_child_in_and_nobody_out(
    city: City, regie: Person, bought: Bought
) -> None:
    stays = build_care.placed(city, regie, on=bought.places[1], since=JUNE)
    with at_work(city, regie.actor) as uow:
        note_standing(
            uow, location_id=bought.location_id, licensed_places=8, step="T2", since=TODAY
        )
    with pytest.raises(LicenceChanged):
        build_care.placed(city, regie, on=bought.places[2])
    assert one(city, stays.id)["state"] == PlacementState.RUNNING


@pytest.mark.parametrize(
    ("since", "born", "field"),
    [
        ("2024-09-01", "2024-05-01", "since"),
        ("2026-11-30", "2024-05-01", "since"),
        ("2026-09-07", "2026-10-01", "child.birthMonth"),
    ],
)
def test_a_day_that_cannot_be_meant_is_refused(
    city: City, bought: Bought, since: str, born: str, field: str
) -> None:
    days: dict[str, Any] = {
        "since": date.fromisoformat(since),
        "child": {"birth_month": date.fromisoformat(born)},
    }
    with pytest.raises(Invalid) as refused:
        build_care.placed(city, build.regie(city), at=bought.location_id, **days)
    assert list(refused.value.fields) == [field]


def test_a_refusal_leaves_no_family_behind(city: City, regie: Person) -> None:
    with pytest.raises(NotFound):
        build_care.placed(city, regie, at=uuid4(), **LINA)
    with at_work(city) as uow:
        assert uow.session.scalar(select(func.count()).select_from(Family)) == 0


def test_a_move_keeps_the_months_counting_and_the_episode(
    city: City, regie: Person, bought: Bought
) -> None:
    other = build_care.bought(city, regie)
    first = build_care.placed(city, regie, on=bought.places[1], since=JUNE)
    with at_work(city, regie.actor) as uow:
        moved = move_child(
            uow, placement_id=first.id, since=date(2026, 8, 1), location_id=other.location_id
        ).id
    former, now = one(city, first.id), one(city, moved)
    assert (former["valid_until"], former["outcome"]) == (date(2026, 7, 31), "transferred")
    assert (now["valid_from"], now["clock_from"]) == (date(2026, 8, 1), JUNE)
    assert now["episode_id"] == former["episode_id"]
    assert now["location_id"] == other.location_id
    assert told(city)[-1][0] == "occasioneel.child_moved"


def test_a_move_on_the_first_day_corrects_the_place(
    city: City, regie: Person, bought: Bought
) -> None:
    first = build_care.placed(city, regie, on=bought.places[1])
    with at_work(city, regie.actor) as uow:
        moved = move_child(
            uow, placement_id=first.id, since=TODAY, bought_place_id=bought.places[3]
        )
        assert moved.id == first.id
    assert one(city, first.id)["bought_place_id"] == bought.places[3]


def test_a_move_to_a_place_that_is_not_free_or_is_the_same_one_is_refused(
    city: City, regie: Person, bought: Bought
) -> None:
    first = build_care.placed(city, regie, on=bought.places[1], since=JUNE)
    build_care.placed(city, regie, on=bought.places[2], since=JUNE)
    tries: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"since": TODAY, "bought_place_id": bought.places[2]}, PlaceTaken),
        ({"since": TODAY, "bought_place_id": bought.places[1]}, Invalid),
        ({"since": date(2026, 5, 31), "bought_place_id": bought.places[3]}, Invalid),
        ({"since": date(2026, 12, 31), "bought_place_id": bought.places[3]}, Invalid),
        ({"since": TODAY, "bought_place_id": uuid4()}, NotFound),
    ]
    for given, refusal in tries:
        with pytest.raises(refusal), at_work(city, regie.actor) as uow:
            move_child(uow, placement_id=first.id, **given)


def test_months_begin_anew_only_by_a_decision_with_a_reason(
    city: City, regie: Person, bought: Bought
) -> None:
    first = build_care.placed(city, regie, on=bought.places[1], since=JUNE)
    with at_work(city, regie.actor) as uow:
        anew = restart_clock(
            uow,
            placement_id=first.id,
            since=date(2026, 8, 3),
            reason=RestartReason.NEW_ROUTE,
        ).id
    now, former = one(city, anew), one(city, first.id)
    assert (now["valid_from"], now["clock_from"]) == (date(2026, 8, 3), date(2026, 8, 3))
    assert now["bought_place_id"] == bought.places[1]
    assert (former["outcome"], former["valid_until"]) == ("restarted", date(2026, 8, 2))
    name, payload = told(city)[-1]
    assert (name, payload["reason"]) == ("occasioneel.clock_restarted", "new-route")


def test_a_wrong_first_day_of_the_months_is_corrected_on_the_row(
    city: City, regie: Person, bought: Bought
) -> None:
    first = build_care.placed(city, regie, on=bought.places[1], since=JUNE)
    restart: dict[str, Any] = {"placement_id": first.id, "since": date(2026, 4, 1)}
    with pytest.raises(Invalid), at_work(city, regie.actor) as uow:
        restart_clock(uow, reason=RestartReason.NEW_ROUTE, **restart)
    with at_work(city, regie.actor) as uow:
        assert restart_clock(uow, reason=RestartReason.WRONG_DAY, **restart).id == first.id
    assert one(city, first.id)["clock_from"] == date(2026, 4, 1)
    for day in (date(2026, 4, 1), TODAY + timedelta(days=1)):
        with pytest.raises(Invalid), at_work(city, regie.actor) as uow:
            restart_clock(uow, placement_id=first.id, since=day, reason=RestartReason.WRONG_DAY)


def test_a_child_that_comes_back_asks_whether_its_months_go_on(
    city: City, regie: Person, bought: Bought
) -> None:
    first = build_care.placed(city, regie, on=bought.places[1], since=JUNE, **LINA)
    ends(city, regie, first.id, last_day=date(2026, 8, 1))
    again = {"at": bought.location_id} | LINA
    with pytest.raises(ClockQuestion) as asked:
        build_care.placed(city, regie, **again)
    assert asked.value.about == {"since": JUNE, "until": date(2026, 8, 1)}
    with pytest.raises(ClockQuestion) as asked:
        build_care.placed(city, regie, clock=Clock.RESTARTS, **again)
    assert list(asked.value.fields) == ["restartReason"]
    goes_on = build_care.placed(city, regie, clock=Clock.GOES_ON, **again)
    assert (goes_on.clock_from, goes_on.episode_id) == (JUNE, first.episode_id)


def test_a_child_that_comes_back_may_begin_anew_with_a_reason(
    city: City, regie: Person, bought: Bought
) -> None:
    first = build_care.placed(city, regie, on=bought.places[1], since=JUNE, **LINA)
    ends(city, regie, first.id, last_day=date(2026, 8, 1))
    anew = build_care.placed(
        city,
        regie,
        at=bought.location_id,
        clock=Clock.RESTARTS,
        restart_reason=RestartReason.LONG_BREAK,
        **LINA,
    )
    assert anew.child_id == first.child_id
    assert anew.clock_from == TODAY
    assert anew.episode_id != first.episode_id
    assert told(city)[-1][1]["restart"] == "long-break"


def test_an_end_has_an_outcome_and_can_be_taken_back_that_day(
    city: City, regie: Person, bought: Bought
) -> None:
    first = build_care.placed(city, regie, on=bought.places[1], since=JUNE)
    ends(city, regie, first.id, last_day=TODAY)
    row = one(city, first.id)
    assert (row["state"], row["outcome"], row["valid_until"]) == (
        "ended",
        "regular-elsewhere",
        TODAY,
    )
    assert row["ended_by"] == regie.actor.account_id
    with pytest.raises(NotRunning):
        ends(city, regie, first.id, last_day=TODAY)
    for _ in range(2):
        with at_work(city, regie.actor) as uow:
            take_back_end(uow, placement_id=first.id)
    assert one(city, first.id)["valid_until"] is None
    assert [name for name, _ in told(city)][-2:] == [
        "occasioneel.placement_ended",
        "occasioneel.end_taken_back",
    ]


def test_an_end_of_yesterday_or_of_a_place_that_was_given_stands(
    city: City, regie: Person, bought: Bought
) -> None:
    first = build_care.placed(city, regie, on=bought.places[1], since=JUNE)
    ends(city, regie, first.id, last_day=date(2026, 9, 1))
    with pytest.raises(NoUndo), at_work(city, regie.actor, MONDAY + timedelta(days=1)) as uow:
        take_back_end(uow, placement_id=first.id)
    build_care.placed(city, regie, on=bought.places[1])
    with pytest.raises(NoUndo), at_work(city, regie.actor) as uow:
        take_back_end(uow, placement_id=first.id)


def test_a_row_that_ended_by_a_move_or_with_its_purchase_is_not_opened_again(
    city: City, regie: Person, bought: Bought
) -> None:
    first = build_care.placed(city, regie, on=bought.places[1], since=JUNE)
    with at_work(city, regie.actor) as uow:
        moved = move_child(
            uow, placement_id=first.id, since=TODAY, bought_place_id=bought.places[2]
        ).id
    with pytest.raises(NoUndo), at_work(city, regie.actor) as uow:
        take_back_end(uow, placement_id=first.id)
    ends(city, regie, moved, last_day=TODAY)
    with at_work(city, regie.actor) as uow:
        build_care.winds_down(uow, purchase_id=bought.id)
        end_purchase(uow, purchase_id=bought.id, last_day=TODAY)
    with pytest.raises(NoUndo), at_work(city, regie.actor) as uow:
        take_back_end(uow, placement_id=moved)


@pytest.mark.parametrize("day", [date(2026, 5, 31), date(2026, 12, 31)])
def test_a_last_day_before_the_first_or_far_ahead_is_refused(
    city: City, regie: Person, bought: Bought, day: date
) -> None:
    first = build_care.placed(city, regie, on=bought.places[1], since=JUNE)
    with pytest.raises(Invalid) as refused:
        ends(city, regie, first.id, last_day=day)
    assert list(refused.value.fields) == ["lastDay"]


PAIRS: dict[
    str, tuple[PlacementState, PlacementState | type[Exception]]
] = {  # what each deed makes of a placement that is running, and of one that has ended
    "end": (PlacementState.ENDED, NotRunning),
    "move": (PlacementState.RUNNING, NotRunning),
    "restart": (PlacementState.RUNNING, NotRunning),
    "take back the end": (PlacementState.RUNNING, PlacementState.RUNNING),
}


def test_each_pair_of_states_of_a_placement_is_a_move_or_refused(
    city: City, regie: Person, figure: Say
) -> None:
    """Running may end, by a person; ended may run again on that day; nothing else (M0)."""
    for name, outcomes in PAIRS.items():
        for state, wanted in zip(PlacementState, outcomes, strict=True):
            made = build_care.bought(city, regie)
            placement = build_care.placed(city, regie, on=made.places[1], since=JUNE)
            if state == PlacementState.ENDED:
                ends(city, regie, placement.id, last_day=TODAY)
            if isinstance(wanted, PlacementState):
                assert doing(city, regie, name, placement.id, made)["state"] == wanted
            else:
                with pytest.raises(wanted):
                    doing(city, regie, name, placement.id, made)
    figure("M0 placement", "4 deeds × 2 states: each moves as said or is refused")


def test_a_placement_made_by_mistake_is_taken_back_that_day(
    city: City, regie: Person, bought: Bought
) -> None:
    placement = build_care.placed(city, regie, on=bought.places[1], **LINA)
    with at_work(city, regie.actor) as uow:
        assert take_back_placing(uow, placement_id=placement.id) == bought.location_id
    with at_work(city) as uow:
        assert uow.session.scalar(select(func.count()).select_from(Child)) == 0
    assert told(city)[-1][0] == "occasioneel.placing_taken_back"
    build_care.placed(city, regie, on=bought.places[1], **LINA)


def test_a_placement_of_yesterday_or_one_that_moved_is_ended_instead(
    city: City, regie: Person, bought: Bought
) -> None:
    first = build_care.placed(city, regie, on=bought.places[1], since=JUNE)
    with pytest.raises(NoUndo), at_work(city, regie.actor, MONDAY + timedelta(days=1)) as uow:
        take_back_placing(uow, placement_id=first.id)
    with at_work(city, regie.actor) as uow:
        moved = move_child(
            uow, placement_id=first.id, since=TODAY, bought_place_id=bought.places[2]
        ).id
    for placement_id in (first.id, moved):
        with pytest.raises(NoUndo), at_work(city, regie.actor) as uow:
            take_back_placing(uow, placement_id=placement_id)


def test_a_suspended_purchase_keeps_its_children(city: City, regie: Person, bought: Bought) -> None:
    first = build_care.placed(city, regie, on=bought.places[1], since=JUNE)
    with at_work(city, regie.actor) as uow:
        suspend_purchase(uow, purchase_id=bought.id)
    assert one(city, first.id)["state"] == PlacementState.RUNNING
    with pytest.raises(NoNewChildren), at_work(city, regie.actor) as uow:
        move_child(uow, placement_id=first.id, since=TODAY, bought_place_id=bought.places[2])


def test_a_reference_is_proposed_that_is_not_taken(
    city: City, regie: Person, bought: Bought
) -> None:
    with at_work(city, regie.actor) as uow:
        assert propose_reference(uow) == "OC-2026-001"
    build_care.placed(city, regie, on=bought.places[1], family={"reference": "OC-2026-041"})
    with at_work(city, regie.actor) as uow:
        assert propose_reference(uow) == "OC-2026-042"


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.REGIE}))
def test_nobody_but_the_regie_places(city: City, role: Role) -> None:
    home = build.organisation(city, OrganisationKind.CITY)
    person = build.person(city, role, organisation_id=home)
    with at_work(city, person.actor) as uow:
        deeds: list[Any] = [place_child, take_back_placing, move_child, restart_clock]
        for deed in (*deeds, end_placement, take_back_end, propose_reference):
            with pytest.raises(Forbidden):
                deed(uow)


def test_no_event_of_a_child_carries_its_name(city: City, regie: Person, bought: Bought) -> None:
    first = build_care.placed(city, regie, on=bought.places[1], since=JUNE, **LINA)
    ends(city, regie, first.id, last_day=TODAY)
    said = repr(told(city))
    assert "Lina" not in said
    assert "OK-7" not in said
    assert "2025-03" not in said


def ends(city: City, by: Person, placement_id: UUID, *, last_day: date) -> None:
    with at_work(city, by.actor) as uow:
        end_placement(
            uow,
            placement_id=placement_id,
            outcome=Outcome.REGULAR_ELSEWHERE,
            last_day=last_day,
        )


def doing(city: City, by: Person, name: str, placement_id: UUID, made: Bought) -> dict[str, Any]:
    with at_work(city, by.actor) as uow:
        placement_s: dict[str, Any] = {"placement_id": placement_id}
        if name == "end":
            given: dict[str, Any] = {"outcome": Outcome.OTHER, "last_day": TODAY}
            done = end_placement(uow, **placement_s, **given)
        elif name == "move":
            where: dict[str, Any] = {"since": TODAY, "bought_place_id": made.places[2]}
            done = move_child(uow, **placement_s, **where)
        elif name == "restart":
            why: dict[str, Any] = {"since": TODAY, "reason": RestartReason.OTHER}
            done = restart_clock(uow, **placement_s, **why)
        else:
            done = take_back_end(uow, **placement_s)
        found = done.id
    return one(city, found)


def one(city: City, placement_id: UUID) -> dict[str, Any]:
    with at_work(city) as uow:
        table = Placement.__table__
        row = uow.session.execute(select(table).where(table.c.id == placement_id)).mappings().one()
        return dict(row)


def where_of(city: City, purchase_id: UUID) -> UUID:
    with at_work(city) as uow:
        return uow.session.get_one(Purchase, purchase_id).location_id


def told(city: City) -> list[tuple[str, dict[str, Any]]]:
    with at_work(city) as uow:
        rows = uow.session.execute(
            select(RecordedEvent.name, RecordedEvent.payload).order_by(RecordedEvent.number)
        )
        return [(row[0], row[1]) for row in rows]


@pytest.fixture
def regie(city: City) -> Person:
    return build.regie(city)


@pytest.fixture
def bought(city: City, regie: Person) -> Bought:
    """Four places, bought since 2025."""
    made = build_care.bought(city, regie)
    assert BEGAN < JUNE
    return made
