"""A cheque is redeemed once, and every refusal says why."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from kernel.cities import City
from kernel.events import PendingEvent, RecordedEvent
from tests import build
from tests.build import MONDAY, at_work, scanned
from vouchers.errors import (
    AlreadyUsed,
    Blocked,
    Expired,
    IdempotencyMismatch,
    LocationNeeded,
    NotHandedOut,
    ProviderNotApproved,
    SameDayQuestion,
    TooManyWrongCodes,
    UnknownCode,
    WrongCareDate,
)
from vouchers.models import Booklet, Cheque, Redemption, ScanAttempt
from vouchers.redeeming import redeem_cheque
from vouchers.replacing import replace_lost_booklet


def test_a_scanned_cheque_is_used_and_counted(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    build.price(city, 2000)
    paper = build.handed_out(city, referrer)
    with at_work(city, provider.actor) as uow:
        redeemed = redeem_cheque(uow, code=paper.codes[3], idempotency_key="k1")
    assert (redeemed.redemption.cheque_number, redeemed.redemption.used_after) == (4, 1)
    assert redeemed.redemption.price_cents == 2000
    with at_work(city) as uow:
        booklet = uow.session.get_one(Booklet, paper.id)
        assert (booklet.used_count, booklet.first_used_on, booklet.last_used_on) == (
            1,
            MONDAY.date(),
            MONDAY.date(),
        )
        assert uow.session.get_one(Cheque, paper.cheque_ids[3]).state == "used"
        names = uow.session.scalars(select(RecordedEvent.name).order_by(RecordedEvent.number))
        assert list(names) == ["vouchers.booklet_handed_out", "vouchers.cheque_redeemed"]
        assert uow.session.scalar(select(func.count()).select_from(PendingEvent)) == 2


def test_a_typed_code_works_as_people_type_it(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    code = paper.typed_codes[0].lower().replace("0", "o").replace("1", "l")
    with at_work(city, provider.actor) as uow:
        redeemed = redeem_cheque(
            uow, code=f" {code[:4]}-{code[4:8]} {code[8:]}", idempotency_key="k"
        )
    assert redeemed.redemption.cheque_number == 1


def test_a_used_cheque_tells_the_place_only_to_its_own_provider(city: City) -> None:
    referrer, here, there = build.referrer(city), build.provider(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    scanned(city, here, paper.codes[0])
    with pytest.raises(AlreadyUsed) as own:
        scanned(city, here, paper.codes[0])
    with pytest.raises(AlreadyUsed) as other:
        scanned(city, there, paper.codes[0])
    assert own.value.about["used_on"] == other.value.about["used_on"] == MONDAY.date()
    assert own.value.about["used_at"] == here.location_id
    assert other.value.about["used_at"] is None


def test_an_unknown_code_is_refused_and_the_eleventh_in_a_minute_slowed(city: City) -> None:
    provider = build.provider(city)
    with pytest.raises(UnknownCode):
        scanned(city, provider, "7K3M9QW2XRT6")
    with at_work(city) as uow:
        uow.session.add_all(_attempt(provider, minutes=0.5, code="unknown-code") for _ in range(10))
    with pytest.raises(TooManyWrongCodes):
        scanned(city, provider, "7K3M9QW2XRT6")


def test_right_codes_pass_while_wrong_ones_are_slowed(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    with at_work(city) as uow:
        uow.session.add_all(_attempt(provider, minutes=0.5, code="unknown-code") for _ in range(20))
    scanned(city, provider, paper.codes[0])


def test_a_provider_that_is_not_approved_is_refused(city: City) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    tomorrow = MONDAY.date() + timedelta(days=1)
    for approved_on in (None, tomorrow):
        with pytest.raises(ProviderNotApproved):
            scanned(city, build.provider(city, approved_on=approved_on), paper.codes[0])


def test_an_account_with_two_locations_says_which(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city, locations=2)
    paper = build.handed_out(city, referrer)
    with pytest.raises(LocationNeeded):
        scanned(city, provider, paper.codes[0])
    scanned(city, provider, paper.codes[0], location_id=provider.more_locations[0])


def test_another_providers_location_is_not_ones_own(city: City) -> None:
    referrer, provider, other = build.referrer(city), build.provider(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    with pytest.raises(ProviderNotApproved):
        scanned(city, provider, paper.codes[0], location_id=other.location_id)


def test_a_blank_booklet_is_not_handed_out(city: City) -> None:
    provider = build.provider(city)
    paper = build.blank(city, build.regie(city))
    with pytest.raises(NotHandedOut):
        scanned(city, provider, paper.codes[0])


def test_a_lost_booklet_is_blocked(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    with at_work(city, referrer.actor) as uow:
        replace_lost_booklet(uow, booklet_id=paper.id)
    with pytest.raises(Blocked):
        scanned(city, provider, paper.codes[0])


def test_the_last_day_passes_until_midnight_in_brussels(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)  # valid until 2027-09-06
    last = MONDAY.replace(year=2027, month=9, day=6, hour=23, minute=59)
    scanned(city, provider, paper.codes[0], now=last)
    with pytest.raises(Expired):
        scanned(city, provider, paper.codes[1], now=last + timedelta(minutes=1))


def test_expiry_is_judged_by_the_day_of_care(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    later = MONDAY.replace(year=2027, month=9, day=10)
    scanned(city, provider, paper.codes[0], now=later, care_date=date(2027, 9, 6))


def test_a_day_of_care_lies_not_in_the_future_and_at_most_fourteen_days_back(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer, now=MONDAY - timedelta(days=60))
    today = MONDAY.date()
    for wrong in (today + timedelta(days=1), today - timedelta(days=15)):
        with pytest.raises(WrongCareDate):
            scanned(city, provider, paper.codes[0], care_date=wrong)
    scanned(city, provider, paper.codes[0], care_date=today - timedelta(days=14))


def test_the_desk_may_go_ninety_days_back(city: City) -> None:
    referrer, provider, regie = build.referrer(city), build.provider(city), build.regie(city)
    paper = build.handed_out(city, referrer, now=MONDAY - timedelta(days=100))
    long_ago = MONDAY.date() - timedelta(days=90)
    scanned(city, regie, paper.codes[0], care_date=long_ago, location_id=provider.location_id)


def test_a_second_cheque_on_one_day_asks_why(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    scanned(city, provider, paper.codes[0])
    with pytest.raises(SameDayQuestion):
        scanned(city, provider, paper.codes[1])
    scanned(city, provider, paper.codes[1], same_day_reason="secondChild")


def test_two_children_explain_two_cheques_but_not_three(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer, family={"number_of_children": 2})
    scanned(city, provider, paper.codes[0])
    scanned(city, provider, paper.codes[1])
    with pytest.raises(SameDayQuestion):
        scanned(city, provider, paper.codes[2])


def test_the_same_key_gives_the_first_answer(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    first = scanned(city, provider, paper.codes[0], key="same")
    again = scanned(city, provider, paper.codes[0], key="same")
    assert again == first
    with pytest.raises(IdempotencyMismatch):
        scanned(city, provider, paper.codes[1], key="same")


def test_another_accounts_key_is_its_own(city: City) -> None:
    referrer, one, other = build.referrer(city), build.provider(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    scanned(city, one, paper.codes[0], key="same")
    scanned(city, other, paper.codes[1], key="same", same_day_reason="secondChild")


def test_a_cheque_without_a_price_is_redeemed_all_the_same(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    redemption_id = scanned(city, provider, paper.codes[0])
    with at_work(city) as uow:
        assert uow.session.get_one(Redemption, redemption_id).price_cents is None


def _attempt(by: build.Person, *, minutes: float, code: str) -> ScanAttempt:
    return ScanAttempt(
        account_id=by.actor.account_id, at=MONDAY - timedelta(minutes=minutes), refusal=code
    )
