"""No job ends a placement: every job, every day for four hundred days, and not one has changed."""

from datetime import datetime, time, timedelta
from random import Random

from sqlalchemy import select

from jobs.schedule import JOBS
from kernel.calendar import BRUSSELS
from kernel.cities import City
from occasioneel.models import LimitSignal, Placement
from tests import build, build_care
from tests.build import MONDAY, at_work
from tests.figures import Say, rounds

DAYS = 400


def test_no_job_ends_a_placement(city: City, figure: Say) -> None:
    regie, chance = build.regie(city), Random(400)
    for _ in range(5):
        bought = build_care.bought(city, regie)
        for place_id in bought.places.values():
            since = MONDAY.date() - timedelta(days=chance.randrange(200))
            build_care.placed(city, regie, on=place_id, since=since)
    before = placements(city)
    assert len(before) == 20
    looked = range(0, DAYS, DAYS // rounds(DAYS))  # in a short run every tenth day
    for number in looked:
        day = MONDAY.date() + timedelta(days=number)
        for job in JOBS:
            moment = job.daily or time(12)
            job.run(city, datetime.combine(day, moment, BRUSSELS))
    assert placements(city) == before
    with at_work(city) as uow:
        signalled = list(uow.session.scalars(select(LimitSignal.signal)))
    assert signalled.count("limit-five") == len(before), "the clock did have work to do"
    jobs = ", ".join(job.name for job in JOBS)
    figure(
        "no job ends a placement",
        f"{len(before)} placements of 0 to 200 days, {len(JOBS)} jobs on {len(looked)} of "
        f"{DAYS} days: none changed ({jobs})",
    )


def placements(city: City) -> list[tuple[object, ...]]:
    with at_work(city) as uow:
        rows = uow.session.execute(select(Placement.__table__).order_by(Placement.id))
        return [tuple(row) for row in rows]
