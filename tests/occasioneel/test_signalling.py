"""At four and at five months somebody gets a card about a child: once, and one card a child."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from jobs.dispatch import dispatch_events
from kernel.access import Role
from kernel.accounts import Account
from kernel.calendar import BRUSSELS, is_working_day
from kernel.cities import City
from kernel.errors import Forbidden, NotFound
from kernel.organisations import OrganisationKind
from kernel.tasks import Task, TaskClosed, TooLateToUndo, open_task
from occasioneel.cards import ENDED, OVERTAKEN, RESTARTED
from occasioneel.ending import end_placement, take_back_end
from occasioneel.limits import Limits, Standing
from occasioneel.models import LimitSignal, Outcome, Placement, RestartReason, Signal
from occasioneel.moving import move_child, restart_clock
from occasioneel.signalling import signal_limits
from occasioneel.stepping import NextStep, note_step, take_back_step
from tests import build, build_care
from tests.build import Person, at_work
from tests.build_care import Bought

START = date(2027, 1, 15)  # the first row of product/care.md's table
FOUR, FIVE = date(2027, 5, 18), date(2027, 6, 15)  # 15 to 17 May 2027: weekend and Whit Monday


def test_a_card_opens_at_four_months_and_another_at_five(
    city: City, regie: Person, bought: Bought
) -> None:
    child = placed(city, regie, bought)
    every_day(city, START, date(2027, 7, 31))
    assert cards(city, child) == [
        ("limit-four", FOUR, OVERTAKEN),
        ("limit-five", FIVE, None),
    ]
    assert signals(city) == [("limit-four", FOUR), ("limit-five", FIVE)]


def test_a_weekend_and_a_holiday_are_waited_out(city: City, regie: Person, bought: Bought) -> None:
    child = placed(city, regie, bought)
    for day in (date(2027, 5, 15), date(2027, 5, 16), date(2027, 5, 17)):
        assert not is_working_day(day)
        assert clock(city, day) == 0
    assert clock(city, FOUR) == 1
    assert clock(city, FOUR) == 0
    assert cards(city, child) == [("limit-four", FOUR, None)]


def test_a_clock_that_was_off_catches_up_once(city: City, regie: Person, bought: Bought) -> None:
    child = placed(city, regie, bought)
    late = date(2027, 5, 28)
    assert [clock(city, late), clock(city, late)] == [1, 0]
    assert cards(city, child) == [("limit-four", late, None)]


def test_when_both_are_due_the_last_one_is_said(city: City, regie: Person, bought: Bought) -> None:
    """One child is one card: a card at four months that nobody could ever see is not opened."""
    child = placed(city, regie, bought)
    every_day(city, date(2027, 6, 20), date(2027, 7, 20))
    assert [rule for rule, _, _ in cards(city, child)] == ["limit-five"]


def test_the_card_is_for_who_placed_the_child_in_the_citys_organisation(
    city: City, regie: Person, bought: Bought
) -> None:
    child = placed(city, regie, bought)
    clock(city, FOUR)
    with at_work(city) as uow:
        task = uow.session.scalars(select(Task).where(Task.subject_id == child)).one()
        assert task.account_id == regie.actor.account_id
        assert task.organisation_id == regie.organisation_id


@pytest.mark.parametrize("stands_in", [True, False])
def test_during_an_absence_it_is_for_the_stand_in_else_for_everybody(
    city: City,
    regie: Person,
    bought: Bought,
    stands_in: bool,  # noqa: FBT001
) -> None:
    colleague = build.person(city, Role.REGIE, organisation_id=regie.organisation_id)
    child = placed(city, regie, bought)
    with at_work(city) as uow:
        away = uow.session.get_one(Account, regie.actor.account_id)
        away.away_from, away.away_until = FOUR, FIVE
        away.stand_in_id = colleague.actor.account_id if stands_in else None
    clock(city, FOUR)
    with at_work(city) as uow:
        task = uow.session.scalars(select(Task).where(Task.subject_id == child)).one()
        assert task.account_id == (colleague.actor.account_id if stands_in else None)


def test_a_child_that_left_is_not_signalled(city: City, regie: Person, bought: Bought) -> None:
    child = placed(city, regie, bought)
    ends(city, regie, bought, date(2027, 5, 1))
    every_day(city, date(2027, 5, 1), date(2027, 6, 30))
    assert cards(city, child) == []


def test_a_child_that_leaves_before_its_event_is_brought_gets_no_card(
    city: City, regie: Person, bought: Bought
) -> None:
    child = placed(city, regie, bought)
    with at_work(city, now=at(FOUR)) as uow:
        assert len(signal_limits(uow)) == 1
    ends(city, regie, bought, FOUR)
    dispatch_events(city, at(FOUR))
    assert cards(city, child) == []


def test_the_end_of_a_placement_closes_its_card_and_taking_it_back_opens_it(
    city: City, regie: Person, bought: Bought
) -> None:
    child = placed(city, regie, bought)
    clock(city, FOUR)
    placement_id = ends(city, regie, bought, FOUR)
    dispatch_events(city, at(FOUR))
    assert cards(city, child) == [("limit-four", FOUR, ENDED)]
    with at_work(city, regie.actor, at(FOUR)) as uow:
        take_back_end(uow, placement_id=placement_id)
    dispatch_events(city, at(FOUR))
    assert cards(city, child) == [("limit-four", FOUR, None)]


def test_an_end_that_was_taken_back_before_it_was_told_closes_nothing(
    city: City, regie: Person, bought: Bought
) -> None:
    child = placed(city, regie, bought)
    clock(city, FOUR)
    placement_id = ends(city, regie, bought, FOUR)
    with at_work(city, regie.actor, at(FOUR)) as uow:
        take_back_end(uow, placement_id=placement_id)
    dispatch_events(city, at(FOUR))
    assert cards(city, child) == [("limit-four", FOUR, None)]


def test_a_move_keeps_the_card_and_the_signals(city: City, regie: Person, bought: Bought) -> None:
    child = placed(city, regie, bought)
    clock(city, FOUR)
    placement_id = running(city)
    with at_work(city, regie.actor, at(FOUR)) as uow:
        move_child(uow, placement_id=placement_id, since=FOUR, bought_place_id=bought.places[2])
    every_day(city, FOUR, FIVE)
    assert [rule for rule, _, _ in cards(city, child)] == ["limit-four", "limit-five"]
    assert len(signals(city)) == 2


def test_months_that_begin_anew_close_the_card_and_are_signalled_anew(
    city: City, regie: Person, bought: Bought
) -> None:
    child = placed(city, regie, bought)
    clock(city, FOUR)
    placement_id = running(city)
    with at_work(city, regie.actor, at(FOUR)) as uow:
        restart_clock(uow, placement_id=placement_id, since=FOUR, reason=RestartReason.NEW_ROUTE)
    every_day(city, FOUR, date(2027, 10, 19))
    assert cards(city, child) == [
        ("limit-four", FOUR, RESTARTED),
        ("limit-four", date(2027, 9, 20), OVERTAKEN),  # 18 September is a Saturday
        ("limit-five", date(2027, 10, 18), None),
    ]


def test_a_person_closes_the_card_with_the_next_step_and_can_take_it_back(
    city: City, regie: Person, bought: Bought
) -> None:
    child = placed(city, regie, bought)
    clock(city, FOUR)
    task_id = open_card(city, child)
    with at_work(city, regie.actor, at(FOUR)) as uow:
        note_step(uow, task_id=task_id, step=NextStep.SEARCH)
    assert cards(city, child) == [("limit-four", FOUR, "search")]
    with pytest.raises(TaskClosed), at_work(city, regie.actor, at(FOUR)) as uow:
        note_step(uow, task_id=task_id, step=NextStep.ENROL)
    with at_work(city, regie.actor, at(FOUR)) as uow:
        take_back_step(uow, task_id=task_id)
    assert cards(city, child) == [("limit-four", FOUR, None)]
    with at_work(city, regie.actor, at(FOUR)) as uow:
        note_step(uow, task_id=task_id, step=NextStep.ENROL)
    with pytest.raises(TooLateToUndo), at_work(city, regie.actor, at(FIVE)) as uow:
        take_back_step(uow, task_id=task_id)
    every_day(city, FOUR, FIVE)
    assert cards(city, child)[-1] == ("limit-five", FIVE, None), "five months is told all the same"


def test_a_card_of_cheques_is_not_closed_with_a_step_of_care(city: City, regie: Person) -> None:
    about = UUID(int=7)
    with at_work(city) as uow:
        open_task(
            uow,
            rule="no-first-use",
            subject_id=about,
            period="x",
            organisation_id=regie.organisation_id,
            account_id=None,
            due_on=FOUR,
        )
    task_id = open_card(city, about)
    with pytest.raises(NotFound), at_work(city, regie.actor) as uow:
        note_step(uow, task_id=task_id, step=NextStep.SEARCH)


def test_a_city_may_choose_another_limit_from_a_day_on(city: City) -> None:
    """The rule of the day from which the months count holds: what was promised, stays."""
    build.rule(city, "occasioneel.limit_months", 8, since=date(2027, 2, 1))
    build.rule(city, "occasioneel.last_signal_months", 7, since=date(2027, 2, 1))
    with at_work(city) as uow:
        limits = Limits(uow.session)
    assert limits.of(START).last_day == date(2027, 7, 14)
    later = limits.of(date(2027, 2, 1))
    assert later.last_day == date(2027, 9, 30)
    assert [later.signal_day(signal) for signal in Signal] == [
        date(2027, 6, 1),
        date(2027, 9, 1),
    ]


@pytest.mark.parametrize(
    ("day", "left", "standing"),
    [
        (date(2027, 5, 14), 61, Standing.AMPLE),
        (date(2027, 5, 15), 60, Standing.FIRST),
        (date(2027, 6, 14), 30, Standing.FIRST),
        (date(2027, 6, 15), 29, Standing.LAST),
        (date(2027, 7, 14), 0, Standing.LAST),
        (date(2027, 7, 15), -1, Standing.OVER),
    ],
)
def test_how_near_the_limit_a_child_is(
    city: City, day: date, left: int, standing: Standing
) -> None:
    with at_work(city) as uow:
        limit = Limits(uow.session).of(START)
    assert (limit.days_left(day), limit.standing(day)) == (left, standing)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CLOCK}))
def test_only_the_clock_signals(city: City, role: Role) -> None:
    home = build.organisation(city, OrganisationKind.CITY)
    person = build.person(city, role, organisation_id=home)
    with pytest.raises(Forbidden), at_work(city, person.actor) as uow:
        signal_limits(uow)


def at(day: date) -> datetime:
    return datetime.combine(day, time(5, 15), BRUSSELS)


def clock(city: City, day: date) -> int:
    """Do what the clock does on a day: signal, then bring what happened."""
    with at_work(city, now=at(day)) as uow:
        found = len(signal_limits(uow))
    dispatch_events(city, at(day))
    return found


def every_day(city: City, since: date, until: date) -> None:
    for number in range((until - since).days + 1):
        clock(city, since + timedelta(days=number))


def placed(city: City, by: Person, bought: Bought) -> UUID:
    """Place a child on 15 January 2027; gives its episode."""
    return build_care.placed(city, by, on=bought.places[1], since=START, now=at(START)).episode_id


def running(city: City) -> UUID:
    with at_work(city) as uow:
        return uow.session.scalars(select(Placement.id).where(Placement.state == "running")).one()


def ends(city: City, by: Person, _bought: Bought, day: date) -> UUID:
    placement_id = running(city)
    with at_work(city, by.actor, at(day)) as uow:
        end_placement(uow, placement_id=placement_id, outcome=Outcome.SCHOOL, last_day=day)
    return placement_id


def cards(city: City, episode_id: UUID) -> list[tuple[str, date, str | None]]:
    with at_work(city) as uow:
        rows = uow.session.execute(
            select(Task.rule, Task.due_on, Task.outcome)
            .where(Task.subject_id == episode_id)
            .order_by(Task.due_on, Task.opened_at)
        )
        return [(row[0], row[1], row[2]) for row in rows]


def open_card(city: City, episode_id: UUID) -> UUID:
    with at_work(city) as uow:
        mine = Task.subject_id == episode_id
        return uow.session.scalars(select(Task.id).where(mine, Task.closed_at.is_(None))).one()


def signals(city: City) -> list[tuple[str, date]]:
    with at_work(city) as uow:
        rows = uow.session.execute(
            select(LimitSignal.signal, LimitSignal.signalled_on).order_by(LimitSignal.signalled_on)
        )
        return [(row[0], row[1]) for row in rows]


@pytest.fixture
def regie(city: City) -> Person:
    return build.regie(city)


@pytest.fixture
def bought(city: City, regie: Person) -> Bought:
    return build_care.bought(city, regie)
