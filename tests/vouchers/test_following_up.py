"""A call is written down once, comes back when it was agreed, and never more than three times."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from jobs.dispatch import dispatch_events
from kernel.access import CLOCK, Actor, Role
from kernel.accounts import Account
from kernel.cities import City
from kernel.errors import Forbidden, Invalid, NotFound
from kernel.tasks import Task, TaskClosed, TooLateToUndo
from tests import build
from tests.build import MONDAY, Paper, Person, at_work, scanned
from vouchers.calls import count_calls, read_calls, read_waiting_calls
from vouchers.drop_off import flag_drop_offs
from vouchers.following_up import NotedMeanwhile, agree_visit_on_call, note_follow_up
from vouchers.models import Appointment, Barrier, FollowUp
from vouchers.outcomes import CallOutcome
from vouchers.past_calls import read_follow_ups
from vouchers.taking_back_calls import take_back_follow_up
from vouchers.taking_over import NotTakenOver, TakenOverBefore, give_back, take_over

SILENT = MONDAY + timedelta(days=14)  # the Monday on which the call is asked for
GOES, HELP, NOT_REACHED = CallOutcome.WILL_GO, CallOutcome.NEEDS_HELP, CallOutcome.NOT_REACHED


@pytest.mark.parametrize(
    ("outcome", "back_on"),
    [
        (GOES, date(2026, 9, 28)),  # a week
        (HELP, date(2026, 9, 24)),  # three days
        (NOT_REACHED, date(2026, 9, 22)),  # the next working day
    ],
)
def test_who_goes_or_needs_help_or_was_not_reached_comes_back(
    city: City, outcome: CallOutcome, back_on: date
) -> None:
    referrer, _, task_id = silent(city)
    note(city, referrer, task_id, outcome)
    assert lists(city, referrer, SILENT) == ([], [task_id])
    noon = datetime.combine(back_on, MONDAY.timetz())
    assert lists(city, referrer, noon - timedelta(days=1)) == ([], [task_id])
    assert lists(city, referrer, noon) == ([task_id], [])
    assert task(city, task_id).closed_at is None


@pytest.mark.parametrize(
    ("outcome", "means"),
    [
        (CallOutcome.DOES_NOT_WANT, None),
        (CallOutcome.IN_CARE, Barrier.IN_CARE),
        (CallOutcome.MOVED, Barrier.MOVED),
    ],
)
def test_who_says_no_moved_or_has_a_place_is_called_no_more(
    city: City, outcome: CallOutcome, means: Barrier | None
) -> None:
    referrer, paper, task_id = silent(city)
    assert note(city, referrer, task_id, outcome).barrier == means
    assert task(city, task_id).outcome == outcome
    other = build.handed_out(city, referrer, now=SILENT + timedelta(days=90))
    scanned(city, build.provider(city), other.codes[0], now=SILENT + timedelta(days=330))
    nearly_over = datetime(2027, 8, 16, 9, tzinfo=MONDAY.tzinfo)
    assert flag(city, nearly_over) == [], "nor about a booklet that expires"
    scanned(city, build.provider(city), paper.codes[0], now=SILENT + timedelta(hours=1))
    assert flag(city, nearly_over) == ["silence", "expiring"], "but it came: then again"


def test_the_next_day_is_a_working_day_within_two_months(city: City) -> None:
    referrer, _, task_id = silent(city)
    for wrong in (date(2026, 9, 26), date(2026, 9, 21), date(2026, 11, 11), date(2026, 12, 1)):
        with pytest.raises(Invalid) as refused:
            note(city, referrer, task_id, GOES, next_on=wrong)
        assert set(refused.value.fields) == {"nextOn"}
    assert note(city, referrer, task_id, GOES, next_on=date(2026, 10, 5)).next_on == date(
        2026, 10, 5
    )


def test_three_times_not_reached_is_unreachable(city: City) -> None:
    referrer, _, task_id = silent(city)
    first = note(city, referrer, task_id, NOT_REACHED)
    second = note(city, referrer, task_id, NOT_REACHED, seen=first.id, days=1)
    assert task(city, task_id).tries == 2
    last = note(city, referrer, task_id, NOT_REACHED, seen=second.id, days=2)
    assert (last.barrier, last.next_on) == (Barrier.UNREACHABLE, None)
    closed = task(city, task_id)
    assert (closed.outcome, closed.closed_by) == ("unreachable", referrer.actor.account_id)


def test_no_family_is_reminded_more_than_three_times(city: City) -> None:
    referrer, _, task_id = silent(city)
    seen, reminded = None, 0
    for day in (0, 7, 14, 21):
        said = note(city, referrer, task_id, GOES, seen=seen, days=day)
        seen, reminded = said.id, reminded + (said.next_on is not None)
    assert reminded == 3
    assert task(city, task_id).outcome == GOES
    with pytest.raises(TaskClosed):
        note(city, referrer, task_id, GOES, seen=seen, days=28)


def test_how_often_is_the_citys_choice(city: City) -> None:
    build.rule(city, "vouchers.call_tries", 1)
    build.rule(city, "vouchers.will_go_days", 2)
    referrer, _, task_id = silent(city)
    assert note(city, referrer, task_id, GOES).next_on == date(2026, 9, 23)
    referrer, _, task_id = silent(city)
    note(city, referrer, task_id, NOT_REACHED)
    assert task(city, task_id).outcome == "unreachable"


def test_the_same_words_sent_twice_count_once(city: City) -> None:
    referrer, _, task_id = silent(city)
    for days, outcome, line in ((0, NOT_REACHED, None), (1, GOES, "Belt zelf terug")):
        said = {"line": line, "seen": last_seen(city, task_id), "days": days}
        both = [note(city, referrer, task_id, outcome, **said) for _ in range(2)]  # type: ignore[arg-type]
        assert both[0].id == both[1].id
    assert task(city, task_id).tries == 2


def test_the_second_of_two_is_told_and_may_add_what_she_heard(city: City) -> None:
    referrer, paper, task_id = silent(city)
    colleague = build.person(
        city, Role.REFERRER, organisation_id=referrer.organisation_id, name="Sara Demo"
    )
    first = note(city, referrer, task_id, GOES, line="Gaat volgende week")
    with pytest.raises(NotedMeanwhile):
        note(city, colleague, task_id, NOT_REACHED)
    assert task(city, task_id).tries == 1
    note(city, colleague, task_id, HELP, barrier=Barrier.TRANSPORT, seen=first.id)
    with at_work(city, colleague.actor, SILENT) as uow:
        told = read_follow_ups(uow, booklet_ids=[paper.id])[paper.id]
    assert {(each.person, each.outcome, each.barrier) for each in told} == {
        ("Sara Demo", "needs-help", "transport"),
        ("Nadia Demo", "will-go", None),
    }
    assert task(city, task_id).not_before == date(2026, 9, 24)


def test_a_call_that_somebody_closed_tells_the_second_who_did(city: City) -> None:
    referrer, _, task_id = silent(city)
    colleague = build.person(city, Role.REFERRER, organisation_id=referrer.organisation_id)
    said = note(city, referrer, task_id, CallOutcome.DOES_NOT_WANT)
    with pytest.raises(NotedMeanwhile):
        note(city, colleague, task_id, GOES)
    with pytest.raises(TaskClosed):
        note(city, colleague, task_id, GOES, seen=said.id)


@pytest.mark.parametrize("outcome", [GOES, NOT_REACHED, CallOutcome.MOVED])
def test_a_follow_up_is_taken_back_today_by_who_made_it(city: City, outcome: CallOutcome) -> None:
    referrer, paper, task_id = silent(city)
    colleague = build.person(city, Role.REFERRER, organisation_id=referrer.organisation_id)
    first = note(city, referrer, task_id, HELP)
    was = state(city, task_id)
    note(city, referrer, task_id, outcome, seen=first.id, days=3)
    for who, days in ((colleague, 3), (referrer, 4)):
        with pytest.raises(TooLateToUndo):
            take_back(city, who, task_id, days=days)
    take_back(city, referrer, task_id, days=3)
    assert state(city, task_id) == was
    with at_work(city, referrer.actor, SILENT) as uow:
        told = read_follow_ups(uow, booklet_ids=[paper.id])[paper.id]
    assert [each.outcome for each in told] == [HELP]


def test_what_a_first_use_closed_is_taken_back_by_nobody(city: City) -> None:
    referrer, paper, task_id = silent(city)
    note(city, referrer, task_id, GOES)
    scanned(city, build.provider(city), paper.codes[0], now=SILENT)
    dispatch_events(city, SILENT)
    assert task(city, task_id).outcome == "first-use"
    with pytest.raises(TooLateToUndo):
        take_back(city, referrer, task_id)
    with pytest.raises(TaskClosed):
        note(city, referrer, task_id, NOT_REACHED, seen=last_seen(city, task_id))


def test_a_visit_agreed_on_the_phone_closes_the_call_and_asks_for_its_own(city: City) -> None:
    referrer, _, task_id = silent(city)
    agree(city, referrer, task_id, date(2026, 10, 1))
    dispatch_events(city, SILENT)
    assert task(city, task_id).outcome == "visit-agreed"
    assert flag(city, datetime(2026, 9, 30, 6, tzinfo=MONDAY.tzinfo)) == ["visit-near"]


def test_a_new_day_after_a_no_show_keeps_the_no_show_and_is_taken_back(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    first = {"location_id": provider.location_id, "day": date(2026, 9, 9)}
    paper = build.handed_out(city, referrer, appointment=first)
    thursday = MONDAY + timedelta(days=3)
    assert flag(city, thursday) == ["visit-missed"]
    [task_id] = open_tasks(city, paper)
    agree(city, referrer, task_id, date(2026, 9, 16), now=thursday)
    assert visits(city, paper) == [(date(2026, 9, 9), False), (date(2026, 9, 16), True)]
    with at_work(city, referrer.actor, thursday + timedelta(hours=1)) as uow:
        take_back_follow_up(uow, task_id=task_id)
    dispatch_events(city, thursday)
    assert visits(city, paper) == [(date(2026, 9, 9), True)]
    assert open_tasks(city, paper) == [task_id]


def test_another_organisations_call_is_not_there_and_a_provider_has_none(city: City) -> None:
    _, paper, task_id = silent(city)
    stranger = build.referrer(city)
    with pytest.raises(NotFound):
        note(city, stranger, task_id, GOES)
    with pytest.raises(NotFound):
        take_back(city, stranger, task_id)
    with at_work(city, stranger.actor, SILENT) as uow:
        assert (count_calls(uow), read_follow_ups(uow, booklet_ids=[paper.id])) == (0, {})
    with pytest.raises(Forbidden):
        note(city, build.provider(city), task_id, GOES)


def test_the_call_goes_to_the_stand_in_else_to_the_organisation(city: City) -> None:
    referrer, *_ = silent(city)
    colleague = build.person(city, Role.REFERRER, organisation_id=referrer.organisation_id)
    for stand_in in (colleague.actor.account_id, None):
        with at_work(city) as uow:
            account = uow.session.get_one(Account, referrer.actor.account_id)
            account.stand_in_id = stand_in
            account.away_from = account.away_until = SILENT.date()
        paper = build.handed_out(city, referrer)
        flag(city, SILENT)
        [task_id] = open_tasks(city, paper)
        assert task(city, task_id).account_id == stand_in
    with at_work(city, colleague.actor, SILENT) as uow:
        own, *others = (call.task_id for call in read_calls(uow))
    assert task(city, own).account_id == colleague.actor.account_id, "one's own first"
    assert len(others) == 2, "then those of the organisation and of colleagues"


def test_the_regie_takes_a_family_over_and_gives_it_back(city: City) -> None:
    referrer, paper, task_id = silent(city)
    desk = build.regie(city)
    note(city, referrer, task_id, NOT_REACHED)
    said = note(city, referrer, task_id, NOT_REACHED, seen=last_seen(city, task_id), days=1)
    note(city, referrer, task_id, NOT_REACHED, seen=said.id, days=2)
    was = state(city, task_id)
    taken = over(city, desk.actor, task_id)
    assert (taken.account_id, taken.closed_at, taken.tries) == (desk.actor.account_id, None, 0)
    assert lists(city, referrer, SILENT) == ([], []), "the referrer has it no more"
    with pytest.raises(TakenOverBefore):
        over(city, desk.actor, task_id)
    with at_work(city, desk.actor, SILENT) as uow:
        give_back(uow, task_id=task_id)
    assert state(city, task_id)[1:] == was[1:], "as it was: given up"
    with pytest.raises(NotTakenOver), at_work(city, desk.actor, SILENT) as uow:
        give_back(uow, task_id=task_id)
    over(city, desk.actor, task_id)
    nearly_over = datetime(2027, 8, 16, 9, tzinfo=MONDAY.tzinfo)
    assert flag(city, nearly_over) == ["expiring"]
    [newer] = open_tasks(city, paper)
    assert task(city, newer).account_id == desk.actor.account_id, "who took a family over keeps it"


def silent(city: City) -> tuple[Person, Paper, UUID]:
    """Give a referrer, a booklet that was silent for two weeks, and the task to call about it."""
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    flag(city, SILENT)
    [task_id] = open_tasks(city, paper)
    return referrer, paper, task_id


def flag(city: City, now: datetime) -> list[str]:
    with at_work(city, CLOCK, now) as uow:
        found = [silent.rule for silent in flag_drop_offs(uow)]
    dispatch_events(city, now)
    return [str(rule) for rule in found]


def note(
    city: City,
    who: Person,
    task_id: UUID,
    outcome: CallOutcome,
    *,
    days: int = 0,
    **more: object,
) -> FollowUp:
    with at_work(city, who.actor, SILENT + timedelta(days=days)) as uow:
        said = note_follow_up(uow, task_id=task_id, outcome=outcome, **more)  # type: ignore[arg-type]
        uow.session.flush()
        uow.session.expunge(said)
        return said


def agree(city: City, who: Person, task_id: UUID, day: date, now: datetime = SILENT) -> None:
    place = build.provider(city).location_id
    assert place is not None
    with at_work(city, who.actor, now) as uow:
        agree_visit_on_call(uow, task_id=task_id, location_id=place, day=day)


def take_back(city: City, who: Person, task_id: UUID, days: int = 0) -> None:
    with at_work(city, who.actor, SILENT + timedelta(days=days, hours=1)) as uow:
        take_back_follow_up(uow, task_id=task_id)


def over(city: City, who: Actor, task_id: UUID) -> Task:
    with at_work(city, who, SILENT) as uow:
        take_over(uow, task_id=task_id)
    return task(city, task_id)


def lists(city: City, who: Person, now: datetime) -> tuple[list[UUID], list[UUID]]:
    """Give whom to call today, and who comes back later."""
    with at_work(city, who.actor, now) as uow:
        assert count_calls(uow) == len(read_calls(uow))
        ready, waiting = read_calls(uow), read_waiting_calls(uow)
    return [call.task_id for call in ready], [call.task_id for call in waiting]


def task(city: City, task_id: UUID) -> Task:
    with at_work(city) as uow:
        found = uow.session.get_one(Task, task_id)
        uow.session.expunge(found)
        return found


def state(city: City, task_id: UUID) -> tuple[object, ...]:
    found = task(city, task_id)
    closed = (found.closed_at, found.closed_by, found.outcome)
    return (found.not_before, found.tries if found.closed_at is None else None, *closed)


def open_tasks(city: City, paper: Paper) -> list[UUID]:
    with at_work(city) as uow:
        return list(
            uow.session.scalars(
                select(Task.id).where(Task.subject_id == paper.id, Task.closed_at.is_(None))
            )
        )


def last_seen(city: City, task_id: UUID) -> UUID | None:
    with at_work(city) as uow:
        return uow.session.scalar(
            select(FollowUp.id)
            .where(FollowUp.task_id == task_id)
            .order_by(FollowUp.made_at.desc())
            .limit(1)
        )


def visits(city: City, paper: Paper) -> list[tuple[date, bool]]:
    with at_work(city) as uow:
        rows = uow.session.execute(
            select(Appointment.day, Appointment.replaced_at.is_(None))
            .where(Appointment.booklet_id == paper.id)
            .order_by(Appointment.day)
        )
        return [(day, bool(holds)) for day, holds in rows]
