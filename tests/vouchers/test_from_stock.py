"""A booklet from stock goes to one family, by its number or by any of its cheques."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from kernel.cities import City
from kernel.errors import Forbidden, Invalid
from kernel.events import RecordedEvent
from kernel.people import Family
from tests import build
from tests.build import MONDAY, Paper, Person, at_work, scanned
from vouchers.errors import (
    AlreadyHandedOut,
    Blocked,
    CeilingReached,
    CriteriaNotMet,
    FamilyHasBooklet,
    IdempotencyMismatch,
    NotHandedOut,
    NotYourStock,
    StockOutdated,
    TooManyWrongCodes,
    UnknownBooklet,
)
from vouchers.events import BookletHandedOut
from vouchers.from_stock import count_own_stock, look_at_stock
from vouchers.issuing import HandedOut, hand_out_booklet
from vouchers.models import MOVES, Booklet, BookletState, ScanAttempt
from vouchers.uptake import uptake

TODAY = MONDAY.date()


@pytest.mark.parametrize(
    "how", ["number", "small letters and a hyphen", "typed", "code", "address"]
)
def test_it_is_known_by_its_number_or_by_any_of_its_cheques(city: City, how: str) -> None:
    nadia, paper = _stocked(city)
    said = {
        "number": paper.number,
        "small letters and a hyphen": f" {paper.number[:4].lower()}-{paper.number[4:]} ",
        "typed": paper.typed_codes[6],
        "code": paper.codes[3],
        "address": f"http://genk.localhost/c#{paper.codes[9]}",
    }[how]
    _give(city, nadia, said, reference="OC-1")
    held = _booklet(city, paper)
    assert (held.state, held.handed_out_on, held.ordinal) == ("handed_out", TODAY, 1)
    assert held.handed_out_by == nadia.actor.account_id
    assert held.organisation_id == nadia.organisation_id
    assert held.valid_until == date(2027, 9, 6)
    with at_work(city) as uow:
        events = uow.session.scalars(
            select(RecordedEvent.name).where(RecordedEvent.subject_id == paper.id)
        ).all()
        assert events.count(BookletHandedOut.name) == 1
    scanned(city, build.provider(city), paper.codes[0])


def test_it_ends_no_later_than_what_is_printed_on_it(city: City) -> None:
    nadia, paper = _stocked(city)
    later = MONDAY.replace(year=2028, month=3)
    given = _give(city, nadia, paper.number, now=later)
    assert given.warnings == ("valid-shorter",)
    assert _booklet(city, paper).valid_until == date(2028, 9, 7)


def test_it_goes_along_on_the_last_day_that_is_printed_on_it_and_not_after(city: City) -> None:
    nadia, paper = _stocked(city)
    last = MONDAY.replace(year=2028)
    with pytest.raises(StockOutdated):
        _give(city, nadia, paper.number, now=last + timedelta(days=1))
    assert _give(city, nadia, paper.number, now=last).booklet.valid_until == last.date()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "8 tekens"),
        ("K7P2", "Je typte er 4"),
        ("K7P2QX3MM", "Je typte er 9"),
        ("7K3M9QW2XRT5", "klopt een teken niet"),
        ("K7P2QX3U", "8 tekens"),
        ("\x00\ud800", "8 tekens"),
    ],
)
def test_what_cannot_be_a_number_is_told_at_once(city: City, said: str, why: str) -> None:
    nadia, _ = _stocked(city)
    with pytest.raises(Invalid) as refused, at_work(city, nadia.actor) as uow:
        look_at_stock(uow, booklet=said)
    assert why in refused.value.fields["booklet"][0]


def test_one_that_nobody_printed_is_unknown_and_guessing_is_slowed(city: City) -> None:
    nadia, paper = _stocked(city)
    with pytest.raises(UnknownBooklet):
        _give(city, nadia, "00000000")
    with at_work(city) as uow:
        uow.session.add_all(
            ScanAttempt(account_id=nadia.actor.account_id, at=MONDAY, refusal=UnknownBooklet.code)
            for _ in range(10)
        )
    with pytest.raises(TooManyWrongCodes):
        _give(city, nadia, "00000000")
    _give(city, nadia, paper.number)  # what is right is never kept waiting


def test_another_organisations_is_not_ones_to_give_and_no_name_is_told(city: City) -> None:
    _, paper = _stocked(city)
    stranger = build.referrer(city)
    for deed in (_look, _give):
        with pytest.raises(NotYourStock) as refused:
            deed(city, stranger, paper.number)
        assert refused.value.about == {}
    assert _booklet(city, paper).state == "delivered"


def test_one_that_lies_at_the_desk_is_the_regies_to_give(city: City) -> None:
    regie, nadia = build.regie(city), build.referrer(city)
    paper = build.blank(city, regie)
    with pytest.raises(NotYourStock):
        _give(city, nadia, paper.number)
    given = _give(city, regie, paper.number)
    assert given.booklet.organisation_id == regie.organisation_id


def test_a_colleague_may_give_what_another_of_the_organisation_holds(city: City) -> None:
    nadia, paper = _stocked(city)
    colleague = build.person(city, *nadia.actor.roles, organisation_id=nadia.organisation_id)
    _give(city, colleague, paper.number)
    assert _booklet(city, paper).handed_out_by == colleague.actor.account_id


def test_one_that_a_family_has_is_refused_with_how_it_stands_to_its_own_only(city: City) -> None:
    nadia, paper = _stocked(city)
    _give(city, nadia, paper.number)
    scanned(city, build.provider(city), paper.codes[0])
    with pytest.raises(AlreadyHandedOut) as own:
        _give(city, nadia, paper.number)
    assert own.value.about["booklet_id"] == paper.id
    assert (own.value.about["used"], own.value.about["handed_out_on"]) == (1, TODAY)
    with pytest.raises(AlreadyHandedOut) as others:
        _give(city, build.referrer(city), paper.number)
    assert others.value.about == {}


@pytest.mark.parametrize("state", list(BookletState))
def test_from_every_state_it_goes_to_a_family_or_is_refused(
    city: City, state: BookletState
) -> None:
    """M0: what `MOVES` allows is done, everything else is refused and changes nothing."""
    refusals = {
        BookletState.HANDED_OUT: AlreadyHandedOut,
        BookletState.BLOCKED_LOST: Blocked,
        BookletState.BLOCKED_ERROR: Blocked,
    }
    nadia, paper = _stocked(city)
    _put(city, paper, state, nadia)
    legal = BookletState.HANDED_OUT in MOVES[state]
    assert legal is (state not in refusals)
    if legal:
        assert _give(city, nadia, paper.number).booklet.state == BookletState.HANDED_OUT
        return
    before = _booklet(city, paper)
    with pytest.raises(refusals[state]):
        _give(city, nadia, paper.number)
    assert _booklet(city, paper) == before


def test_every_rule_of_a_hand_out_holds_for_stock_too(city: City) -> None:
    nadia, paper = _stocked(city)
    build.handed_out(city, nadia, reference="OC-1")
    with pytest.raises(FamilyHasBooklet):
        _give(city, nadia, paper.number, reference="oc-1")
    with pytest.raises(CriteriaNotMet):
        _give(city, nadia, paper.number, meets_criteria=False)
    build.rule(city, "vouchers.organisation_ceiling", 1)
    with pytest.raises(CeilingReached):
        _give(city, nadia, paper.number, reference="OC-2")
    assert _booklet(city, paper).state == "delivered"
    with at_work(city) as uow:
        assert uow.session.scalar(select(func.count(Family.id))) == 1


def test_the_last_booklet_of_a_year_may_come_from_stock(city: City) -> None:
    """The row that is taken first is not counted against itself."""
    nadia, paper = _stocked(city)
    build.rule(city, "vouchers.organisation_ceiling", 1)
    assert _give(city, nadia, paper.number).warnings == ("ceiling-near",)


def test_the_same_key_gives_the_same_booklet_and_no_other(city: City) -> None:
    nadia, paper = _stocked(city)
    _, other = _stocked(city, nadia)
    first = _give(city, nadia, paper.number, reference="OC-1", idempotency_key="1")
    again = _give(city, nadia, paper.number, reference="OC-1", idempotency_key="1")
    assert (again.booklet.id, again.replayed) == (first.booklet.id, True)
    with pytest.raises(IdempotencyMismatch):
        _give(city, nadia, other.number, reference="OC-1", idempotency_key="1")
    assert _booklet(city, other).handed_out_on is None


def test_two_programs_may_both_count_from_one(city: City) -> None:
    for _ in range(2):
        nadia, paper = _stocked(city)
        assert not _give(city, nadia, paper.number, idempotency_key="1").replayed


def test_a_second_booklet_by_the_regie_leaves_the_funnel_at_one_family(city: City) -> None:
    regie = build.regie(city)
    papers = [build.blank(city, regie) for _ in range(2)]
    for paper in papers:
        _give(city, regie, paper.number, reference="R-1")
    assert _booklet(city, papers[1]).ordinal == 2
    with at_work(city, regie.actor) as uow:
        assert uptake(uow, since=TODAY, until=TODAY).total.handed_out == 1


def test_what_lies_in_stock_is_counted_for_its_organisation(city: City) -> None:
    nadia, _ = _stocked(city)
    _, given = _stocked(city, nadia)
    _stocked(city)
    with at_work(city, nadia.actor) as uow:
        assert count_own_stock(uow) == 2
    _give(city, nadia, given.number)
    with at_work(city, nadia.actor) as uow:
        assert count_own_stock(uow) == 1
    with at_work(city, nadia.actor, MONDAY.replace(year=2029)) as uow:
        assert count_own_stock(uow) == 0


def test_the_regie_writes_down_afterwards_what_a_referrer_gave(city: City) -> None:
    """A provider rings: "not handed out". From then on the very same scan succeeds."""
    nadia, paper = _stocked(city, now=MONDAY - timedelta(days=40))
    regie, provider = build.regie(city), build.provider(city)
    care = TODAY - timedelta(days=3)
    with pytest.raises(NotHandedOut):
        scanned(city, provider, paper.codes[0], care_date=care)
    since = TODAY - timedelta(days=30)
    _give(city, regie, paper.typed_codes[0], retroactive=True, handed_out_on=since)
    held = _booklet(city, paper)
    assert (held.retroactive, held.handed_out_on) == (True, since)
    assert (held.organisation_id, held.handed_out_by) == (
        nadia.organisation_id,
        nadia.actor.account_id,
    )
    assert held.valid_until == date(2027, 8, 7)
    scanned(city, provider, paper.codes[0], care_date=care)
    with at_work(city, regie.actor) as uow:
        figure = uptake(uow, since=since, until=TODAY).total
        assert (figure.handed_out, figure.first_use) == (1, 1)


@pytest.mark.parametrize(
    ("back", "right"), [(0, True), (90, True), (91, False), (-1, False), (95, False)]
)
def test_afterwards_is_at_most_ninety_days_back(city: City, back: int, *, right: bool) -> None:
    _, paper = _stocked(city, now=MONDAY - timedelta(days=94))
    more: dict[str, Any] = {"retroactive": True, "handed_out_on": TODAY - timedelta(days=back)}
    if right:
        assert _give(city, build.regie(city), paper.number, **more).booklet.retroactive
        return
    with pytest.raises(Invalid) as refused:
        _give(city, build.regie(city), paper.number, **more)
    assert list(refused.value.fields) == ["handedOutOn"]


def test_nobody_had_a_booklet_before_it_was_printed(city: City) -> None:
    _, paper = _stocked(city)
    since = TODAY - timedelta(days=1)
    with pytest.raises(Invalid):
        _give(city, build.regie(city), paper.number, retroactive=True, handed_out_on=since)


def test_a_referrer_writes_nothing_down_afterwards(city: City) -> None:
    nadia, paper = _stocked(city)
    with pytest.raises(Forbidden):
        _give(city, nadia, paper.number, retroactive=True)
    with pytest.raises(Invalid):
        _give(city, nadia, paper.number, handed_out_on=TODAY - timedelta(days=1))
    with pytest.raises(Invalid):
        _give(city, build.regie(city), None, retroactive=True)


def _stocked(
    city: City, nadia: Person | None = None, *, now: datetime = MONDAY
) -> tuple[Person, Paper]:
    """Give a referrer, and a blank booklet that was delivered to her."""
    regie, holder = build.regie(city), nadia or build.referrer(city)
    paper = build.blank(city, regie, now=now)
    build.delivered(city, regie, holder, paper.number, now=now)
    return holder, paper


def _give(
    city: City,
    by: Person,
    booklet: str | None,
    *,
    reference: str = "OC-7",
    now: datetime = MONDAY,
    **more: Any,
) -> HandedOut:
    family = {"reference": reference, "language": "ar"}
    given = {"meets_criteria": True} | more
    with at_work(city, by.actor, now) as uow:
        made = hand_out_booklet(uow, booklet=booklet, family=family, **given)
        uow.session.flush()
        uow.session.refresh(made.booklet)
        uow.session.expunge(made.booklet)
        return made


def _look(city: City, by: Person, said: str) -> None:
    with at_work(city, by.actor) as uow:
        look_at_stock(uow, booklet=said)


def _booklet(city: City, paper: Paper) -> Any:
    """Give what is stored of a booklet, to compare."""
    with at_work(city) as uow:
        row = select(*Booklet.__table__.columns).where(Booklet.id == paper.id)
        return uow.session.execute(row).one()


def _put(city: City, paper: Paper, state: BookletState, nadia: Person) -> None:
    """Bring a booklet of stock in a state as the deeds would."""
    if state == BookletState.HANDED_OUT:
        _give(city, nadia, paper.number, reference="OC-1")
        return
    with at_work(city) as uow:
        uow.session.get_one(Booklet, paper.id).state = state
