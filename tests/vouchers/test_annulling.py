"""An undone scan leaves every figure as if it never was, and its row where it was."""

from datetime import timedelta

import pytest

from kernel.cities import City
from kernel.errors import NotFound
from tests import build
from tests.build import MONDAY, at_work
from vouchers.annulling import annul_redemption
from vouchers.errors import AlreadyAnnulled, Blocked, UndoTooLate
from vouchers.models import Booklet, Cheque, Redemption
from vouchers.redeeming import redeem_cheque
from vouchers.replacing import replace_lost_booklet


def test_an_undone_cheque_is_open_and_can_be_scanned_again(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    scanned = build.scanned(city, provider, paper.codes[0])
    with at_work(city, provider.actor) as uow:
        annul_redemption(uow, redemption_id=scanned)
    with at_work(city) as uow:
        booklet = uow.session.get_one(Booklet, paper.id)
        assert (booklet.used_count, booklet.first_used_on, booklet.last_used_on) == (0, None, None)
        assert uow.session.get_one(Cheque, paper.cheque_ids[0]).state == "open"
        assert uow.session.get_one(Redemption, scanned).annulled_at == MONDAY
    build.scanned(city, provider, paper.codes[0])


def test_first_and_last_use_are_those_that_remain(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    days = [MONDAY + timedelta(days=n) for n in range(3)]
    scans = [build.scanned(city, provider, paper.codes[n], now=day) for n, day in enumerate(days)]
    with at_work(city, provider.actor, days[2]) as uow:
        annul_redemption(uow, redemption_id=scans[2])
    with at_work(city) as uow:
        booklet = uow.session.get_one(Booklet, paper.id)
        assert booklet.used_count == 2
        assert (booklet.first_used_on, booklet.last_used_on) == (days[0].date(), days[1].date())


def test_the_first_answer_is_given_again_also_after_an_annulment(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    scanned = build.scanned(city, provider, paper.codes[0], key="k")
    with at_work(city, provider.actor) as uow:
        annul_redemption(uow, redemption_id=scanned)
    with at_work(city, provider.actor) as uow:
        again = redeem_cheque(uow, code=paper.codes[0], idempotency_key="k")
        assert (again.redemption.id, again.replayed) == (scanned, True)
    with at_work(city) as uow:
        assert uow.session.get_one(Booklet, paper.id).used_count == 0


def test_twice_is_refused(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    scanned = build.scanned(city, provider, build.handed_out(city, referrer).codes[0])
    with at_work(city, provider.actor) as uow:
        annul_redemption(uow, redemption_id=scanned)
    with pytest.raises(AlreadyAnnulled), at_work(city, provider.actor) as uow:
        annul_redemption(uow, redemption_id=scanned)


def test_another_providers_scan_is_not_there(city: City) -> None:
    referrer, provider, other = build.referrer(city), build.provider(city), build.provider(city)
    scanned = build.scanned(city, provider, build.handed_out(city, referrer).codes[0])
    with pytest.raises(NotFound), at_work(city, other.actor) as uow:
        annul_redemption(uow, redemption_id=scanned)


@pytest.mark.parametrize(
    ("hour", "allowed_until"),
    [(9, "2026-09-08T00:00+02:00"), (23, "2026-09-08T01:00+02:00")],
)
def test_undo_lasts_until_midnight_and_at_least_two_hours(
    city: City, hour: int, allowed_until: str
) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    at = MONDAY.replace(hour=hour)
    until = at.fromisoformat(allowed_until)
    for code, moment in ((paper.codes[0], until), (paper.codes[1], until + timedelta(seconds=1))):
        scanned = build.scanned(city, provider, code, now=at, same_day_reason="secondChild")
        if moment == until:
            with at_work(city, provider.actor, moment) as uow:
                annul_redemption(uow, redemption_id=scanned)
        else:
            with pytest.raises(UndoTooLate), at_work(city, provider.actor, moment) as uow:
                annul_redemption(uow, redemption_id=scanned)


def test_the_regie_may_undo_later(city: City) -> None:
    referrer, provider, regie = build.referrer(city), build.provider(city), build.regie(city)
    scanned = build.scanned(city, provider, build.handed_out(city, referrer).codes[0])
    with at_work(city, regie.actor, MONDAY + timedelta(days=5)) as uow:
        annul_redemption(uow, redemption_id=scanned)


def test_a_scan_of_a_booklet_blocked_since_stays(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    scanned = build.scanned(city, provider, paper.codes[0])
    with at_work(city, referrer.actor) as uow:
        replace_lost_booklet(uow, booklet_id=paper.id)
    with pytest.raises(Blocked), at_work(city, provider.actor) as uow:
        annul_redemption(uow, redemption_id=scanned)
