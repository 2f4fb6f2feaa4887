"""A lost booklet is worth nothing at once, and its family loses nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kernel.cities import City
from kernel.errors import NotFound
from tests import build
from tests.build import MONDAY, at_work, paper, scanned
from vouchers.errors import Blocked, Expired, IllegalMove, NothingLeft
from vouchers.models import MOVES, Booklet, BookletState, check_move
from vouchers.replacing import replace_lost_booklet, withdraw_booklet
from vouchers.uptake import uptake
from vouchers.visiting import appointment_of


def test_four_used_and_lost_prints_six(city: City) -> None:
    referrer, provider, regie = build.referrer(city), build.provider(city), build.regie(city)
    old = build.handed_out(city, referrer)
    for n in range(4):
        scanned(city, provider, old.codes[n], now=MONDAY + timedelta(days=n))
    later = MONDAY + timedelta(days=10)
    with at_work(city, referrer.actor, later) as uow:
        new = paper(replace_lost_booklet(uow, booklet_id=old.id))
    assert len(new.codes) == 6
    for code in old.codes[4:]:
        with pytest.raises(Blocked):
            scanned(city, provider, code, now=later)
    for n, code in enumerate(new.codes):
        scanned(city, provider, code, now=later + timedelta(days=n))
    with at_work(city, regie.actor, later) as uow:
        figure = uptake(uow, since=MONDAY.date(), until=later.date())
        assert (figure.total.handed_out, figure.total.all_used) == (1, 1)


def test_the_new_one_ends_when_the_old_one_did(city: City) -> None:
    referrer = build.referrer(city)
    old = build.handed_out(city, referrer)
    with at_work(city, referrer.actor, MONDAY + timedelta(days=100)) as uow:
        new = replace_lost_booklet(uow, booklet_id=old.id)
        assert new.valid_until == uow.session.get_one(Booklet, old.id).valid_until


@pytest.mark.parametrize(
    ("lost_on", "used", "kept"),
    [(2, False, True), (3, False, True), (4, False, False), (1, True, False)],
)
def test_a_first_visit_that_is_still_to_come_holds_for_the_new_one(
    city: City, lost_on: int, *, used: bool, kept: bool
) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    day = MONDAY.date() + timedelta(days=3)
    visit = {"location_id": provider.location_id, "day": day, "company": "referrer"}
    old = build.handed_out(city, referrer, appointment=visit)
    if used:
        scanned(city, provider, old.codes[0])
    with at_work(city, referrer.actor, MONDAY + timedelta(days=lost_on)) as uow:
        new = replace_lost_booklet(uow, booklet_id=old.id)
        held = appointment_of(uow, new.id)
        found = held and (held.location_id, held.day, held.company)
        assert found == ((provider.location_id, day, "referrer") if kept else None)


def test_a_second_click_makes_no_second_booklet(city: City) -> None:
    referrer = build.referrer(city)
    old = build.handed_out(city, referrer)
    with at_work(city, referrer.actor) as uow:
        replace_lost_booklet(uow, booklet_id=old.id)
    with pytest.raises(IllegalMove) as refused, at_work(city, referrer.actor) as uow:
        replace_lost_booklet(uow, booklet_id=old.id)
    assert refused.value.about["allowed"] == []
    with at_work(city) as uow:
        assert len(uow.session.scalars(select(Booklet.id)).all()) == 2


def test_a_used_up_booklet_needs_no_other_and_stays_as_it_is(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    old = build.handed_out(city, referrer)
    for n, code in enumerate(old.codes):
        scanned(city, provider, code, now=MONDAY + timedelta(days=n))
    with (
        pytest.raises(NothingLeft),
        at_work(city, referrer.actor, MONDAY + timedelta(days=20)) as uow,
    ):
        replace_lost_booklet(uow, booklet_id=old.id)
    with at_work(city) as uow:
        assert uow.session.get_one(Booklet, old.id).state == "handed_out"


def test_an_expired_booklet_is_not_replaced(city: City) -> None:
    referrer = build.referrer(city)
    old = build.handed_out(city, referrer)
    with pytest.raises(Expired), at_work(city, referrer.actor, MONDAY.replace(year=2028)) as uow:
        replace_lost_booklet(uow, booklet_id=old.id)


def test_another_organisations_booklet_is_not_there(city: City) -> None:
    old = build.handed_out(city, build.referrer(city))
    for deed in (replace_lost_booklet, withdraw_booklet):
        with pytest.raises(NotFound), at_work(city, build.referrer(city).actor) as uow:
            deed(uow, booklet_id=old.id)


def test_a_booklet_handed_out_by_mistake_stays_out_of_every_figure(city: City) -> None:
    referrer, regie = build.referrer(city), build.regie(city)
    wrong = build.handed_out(city, referrer)
    build.handed_out(city, referrer)
    with at_work(city, referrer.actor) as uow:
        withdraw_booklet(uow, booklet_id=wrong.id)
    with at_work(city, regie.actor) as uow:
        figure = uptake(uow, since=MONDAY.date(), until=MONDAY.date())
        assert figure.total.handed_out == 1


def test_a_used_booklet_is_no_mistake(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    used = build.handed_out(city, referrer)
    scanned(city, provider, used.codes[0])
    with pytest.raises(IllegalMove), at_work(city, referrer.actor) as uow:
        withdraw_booklet(uow, booklet_id=used.id)


@pytest.mark.parametrize("now", list(BookletState))
@pytest.mark.parametrize("to", list(BookletState))
def test_every_move_is_legal_or_refused_with_the_legal_ones(
    now: BookletState, to: BookletState
) -> None:
    if to in MOVES[now]:
        check_move(now, to)
        return
    with pytest.raises(IllegalMove) as refused:
        check_move(now, to)
    assert refused.value.about["allowed"] == sorted(MOVES[now])
