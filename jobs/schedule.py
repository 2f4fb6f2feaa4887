"""Every job and when it runs: read this table to know what the house does by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time

from jobs.dispatch import dispatch_events
from kernel.access import CLOCK
from kernel.cities import City
from kernel.unit_of_work import UnitOfWork, unit_of_work
from vouchers.drop_off import flag_drop_offs


@dataclass(frozen=True, kw_only=True)
class Job:
    """A deed of the clock: every so many seconds, or every day from an hour on (Brussels)."""

    name: str
    what: str
    run: Callable[[City, datetime | None], object]
    every: float | None = None
    daily: time | None = None
    programme: str | None = None


def _daily(deed: Callable[[UnitOfWork], object]) -> Callable[[City, datetime | None], object]:
    def run(city: City, now: datetime | None) -> object:
        with unit_of_work(city, CLOCK, writes=True, now=now) as uow:
            done = deed(uow)
            return len(done) if isinstance(done, list) else done

    return run


JOBS = (
    Job(
        name="dispatch-events",
        what="brengt wat gebeurde naar wie erop wacht",
        run=dispatch_events,
        every=0.25,
    ),
    Job(
        name="flag-drop-offs",
        what="vindt boekjes die stil blijven en vraagt om te bellen",
        run=_daily(flag_drop_offs),
        daily=time(5),
        programme="vouchers",
    ),
)
