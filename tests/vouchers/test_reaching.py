"""A family gives its number after all: it is checked and warned of as at the hand-out."""

import pytest

from kernel.cities import City
from kernel.errors import Invalid, NotFound
from kernel.people import Family
from tests import build
from tests.build import MONDAY, Paper, Person, at_work
from vouchers.errors import IllegalMove
from vouchers.models import Booklet
from vouchers.reaching import note_contact

PHONE = "0470 12 34 56"


def test_a_number_and_a_name_are_written_down_and_what_is_empty_stays(city: City) -> None:
    nadia = build.referrer(city)
    paper = build.handed_out(city, nadia, family={"name": "Familie Demo"})
    assert _note(city, nadia, paper, phone=PHONE) == ()
    assert _family(city, paper) == ("Familie Demo", PHONE, True)
    _note(city, nadia, paper, name="Familie Proef")
    assert _family(city, paper) == ("Familie Proef", PHONE, True)


def test_a_number_that_another_organisation_has_warns_without_saying_which(city: City) -> None:
    build.handed_out(city, build.referrer(city), family={"phone": PHONE}, phone_key="key")
    nadia = build.referrer(city)
    paper = build.handed_out(city, nadia)
    assert _note(city, nadia, paper, phone="+32 470/12.34.56") == ("known-elsewhere",)


def test_nothing_at_all_is_asked_again(city: City) -> None:
    nadia = build.referrer(city)
    with pytest.raises(Invalid) as refused:
        _note(city, nadia, build.handed_out(city, nadia))
    assert list(refused.value.fields) == ["family.phone"]


def test_another_organisations_family_is_not_there(city: City) -> None:
    paper = build.handed_out(city, build.referrer(city))
    with pytest.raises(NotFound):
        _note(city, build.referrer(city), paper, phone=PHONE)
    assert _note(city, build.regie(city), paper, phone=PHONE) == ()


def test_a_booklet_of_no_family_and_a_family_that_was_removed_keep_nothing(city: City) -> None:
    regie, nadia = build.regie(city), build.referrer(city)
    removed = build.handed_out(city, nadia)
    with at_work(city) as uow:
        family_id = uow.session.get_one(Booklet, removed.id).family_id
        uow.session.get_one(Family, family_id).removed_at = MONDAY
    for paper in (build.blank(city, regie), removed):
        with pytest.raises(IllegalMove):
            _note(city, regie, paper, phone=PHONE)
    assert _family(city, removed) == (None, None, False)


def _note(city: City, by: Person, paper: Paper, **more: str) -> tuple[str, ...]:
    with at_work(city, by.actor) as uow:
        return note_contact(uow, booklet_id=paper.id, phone_key="key", **more)


def _family(city: City, paper: Paper) -> tuple[str | None, str | None, bool]:
    with at_work(city) as uow:
        family_id = uow.session.get_one(Booklet, paper.id).family_id
        family = uow.session.get_one(Family, family_id)
        return family.name, family.phone, family.phone_hash is not None
