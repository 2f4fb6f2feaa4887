"""A loss, an undo, a withdrawal or the last day at the very moment of a scan: one is first."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from kernel.cities import City
from kernel.errors import Refusal
from kernel.unit_of_work import UnitOfWork
from tests import build
from tests.build import MONDAY, Paper, Person, at_work
from tests.figures import Say, rounds
from tests.races.books import faults
from tests.races.pairs import Deed, outcome, race, watching
from vouchers.annulling import annul_redemption
from vouchers.errors import (
    AlreadyAnnulled,
    AlreadyUsed,
    Blocked,
    Expired,
    IllegalMove,
    NotHandedOut,
)
from vouchers.models import Booklet, BookletState, Redemption
from vouchers.redeeming import redeem_cheque
from vouchers.replacing import replace_lost_booklet, withdraw_booklet

pytestmark = pytest.mark.serial

SIZE = 10
TODAY = MONDAY.date()
STATEMENTS = 8  # a deed is held before one of its first so many
OK = "ok"


def test_a_scan_and_what_takes_the_cheque_away_take_turns(city: City, figure: Say) -> None:
    """Every pair ends as if one had come before the other, and the books agree."""
    desk, counted = _Desk(city), Counter[str]()
    kinds = (_withdraw, _expire, _undo_this, _undo_another, _undo_twice, _same_day)
    pairs = rounds(1000)
    chance = random.Random(20260907)
    for number in range(pairs):
        kind = kinds[number % len(kinds)]
        ended = kind(desk, chance)
        counted[f"{kind.__name__.strip('_')} {ended}"] += 1
    assert faults(city) == []
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(counted.items()))
    figure("C4", f"{pairs} pairs, each as one of its two serial outcomes, books agree: {told}")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"valid_until": TODAY - timedelta(days=1)}, Expired),
        ({"state": BookletState.BLOCKED_ERROR}, Blocked),
        ({"state": BookletState.DELIVERED}, NotHandedOut),
    ],
    ids=["ended", "blocked", "taken back"],
)
def test_what_changed_between_the_look_and_the_update_is_seen(
    postgres_city: City, change: dict[str, Any], refusal: type[Refusal]
) -> None:
    """The scan is held until the change is there. SQLite's writers have no such moment."""
    desk = _Desk(postgres_city)
    paper = desk.paper()
    held: list[str] = []
    with watching(postgres_city.database.engine) as watched:

        def change_it_first(_number: int, statement: str) -> None:
            if statement.startswith("UPDATE booklet"):
                watched.hook = None
                held.append(statement)
                with at_work(postgres_city) as uow:
                    row = update(Booklet).where(Booklet.id == paper.id)
                    uow.session.execute(row.values(**change))

        watched.hook = change_it_first
        assert _short(outcome(desk.scan(paper))) == refusal.code
    assert len(held) == 1
    assert desk.used(paper) == 0


def test_used_and_printed_anew_are_ten_together(city: City, figure: Say) -> None:
    """Lost and replaced at the moment of a scan or of an undo: never eleven of ten."""
    desk, counted = _Desk(city), Counter[int]()
    chance = random.Random(20260908)
    pairs = rounds(1000)
    for number in range(pairs):
        counted[(_lost_while_scanned if number % 3 else _lost_while_undone)(desk, chance)] += 1
    assert counted.keys() == {SIZE}
    assert faults(city) == []
    figure("C4 lost", f"{pairs} pairs: redeemed + reprinted = {SIZE} each time, books agree")


class _Desk:
    """A referrer and a provider of one city, with what they do."""

    def __init__(self, city: City) -> None:
        self.city = city
        build.price(city, 2000)
        self.referrer, self.provider = build.referrer(city), build.provider(city)

    def paper(self) -> Paper:
        return build.handed_out(self.city, self.referrer)

    def scan(self, paper: Paper, number: int = 0, *, back: int = 0, **more: Any) -> Deed:
        """Give the deed that redeems a cheque for care `back` days ago."""

        def deed() -> Any:
            with at_work(self.city, self.provider.actor) as uow:
                redeemed = redeem_cheque(
                    uow,
                    code=paper.codes[number],
                    idempotency_key=uuid4().hex,
                    care_date=TODAY - timedelta(days=back),
                    **more,
                )
                return redeemed.redemption.id

        return deed

    def do(self, by: Person, deed: Callable[..., Any], **taken: Any) -> Deed:
        def done() -> Any:
            with at_work(self.city, by.actor) as uow:
                given = deed(uow, **taken)
                return getattr(given, "size", OK)

        return done

    def undo(self, redemption_id: Any) -> Deed:
        return self.do(self.provider, annul_redemption, redemption_id=redemption_id)

    def lose(self, paper: Paper) -> Deed:
        return self.do(self.referrer, replace_lost_booklet, booklet_id=paper.id)

    def used(self, paper: Paper) -> int:
        with at_work(self.city) as uow:
            live = (Redemption.booklet_id == paper.id, Redemption.annulled_at.is_(None))
            return len(list(uow.session.scalars(select(Redemption.id).where(*live))))

    def race(self, one: Deed, other: Deed, chance: random.Random) -> tuple[Any, Any]:
        """Race two deeds, either first; gives what each gave, a refusal by its code."""
        held_at = chance.randint(1, STATEMENTS)
        if chance.random() < 0.5:
            ended = race(self.city, one, other, held_at=held_at)
        else:
            ended = race(self.city, other, one, held_at=held_at)[::-1]
        return _short(ended[0]), _short(ended[1])


def _short(given: Any) -> Any:
    return getattr(given, "code", given if isinstance(given, int) else OK)


def _withdraw(desk: _Desk, chance: random.Random) -> str:
    paper = desk.paper()
    taken = desk.do(desk.referrer, withdraw_booklet, booklet_id=paper.id)
    ended = desk.race(desk.scan(paper), taken, chance)
    assert ended in {(OK, IllegalMove.code), (Blocked.code, SIZE)}
    assert desk.used(paper) == (ended[0] == OK)
    return "after" if ended[0] == OK else "before"


def _expire(desk: _Desk, chance: random.Random) -> str:
    paper = desk.paper()

    def expire(uow: UnitOfWork) -> None:
        ends = {"valid_until": TODAY - timedelta(days=1)}
        uow.session.execute(update(Booklet).where(Booklet.id == paper.id).values(**ends))

    ended = desk.race(desk.scan(paper), desk.do(desk.referrer, expire), chance)
    assert ended in {(OK, OK), (Expired.code, OK)}
    assert desk.used(paper) == (ended[0] == OK)
    return "after" if ended[0] == OK else "before"


def _undo_this(desk: _Desk, chance: random.Random) -> str:
    """The same cheque is undone and scanned again, for another day."""
    paper = desk.paper()
    undo = desk.undo(desk.scan(paper, back=3)())
    ended = desk.race(desk.scan(paper, back=1), undo, chance)
    assert ended in {(OK, OK), (AlreadyUsed.code, OK)}
    assert desk.used(paper) == (ended[0] == OK)
    return "before" if ended[0] == OK else "after"


def _undo_another(desk: _Desk, chance: random.Random) -> str:
    """One cheque is undone while another of the booklet is scanned, for another day."""
    paper = desk.paper()
    undo = desk.undo(desk.scan(paper, back=3)())
    assert desk.race(desk.scan(paper, 1, back=chance.choice((0, 1, 2, 4, 5))), undo, chance) == (
        OK,
        OK,
    )
    assert desk.used(paper) == 1
    return "both"


def _undo_twice(desk: _Desk, chance: random.Random) -> str:
    paper = desk.paper()
    scanned = desk.scan(paper)()
    ended = desk.race(desk.undo(scanned), desk.undo(scanned), chance)
    assert sorted(ended) == [AlreadyAnnulled.code, OK]
    assert desk.used(paper) == 0
    return "once"


def _same_day(desk: _Desk, chance: random.Random) -> str:
    """Two cheques of one booklet for one day, which is not the last day of use: one is asked."""
    paper = desk.paper()
    desk.scan(paper)()
    one, other = (desk.scan(paper, number, back=2) for number in (1, 2))
    assert sorted(desk.race(one, other, chance)) == [OK, "same-day-question"]
    assert desk.used(paper) == 2
    return "asked"


def _lost_while_scanned(desk: _Desk, chance: random.Random) -> int:
    paper = desk.paper()
    before = chance.randint(0, 2)
    for number in range(before):
        desk.scan(paper, number, back=number + 1)()
    scanned, printed = desk.race(desk.scan(paper, before), desk.lose(paper), chance)
    assert (scanned, printed) in {(OK, SIZE - before - 1), (Blocked.code, SIZE - before)}
    return desk.used(paper) + int(printed)


def _lost_while_undone(desk: _Desk, chance: random.Random) -> int:
    paper = desk.paper()
    undo = desk.undo(desk.scan(paper)())
    undone, printed = desk.race(undo, desk.lose(paper), chance)
    assert (undone, printed) in {(OK, SIZE), (Blocked.code, SIZE - 1)}
    return desk.used(paper) + int(printed)
