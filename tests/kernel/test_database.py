"""What the database keeps by itself, the same on both."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from kernel.access import CLOCK
from kernel.cities import City
from kernel.errors import Conflict, Unavailable
from kernel.events import RecordedEvent
from kernel.national_number import holds_national_number
from kernel.rules import DatedRule, Rule, rules_on
from kernel.tasks import Task
from kernel.unit_of_work import unit_of_work
from tests import build
from tests.build import MONDAY, at_work

ANSWER = Rule("answer", 42)


@pytest.mark.parametrize(
    ("first", "second", "overlaps"),
    [
        (("2026-01-01", None), ("2026-06-01", None), True),
        (("2026-01-01", "2026-05-31"), ("2026-06-01", None), False),
        (("2026-01-01", "2026-06-01"), ("2026-06-01", None), True),
        (("2026-06-01", None), ("2026-01-01", "2026-05-31"), False),
        (("2026-06-01", "2026-06-30"), ("2026-01-01", None), True),
    ],
)
def test_two_periods_of_one_rule_never_overlap(
    city: City,
    first: tuple[str, str | None],
    second: tuple[str, str | None],
    *,
    overlaps: bool,
) -> None:
    choose(city, *first)
    if not overlaps:
        choose(city, *second)
        return
    with pytest.raises(Conflict):
        choose(city, *second)


def test_a_period_cannot_be_stretched_over_another(city: City) -> None:
    choose(city, "2026-01-01", "2026-05-31")
    choose(city, "2026-06-01", None)
    with pytest.raises(Conflict), at_work(city) as uow:
        uow.session.execute(
            update(DatedRule)
            .where(DatedRule.valid_from == date(2026, 1, 1))
            .values(valid_until=date(2026, 6, 1))
        )


def test_a_rule_holds_from_its_day_and_the_default_before(city: City) -> None:
    choose(city, "2026-06-01", "2026-06-30", 7)
    with at_work(city) as uow:
        held = [
            rules_on(uow.session, date(2026, month, day))[ANSWER]
            for month, day in ((5, 31), (6, 1), (6, 30), (7, 1))
        ]
    assert held == [42, 7, 7, 42]


def test_an_event_is_never_changed_or_deleted(city: City) -> None:
    build.handed_out(city, build.referrer(city))
    for change in (update(RecordedEvent).values(name="other"), delete(RecordedEvent)):
        with pytest.raises(DBAPIError, match=r"append.only"), at_work(city) as uow:
            uow.session.execute(change)


def test_an_instant_comes_back_as_it_went_in(city: City) -> None:
    person = build.referrer(city)
    odd = datetime(2026, 9, 7, 3, 4, 5, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    with at_work(city) as uow:
        task = Task(
            rule="r",
            subject_id=person.actor.account_id,
            period="p",
            organisation_id=person.organisation_id,
            account_id=None,
            due_on=date(2026, 9, 7),
            opened_at=odd,
        )
        uow.session.add(task)
    with at_work(city) as uow:
        kept = uow.session.scalars(select(Task.opened_at)).one()
    assert (kept, kept.tzinfo) == (odd, UTC)


def test_a_moment_without_its_zone_is_refused(city: City) -> None:
    with pytest.raises(Exception, match="naive"), at_work(city) as uow:
        uow.session.execute(update(Task).values(opened_at=datetime(2026, 9, 7)))  # noqa: DTZ001


def test_a_reader_cannot_write_to_postgresql(postgres_url: str) -> None:
    from tests.conftest import city_at  # noqa: PLC0415

    genk = city_at(postgres_url)
    with (
        pytest.raises(DBAPIError, match="read-only"),
        unit_of_work(genk, CLOCK, writes=False, now=MONDAY) as uow,
    ):
        uow.session.execute(text("DELETE FROM task"))
    genk.database.dispose()


def test_a_database_that_is_not_there_is_unavailable_not_an_error(tmp_path: object) -> None:
    from tests.conftest import city_at  # noqa: PLC0415

    for url in (
        f"sqlite:///{tmp_path}/no/such/folder.db",
        "postgresql+psycopg://nobody@127.0.0.1:1/none",
    ):
        nowhere = city_at(url)
        with (
            pytest.raises(Unavailable),
            unit_of_work(nowhere, CLOCK, writes=False, now=MONDAY) as uow,
        ):
            uow.session.execute(text("SELECT 1"))
        nowhere.database.dispose()


@pytest.mark.parametrize(
    ("typed", "refused"),
    [
        ("85.07.30-033.28", True),
        ("kenmerk 85073003328", True),
        ("OC-2027-014", False),
        ("0470 12 34 56", False),
        ("85.07.30-033.29", False),
    ],
)
def test_a_national_number_is_seen_however_it_is_written(typed: str, *, refused: bool) -> None:
    assert holds_national_number(typed) is refused


def choose(city: City, since: str, until: str | None, value: int = 1) -> None:
    with at_work(city) as uow:
        uow.session.add(
            DatedRule(
                name="answer",
                valid_from=date.fromisoformat(since),
                valid_until=date.fromisoformat(until) if until else None,
                value=value,
            )
        )
