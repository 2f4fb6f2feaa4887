"""When each daily job last ran, so that a clock that was off catches up once."""

from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base


class JobRun(Base):
    """A daily job that ran for a day."""

    __tablename__ = "job_run"

    job: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    finished_at: Mapped[datetime]


class Forgotten(Base):
    """How much of one class of personal facts was forgotten on a day; never whose."""

    __tablename__ = "forgotten"

    name: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]
