"""A family gets more time for the same cheques, with a reason, and on the day itself less again."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from kernel.cities import City
from kernel.errors import Forbidden, Invalid
from kernel.events import RecordedEvent
from tests import build
from tests.build import MONDAY, Paper, Person, at_work, scanned
from vouchers.errors import Expired, IllegalMove, NothingLeft, NothingToTakeBack
from vouchers.events import BookletExtended, ExtensionTakenBack
from vouchers.extending import extend_booklet, take_back_extension
from vouchers.histories import Happening, read_history
from vouchers.models import Booklet, BookletExtension, BookletState, ExtensionReason
from vouchers.replacing import replace_lost_booklet

ENDS = date(2027, 9, 6)
OVER = datetime.combine(ENDS + timedelta(days=30), MONDAY.timetz())  # a month too late
LATER = date(2028, 1, 31)
WHY = ExtensionReason.NO_PLACE


def test_an_expired_cheque_works_again_until_the_new_day(city: City) -> None:
    regie, provider, paper = build.regie(city), build.provider(city), _paper(city)
    with pytest.raises(Expired):
        scanned(city, provider, paper.codes[0], now=OVER)
    assert _extend(city, regie, paper, now=OVER) == LATER
    scanned(city, provider, paper.codes[0], now=OVER)
    end = datetime.combine(LATER, MONDAY.timetz())
    scanned(city, provider, paper.codes[1], now=end)
    with pytest.raises(Expired):
        scanned(city, provider, paper.codes[2], now=end + timedelta(days=1))


def test_why_and_by_whom_is_kept_and_told(city: City) -> None:
    regie, paper = build.regie(city), _paper(city)
    _extend(city, regie, paper)
    kept = _extensions(city)[0]
    assert (kept.was, kept.until, kept.reason, kept.made_by) == (
        ENDS,
        LATER,
        "no-place",
        regie.actor.account_id,
    )
    assert _told(city, paper) == [BookletExtended.name]
    with at_work(city, regie.actor) as uow:
        line = read_history(uow, booklet_id=paper.id)[0]
        assert (line.what, line.about, line.reason) == (Happening.EXTENDED, LATER, "no-place")


def test_the_same_extension_asked_twice_is_one(city: City) -> None:
    regie, paper = build.regie(city), _paper(city)
    assert [_extend(city, regie, paper) for _ in range(2)] == [LATER, LATER]
    assert len(_extensions(city)) == 1
    with pytest.raises(Invalid):
        _extend(city, build.regie(city), paper)  # a colleague's would be no later


@pytest.mark.parametrize(
    ("until", "now", "right"),
    [
        (ENDS + timedelta(days=1), MONDAY, True),
        (ENDS, MONDAY, False),
        (ENDS - timedelta(days=1), MONDAY, False),
        (OVER.date(), OVER, True),
        (OVER.date() - timedelta(days=1), OVER, False),
        (date(2028, 10, 6), OVER, True),
        (date(2028, 10, 7), OVER, False),
    ],
)
def test_a_new_last_day_is_later_not_past_and_at_most_a_year_away(
    city: City, until: date, now: datetime, *, right: bool
) -> None:
    regie, paper = build.regie(city), _paper(city)
    if right:
        assert _extend(city, regie, paper, until=until, now=now) == until
        return
    with pytest.raises(Invalid) as refused:
        _extend(city, regie, paper, until=until, now=now)
    assert list(refused.value.fields) == ["until"]
    assert _ends(city, paper) == ENDS


@pytest.mark.parametrize(("day", "right"), [(date(2028, 3, 6), True), (date(2028, 3, 7), False)])
def test_half_a_year_after_its_end_a_booklet_is_over(city: City, day: date, *, right: bool) -> None:
    regie, paper = build.regie(city), _paper(city)
    now = datetime.combine(day, MONDAY.timetz())
    if right:
        assert _extend(city, regie, paper, until=date(2028, 6, 1), now=now)
        return
    with pytest.raises(Expired):
        _extend(city, regie, paper, until=date(2028, 6, 1), now=now)


def test_a_city_chooses_both_numbers(city: City) -> None:
    build.rule(city, "vouchers.extend_months", 1)
    build.rule(city, "vouchers.extend_past_months", 0)
    regie, paper = build.regie(city), _paper(city)
    with pytest.raises(Invalid):
        _extend(city, regie, paper)
    with pytest.raises(Expired):
        _extend(city, regie, paper, now=OVER)


@pytest.mark.parametrize("state", list(BookletState))
def test_from_every_state_it_is_extended_or_refused(city: City, state: BookletState) -> None:
    """M0: only a booklet that a family has gets more time."""
    regie, paper = build.regie(city), _paper(city)
    with at_work(city) as uow:
        uow.session.get_one(Booklet, paper.id).state = state
    if state == BookletState.HANDED_OUT:
        assert _extend(city, regie, paper) == LATER
        return
    with pytest.raises(IllegalMove) as refused:
        _extend(city, regie, paper)
    assert refused.value.about["state"] == state
    assert (_ends(city, paper), _extensions(city)) == (ENDS, [])


def test_a_used_up_booklet_has_nothing_to_extend(city: City) -> None:
    regie, provider, paper = build.regie(city), build.provider(city), _paper(city)
    for n, code in enumerate(paper.codes):
        scanned(city, provider, code, now=MONDAY + timedelta(days=n))
    with pytest.raises(NothingLeft):
        _extend(city, regie, paper, now=MONDAY + timedelta(days=10))


def test_only_the_regie_gives_more_time(city: City) -> None:
    nadia = build.referrer(city)
    paper = build.handed_out(city, nadia)
    for deed in (_extend, _take_back):
        with pytest.raises(Forbidden):
            deed(city, nadia, paper)


def test_it_is_undone_on_the_day_itself(city: City) -> None:
    regie, paper = build.regie(city), _paper(city)
    _extend(city, regie, paper, until=date(2027, 12, 1))
    _extend(city, regie, paper)
    assert _take_back(city, regie, paper) == date(2027, 12, 1)
    assert _take_back(city, regie, paper) == ENDS
    with pytest.raises(NothingToTakeBack):
        _take_back(city, regie, paper)
    assert _told(city, paper).count(ExtensionTakenBack.name) == 2
    with at_work(city, regie.actor) as uow:
        told = {line.what for line in read_history(uow, booklet_id=paper.id)}
        assert Happening.EXTENDED not in told
    assert _extend(city, regie, paper) == LATER  # and given again


def test_a_day_later_it_stays(city: City) -> None:
    regie, paper = build.regie(city), _paper(city)
    _extend(city, regie, paper)
    with pytest.raises(NothingToTakeBack):
        _take_back(city, regie, paper, now=MONDAY + timedelta(days=1))
    assert _ends(city, paper) == LATER


def test_a_cheque_used_in_the_days_it_gained_keeps_them(city: City) -> None:
    regie, provider, paper = build.regie(city), build.provider(city), _paper(city)
    _extend(city, regie, paper, now=OVER)
    scanned(city, provider, paper.codes[0], now=OVER)
    with pytest.raises(NothingToTakeBack):
        _take_back(city, regie, paper, now=OVER)
    assert _ends(city, paper) == LATER


def test_a_lost_booklet_that_was_extended_is_replaced_until_the_same_day(city: City) -> None:
    regie, paper = build.regie(city), _paper(city)
    _extend(city, regie, paper, now=OVER)
    with at_work(city, regie.actor, OVER) as uow:
        assert replace_lost_booklet(uow, booklet_id=paper.id).valid_until == LATER
    with pytest.raises(NothingToTakeBack):
        _take_back(city, regie, paper, now=OVER)


def _paper(city: City) -> Paper:
    return build.handed_out(city, build.referrer(city))


def _extend(
    city: City,
    by: Person,
    paper: Paper,
    *,
    until: date = LATER,
    now: datetime = MONDAY + timedelta(days=200),
) -> date | None:
    with at_work(city, by.actor, now) as uow:
        return extend_booklet(uow, booklet_id=paper.id, until=until, reason=WHY).valid_until


def _take_back(
    city: City, by: Person, paper: Paper, *, now: datetime = MONDAY + timedelta(days=200)
) -> date | None:
    with at_work(city, by.actor, now) as uow:
        return take_back_extension(uow, booklet_id=paper.id).valid_until


def _ends(city: City, paper: Paper) -> date | None:
    with at_work(city) as uow:
        return uow.session.get_one(Booklet, paper.id).valid_until


def _extensions(city: City) -> list[Any]:
    with at_work(city) as uow:
        return list(uow.session.execute(select(*BookletExtension.__table__.columns)))


def _told(city: City, paper: Paper) -> list[str]:
    with at_work(city) as uow:
        named = RecordedEvent.name.contains("exten")
        rows = select(RecordedEvent.name).where(RecordedEvent.subject_id == paper.id, named)
        return list(uow.session.scalars(rows))
