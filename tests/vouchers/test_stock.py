"""Who holds which blank booklet is known by day, person and reason, and it counts nowhere else."""

from datetime import timedelta
from uuid import UUID

import pytest

from kernel.accounts import Account
from kernel.cities import City
from kernel.errors import Forbidden, NotFound
from kernel.organisations import Organisation
from tests import build
from tests.build import MONDAY, Paper, Person, at_work
from vouchers import codes
from vouchers.asking_stock import ask_for_stock, own_ask, read_asks, settle_ask, withdraw_ask
from vouchers.batches import batch_for_print, note_download, read_batches, read_downloads
from vouchers.batching import ask_batch
from vouchers.booklet_pdf import EVERY_LANGUAGE
from vouchers.booklets import count_unused, given_this_year
from vouchers.custody import read_custody
from vouchers.discarding import lose_blank_booklet
from vouchers.errors import BatchNotReady, IllegalMove, NothingAsked
from vouchers.models import BlockReason, Booklet
from vouchers.returning import take_back_booklets, undo_delivery
from vouchers.stock import count_at_desk, read_holders, read_receivers
from vouchers.stock_rows import find_by_number, read_own_stock, read_stock_of
from vouchers.uptake import Steps, uptake

TUESDAY = MONDAY + timedelta(days=1)


def test_blanks_count_in_no_figure_wherever_they_lie(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    build.delivered(city, regie, referrer, pile[0].number, pile[1].number)
    with at_work(city, referrer.actor) as uow:
        lose_blank_booklet(uow, booklet_id=pile[0].id, reason=BlockReason.STOLEN)
    with at_work(city, regie.actor) as uow:
        total = uptake(uow, since=MONDAY.date(), until=TUESDAY.date()).total
        assert total == Steps()
        assert count_unused(uow) == 0
    with at_work(city, referrer.actor) as uow:
        assert (count_unused(uow), given_this_year(uow)) == (0, 0)


def test_custody_names_each_hand_with_its_moment_and_reason(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    one, batch_id = pile[0], batch_of(city, pile[0])
    with at_work(city, regie.actor, MONDAY + timedelta(hours=1)) as uow:
        note_download(uow, batch_id=batch_id, booklets=4)
    build.delivered(city, regie, referrer, one.number, now=TUESDAY)
    with at_work(city, regie.actor, TUESDAY + timedelta(hours=1)) as uow:
        take_back_booklets(uow, numbers=one.number)
    build.delivered(city, regie, referrer, one.number, now=TUESDAY + timedelta(hours=2))
    with at_work(city, referrer.actor, TUESDAY + timedelta(hours=3)) as uow:
        lose_blank_booklet(uow, booklet_id=one.id, reason=BlockReason.NOT_FOUND)
        lines = read_custody(uow, booklet_id=one.id)
    desk, hands = name_of(city, regie), name_of(city, referrer)
    assert [(line.what, line.by, line.holder, line.reason) for line in lines] == [
        ("booklet_blocked", hands, None, "not-found"),
        ("booklet_delivered", desk, hands, None),
        ("booklet_taken_back", desk, hands, "returned"),
        ("booklet_delivered", desk, hands, None),
        ("batch_downloaded", desk, None, None),
        ("booklet_printed", desk, None, None),
    ]
    assert lines[0].at == TUESDAY + timedelta(hours=3)


def test_custody_tells_of_a_family_no_more_than_that_it_has_the_booklet(
    city: City, referrer: Person
) -> None:
    family = {"name": "Familie Kanarie", "phone": "089 12 34 56"}
    paper = build.handed_out(city, referrer, reference="OC-KANARIE", family=family)
    with at_work(city, referrer.actor) as uow:
        lines = read_custody(uow, booklet_id=paper.id)
        assert [line.what for line in lines] == ["booklet_handed_out"]
        assert "anarie" not in repr(lines).lower()
    with pytest.raises(NotFound), at_work(city, build.referrer(city).actor) as uow:
        read_custody(uow, booklet_id=paper.id)


def test_it_is_known_how_many_lie_where_and_since_when(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    delivery = build.delivered(city, regie, referrer, pile[0].number, now=MONDAY)
    build.delivered(city, regie, referrer, pile[1].number, pile[2].number, now=TUESDAY)
    with at_work(city, regie.actor, TUESDAY) as uow:
        assert count_at_desk(uow) == 1
        (holder,) = read_holders(uow)
        assert (holder.count, holder.last_delivered_on) == (3, TUESDAY.date())
        assert (holder.is_low, holder.is_gone) == (False, False)
        home = holder.organisation
        assert read_receivers(uow)[home] == [(referrer.actor.account_id, "Nadia Demo", 3)]
        assert not holder.ends_soon(TUESDAY.date())
        assert holder.first_limit is not None
        assert holder.ends_soon(holder.first_limit - timedelta(days=60))
    with at_work(city, regie.actor, MONDAY) as uow:
        undo_delivery(uow, delivery_id=delivery)
        (holder,) = read_holders(uow)
        assert (holder.count, holder.is_low) == (2, True)


def test_whoever_left_with_booklets_is_still_listed_but_gets_no_more(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    build.delivered(city, regie, referrer, pile[0].number)
    with at_work(city) as uow:
        uow.session.get_one(Account, referrer.actor.account_id).disabled_at = MONDAY
    with at_work(city, regie.actor) as uow:
        (holder,) = read_holders(uow)
        assert (holder.is_gone, holder.is_low) == (True, False)
        assert read_receivers(uow) == {}
        take_back_booklets(uow, numbers=pile[0].number)
        assert read_holders(uow) == []


def test_a_referrer_sees_its_own_stock_and_its_colleagues(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    colleague = build.person(city, *referrer.actor.roles, organisation_id=referrer.organisation_id)
    build.delivered(city, regie, referrer, pile[0].number)
    build.delivered(city, regie, colleague, pile[1].number)
    build.delivered(city, regie, build.referrer(city), pile[2].number)
    with at_work(city, referrer.actor) as uow:
        mine, others = read_own_stock(uow)
        assert [row.number for row in mine] == [pile[0].number]
        assert [row.number for row in others] == [pile[1].number]
        with pytest.raises(Forbidden):
            read_stock_of(uow, holder_id=colleague.actor.account_id)


def test_a_number_is_found_however_it_is_typed_or_it_is_said_why_not(
    city: City, regie: Person, pile: list[Paper]
) -> None:
    grouped = codes.grouped(pile[0].number).lower()
    with at_work(city, regie.actor) as uow:
        assert find_by_number(uow, search=f" {grouped} ") == (pile[0].id, "")
        for search, why in (
            ("", "Typ het nummer"),
            ("7K3M", "7K3M: een nummer heeft 8 tekens"),
            (codes.new_number(), "kennen we niet"),
            ("0000000Z", "er klopt een teken niet"),
            ("\0\ud800", "een nummer heeft 8 tekens"),
            (f"http://genk.localhost/c#{pile[0].codes[0]}", "een nummer heeft 8 tekens"),
            (pile[0].typed_codes[0], "een nummer heeft 8 tekens"),
        ):
            found, said = find_by_number(uow, search=search)
            assert found is None
            assert why in said


def test_a_batch_is_printed_in_every_language_in_the_order_of_the_list(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    batch_id = batch_of(city, pile[0])
    build.delivered(city, regie, referrer, pile[0].number)
    with at_work(city, regie.actor) as uow:
        lose_blank_booklet(uow, booklet_id=pile[1].id, reason=BlockReason.STOLEN)
        booklets, sender = batch_for_print(uow, batch_id=batch_id)
    assert [b.number for b in booklets] == [pile[n].number for n in (0, 2, 3)]
    assert {b.language for b in booklets} == {EVERY_LANGUAGE}
    assert {b.valid_until for b in booklets} == {None}
    assert all(b.outer_limit for b in booklets)
    assert sender.city == "Genk"


def test_there_is_no_paper_of_a_batch_that_is_not_ready_or_all_gone(
    city: City, regie: Person, pile: list[Paper]
) -> None:
    with at_work(city, regie.actor) as uow:
        waiting = ask_batch(uow).batch.id
    with pytest.raises(BatchNotReady), at_work(city, regie.actor) as uow:
        batch_for_print(uow, batch_id=waiting)
    with at_work(city, regie.actor) as uow:
        for paper in pile:
            lose_blank_booklet(uow, booklet_id=paper.id, reason=BlockReason.STOLEN)
    ready = batch_of(city, pile[0])
    with pytest.raises(IllegalMove), at_work(city, regie.actor) as uow:
        batch_for_print(uow, batch_id=ready)


def test_batches_that_need_somebody_come_first_and_downloads_are_known(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    full = batch_of(city, pile[0])
    later = MONDAY + timedelta(hours=1)
    empty = build.batch(city, regie, 1, now=later)
    build.delivered(city, regie, referrer, build.lying(city, empty)[0].number)
    with at_work(city, regie.actor, MONDAY - timedelta(days=9)) as uow:
        waiting = ask_batch(uow).batch.id
    with at_work(city, regie.actor, later) as uow:
        note_download(uow, batch_id=full, booklets=4)
        rows = read_batches(uow)
        assert [row.id for row in rows] == [waiting, full, empty]
        assert [row.at_desk for row in rows] == [0, 4, 0]
        assert [row.is_unfinished for row in rows] == [True, False, False]
        (download,) = read_downloads(uow, batch_ids=[full, empty])[full]
        assert (download.at, download.by) == (later, "Nadia Demo")


def test_what_a_referrer_asks_is_open_until_it_gets_booklets(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    ask(city, referrer, 10)
    ask(city, referrer, 10)
    ask(city, referrer, 5)
    assert asked(city, regie) == [(referrer.actor.account_id, 5)]
    delivery = build.delivered(city, regie, referrer, pile[0].number)
    assert asked(city, regie) == []
    with at_work(city, regie.actor) as uow:
        undo_delivery(uow, delivery_id=delivery)
    assert asked(city, regie) == [(referrer.actor.account_id, 5)], "it was no delivery after all"
    with at_work(city, regie.actor) as uow:
        settle_ask(uow, holder_id=referrer.actor.account_id)
    assert asked(city, regie) == []
    with pytest.raises(NothingAsked), at_work(city, regie.actor) as uow:
        settle_ask(uow, holder_id=referrer.actor.account_id)
    ask(city, referrer, 7)
    assert asked(city, regie) == [(referrer.actor.account_id, 7)]
    with at_work(city, referrer.actor) as uow:
        withdraw_ask(uow)
        assert own_ask(uow) is None
    assert asked(city, regie) == []


def ask(city: City, referrer: Person, booklets: int) -> None:
    with at_work(city, referrer.actor) as uow:
        ask_for_stock(uow, booklets=booklets)


def asked(city: City, regie: Person) -> list[tuple[object, int]]:
    with at_work(city, regie.actor) as uow:
        return [(one.holder_id, one.booklets) for one in read_asks(uow)]


def batch_of(city: City, paper: Paper) -> UUID:
    with at_work(city) as uow:
        batch_id = uow.session.get_one(Booklet, paper.id).batch_id
        assert batch_id is not None
        return batch_id


def name_of(city: City, person: Person) -> str:
    with at_work(city) as uow:
        home = uow.session.get_one(Organisation, person.organisation_id)
        return f"Nadia Demo, {home.name}"


@pytest.fixture
def regie(city: City) -> Person:
    return build.regie(city)


@pytest.fixture
def referrer(city: City) -> Person:
    return build.referrer(city)


@pytest.fixture
def pile(city: City, regie: Person) -> list[Paper]:
    """A batch of four blank booklets at the desk, as they lie on top of each other."""
    return build.lying(city, build.batch(city, regie, 4))
