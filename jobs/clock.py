"""The clock: for each city that it leads, every job at its time."""

import signal
import threading
from datetime import UTC, date, datetime

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import insert, select
from sqlalchemy.exc import SQLAlchemyError

from jobs.leading import Leader
from jobs.schedule import JOBS, Job
from kernel.calendar import BRUSSELS, day_of
from kernel.cities import Cities, City
from kernel.errors import Refusal
from kernel.jobs import JobRun

log = structlog.get_logger(__name__)

INSIDE_AT_ONCE = 10  # jobs, of all cities together
LOOK_EVERY = 2  # seconds between two tries to lead, and between two looks at the daily jobs


class Clock:
    """Runs the jobs of the cities it leads, each job of a city by one clock at a time."""

    def __init__(self, cities: Cities) -> None:
        """Take the cities of this installation."""
        self._leaders = {city.host: (city, Leader(city)) for city in cities}
        self._led: dict[str, bool] = {}
        self._tried: dict[tuple[str, str], date] = {}

    def run(self) -> None:
        """Run until the process is told to stop."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        scheduler = self.started()
        stop.wait()
        self.stop(scheduler)

    def stop(self, scheduler: BackgroundScheduler) -> None:
        """Let what runs come to its end, and then another clock lead."""
        scheduler.shutdown(wait=True)
        for _, leader in self._leaders.values():
            leader.step_down()

    def started(self) -> BackgroundScheduler:
        """Give the scheduler, running: declared in code, kept in memory, one of each at a time."""
        scheduler = BackgroundScheduler(
            timezone=BRUSSELS,
            executors={
                # Each city has a thread of its own for calls outside: those may take long.
                "outside": ThreadPoolExecutor(len(self._leaders)),
                "default": ThreadPoolExecutor(INSIDE_AT_ONCE),
            },
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for host, (city, _) in self._leaders.items():
            for job in JOBS:
                if job.is_for(city):
                    scheduler.add_job(
                        self._tick,
                        IntervalTrigger(seconds=job.every or LOOK_EVERY),
                        args=(host, job),
                        id=f"{host} {job.name}",
                        executor="outside" if job.outside else "default",
                        next_run_time=datetime.now(UTC),
                    )
        scheduler.add_job(
            self._lead, IntervalTrigger(seconds=LOOK_EVERY), next_run_time=datetime.now(UTC)
        )
        scheduler.start()
        return scheduler

    def _lead(self) -> None:
        for host, (_, leader) in self._leaders.items():
            try:
                leads = leader.leads()
            except (SQLAlchemyError, OSError):
                leader.step_down()
                leads = False
            if leads != self._led.get(host):
                log.info("leading" if leads else "waiting", city=host)
            self._led[host] = leads

    def _tick(self, host: str, job: Job) -> None:
        """Run one job for one city when its time has come; a failure stops nothing else."""
        city, _ = self._leaders[host]
        if not self._led.get(host):
            return
        try:
            if job.daily is None:
                job.run(city, None)
            elif (day := due_day(job, datetime.now(UTC))) is not None:
                self.take_turn(city, job, day)
        except (Refusal, SQLAlchemyError, OSError) as error:
            log.warning("job failed", job=job.name, city=host, error=type(error).__name__)

    def take_turn(self, city: City, job: Job, now: datetime) -> None:
        """Run a daily job after those of earlier hours, also when all are due at once.

        One that fails is tried again, and holds up no other for longer than its first try.
        """
        day = day_of(now)
        if all(self._tried.get((city.host, name)) == day for name in jobs_before(city, job)):
            try:
                run_daily(city, job, now)
            finally:
                self._tried[city.host, job.name] = day


def jobs_before(city: City, job: Job) -> list[str]:
    """Give the daily jobs of a city that have an earlier hour."""
    assert job.daily is not None
    return [
        each.name
        for each in JOBS
        if each.daily is not None and each.daily < job.daily and each.is_for(city)
    ]


def due_day(job: Job, now: datetime) -> datetime | None:
    """Give the moment for which a daily job is due: today's hour once it has struck, else none."""
    local = now.astimezone(BRUSSELS)
    return local if job.daily is not None and local.time() >= job.daily else None


def run_daily(city: City, job: Job, now: datetime) -> bool:
    """Run a daily job unless it ran for this day already; says whether it ran.

    A clock that was off for days catches up once: a job finds what is so, not what changed.
    """
    day = day_of(now)
    with city.database.transaction(writes=False) as session:
        ran = session.scalar(select(JobRun.job).where(JobRun.job == job.name, JobRun.day == day))
    if ran is not None:
        return False
    done = job.run(city, now)
    with city.database.transaction(writes=True) as session:
        session.execute(
            insert(JobRun), {"job": job.name, "day": day, "finished_at": datetime.now(UTC)}
        )
    log.info("job ran", job=job.name, city=city.host, done=done)
    return True
