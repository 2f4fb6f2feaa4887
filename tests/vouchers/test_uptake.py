"""The funnel counts families, each once, from the booklet they got first."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from kernel.cities import City
from kernel.errors import Forbidden
from tests import build
from tests.build import MONDAY, Person, at_work, scanned
from vouchers.giving_again import give_second_booklet
from vouchers.models import Booklet
from vouchers.replacing import replace_lost_booklet
from vouchers.uptake import Cohort, Steps, Uptake, uptake
from vouchers.visiting import agree_first_visit

AUTUMN = {"since": date(2026, 9, 1), "until": date(2026, 11, 30)}


def test_each_step_is_part_of_the_one_before(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    visit = {"location_id": provider.location_id, "day": date(2026, 9, 20)}
    for used in (0, 0, 1, 3, 10):
        paper = build.handed_out(city, referrer, appointment=visit if used == 1 else None)
        for n in range(used):
            scanned(city, provider, paper.codes[n], now=MONDAY + timedelta(days=n))
    october = build.handed_out(city, referrer, now=MONDAY.replace(month=10))
    scanned(city, provider, october.codes[0], now=MONDAY.replace(month=11))
    figure = read(city)
    assert figure.cohorts == (
        Cohort(
            month=date(2026, 9, 1),
            steps=Steps(
                handed_out=5,
                visit_agreed=1,
                first_use=3,
                three_or_more=2,
                all_used=1,
                no_appointment=2,
            ),
        ),
        Cohort(month=date(2026, 10, 1), steps=Steps(handed_out=1, first_use=1)),
    )
    assert figure.total == Steps(
        handed_out=6, visit_agreed=1, first_use=4, three_or_more=2, all_used=1, no_appointment=2
    )
    assert figure.total.not_used == 2


def test_who_used_nothing_is_split_by_what_is_known_of_the_first_visit(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    days = {"none": None, "over": 9, "today": 14, "to come": 20, "came": 9}
    papers = {
        name: build.handed_out(city, referrer, appointment=visit_on(provider, day))
        for name, day in days.items()
    }
    scanned(city, provider, papers["came"].codes[0])
    now = MONDAY + timedelta(days=7)
    total = read(city, now).total
    assert (total.no_appointment, total.no_show, total.visit_to_come) == (1, 1, 2)
    assert total.no_appointment + total.no_show + total.visit_to_come == total.not_used == 4
    assert total.visit_agreed == 4
    with at_work(city, referrer.actor, now) as uow:
        agree_first_visit(uow, booklet_id=papers["over"].id, **visit_on(provider, 15))
    total = read(city, now).total
    assert (total.no_appointment, total.no_show, total.visit_to_come) == (1, 0, 3)
    assert read(city, now + timedelta(days=30)).total.no_show == 3


def test_a_visit_of_a_lost_booklet_still_says_where_its_family_is(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    for day in (9, 20):
        paper = build.handed_out(city, referrer, appointment=visit_on(provider, day))
        with at_work(city, referrer.actor, MONDAY + timedelta(days=7)) as uow:
            replace_lost_booklet(uow, booklet_id=paper.id)
    total = read(city, MONDAY + timedelta(days=7)).total
    assert total == Steps(handed_out=2, visit_agreed=2, no_show=1, visit_to_come=1)


def test_a_family_whose_booklet_was_lost_counts_once_in_its_first_month(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    old = build.handed_out(city, referrer)
    for n in range(2):
        scanned(city, provider, old.codes[n], now=MONDAY + timedelta(days=n))
    with at_work(city, referrer.actor, MONDAY.replace(month=10)) as uow:
        new = build.paper(replace_lost_booklet(uow, booklet_id=old.id))
    scanned(city, provider, new.codes[0], now=MONDAY.replace(month=10))
    figure = read(city)
    assert figure.total == Steps(handed_out=1, first_use=1, three_or_more=1)
    assert [cohort.month for cohort in figure.cohorts] == [date(2026, 9, 1)]


def test_a_booklet_is_used_up_when_as_many_are_used_as_the_first_one_had(city: City) -> None:
    build.rule(city, "vouchers.booklet_size", 2)
    referrer, provider = build.referrer(city), build.provider(city)
    lost, whole = (build.handed_out(city, referrer) for _ in range(2))
    for n in range(2):
        scanned(city, provider, whole.codes[n], now=MONDAY + timedelta(days=n))
    with at_work(city, referrer.actor) as uow:
        new = build.paper(replace_lost_booklet(uow, booklet_id=lost.id))
    scanned(city, provider, new.codes[0])
    assert read(city).total == Steps(handed_out=2, first_use=2, all_used=1)


def test_a_family_with_a_second_booklet_counts_once(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    first = build.handed_out(city, referrer)
    with at_work(city, build.regie(city).actor, MONDAY.replace(month=10)) as uow:
        second = build.paper(give_second_booklet(uow, booklet_id=first.id).booklet)
    assert len(second.codes) == 10
    scanned(city, provider, second.codes[0], now=MONDAY.replace(month=10))
    figure = read(city)
    assert figure.total == Steps(handed_out=1, first_use=1)
    assert [cohort.month for cohort in figure.cohorts] == [date(2026, 9, 1)]


def test_training_is_in_no_figure(city: City) -> None:
    paper = build.handed_out(city, build.referrer(city))
    with at_work(city) as uow:
        uow.session.get_one(Booklet, paper.id).training = True
    assert read(city).total == Steps()


def test_the_month_is_that_of_brussels(city: City) -> None:
    late = MONDAY.fromisoformat("2026-09-30T22:30:00+00:00")  # half past midnight in Brussels
    build.handed_out(city, build.referrer(city), now=late)
    assert [cohort.month for cohort in read(city).cohorts] == [date(2026, 10, 1)]


def test_an_evaluator_reads_no_exact_figure(city: City) -> None:
    for actor in (build.referrer(city).actor, build.provider(city).actor):
        with pytest.raises(Forbidden), at_work(city, actor) as uow:
            uptake(uow, **AUTUMN)


def read(city: City, now: datetime = MONDAY) -> Uptake:
    with at_work(city, build.regie(city).actor, now) as uow:
        return uptake(uow, **AUTUMN)


def visit_on(provider: Person, day: int | None) -> Any:
    """Give a first visit in September at a provider, or none."""
    return day and {"location_id": provider.location_id, "day": date(2026, 9, day)}
