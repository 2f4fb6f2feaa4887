"""Whether a child goes on is asked four times at most, and what nobody knows stays unknown."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from kernel.calendar import add_months
from kernel.cities import City
from kernel.errors import NotFound
from kernel.events import RecordedEvent
from tests import build
from tests.build import MONDAY, Paper, at_work, scanned
from vouchers.annulling import annul_redemption
from vouchers.continuing import (
    AnsweredBefore,
    TooEarlyToAsk,
    answer_after_scan,
    answer_for_family,
    known_continuation,
    still_in_care,
)
from vouchers.giving_again import give_second_booklet
from vouchers.models import Booklet, Continuation, Going
from vouchers.questions import question_after_scan, read_questions

HERE, ELSEWHERE, NO, UNKNOWN = Going.HERE, Going.ELSEWHERE, Going.NO, Going.UNKNOWN


def test_the_provider_is_asked_at_the_eighth_and_at_the_last(city: City) -> None:
    family = Family(city, 10)
    asked = [n + 1 for n, scan in enumerate(family.scans) if asks_after(city, family, scan)]
    assert asked == [10], "an earlier scan asks no more when a later one is there"
    for count in range(1, 11):
        one = Family(city, count)
        assert asks_after(city, one, one.scans[-1]) is (count in {8, 10})


def test_it_stands_on_the_day_until_answered_or_for_fourteen_days(city: City) -> None:
    family = Family(city, 8)
    last = family.last
    assert questions(city, family, last) == ["eighth"]
    assert questions(city, family, last + timedelta(days=13)) == ["eighth"]
    assert questions(city, family, last + timedelta(days=14)) == []
    after(city, family, HERE, last)
    assert questions(city, family, last) == ["eighth"], "today it can be changed"
    assert questions(city, family, last + timedelta(days=1)) == []


@pytest.mark.parametrize(("months", "moment"), [(1, "one-month"), (3, "three-months")])
def test_it_is_asked_one_and_three_months_after_the_last(
    city: City, months: int, moment: str
) -> None:
    family = Family(city, 10)
    after(city, family, HERE, family.last)
    start = months_after(family.last, months)
    assert questions(city, family, start - timedelta(days=1)) == []
    assert questions(city, family, start) == [moment]
    assert questions(city, family, start + timedelta(days=14)) == []


def test_an_answer_is_changed_on_its_day_and_weet_niet_on_any(city: City) -> None:
    family = Family(city, 10)
    later = family.last + timedelta(days=3)
    after(city, family, UNKNOWN, family.last)
    after(city, family, NO, later)
    after(city, family, HERE, later)
    with pytest.raises(AnsweredBefore):
        after(city, family, NO, later + timedelta(days=1))
    after(city, family, HERE, later + timedelta(days=1))
    assert answers(city) == [("tenth", "provider", "here")]
    assert told(city) == ["unknown", "no", "here"], "the same again is no news"


def test_a_provider_answers_for_what_it_scanned_only(city: City) -> None:
    family, early = Family(city, 10), Family(city, 7)
    with pytest.raises(NotFound), at_work(city, early.provider.actor, family.last) as uow:
        answer_after_scan(uow, redemption_id=family.scans[-1], answer=HERE)
    with at_work(city, early.provider.actor, family.last) as uow:
        assert family.provider.location_id is not None
        assert read_questions(uow, location_id=family.provider.location_id) == []
        assert question_after_scan(uow, redemption_id=family.scans[-1]) is None
    with pytest.raises(TooEarlyToAsk):
        after(city, early, HERE, early.last)


def test_an_undone_scan_asks_nothing(city: City) -> None:
    family = Family(city, 10)
    with at_work(city, family.provider.actor, family.last) as uow:
        annul_redemption(uow, redemption_id=family.scans[-1])
    with pytest.raises(TooEarlyToAsk):
        after(city, family, HERE, family.last)
    assert not asks_after(city, family, family.scans[-1])
    assert questions(city, family, family.last) == ["eighth"], "of the ninth, which is the last now"
    assert still(city) == [(None, False)]


def test_a_referrer_answers_for_the_own_families_from_the_first_cheque_on(city: City) -> None:
    family, fresh = Family(city, 3), Family(city, 0)
    knows(city, family, ELSEWHERE, MONDAY + timedelta(days=20))
    assert answers(city) == [("eighth", "referrer", "elsewhere")]
    with pytest.raises(TooEarlyToAsk):
        knows(city, fresh, HERE, MONDAY)
    with pytest.raises(NotFound), at_work(city, fresh.referrer.actor) as uow:
        answer_for_family(uow, booklet_id=family.paper.id, answer=HERE)


def test_still_in_care_is_what_is_known_after_the_last_cheque(city: City) -> None:
    family = Family(city, 8)
    after(city, family, HERE, family.last)
    assert still(city) == [("here", True)]
    tenth = family.last + timedelta(days=2)
    for n, code in enumerate(family.paper.codes[8:]):
        family.scans.append(scanned(city, family.provider, code, now=tenth + timedelta(days=n)))
    assert still(city) == [(None, False)], "what was said before the last cheque is no answer"
    tenth += timedelta(days=1)
    after(city, family, NO, tenth)
    assert still(city) == [("no", False)]
    knows(city, family, ELSEWHERE, tenth + timedelta(days=40))
    assert still(city) == [("elsewhere", True)], "the later of both sides counts"
    after(city, family, UNKNOWN, tenth + timedelta(days=41))
    assert still(city) == [("elsewhere", True)], "who does not know says nothing"
    knows(city, family, UNKNOWN, tenth + timedelta(days=95))
    assert still(city) == [(None, False)], "unknown stays unknown"


def test_another_familys_cheque_or_answer_says_nothing_of_this_one(city: City) -> None:
    family = Family(city, 10)
    after(city, family, HERE, family.last)
    other = Family(city, 10, first=family.last + timedelta(days=5))
    after(city, other, UNKNOWN, other.last)
    assert set(still(city)) == {("here", True), (None, False)}


def test_a_second_booklet_in_use_asks_anew(city: City) -> None:
    family = Family(city, 10)
    after(city, family, NO, family.last)
    later = family.last + timedelta(days=30)
    with at_work(city, build.regie(city).actor, later) as uow:
        second = build.paper(give_second_booklet(uow, booklet_id=family.paper.id).booklet)
    assert still(city) == [("no", False)]
    scanned(city, family.provider, second.codes[0], now=later)
    assert still(city) == [(None, False)]


class Family:
    """A family that used so many cheques, one a day, at one provider."""

    def __init__(self, city: City, count: int, first: datetime = MONDAY) -> None:
        self.referrer, self.provider = build.referrer(city), build.provider(city)
        self.paper: Paper = build.handed_out(city, self.referrer, now=first)
        days = [first + timedelta(days=n) for n in range(count)]
        self.scans = [
            scanned(city, self.provider, code, now=day)
            for code, day in zip(self.paper.codes, days, strict=False)
        ]
        self.last = days[-1] if days else first


def after(city: City, family: Family, answer: Going, now: datetime) -> None:
    with at_work(city, family.provider.actor, now) as uow:
        answer_after_scan(uow, redemption_id=family.scans[-1], answer=answer)


def knows(city: City, family: Family, answer: Going, now: datetime) -> None:
    with at_work(city, family.referrer.actor, now) as uow:
        answer_for_family(uow, booklet_id=family.paper.id, answer=answer)


def asks_after(city: City, family: Family, scan: UUID) -> bool:
    with at_work(city, family.provider.actor, family.last) as uow:
        return question_after_scan(uow, redemption_id=scan) is not None


def questions(city: City, family: Family, now: datetime) -> list[str]:
    assert family.provider.location_id is not None
    with at_work(city, family.provider.actor, now) as uow:
        found = read_questions(uow, location_id=family.provider.location_id)
    return [str(question.moment) for question in found]


def answers(city: City) -> list[tuple[str, str, str]]:
    with at_work(city) as uow:
        rows = uow.session.execute(
            select(Continuation.moment, Continuation.side, Continuation.answer)
        )
        return [(moment, side, answer) for moment, side, answer in rows]


def told(city: City) -> list[str]:
    """Give the answers that were written down as events, in order."""
    with at_work(city) as uow:
        rows = uow.session.scalars(
            select(RecordedEvent.payload)
            .where(RecordedEvent.name == "vouchers.continuation_told")
            .order_by(RecordedEvent.number)
        )
        return [payload["answer"] for payload in rows]


def still(city: City) -> list[tuple[str | None, bool]]:
    """Give for each family what is known, and whether it is still in care as far as known."""
    with at_work(city) as uow:
        origins = select(Booklet.origin_id).group_by(Booklet.origin_id).subquery()
        rows = uow.session.execute(
            select(known_continuation(origins.c.origin_id), still_in_care(origins.c.origin_id))
            .select_from(origins)
            .order_by(func.coalesce(known_continuation(origins.c.origin_id), ""))
        )
        return [(known, bool(going)) for known, going in rows]


def months_after(moment: datetime, months: int) -> datetime:
    day: date = add_months(moment.date(), months)
    return moment.replace(year=day.year, month=day.month, day=day.day)
