"""A family gets one booklet with exactly its cheques, whatever goes wrong."""

from datetime import date
from itertools import chain, repeat

import pytest
from sqlalchemy import func, select

from kernel.cities import City
from kernel.errors import Forbidden, Invalid
from kernel.people import Child, Family
from tests import build
from tests.build import MONDAY, at_work
from vouchers import codes
from vouchers.errors import (
    CeilingReached,
    CriteriaNotMet,
    FamilyHasBooklet,
    IdempotencyMismatch,
)
from vouchers.issuing import hand_out_booklet, new_booklet, print_blank_booklet
from vouchers.models import Appointment, Booklet, Cheque

FAMILY = {"reference": "OC-1", "language": "ar"}


def test_a_booklet_has_ten_cheques_with_two_codes_each(city: City) -> None:
    paper = build.handed_out(city, build.referrer(city))
    assert len(set(paper.codes)) == len(set(paper.typed_codes)) == 10
    assert all(len(code) == 16 for code in paper.codes)
    assert all(codes.is_whole(code) for code in paper.typed_codes)
    assert codes.is_whole(paper.number)


def test_it_is_valid_for_twelve_months_last_day_included(city: City) -> None:
    referrer = build.referrer(city)
    for handed_out, last in (
        (date(2027, 1, 31), date(2028, 1, 30)),
        (date(2028, 2, 29), date(2029, 2, 28)),
    ):
        day = MONDAY.replace(year=handed_out.year, month=handed_out.month, day=handed_out.day)
        paper = build.handed_out(city, referrer, now=day)
        with at_work(city) as uow:
            assert uow.session.get_one(Booklet, paper.id).valid_until == last


def test_the_same_reference_is_the_same_family_and_gets_one_booklet(city: City) -> None:
    referrer = build.referrer(city)
    build.handed_out(city, referrer, reference="OC-1")
    with pytest.raises(FamilyHasBooklet):
        build.handed_out(city, referrer, reference="OC-1")
    with at_work(city) as uow:
        assert count(uow, Family) == count(uow, Booklet) == 1


def test_a_reference_typed_in_small_letters_is_the_same_family(city: City) -> None:
    referrer = build.referrer(city)
    build.handed_out(city, referrer, reference="OC-É1")
    with pytest.raises(FamilyHasBooklet):
        build.handed_out(city, referrer, reference="oc-É1")


def test_another_organisation_may_use_the_same_reference(city: City) -> None:
    build.handed_out(city, build.referrer(city), reference="1")
    build.handed_out(city, build.referrer(city), reference="1")


def test_the_regie_may_give_a_second_booklet(city: City) -> None:
    regie = build.regie(city)
    build.handed_out(city, regie, reference="R-1")
    build.handed_out(city, regie, reference="R-1")
    with at_work(city) as uow:
        assert set(uow.session.scalars(select(Booklet.ordinal))) == {1, 2}


def test_the_same_key_gives_the_same_booklet(city: City) -> None:
    referrer = build.referrer(city)
    first = build.handed_out(city, referrer, reference="OC-1", idempotency_key="k")
    assert build.handed_out(city, referrer, reference="OC-1", idempotency_key="k") == first
    with pytest.raises(IdempotencyMismatch):
        build.handed_out(city, referrer, reference="OC-2", idempotency_key="k")


def test_a_family_that_does_not_meet_the_criteria_gets_none(city: City) -> None:
    referrer = build.referrer(city)
    with pytest.raises(CriteriaNotMet), at_work(city, referrer.actor) as uow:
        hand_out_booklet(uow, family=FAMILY, meets_criteria=False)
    with at_work(city) as uow:
        assert count(uow, Family) == count(uow, Booklet) == 0


def test_a_ceiling_warns_at_four_fifths_and_refuses_when_reached(city: City) -> None:
    referrer, regie = build.referrer(city), build.regie(city)
    build.rule(city, "vouchers.organisation_ceiling", 5)
    warned = []
    for n in range(5):
        with at_work(city, referrer.actor) as uow:
            given = hand_out_booklet(
                uow, family=FAMILY | {"reference": f"OC-{n}"}, meets_criteria=True
            )
            warned.append(given.warnings)
    assert warned == [(), (), (), ("ceiling-near",), ("ceiling-near",)]
    with pytest.raises(CeilingReached):
        build.handed_out(city, referrer)
    build.handed_out(city, regie)


def test_a_phone_known_elsewhere_warns_without_saying_where(city: City) -> None:
    one, other = build.referrer(city), build.referrer(city)
    build.handed_out(city, one, family={"phone": "0470 12 34 56"}, phone_key="key")
    with at_work(city, other.actor) as uow:
        given = hand_out_booklet(
            uow,
            family=FAMILY | {"phone": "+32 470/12.34.56"},
            meets_criteria=True,
            phone_key="key",
        )
        assert given.warnings == ("known-elsewhere",)


def test_a_child_over_three_warns(city: City) -> None:
    with at_work(city, build.referrer(city).actor) as uow:
        given = hand_out_booklet(
            uow,
            family=FAMILY,
            meets_criteria=True,
            child={"first_name": "Noor", "birth_month": date(2023, 9, 1)},
        )
        assert given.warnings == ("child-over-three",)
        assert count(uow, Child) == 1


def test_a_first_visit_is_agreed_with_the_booklet(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    visit = {"location_id": provider.location_id, "day": date(2026, 9, 10), "company": "alone"}
    build.handed_out(city, referrer, appointment=visit)
    with at_work(city) as uow:
        assert count(uow, Appointment) == 1


def test_a_first_visit_in_the_past_makes_no_booklet(city: City) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    visit = {"location_id": provider.location_id, "day": date(2026, 9, 1)}
    with pytest.raises(Invalid):
        build.handed_out(city, referrer, appointment=visit)
    with at_work(city) as uow:
        assert count(uow, Booklet) == count(uow, Family) == 0


def test_a_provider_hands_out_nothing_and_a_referrer_prints_no_stock(city: City) -> None:
    with pytest.raises(Forbidden), at_work(city, build.provider(city).actor) as uow:
        hand_out_booklet(uow, family=FAMILY, meets_criteria=True)
    with pytest.raises(Forbidden), at_work(city, build.referrer(city).actor) as uow:
        print_blank_booklet(uow)


def test_a_code_that_exists_is_drawn_again(city: City) -> None:
    first = build.handed_out(city, build.referrer(city))
    drawn = chain(first.codes[:10], iter(codes.new_code, None))
    with at_work(city, build.regie(city).actor) as uow:
        made = new_booklet(uow, size=10, new_code=lambda: next(drawn))
        assert len(made.cheques) == 10
        assert not {cheque.code for cheque in made.cheques} & set(first.codes)


def test_a_generator_that_only_collides_makes_nothing(city: City) -> None:
    same = repeat("0" * 16)
    with pytest.raises(RuntimeError), at_work(city, build.regie(city).actor) as uow:
        new_booklet(uow, size=10, new_code=lambda: next(same))
    with at_work(city) as uow:
        assert count(uow, Booklet) == count(uow, Cheque) == 0


def count(uow, table) -> int:  # type: ignore[no-untyped-def] # noqa: ANN001
    counted: int = uow.session.scalar(select(func.count()).select_from(table))
    return counted
