"""One booklet from stock, two hands at the same moment: one gets it, the other is told."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from kernel.cities import City
from tests import build
from tests.build import MONDAY, Paper, Person, at_work
from tests.figures import Say, rounds
from tests.races.books import faults
from tests.races.pairs import Deed, race
from vouchers.batching import ask_batch, cancel_batch, make_some
from vouchers.delivering import deliver_booklets
from vouchers.discarding import lose_blank_booklet
from vouchers.extending import extend_booklet, take_back_extension
from vouchers.issuing import hand_out_booklet
from vouchers.models import BlockReason, Booklet, BookletState, ExtensionReason
from vouchers.redeeming import redeem_cheque
from vouchers.replacing import replace_lost_booklet
from vouchers.returning import take_back_booklets

STATEMENTS = 14  # a deed is held before one of its first so many
OK = "ok"
_names = count(1)


def test_two_hands_and_one_booklet(city: City, figure: Say) -> None:
    """Two colleagues, or a colleague and the regie: one family gets it, each time."""
    desk, pairs = _Desk(city), rounds(100)
    for number in range(pairs):
        paper = desk.stocked()
        other = desk.regie if number % 2 else desk.colleague
        ended = desk.race(desk.give(desk.nadia, paper), desk.give(other, paper), number)
        assert sorted(ended) == ["already-handed-out", OK]
        assert desk.state(paper) == BookletState.HANDED_OUT
    assert faults(city) == []
    figure("stock", f"{pairs} booklets for two hands at once: one family each, the other told")


def test_one_form_sent_twice_at_once_gives_one_booklet(city: City) -> None:
    desk = _Desk(city)
    for number in range(rounds(50)):
        paper, family = desk.stocked(), f"OC-{next(_names)}"
        both = [desk.give(desk.nadia, paper, family, idempotency_key=family) for _ in range(2)]
        assert sorted(desk.race(both[0], both[1], number)) == [OK, "replayed"]


def test_one_family_gets_one_of_two_booklets(city: City) -> None:
    desk = _Desk(city)
    for number in range(rounds(50)):
        papers, family = [desk.stocked() for _ in range(2)], f"OC-{next(_names)}"
        both = [desk.give(desk.nadia, paper, family) for paper in papers]
        assert sorted(desk.race(both[0], both[1], number)) == ["family-has-booklet", OK]
        states = Counter(desk.state(paper) for paper in papers)
        assert states == {BookletState.HANDED_OUT: 1, BookletState.DELIVERED: 1}


def test_a_hand_out_takes_turns_with_all_that_takes_the_booklet_away(
    city: City, figure: Say
) -> None:
    desk, counted = _Desk(city), Counter[str]()
    kinds = (_taken_back, _passed_on, _lost, _cancelled)
    pairs = rounds(400)
    for number in range(pairs):
        kind = kinds[number % len(kinds)]
        counted[f"{kind.__name__.strip('_')} {kind(desk, number)}"] += 1
    assert faults(city) == []
    told = ", ".join(f"{kind} {times}" for kind, times in sorted(counted.items()))
    figure("C4 stock", f"{pairs} pairs, each as one of its two serial outcomes: {told}")


def test_more_time_takes_turns_with_a_scan_and_with_a_loss(city: City, figure: Say) -> None:
    desk, counted = _Desk(city), Counter[str]()
    kinds = (_extended_while_scanned, _shortened_while_scanned, _extended_while_lost, _twice)
    pairs = rounds(400)
    for number in range(pairs):
        kind = kinds[number % len(kinds)]
        counted[f"{kind.__name__.strip('_')} {kind(desk, number)}"] += 1
    assert faults(city) == []
    told = ", ".join(f"{kind} {times}" for kind, times in sorted(counted.items()))
    figure("C4 extension", f"{pairs} pairs, each as one of its two serial outcomes: {told}")


class _Desk:
    """The people of one city, with what they do."""

    def __init__(self, city: City) -> None:
        self.city = city
        build.price(city, 2000)
        self.nadia, self.regie, self.provider = (
            build.referrer(city),
            build.regie(city),
            build.provider(city),
        )
        home = self.nadia.organisation_id
        self.colleague = build.person(city, *self.nadia.actor.roles, organisation_id=home)
        self.stranger = build.referrer(city)

    def stocked(self) -> Paper:
        paper = build.blank(self.city, self.regie)
        build.delivered(self.city, self.regie, self.nadia, paper.number)
        return paper

    def do(self, by: Person, deed: Callable[..., Any], *, days: int = 0, **taken: Any) -> Deed:
        def done() -> str:
            with at_work(self.city, by.actor, MONDAY + timedelta(days=days)) as uow:
                return "replayed" if getattr(deed(uow, **taken), "replayed", False) else OK

        return done

    def give(self, by: Person, paper: Paper, reference: str = "", **more: Any) -> Deed:
        family = {"reference": reference or f"OC-{next(_names)}", "language": "nl"}
        taken: dict[str, Any] = {
            "family": family,
            "meets_criteria": True,
            "booklet": paper.number,
        } | more
        return self.do(by, hand_out_booklet, **taken)

    def scan(self, paper: Paper, days: int) -> Deed:
        key = uuid4().hex
        return self.do(
            self.provider, redeem_cheque, days=days, code=paper.codes[0], idempotency_key=key
        )

    def extend(self, paper: Paper, by: Person | None = None, *, until: int = 500) -> Deed:
        return self.do(
            by or self.regie,
            extend_booklet,
            days=400,
            booklet_id=paper.id,
            until=(MONDAY + timedelta(days=until)).date(),
            reason=ExtensionReason.NOT_FOR_A_WHILE,
        )

    def race(self, one: Deed, other: Deed, number: int) -> tuple[str, str]:
        """Race two deeds; the first is held before one statement after another, in its turn."""
        held_at = number // 4 % STATEMENTS + 1
        ended = race(self.city, one, other, held_at=held_at)
        given = [getattr(each, "code", each) for each in ended]
        return given[0], given[1]

    def state(self, paper: Paper) -> str:
        with at_work(self.city) as uow:
            return uow.session.get_one(Booklet, paper.id).state


def _taken_back(desk: _Desk, number: int) -> str:
    paper = desk.stocked()
    back = desk.do(desk.regie, take_back_booklets, numbers=paper.number)
    ended = desk.race(desk.give(desk.nadia, paper), back, number)
    assert (ended, desk.state(paper)) in {
        ((OK, "illegal-move"), BookletState.HANDED_OUT),
        (("not-your-stock", OK), BookletState.PRINTED),
    }
    return "before" if ended[0] == OK else "after"


def _passed_on(desk: _Desk, number: int) -> str:
    paper = desk.stocked()
    to = desk.stranger.actor.account_id
    passed = desk.do(desk.regie, deliver_booklets, holder_id=to, numbers=paper.number, pass_on=True)
    ended = desk.race(desk.give(desk.nadia, paper), passed, number)
    assert (ended, desk.state(paper)) in {
        ((OK, "illegal-move"), BookletState.HANDED_OUT),
        (("not-your-stock", OK), BookletState.DELIVERED),
    }
    return "before" if ended[0] == OK else "after"


def _lost(desk: _Desk, number: int) -> str:
    paper = desk.stocked()
    reason = BlockReason.STOLEN
    lose = desk.do(desk.colleague, lose_blank_booklet, booklet_id=paper.id, reason=reason)
    ended = desk.race(desk.give(desk.nadia, paper), lose, number)
    assert (ended, desk.state(paper)) in {
        ((OK, "illegal-move"), BookletState.HANDED_OUT),
        (("blocked", OK), BookletState.BLOCKED_LOST),
    }
    return "before" if ended[0] == OK else "after"


def _cancelled(desk: _Desk, number: int) -> str:
    """The regie hands one out of a batch that is still being made, and a colleague cancels it."""
    batch_id, paper = _half_a_batch(desk)
    cancel = desk.do(desk.regie, cancel_batch, batch_id=batch_id)
    ended = desk.race(desk.give(desk.regie, paper), cancel, number)
    assert (ended, desk.state(paper)) in {
        ((OK, OK), BookletState.HANDED_OUT),
        (("blocked", OK), BookletState.BLOCKED_ERROR),
    }
    return "before" if ended[0] == OK else "after"


def _half_a_batch(desk: _Desk) -> tuple[UUID, Paper]:
    with at_work(desk.city, desk.regie.actor) as uow:
        batch_id = ask_batch(uow, wanted=7).batch.id
    with at_work(desk.city) as uow:
        while uow.session.scalar(select(Booklet.id).where(Booklet.batch_id == batch_id)) is None:
            make_some(uow)
        one = select(Booklet).where(Booklet.batch_id == batch_id).limit(1)
        return batch_id, build.paper(uow.session.scalars(one).one())


def _extended_while_scanned(desk: _Desk, number: int) -> str:
    """The booklet is expired: the scan is right only once there is more time."""
    paper = build.handed_out(desk.city, desk.nadia)
    ended = desk.race(desk.extend(paper), desk.scan(paper, 400), number)
    assert ended in {(OK, OK), (OK, "expired")}
    return ended[1]


def _shortened_while_scanned(desk: _Desk, number: int) -> str:
    paper = build.handed_out(desk.city, desk.nadia)
    desk.extend(paper)()
    shorten = desk.do(desk.regie, take_back_extension, days=400, booklet_id=paper.id)
    ended = desk.race(shorten, desk.scan(paper, 400), number)
    assert ended in {(OK, "expired"), ("nothing-to-take-back", OK)}
    return ended[1]


def _extended_while_lost(desk: _Desk, number: int) -> str:
    paper = build.handed_out(desk.city, desk.nadia)
    desk.extend(paper)()
    lose = desk.do(desk.nadia, replace_lost_booklet, days=400, booklet_id=paper.id)
    ended = desk.race(desk.extend(paper, until=700), lose, number)
    assert ended in {(OK, OK), ("illegal-move", OK)}
    with at_work(desk.city) as uow:
        new = uow.session.scalars(select(Booklet).where(Booklet.replaces_id == paper.id)).one()
        days = 700 if ended[0] == OK else 500
        assert new.valid_until == (MONDAY + timedelta(days=days)).date()
    return ended[0]


def _twice(desk: _Desk, number: int) -> str:
    """One form sent twice at once is one extension."""
    paper = build.handed_out(desk.city, desk.nadia)
    assert desk.race(desk.extend(paper), desk.extend(paper), number) == (OK, OK)
    take_back = desk.do(desk.regie, take_back_extension, days=400, booklet_id=paper.id)
    assert take_back() == OK
    with at_work(desk.city) as uow:
        ends = uow.session.get_one(Booklet, paper.id).valid_until
        assert ends is not None
        assert ends < (MONDAY + timedelta(days=400)).date()
    return "one"
