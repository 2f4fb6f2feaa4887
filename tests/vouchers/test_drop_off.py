"""A silent booklet becomes one call for whoever handed it out, and a first use ends it."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text, update

from jobs.dispatch import dispatch_events
from kernel.access import CLOCK
from kernel.calendar import BRUSSELS, is_working_day
from kernel.cities import City
from kernel.organisations import ClosingDay, OpeningHours
from kernel.people import Family
from kernel.rules import rules_on
from kernel.tasks import Task
from tests import build
from tests.build import MONDAY, Paper, Person, at_work, scanned
from vouchers.annulling import annul_redemption
from vouchers.continuing import answer_for_family
from vouchers.drop_off import SilenceRule, flag_drop_offs
from vouchers.giving_again import give_second_booklet
from vouchers.models import Booklet, DropOff, Going, Redemption
from vouchers.replacing import replace_lost_booklet
from vouchers.silent import days_of, silent_booklets


def test_two_weeks_without_a_first_use_is_one_call(city: City) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    assert flagged(city, MONDAY + timedelta(days=13)) == []
    assert flagged(city, MONDAY + timedelta(days=14)) == [(paper.id, SilenceRule.NO_FIRST_USE)]
    assert flagged(city, MONDAY + timedelta(days=14)) == []
    assert flagged(city, MONDAY + timedelta(days=15)) == []
    [task] = tasks(city)
    assert (task.subject_id, task.account_id) == (paper.id, referrer.actor.account_id)
    assert (task.due_on, task.closed_at) == (date(2026, 9, 21), None)


def test_after_how_many_days_is_the_citys_choice(city: City) -> None:
    build.rule(city, "vouchers.no_first_use_days", 7)
    build.handed_out(city, build.referrer(city))
    assert len(flagged(city, MONDAY + timedelta(days=7))) == 1


def test_no_flag_falls_on_a_weekend_or_a_holiday(city: City) -> None:
    referrer = build.referrer(city)
    build.handed_out(city, referrer, now=brussels(2026, 12, 11))  # two weeks on: Christmas
    for day in (25, 26, 27):
        assert flagged(city, brussels(2026, 12, day)) == []
    assert len(flagged(city, brussels(2026, 12, 28))) == 1


def test_with_a_first_visit_the_call_comes_the_working_day_before(city: City) -> None:
    paper = with_visit(city, date(2026, 9, 14))  # a Monday
    assert flagged(city, brussels(2026, 9, 10)) == []
    assert flagged(city, brussels(2026, 9, 11)) == [(paper.id, SilenceRule.VISIT_NEAR)]
    assert flagged(city, brussels(2026, 9, 11)) == []


def test_a_missed_visit_is_asked_after_on_the_next_working_day(city: City) -> None:
    paper = with_visit(city, date(2026, 9, 11))  # a Friday
    flagged(city, brussels(2026, 9, 10))
    assert flagged(city, brussels(2026, 9, 11)) == []
    assert flagged(city, brussels(2026, 9, 12)) == []
    assert flagged(city, brussels(2026, 9, 14)) == [(paper.id, SilenceRule.VISIT_MISSED)]
    assert flagged(city, brussels(2026, 9, 15)) == []


def test_with_a_first_visit_two_weeks_of_silence_is_no_second_call(city: City) -> None:
    with_visit(city, date(2026, 10, 30))
    assert flagged(city, MONDAY + timedelta(days=14)) == []


def test_a_visit_that_was_moved_is_a_new_spell(city: City) -> None:
    referrer = build.referrer(city)
    provider = build.provider(city)
    paper = with_visit(city, date(2026, 9, 9), referrer=referrer, provider=provider)
    flagged(city, brussels(2026, 9, 10))
    from vouchers.visiting import agree_first_visit  # noqa: PLC0415

    assert provider.location_id is not None
    with at_work(city, referrer.actor, brussels(2026, 9, 10)) as uow:
        agree_first_visit(
            uow, booklet_id=paper.id, location_id=provider.location_id, day=date(2026, 9, 16)
        )
    assert flagged(city, brussels(2026, 9, 15)) == [(paper.id, SilenceRule.VISIT_NEAR)]
    assert flagged(city, brussels(2026, 9, 17)) == [(paper.id, SilenceRule.VISIT_MISSED)]


def test_a_used_a_blocked_an_expired_and_a_training_booklet_are_left_alone(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    used, lost = build.handed_out(city, referrer), build.handed_out(city, referrer)
    scanned(city, provider, used.codes[0])
    with at_work(city, referrer.actor, MONDAY + timedelta(days=13)) as uow:
        replace_lost_booklet(uow, booklet_id=lost.id)
    training = build.handed_out(city, referrer)
    with at_work(city) as uow:
        from vouchers.models import Booklet  # noqa: PLC0415

        uow.session.get_one(Booklet, training.id).training = True
    assert flagged(city, MONDAY + timedelta(days=14)) == []
    build.handed_out(city, referrer, now=brussels(2020, 1, 6))
    assert flagged(city, MONDAY + timedelta(days=15)) == []


def test_a_new_booklet_for_a_family_that_came_before_is_not_silent(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    came, never = build.handed_out(city, referrer), build.handed_out(city, referrer)
    scanned(city, provider, came.codes[0])
    with at_work(city, referrer.actor) as uow:
        replace_lost_booklet(uow, booklet_id=came.id)
        new = replace_lost_booklet(uow, booklet_id=never.id).id
    assert flagged(city, MONDAY + timedelta(days=14)) == [(new, SilenceRule.NO_FIRST_USE)]


def test_a_first_use_closes_the_call_and_an_undone_one_opens_it_again(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    later = MONDAY + timedelta(days=14)
    flagged(city, later)
    scan = scanned(city, provider, paper.codes[0], now=later)
    dispatch_events(city, later)
    [task] = tasks(city)
    assert (task.outcome, task.closed_at) == ("first-use", later)
    with at_work(city, provider.actor, later) as uow:
        annul_redemption(uow, redemption_id=scan)
    dispatch_events(city, later)
    [task] = tasks(city)
    assert (task.outcome, task.closed_at) == (None, None)


def test_a_use_and_its_undoing_heard_late_leave_the_call_open(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    later = MONDAY + timedelta(days=14)
    flagged(city, later)
    scan = scanned(city, provider, paper.codes[0], now=later)
    with at_work(city, provider.actor, later) as uow:
        annul_redemption(uow, redemption_id=scan)
    dispatch_events(city, later)
    assert [task.closed_at for task in tasks(city)] == [None]


def test_a_use_before_the_flag_arrives_opens_no_call(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    later = MONDAY + timedelta(days=14)
    with at_work(city, CLOCK, later) as uow:
        assert len(flag_drop_offs(uow)) == 1
    scanned(city, provider, paper.codes[0], now=later)
    dispatch_events(city, later)
    assert tasks(city) == []


def test_a_lost_booklet_closes_its_call(city: City) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    later = MONDAY + timedelta(days=14)
    flagged(city, later)
    with at_work(city, referrer.actor, later) as uow:
        replace_lost_booklet(uow, booklet_id=paper.id)
    dispatch_events(city, later)
    assert [task.outcome for task in tasks(city)] == ["blocked"]


def test_thirty_days_that_the_last_place_was_open_without_a_cheque_is_a_silence(
    city: City,
) -> None:
    paper, _ = used_on(city, MONDAY)
    after_six_weeks = brussels(2026, 10, 20)  # a Tuesday: thirty working days are over
    assert flagged(city, after_six_weeks - timedelta(days=1)) == []
    assert flagged(city, after_six_weeks) == [(paper.id, SilenceRule.SILENCE)]
    assert flagged(city, after_six_weeks) == []
    assert [(task.rule, task.period) for task in tasks(city)] == [("silence", "2026-09-07")]


def test_the_places_own_hours_and_closing_days_count(city: City) -> None:
    (busy, open_on_saturday), (quiet, closed_a_week) = used_on(city, MONDAY), used_on(city, MONDAY)
    with at_work(city) as uow:
        for weekday in range(6):
            uow.session.add(hours(open_on_saturday, weekday, since=date(2026, 1, 1)))
        for day in range(14, 19):
            uow.session.add(ClosingDay(location_id=closed_a_week, day=date(2026, 9, day)))
    assert flagged(city, brussels(2026, 10, 12)) == []
    assert flagged(city, brussels(2026, 10, 13)) == [(busy.id, SilenceRule.SILENCE)]
    assert flagged(city, brussels(2026, 10, 26)) == []
    assert flagged(city, brussels(2026, 10, 27)) == [(quiet.id, SilenceRule.SILENCE)]


def test_hours_that_were_not_valid_then_and_holidays_do_not_count(city: City) -> None:
    paper, place = used_on(city, brussels(2026, 12, 1))
    with at_work(city) as uow:
        uow.session.add(hours(place, 5, since=date(2027, 6, 1)))
    nearly = brussels(2027, 1, 14)  # two of the days between were Christmas and New Year
    assert flagged(city, nearly) == []
    assert flagged(city, nearly + timedelta(days=1)) == [(paper.id, SilenceRule.SILENCE)]


def test_four_months_of_silence_are_enough_whatever_the_place_says(city: City) -> None:
    paper, place = used_on(city, MONDAY)
    with at_work(city) as uow:
        uow.session.add(hours(place, 6, since=date(2020, 1, 1)))  # on Sundays only
    assert flagged(city, brussels(2027, 1, 4)) == []
    assert flagged(city, brussels(2027, 1, 5)) == [(paper.id, SilenceRule.SILENCE)]


def test_any_use_ends_a_silence_and_undoing_it_brings_the_call_back(city: City) -> None:
    paper, _ = used_on(city, MONDAY)
    later = brussels(2026, 10, 20)
    flagged(city, later)
    provider = build.provider(city)
    scan = scanned(city, provider, paper.codes[1], now=later, care_date=date(2026, 10, 6))
    dispatch_events(city, later)
    assert [task.outcome for task in tasks(city)] == ["used-again"]
    with at_work(city, provider.actor, later) as uow:
        annul_redemption(uow, redemption_id=scan)
    dispatch_events(city, later)
    assert [(task.rule, task.closed_at) for task in tasks(city)] == [("silence", None)]


def test_a_second_silence_is_a_spell_of_its_own(city: City) -> None:
    paper, _ = used_on(city, MONDAY)
    flagged(city, brussels(2026, 10, 20))
    scanned(city, build.provider(city), paper.codes[1], now=brussels(2026, 10, 21))
    assert flagged(city, brussels(2026, 12, 4)) == [(paper.id, SilenceRule.SILENCE)]
    assert [task.outcome for task in tasks(city)] == ["used-again", None]


def test_an_undone_first_use_asks_the_first_question_again_not_the_later_one(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    flagged(city, MONDAY + timedelta(days=14))
    scan = scanned(city, provider, paper.codes[0], now=MONDAY + timedelta(days=15))
    assert flagged(city, brussels(2026, 11, 5)) == [(paper.id, SilenceRule.SILENCE)]
    with at_work(city, build.regie(city).actor, brussels(2026, 11, 6)) as uow:
        annul_redemption(uow, redemption_id=scan)
    dispatch_events(city, brussels(2026, 11, 6))
    told = {task.rule: task.closed_at is None for task in tasks(city)}
    assert told == {"no-first-use": True, "silence": False}


def test_an_undone_first_use_asks_nothing_more_where_something_newer_is_asked(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    flagged(city, MONDAY + timedelta(days=14))
    end = brussels(2027, 8, 9)
    assert flagged(city, end) == [(paper.id, SilenceRule.EXPIRING)]
    scan = scanned(city, provider, paper.codes[0], now=end)
    dispatch_events(city, end)
    with at_work(city, provider.actor, end) as uow:
        annul_redemption(uow, redemption_id=scan)
    dispatch_events(city, end)
    told = {task.rule: task.outcome for task in tasks(city)}
    assert told == {"no-first-use": "overtaken", "expiring": None}


def test_a_month_before_the_last_day_with_cheques_left_is_a_call(city: City) -> None:
    paper, _ = used_on(city, MONDAY, count=8)
    start = brussels(2027, 8, 9)  # thirty days before 6 September were on a Saturday
    with at_work(city) as uow:
        uow.session.add(DropOff(**silence_of(paper, date(2026, 9, 14)), flagged_on=start.date()))
    assert flagged(city, start - timedelta(days=3)) == []
    assert flagged(city, start) == [(paper.id, SilenceRule.EXPIRING)]
    provider = build.provider(city)
    scanned(city, provider, paper.codes[8], now=start)
    dispatch_events(city, start)
    assert [task.closed_at for task in tasks(city)] == [None], "one is left"
    scan = scanned(city, provider, paper.codes[9], now=start, same_day_reason="secondChild")
    dispatch_events(city, start)
    assert [task.outcome for task in tasks(city)] == ["all-used"]
    with at_work(city, provider.actor, start) as uow:
        annul_redemption(uow, redemption_id=scan)
    dispatch_events(city, start)
    assert [task.outcome for task in tasks(city)] == [None]


def test_a_booklet_that_expired_is_called_about_no_more(city: City) -> None:
    build.handed_out(city, build.referrer(city))
    flagged(city, MONDAY + timedelta(days=14))
    flagged(city, brussels(2027, 9, 6))  # its last day
    assert [task.outcome for task in tasks(city)] == ["overtaken", None]
    assert flagged(city, brussels(2027, 9, 7)) == []
    assert [task.outcome for task in tasks(city)] == ["overtaken", "expired"]


def test_a_used_up_booklet_is_asked_about_until_somebody_knows(city: City) -> None:
    referrer = build.referrer(city)
    known, unknown = (used_on(city, MONDAY, count=10, referrer=referrer)[0] for _ in range(2))
    last = MONDAY + timedelta(days=9)
    tell(city, referrer, known, Going.HERE, last)
    tell(city, referrer, unknown, Going.UNKNOWN, last)
    assert flagged(city, last + timedelta(days=13)) == []
    found = flagged(city, last + timedelta(days=14))
    assert found == [(unknown.id, SilenceRule.USED_UP)]
    tell(city, referrer, unknown, Going.ELSEWHERE, last + timedelta(days=15))
    dispatch_events(city, last + timedelta(days=15))
    assert [task.outcome for task in tasks(city)] == ["continues"]


def test_a_used_up_booklet_of_a_family_with_a_newer_one_asks_nothing(city: City) -> None:
    paper, _ = used_on(city, MONDAY, count=10)
    with at_work(city, build.regie(city).actor, MONDAY + timedelta(days=9)) as uow:
        give_second_booklet(uow, booklet_id=paper.id)
    assert SilenceRule.USED_UP not in [rule for _, rule in flagged(city, brussels(2026, 10, 2))]


def test_a_last_use_that_is_undone_takes_the_question_back_and_again(city: City) -> None:
    paper, _ = used_on(city, MONDAY, count=10)
    asked = MONDAY + timedelta(days=23)
    assert flagged(city, asked) == [(paper.id, SilenceRule.USED_UP)]
    with at_work(city) as uow:
        [scan] = uow.session.scalars(
            select(Redemption.id).where(Redemption.care_date == date(2026, 9, 16))
        )
    desk = build.regie(city)
    with at_work(city, desk.actor, asked) as uow:
        annul_redemption(uow, redemption_id=scan)
    dispatch_events(city, asked)
    assert [task.outcome for task in tasks(city)] == ["use-undone"]
    late = date(2026, 9, 16)
    scanned(city, build.provider(city), paper.codes[9], now=asked, care_date=late)
    dispatch_events(city, asked)
    assert [task.outcome for task in tasks(city)] == [None]


def test_nobody_calls_a_family_that_was_removed(city: City) -> None:
    used_on(city, MONDAY, count=3)
    used_on(city, MONDAY, count=10)
    build.handed_out(city, build.referrer(city))
    with at_work(city) as uow:
        uow.session.execute(update(Family).values(removed_at=MONDAY))
    for day in (MONDAY + timedelta(days=30), brussels(2026, 11, 5), brussels(2027, 8, 16)):
        assert flagged(city, day) == []


def test_more_than_one_reason_on_one_day_is_one_card(city: City) -> None:
    paper, _ = used_on(city, MONDAY, count=3)
    both = [(paper.id, SilenceRule.SILENCE), (paper.id, SilenceRule.EXPIRING)]
    assert flagged(city, brussels(2027, 8, 16)) == both
    assert [(task.rule, task.outcome) for task in tasks(city)] == [
        ("silence", "overtaken"),
        ("expiring", None),
    ]


def test_a_family_that_is_to_be_asked_later_is_not_asked_sooner_by_a_newer_reason(
    city: City,
) -> None:
    paper, _ = used_on(city, MONDAY, count=3)
    flagged(city, brussels(2026, 11, 5))
    with at_work(city) as uow:
        task = uow.session.scalars(select(Task)).one()
        task.not_before = date(2027, 8, 20)
    assert flagged(city, brussels(2027, 8, 16)) == [(paper.id, SilenceRule.EXPIRING)]
    assert [task.not_before for task in tasks(city)] == [date(2027, 8, 20)] * 2


def test_each_rule_finds_its_booklets_by_an_index(city: City) -> None:
    """Of 20,000 old booklets, 1 in 500 is in use: no rule reads them all."""
    many_booklets(city, 20_000)
    with city.database.transaction(writes=True) as session:
        session.execute(text("ANALYZE"))
    with at_work(city) as uow:
        days = days_of(uow.today, rules_on(uow.session, uow.today))
        dialect = uow.connection.dialect
        explain = "EXPLAIN QUERY PLAN" if dialect.name == "sqlite" else "EXPLAIN"
        for rule, statement in silent_booklets().items():
            written = statement.params(days).compile(
                dialect=dialect, compile_kwargs={"literal_binds": True}
            )
            typed = str(written)
            if dialect.name == "postgresql":
                typed = re.sub(r"(?<=[T(])( ?)('[0-9-]{10}')(?= AS day|, )", r"\1DATE \2", typed)
            rows = uow.connection.exec_driver_sql(f"{explain} {typed}")
            plan = "\n".join(str(tuple(row)) for row in rows)
            assert "ix_booklet" in plan, f"{rule}: {plan}"
            assert not re.search(r"Seq Scan on booklet  \(|SCAN booklet'", plan), f"{rule}: {plan}"


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 7, 21), False),
        (date(2026, 5, 25), False),  # Whit Monday
        (date(2026, 4, 6), False),  # Easter Monday
        (date(2026, 7, 11), False),  # a Saturday
        (date(2025, 7, 11), True),  # the Flemish holiday is no public one
        (date(2026, 9, 7), True),
    ],
)
def test_working_days_are_those_of_flemish_offices(day: date, *, works: bool) -> None:
    assert is_working_day(day) is works


def flagged(city: City, now: datetime) -> list[tuple[object, str]]:
    with at_work(city, CLOCK, now) as uow:
        found = flag_drop_offs(uow)
    dispatch_events(city, now)
    return [(silent.booklet_id, silent.rule) for silent in found]


def tasks(city: City) -> list[Task]:
    with at_work(city) as uow:
        found = list(uow.session.scalars(select(Task).order_by(Task.opened_at, Task.due_on)))
        uow.session.expunge_all()
        return found


def used_on(
    city: City, first: datetime, *, count: int = 1, referrer: Person | None = None
) -> tuple[Paper, UUID]:
    """Give a booklet of which so many cheques were used from a day on, and where."""
    provider = build.provider(city)
    paper = build.handed_out(city, referrer or build.referrer(city), now=first)
    for n in range(count):
        scanned(city, provider, paper.codes[n], now=first + timedelta(days=n))
    assert provider.location_id is not None
    return paper, provider.location_id


def hours(location_id: UUID, weekday: int, *, since: date) -> OpeningHours:
    return OpeningHours(
        location_id=location_id,
        weekday=weekday,
        opens=time(7),
        closes=time(18),
        valid_from=since,
    )


def silence_of(paper: Paper, last: date) -> dict[str, Any]:
    return {"booklet_id": paper.id, "rule": "silence", "period": last.isoformat()}


def tell(city: City, who: Person, paper: Paper, answer: Going, now: datetime) -> None:
    with at_work(city, who.actor, now) as uow:
        answer_for_family(uow, booklet_id=paper.id, answer=answer)


def many_booklets(city: City, count: int) -> None:
    """Write down ten years of booklets: most used up or expired, some in use."""
    referrer = build.referrer(city)
    one = build.handed_out(city, referrer)
    with at_work(city) as uow:
        like = (
            uow.session.execute(select(Booklet.__table__).where(Booklet.id == one.id))
            .mappings()
            .one()
        )
        family = uow.session.execute(select(Family.__table__)).mappings().one()
        families, booklets = [], []
        for n in range(count):
            given = MONDAY.date() - timedelta(days=n % 3000 if n % 500 else n % 300)
            used = (0, 3, 10)[n % 3]
            last = given + timedelta(days=20) if used else None
            families.append(dict(family) | {"id": uuid4(), "reference": f"MANY-{n}"})
            its = {"id": uuid4(), "number": f"{n:08}", "family_id": families[-1]["id"]}
            its |= {"handed_out_on": given, "valid_until": given + timedelta(days=365)}
            its |= {"used_count": used, "first_used_on": last, "last_used_on": last}
            booklets.append(dict(like) | its | {"origin_id": its["id"]})
        uow.session.execute(insert(Family.__table__), families)  # type: ignore[arg-type]
        uow.session.execute(insert(Booklet.__table__), booklets)  # type: ignore[arg-type]


def with_visit(
    city: City, day: date, *, referrer: Person | None = None, provider: Person | None = None
) -> Paper:
    where = provider or build.provider(city)
    visit = {"location_id": where.location_id, "day": day}
    return build.handed_out(city, referrer or build.referrer(city), appointment=visit)


def brussels(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 6, tzinfo=BRUSSELS)
