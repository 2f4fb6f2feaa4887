"""A family's names go six months after its last booklet, whichever way that ended."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from jobs.schedule import KEPT_OF_PEOPLE
from kernel.calendar import add_months
from kernel.cities import City
from kernel.forgetting import forget
from kernel.people import Child, Family
from kernel.tasks import Task
from tests import build
from tests.build import MONDAY, Paper, Person, at_work
from vouchers.annulling import annul_redemption
from vouchers.extending import extend_booklet
from vouchers.giving_again import give_second_booklet
from vouchers.models import Booklet, ExtensionReason, FollowUp, ScanAttempt
from vouchers.replacing import replace_lost_booklet, withdraw_booklet

DAY = MONDAY.date()
LAST = date(2027, 9, 6)  # of a booklet that is handed out on MONDAY


def test_six_months_after_its_last_day(city: City) -> None:
    given(city)
    goes_on(city, add_months(LAST, 6))


def test_six_months_after_the_day_it_was_used_up(city: City) -> None:
    paper, provider = given(city), build.provider(city)
    for number, code in enumerate(paper.codes):
        build.scanned(city, provider, code, now=MONDAY + timedelta(days=number))
    goes_on(city, add_months(DAY + timedelta(days=9), 6))


def test_a_last_use_that_is_undone_ends_nothing(city: City) -> None:
    paper, provider = given(city), build.provider(city)
    for number, code in enumerate(paper.codes):
        last = build.scanned(city, provider, code, now=MONDAY + timedelta(days=number))
    with at_work(city, provider.actor, MONDAY + timedelta(days=9)) as uow:
        annul_redemption(uow, redemption_id=last)
    goes_on(city, add_months(LAST, 6))


def test_six_months_after_the_day_it_was_taken_back(city: City) -> None:
    by = build.referrer(city)
    paper = given(city, by)
    with at_work(city, by.actor, MONDAY + timedelta(days=2)) as uow:
        withdraw_booklet(uow, booklet_id=paper.id)
    goes_on(city, add_months(DAY + timedelta(days=2), 6))


def test_a_lost_booklet_ends_with_the_one_in_its_place(city: City) -> None:
    by = build.referrer(city)
    paper = given(city, by)
    with at_work(city, by.actor, MONDAY + timedelta(days=40)) as uow:
        replace_lost_booklet(uow, booklet_id=paper.id)
    goes_on(city, add_months(LAST, 6))


def test_an_extension_counts(city: City) -> None:
    paper, regie = given(city), build.regie(city)
    until = add_months(LAST, 3)
    with at_work(city, regie.actor, datetime(2027, 9, 1, 9, tzinfo=MONDAY.tzinfo)) as uow:
        extend_booklet(uow, booklet_id=paper.id, until=until, reason=next(iter(ExtensionReason)))
    goes_on(city, add_months(until, 6))


def test_the_last_of_two_booklets_counts(city: City) -> None:
    paper, regie = given(city), build.regie(city)
    again = datetime(2027, 8, 2, 9, tzinfo=MONDAY.tzinfo)
    with at_work(city, regie.actor, again) as uow:
        give_second_booklet(uow, booklet_id=paper.id)
    goes_on(city, add_months(date(2028, 8, 1), 6))


def test_what_a_retry_was_compared_with_goes_with_the_name(city: City) -> None:
    paper = given(city)
    with at_work(city) as uow:
        assert uow.session.get_one(Booklet, paper.id).body_hash
    run(city, add_months(LAST, 6))
    with at_work(city) as uow:
        assert uow.session.get_one(Booklet, paper.id).body_hash is None


def test_a_refused_scan_goes_after_ninety_days(city: City) -> None:
    with at_work(city) as uow:
        refused = ScanAttempt(account_id=UUID(int=1), at=MONDAY, refusal="unknown-code")
        uow.session.add(refused)
    run(city, DAY + timedelta(days=89))
    assert attempts(city) == 1
    run(city, DAY + timedelta(days=90))
    assert attempts(city) == 0


def test_a_line_about_a_call_goes_ninety_days_after_its_task_is_done(city: City) -> None:
    by = build.referrer(city)
    paper = given(city, by)
    closed = MONDAY + timedelta(days=20)
    with at_work(city) as uow:
        done, still = (task(by, paper, closed_at=at) for at in (closed, None))
        uow.session.add_all([done, still])
        uow.session.flush()
        uow.session.add_all(follow_up(by, paper, each.id) for each in (done, still))
    run(city, closed.date() + timedelta(days=89))
    assert lines(city) == ["belt terug", "belt terug"]
    run(city, closed.date() + timedelta(days=90))
    assert lines(city) == ["belt terug"]


def given(city: City, by: Person | None = None) -> Paper:
    """Hand a family a booklet on MONDAY, with everything that can be told of it."""
    return build.handed_out(
        city,
        by or build.referrer(city),
        family={"name": "Amina Demo", "phone": "0470 12 34 56", "number_of_children": 2},
        child={"first_name": "Lina", "birth_month": date(2025, 3, 1)},
        phone_key="k",
    )


def goes_on(city: City, night: date) -> None:
    """See that the family is known the night before, and is nobody after it."""
    run(city, night - timedelta(days=1))
    assert known(city) == ["Amina Demo", "0470 12 34 56", True, 2, "Lina", date(2025, 3, 1)]
    run(city, night)
    assert known(city) == [None, None, False, None, None, None]


def run(city: City, night: date) -> None:
    forget(
        city, KEPT_OF_PEOPLE, datetime(night.year, night.month, night.day, 3, tzinfo=MONDAY.tzinfo)
    )


def known(city: City) -> list[object]:
    with at_work(city) as uow:
        family = uow.session.scalars(select(Family)).one()
        child = uow.session.scalars(select(Child)).one()
        hashed = family.phone_hash is not None
        told = [family.name, family.phone, hashed, family.number_of_children]
        return [*told, child.first_name, child.birth_month]


def attempts(city: City) -> int:
    with at_work(city) as uow:
        return len(uow.session.scalars(select(ScanAttempt.id)).all())


def lines(city: City) -> list[str | None]:
    with at_work(city) as uow:
        return list(uow.session.scalars(select(FollowUp.line).where(FollowUp.line.is_not(None))))


def task(by: Person, paper: Paper, *, closed_at: datetime | None) -> Task:
    return Task(
        rule="no-first-use",
        subject_id=paper.id,
        period=str(closed_at),
        organisation_id=by.organisation_id,
        account_id=None,
        due_on=DAY,
        opened_at=MONDAY,
        closed_at=closed_at,
    )


def follow_up(by: Person, paper: Paper, task_id: UUID) -> FollowUp:
    return FollowUp(
        task_id=task_id,
        booklet_id=paper.id,
        made_at=MONDAY,
        made_by=by.actor.account_id,
        reached=True,
        outcome="will-go",
        line="belt terug",
    )
