"""A child's file in occasional care goes two years after its end, and never while it runs."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from jobs.schedule import KEPT_OF_PEOPLE
from kernel.calendar import add_months
from kernel.cities import City
from kernel.forgetting import forget
from kernel.people import Child, Family
from kernel.removing import StillInCare, remove_family
from occasioneel.ending import end_placement
from occasioneel.models import Outcome, Placement
from tests import build
from tests.build import MONDAY, Person, at_work
from tests.build_care import placed
from web.keeping import FAMILY_FILES

BEGAN, ENDED = MONDAY.date(), date(2027, 1, 15)


def test_two_years_after_the_childs_last_day(city: City) -> None:
    by = build.regie(city)
    ended(city, by, child_on_a_place(city, by))
    goes_on(city, add_months(ENDED, 24))


def test_never_while_it_runs(city: City) -> None:
    child_on_a_place(city, build.regie(city))
    run(city, date(2040, 1, 1))
    assert known(city) == ["0470 12 34 56", "Lina", date(2025, 3, 1)]


def test_a_booklet_that_ended_long_ago_waits_for_the_care_file(city: City) -> None:
    by = build.regie(city)
    placement = child_on_a_place(city, by)
    with at_work(city) as uow:
        family = uow.session.scalars(select(Family)).one()
        reference = family.reference
    build.handed_out(city, by, reference=reference, now=MONDAY)
    ended(city, by, placement)
    goes_on(city, add_months(ENDED, 24))


def test_a_city_chooses_six_months_to_five_years(city: City) -> None:
    by = build.regie(city)
    ended(city, by, child_on_a_place(city, by))
    build.rule(city, "occasioneel.file_months", 600)
    goes_on(city, add_months(ENDED, 60))


def test_a_family_whose_child_is_in_care_is_not_removed(city: City) -> None:
    by = build.regie(city)
    placement = child_on_a_place(city, by)
    with pytest.raises(StillInCare):
        remove(city, by, placement.family_id, MONDAY)
    ended(city, by, placement)
    with pytest.raises(StillInCare):
        remove(city, by, placement.family_id, at(ENDED - timedelta(days=1)))
    remove(city, by, placement.family_id, at(ENDED + timedelta(days=1)))
    assert known(city) == [None, None, None]
    with at_work(city) as uow:
        assert uow.session.get_one(Placement, placement.id).valid_until == ENDED


def child_on_a_place(city: City, by: Person) -> Placement:
    return placed(
        city,
        by,
        since=BEGAN,
        family={"phone": "0470 12 34 56"},
        child={"first_name": "Lina", "birth_month": date(2025, 3, 1)},
    )


def ended(city: City, by: Person, placement: Placement) -> None:
    with at_work(city, by.actor, at(ENDED)) as uow:
        end_placement(uow, placement_id=placement.id, outcome=Outcome.SCHOOL, last_day=ENDED)


def remove(city: City, by: Person, family_id: UUID, now: datetime) -> None:
    with at_work(city, by.actor, now) as uow:
        remove_family(uow, family_id=family_id, files=FAMILY_FILES)


def goes_on(city: City, night: date) -> None:
    run(city, night - timedelta(days=1))
    assert known(city) == ["0470 12 34 56", "Lina", date(2025, 3, 1)]
    run(city, night)
    assert known(city) == [None, None, None]


def run(city: City, night: date) -> None:
    forget(city, KEPT_OF_PEOPLE, at(night))


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, tzinfo=MONDAY.tzinfo)


def known(city: City) -> list[Any]:
    with at_work(city) as uow:
        family = uow.session.scalars(select(Family)).one()
        child = uow.session.scalars(select(Child)).one()
        return [family.phone, child.first_name, child.birth_month]
