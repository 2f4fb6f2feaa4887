"""Every job and when it runs: read this table to know what the house does by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time

import occasioneel.keeping
import vouchers.keeping
from jobs.dispatch import dispatch_inside, dispatch_outside
from kernel.access import CLOCK
from kernel.cities import City
from kernel.family_files import REGISTERED
from kernel.forgetting import JOB as FORGET
from kernel.forgetting import forget
from kernel.kept import register
from kernel.morning import send_morning_mail
from kernel.unit_of_work import UnitOfWork, unit_of_work
from occasioneel.signalling import signal_limits
from vouchers.batching import batches_wait, make_some
from vouchers.cohorts import freeze_cohorts
from vouchers.drop_off import flag_drop_offs


@dataclass(frozen=True, kw_only=True)
class Job:
    """A deed of the clock: every so many seconds, or every day from an hour on (Brussels).

    What goes `outside` may take long, and never holds up the rest.
    """

    name: str
    what: str
    run: Callable[[City, datetime | None], object]
    every: float | None = None
    daily: time | None = None
    programme: str | None = None
    outside: bool = False

    def is_for(self, city: City) -> bool:
        """Say whether a city has the programme that it belongs to."""
        return self.programme is None or self.programme in city.programmes


def _daily(deed: Callable[[UnitOfWork], object]) -> Callable[[City, datetime | None], object]:
    def run(city: City, now: datetime | None) -> object:
        with unit_of_work(city, CLOCK, writes=True, now=now) as uow:
            done = deed(uow)
            return len(done) if isinstance(done, list) else done

    return run


def _in_steps(
    waits: Callable[[UnitOfWork], bool], deed: Callable[[UnitOfWork], int]
) -> Callable[[City, datetime | None], object]:
    """Do a deed until nothing is left, each step in a transaction: others come in between."""

    def run(city: City, now: datetime | None) -> object:
        with unit_of_work(city, CLOCK, writes=False, now=now) as uow:
            step = int(waits(uow))
        done = 0
        while step:
            with unit_of_work(city, CLOCK, writes=True, now=now) as uow:
                step = deed(uow)
            done += step
        return done

    return run


def _tell_the_morning(city: City, now: datetime | None) -> object:
    """Let what the night found become tasks first, whoever else is about to do that."""
    dispatch_inside(city, now)
    return _daily(send_morning_mail)(city, now)


# What both programmes and the kernel keep of people; web/keeping.py shows the same.
FAMILY_FILES = (REGISTERED, vouchers.keeping.FILE, occasioneel.keeping.FILE)
KEPT_OF_PEOPLE = register(FAMILY_FILES, *vouchers.keeping.KEPT)

JOBS = (
    Job(
        name="dispatch-events",
        what="brengt wat gebeurde naar wie erop wacht",
        run=dispatch_inside,
        every=0.25,
    ),
    Job(
        name="bring-outside",
        what="geeft brieven aan de mailserver",
        run=dispatch_outside,
        every=0.25,
        outside=True,
    ),
    Job(
        name="make-batches",
        what="maakt de boekjes van een reeks voor de voorraad",
        run=_in_steps(batches_wait, make_some),
        every=1,
        programme="vouchers",
    ),
    Job(
        name="flag-drop-offs",
        what="vindt boekjes die stil blijven en vraagt om te bellen",
        run=_daily(flag_drop_offs),
        daily=time(5),
        programme="vouchers",
    ),
    Job(
        name="signal-limits",
        what="zegt vier en vijf maanden na de eerste dag dat een kind zijn grens nadert",
        run=_daily(signal_limits),
        daily=time(5, 15),
        programme="occasioneel",
    ),
    Job(
        name="freeze-cohorts",
        what="legt elke maand de jaarcijfers vast die evaluatoren lezen",
        run=_daily(freeze_cohorts),
        daily=time(4),
        programme="vouchers",
    ),
    Job(
        name="send-morning-mail",
        what="mailt op werkdagen wie een nieuwe taak heeft",
        run=_tell_the_morning,
        daily=time(8),
    ),
    Job(
        name=FORGET,
        what="vergeet wat van mensen is en lang genoeg bewaard werd",
        run=lambda city, now: forget(city, KEPT_OF_PEOPLE, now),
        daily=time(3),
    ),
)
