"""A year's families are counted once, rounded to five, and frozen for good."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from kernel.access import CLOCK, Actor, Role
from kernel.calendar import BRUSSELS
from kernel.cities import City
from kernel.errors import Forbidden
from kernel.unit_of_work import unit_of_work
from tests import build
from tests.build import Paper
from tests.figures import Say
from vouchers.annulling import annul_redemption
from vouchers.cohorts import (
    Protected,
    freeze_cohorts,
    frozen_years,
    protected,
    read_frozen,
)
from vouchers.models import Booklet, Continuation, FrozenCohort, Going, SameDayReason
from vouchers.redeeming import redeem_cheque
from vouchers.replacing import replace_lost_booklet, withdraw_booklet
from vouchers.uptake import Steps, uptake

MARCH = datetime(2026, 3, 2, 9, 0, tzinfo=BRUSSELS)
NEW_YEAR = datetime(2027, 1, 4, 4, 0, tzinfo=BRUSSELS)  # the first working day of the new year
ANALYST = Actor(
    account_id=CLOCK.account_id,
    organisation_id=CLOCK.organisation_id,
    roles=frozenset({Role.EVALUATOR}),
)


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, 0), (1, 0), (4, 0), (5, 5), (7, 5), (8, 10), (12, 10), (13, 15), (53, 55)],
)
def test_a_count_is_rounded_to_five_and_few_are_never_told(count: int, shown: int) -> None:
    assert protected(count) == shown


def test_a_year_that_was_worked_out_by_hand_is_frozen_as_it_was_worked_out(
    year: "Year", figure: Say
) -> None:
    """23 families; 17 used a cheque, 13 three or more; 6 in care, 4 not, of 7 nobody knows.

    By hand: 23 → 25; 17 → 15; 13 → 15; 6 → 5; 6 + 7 = 13 → 15, so 10 more at most.
    """
    year.families(6)  # who used nothing
    year.families(4, used=1, last=date(2026, 6, 1), answers=Going.NO)
    year.families(7, used=3, last=date(2026, 6, 1))
    year.families(2, used=4, last=date(2026, 6, 1), answers=Going.ELSEWHERE)
    year.families(1, used=5, last=date(2026, 6, 1), answers=Going.HERE)
    year.families(3, used=3, last=date(2026, 12, 20))
    year.lost_and_replaced()  # one of those who used nothing is the same family with new paper
    year.not_counted()
    assert freeze(year.city, NEW_YEAR) == 1
    frozen = read(year.city, 2026)
    by_hand = Protected(handed_out=25, first_use=15, three_or_more=15, in_care=5, maybe_in_care=10)
    assert frozen == by_hand
    figure("golden", f"23 families worked out by hand: {by_hand}")


def test_the_frozen_year_stands_while_the_live_funnel_moves(year: "Year") -> None:
    papers = year.families(8)
    freeze(year.city, NEW_YEAR)
    for paper in papers:
        year.uses(paper, 3, last=date(2027, 1, 10))
    assert live(year.city).first_use == 8
    assert read(year.city, 2026).first_use == 0
    assert freeze(year.city, NEW_YEAR + timedelta(days=10)) == 0
    assert read(year.city, 2026).first_use == 0
    freeze(year.city, NEW_YEAR + timedelta(days=31))
    assert read(year.city, 2026).first_use == 10


def test_what_happens_after_the_last_day_counts_next_month(year: "Year") -> None:
    papers = year.families(6)
    for paper in papers:
        year.uses(paper, 1, last=date(2027, 1, 2))
    freeze(year.city, NEW_YEAR)
    assert read(year.city, 2026).first_use == 0


def test_an_annulled_scan_reads_as_never_made(year: "Year") -> None:
    for paper in year.families(6):
        scan = year.uses(paper, 1, last=date(2026, 3, 20))
        with build.at_work(year.city, year.regie.actor, MARCH + timedelta(days=20)) as uow:
            annul_redemption(uow, redemption_id=scan)
    freeze(year.city, NEW_YEAR)
    assert read(year.city, 2026).first_use == 0


def test_an_earlier_month_can_still_be_read_as_it_was(year: "Year") -> None:
    year.families(6)
    freeze(year.city, datetime(2026, 4, 1, 4, 0, tzinfo=BRUSSELS))
    year.families(6, now=MARCH + timedelta(days=40))
    freeze(year.city, datetime(2026, 5, 1, 4, 0, tzinfo=BRUSSELS))
    with unit_of_work(year.city, ANALYST, writes=False) as uow:
        counts = [
            frozen.figures.handed_out
            for as_of in (date(2026, 3, 31), date(2026, 4, 30), None)
            if (frozen := read_frozen(uow, year=2026, as_of=as_of))
        ]
        assert counts == [5, 10, 10]
        assert read_frozen(uow, year=2026, as_of=date(2026, 2, 28)) is None
        assert frozen_years(uow) == [2026]


def test_a_cohort_is_frozen_for_two_years_after_its_own(year: "Year") -> None:
    year.families(6)
    assert freeze(year.city, datetime(2029, 1, 1, 4, 0, tzinfo=BRUSSELS)) == 1
    assert freeze(year.city, datetime(2029, 2, 1, 4, 0, tzinfo=BRUSSELS)) == 0


def test_a_city_without_families_freezes_nothing(city: City) -> None:
    assert freeze(city, NEW_YEAR) == 0


def test_the_database_itself_refuses_to_change_what_was_frozen(year: "Year") -> None:
    year.families(6)
    freeze(year.city, NEW_YEAR)
    for statement in (update(FrozenCohort).values(year=2025), text("DELETE FROM frozen_cohort")):
        with (
            pytest.raises(Exception, match=r"append.only"),
            year.city.database.transaction(writes=True) as session,
        ):
            session.execute(statement)


def test_nothing_exact_is_kept_in_what_evaluators_read(year: "Year") -> None:
    year.families(7, used=3, last=date(2026, 6, 1))
    freeze(year.city, NEW_YEAR)
    with build.at_work(year.city) as uow:
        kept = uow.session.scalars(select(FrozenCohort)).one().figures
    assert all(count % 5 == 0 for count in kept.values())


def test_an_evaluator_may_read_and_not_freeze(year: "Year") -> None:
    with build.at_work(year.city, ANALYST, NEW_YEAR) as uow, pytest.raises(Forbidden):
        freeze_cohorts(uow)


def freeze(city: City, now: datetime) -> int:
    with build.at_work(city, now=now) as uow:
        return freeze_cohorts(uow)


def read(city: City, year: int) -> Protected:
    with unit_of_work(city, ANALYST, writes=False) as uow:
        frozen = read_frozen(uow, year=year)
    assert frozen is not None
    return frozen.figures


def live(city: City) -> Steps:
    worker = build.regie(city)
    with build.at_work(city, worker.actor) as uow:
        return uptake(uow, since=date(2026, 1, 1), until=date(2026, 12, 31)).total


class Year:
    """A year in which families get booklets, use them and go on, or do not."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.worker, self.childminder = build.referrer(city), build.provider(city)
        self.regie = build.regie(city)
        self.last_paper: Paper | None = None

    def families(
        self,
        how_many: int,
        *,
        used: int = 0,
        last: date | None = None,
        answers: Going | None = None,
        now: datetime = MARCH,
    ) -> list[Paper]:
        papers = [build.handed_out(self.city, self.worker, now=now) for _ in range(how_many)]
        for paper in papers:
            if last is not None:
                self.uses(paper, used, last=last)
            if answers is not None:
                self.answers(paper, answers, now=now + timedelta(days=100))
        self.last_paper = papers[-1]
        return papers

    def uses(self, paper: Paper, how_many: int, *, last: date) -> UUID:
        """Use cheques on `last`, as children of one family."""
        scanned = datetime.combine(last, MARCH.timetz())
        made = UUID(int=0)
        for code in paper.codes[:how_many]:
            with build.at_work(self.city, self.childminder.actor, scanned) as uow:
                made = redeem_cheque(
                    uow,
                    code=code,
                    idempotency_key=code,
                    same_day_reason=SameDayReason.SECOND_CHILD,
                ).redemption.id
        return made

    def answers(self, paper: Paper, answer: Going, *, now: datetime) -> None:
        with build.at_work(self.city, now=now) as uow:
            uow.session.add(
                Continuation(
                    booklet_id=paper.id,
                    moment="one-month",
                    side="referrer",
                    answer=answer,
                    answered_at=now,
                    answered_by=self.worker.actor.account_id,
                )
            )

    def lost_and_replaced(self) -> None:
        (first, *_) = build_unused(self.city)
        with build.at_work(self.city, self.worker.actor, MARCH + timedelta(days=9)) as uow:
            replace_lost_booklet(uow, booklet_id=first)

    def not_counted(self) -> None:
        """A mistake that was taken back, a training booklet, and a family of another year."""
        mistake = build.handed_out(self.city, self.worker, now=MARCH)
        training = build.handed_out(self.city, self.worker, now=MARCH)
        with build.at_work(self.city, self.worker.actor, MARCH) as uow:
            withdraw_booklet(uow, booklet_id=mistake.id)
            uow.session.execute(
                update(Booklet).where(Booklet.id == training.id).values(training=True)
            )
        build.handed_out(self.city, self.worker, now=NEW_YEAR - timedelta(days=1))


def build_unused(city: City) -> list[UUID]:
    with build.at_work(city) as uow:
        return list(uow.session.scalars(select(Booklet.id).where(Booklet.used_count == 0)))


@pytest.fixture
def year(city: City) -> Year:
    return Year(city)
