"""Blank booklets go to a referrer and come back: all of them, or none with each reason named."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from kernel.accounts import Account
from kernel.cities import City
from kernel.errors import Forbidden, Invalid, NotFound
from kernel.events import RecordedEvent
from kernel.unit_of_work import UnitOfWork
from tests import build
from tests.build import MONDAY, Paper, Person, at_work
from vouchers import codes
from vouchers.batching import ask_batch, make_some
from vouchers.delivering import deliver_booklets
from vouchers.discarding import lose_blank_booklet, throw_away_booklet, throw_away_rest
from vouchers.errors import BatchNotReady, BookletsStay, IllegalMove, NothingToUndo
from vouchers.events import BookletDelivered, BookletTakenBack
from vouchers.models import MOVES, BlockReason, Booklet, BookletState
from vouchers.replacing import replace_lost_booklet
from vouchers.returning import take_back_booklets, undo_delivery

A_CODE = "dit is de code van een cheque. Typ het nummer van het boekje: het staat vooraan."
GO_ON = "Kruis 'doorgeven' aan als het mee verhuist."
TUESDAY = MONDAY + timedelta(days=1)


def test_a_delivered_booklet_is_in_one_referrers_hands(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    build.delivered(city, regie, referrer, pile[0].number)
    booklet = found(city, pile[0])
    assert (booklet.state, booklet.holder_id) == ("delivered", referrer.actor.account_id)
    assert booklet.organisation_id == referrer.organisation_id
    assert booklet.delivered_on == MONDAY.date()
    assert payloads(city, BookletDelivered.name) == [
        {
            "booklet_id": str(pile[0].id),
            "organisation_id": str(referrer.organisation_id),
            "holder_id": str(referrer.actor.account_id),
            "from_id": None,
        }
    ]


@pytest.mark.parametrize(
    "typed",
    [
        "{0}\n{1}",
        "{0}, {1}",
        "{0} {1}",
        "{0};{1};",
        "{a} {b}",
        " {a}\r\n{b}\n\n",
        "{0}{1}\n{0}",
        "{low}\n{1}",
        "http://genk.localhost/c#{code}\n{1}",
    ],
)
def test_numbers_are_read_however_they_are_typed_or_scanned(
    city: City, regie: Person, referrer: Person, pile: list[Paper], typed: str
) -> None:
    one, two = pile[:2]
    text = typed.format(
        one.number,
        two.number,
        a=codes.grouped(one.number),
        b=codes.grouped(two.number),
        low=one.number.lower(),
        code=one.codes[3],
    )
    build.delivered(city, regie, referrer, text)
    assert [found(city, paper).state for paper in pile[:3]] == ["delivered", "delivered", "printed"]


def test_the_first_three_of_a_batch_are_the_three_on_top(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    batch_id = found(city, pile[0]).batch_id
    give(city, regie, referrer, batch_id=batch_id, count=3)
    assert [found(city, paper).state for paper in pile] == ["delivered"] * 3 + ["printed"]
    with pytest.raises(Invalid) as refused:
        give(city, regie, referrer, batch_id=batch_id, count=2)
    assert refused.value.fields == {"count": ["Er liggen er nog 1 van deze reeks op het bureau."]}


def test_the_same_form_twice_is_one_delivery(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    form = {"batch_id": found(city, pile[0]).batch_id, "count": 2, "delivery_id": uuid4()}
    give(city, regie, referrer, **form)
    give(city, regie, referrer, **form)
    assert [found(city, paper).state for paper in pile] == ["delivered"] * 2 + ["printed"] * 2
    assert len(payloads(city, BookletDelivered.name)) == 2


def test_all_go_or_none_and_each_that_stays_is_named(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    fine, theirs, gone, lost = pile
    other = build.referrer(city, organisation_name="CKG De Hoek")
    build.delivered(city, regie, other, theirs.number)
    put(city, gone, BookletState.BLOCKED_ERROR)
    put(city, lost, BookletState.BLOCKED_LOST)
    handed = build.handed_out(city, referrer)
    wrong = fine.number[:-1] + ("2" if fine.number[-1] != "2" else "3")
    typed = (theirs, gone, lost, handed)
    with pytest.raises(BookletsStay) as refused:
        build.delivered(
            city, regie, referrer, fine.number, wrong, "7K3M", "7K3M9QW2XRT6", *numbers(typed)
        )
    said = refused.value.fields["numbers"]
    assert said == [
        f"{codes.grouped(wrong)}: er klopt een teken niet. Kijk het na op de kaft.",
        "7K3M: een nummer heeft 8 tekens.",
        "Nummer 4: " + A_CODE,
        f"{codes.grouped(theirs.number)}: ligt bij Nadia Demo, CKG De Hoek. {GO_ON}",
        f"{codes.grouped(gone.number)}: is geblokkeerd: het is weggegooid of teruggenomen.",
        f"{codes.grouped(lost.number)}: is geblokkeerd: het was kwijt.",
        f"{codes.grouped(handed.number)}: is al meegegeven aan een gezin.",
    ]
    assert found(city, fine).state == "printed"


def test_a_number_of_another_city_is_not_known(city: City, regie: Person, referrer: Person) -> None:
    number = codes.new_number()
    with pytest.raises(BookletsStay, match="niets veranderd") as refused:
        build.delivered(city, regie, referrer, number)
    said = refused.value.fields["numbers"]
    assert said == [f"{codes.grouped(number)}: dit nummer kennen we niet in deze stad."]


def test_a_code_is_never_said_again(city: City, regie: Person, referrer: Person) -> None:
    unknown = codes.new_code()
    with pytest.raises(BookletsStay) as refused:
        build.delivered(city, regie, referrer, f"http://genk.localhost/c#{unknown}")
    assert unknown not in str(refused.value.fields)


@pytest.mark.parametrize("typed", ["", " \n , ", ",".join(["0000 0000"] * 3)])
def test_something_must_be_meant(city: City, regie: Person, referrer: Person, typed: str) -> None:
    with pytest.raises(BookletsStay):
        build.delivered(city, regie, referrer, typed)


def test_more_than_two_hundred_at_once_is_too_much(
    city: City, regie: Person, referrer: Person
) -> None:
    with pytest.raises(BookletsStay) as refused:
        build.delivered(city, regie, referrer, *(codes.new_number() for _ in range(201)))
    assert refused.value.fields["numbers"] == ["Dat is te veel in één keer: neem er hoogstens 200."]


def test_a_booklet_of_a_batch_that_is_being_made_stays(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    with at_work(city, regie.actor) as uow:
        batch_id = ask_batch(uow, wanted=6).batch.id
    with at_work(city) as uow:
        make_some(uow)
    half = build.lying(city, batch_id)[0]
    with pytest.raises(BookletsStay, match="niets veranderd") as refused:
        build.delivered(city, regie, referrer, half.number, pile[0].number)
    assert "de reeks van dit boekje is nog niet klaar" in refused.value.fields["numbers"][0]


def test_a_booklet_that_lay_too_long_stays(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    limit = found(city, pile[0]).outer_limit
    assert limit is not None
    last = MONDAY.replace(year=limit.year, month=limit.month, day=limit.day)
    with pytest.raises(BookletsStay):
        build.delivered(city, regie, referrer, pile[0].number, now=last + timedelta(days=1))
    build.delivered(city, regie, referrer, pile[0].number, now=last)


def test_who_gets_booklets_is_a_referrer_who_still_works_there(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    with at_work(city) as uow:
        uow.session.get_one(Account, referrer.actor.account_id).disabled_at = MONDAY
    for nobody in (referrer, regie, build.provider(city)):
        with pytest.raises(Invalid) as refused:
            build.delivered(city, regie, nobody, pile[0].number)
        assert refused.value.fields == {"accountId": ["Kies een toeleider uit de lijst."]}


def test_booklets_are_passed_on_only_when_that_is_meant(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    other = build.referrer(city)
    build.delivered(city, regie, referrer, pile[0].number)
    with pytest.raises(BookletsStay):
        give(city, regie, other, numbers=pile[0].number)
    give(city, regie, other, numbers=pile[0].number, pass_on=True)
    assert found(city, pile[0]).holder_id == other.actor.account_id
    assert found(city, pile[0]).organisation_id == other.organisation_id
    last = payloads(city, BookletDelivered.name)[-1]
    assert last["from_id"] == str(referrer.actor.account_id)
    with pytest.raises(BookletsStay, match="niets veranderd") as refused:
        give(city, regie, other, numbers=pile[0].number, pass_on=True)
    assert "ligt al bij" in refused.value.fields["numbers"][0]


def test_a_delivery_is_undone_on_its_own_day_once(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    delivery = build.delivered(city, regie, referrer, *numbers(pile[:2]))
    with pytest.raises(NothingToUndo), at_work(city, regie.actor, TUESDAY) as uow:
        undo_delivery(uow, delivery_id=delivery)
    with at_work(city, regie.actor) as uow:
        assert len(undo_delivery(uow, delivery_id=delivery)) == 2
    booklet = found(city, pile[0])
    assert (booklet.state, booklet.holder_id, booklet.organisation_id, booklet.delivered_on) == (
        "printed",
        None,
        None,
        None,
    )
    assert [p["reason"] for p in payloads(city, BookletTakenBack.name)] == ["undone"] * 2
    with pytest.raises(NothingToUndo), at_work(city, regie.actor) as uow:
        undo_delivery(uow, delivery_id=delivery)


def test_what_was_passed_on_is_undone_to_whoever_had_it(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    build.delivered(city, regie, referrer, pile[0].number)
    both = f"{pile[0].number},{pile[1].number}"
    delivery = give(city, regie, build.referrer(city), numbers=both, pass_on=True)
    with at_work(city, regie.actor) as uow:
        undo_delivery(uow, delivery_id=delivery)
    booklet = found(city, pile[0])
    assert (booklet.state, booklet.holder_id) == ("delivered", referrer.actor.account_id)
    assert found(city, pile[1]).state == "printed"


def test_a_delivery_of_which_one_went_on_is_not_undone_in_part(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    delivery = build.delivered(city, regie, referrer, *numbers(pile[:2]))
    put(city, pile[0], BookletState.BLOCKED_LOST)
    with pytest.raises(BookletsStay) as refused, at_work(city, regie.actor) as uow:
        undo_delivery(uow, delivery_id=delivery)
    assert codes.grouped(pile[0].number) in refused.value.fields["numbers"][0]
    assert found(city, pile[1]).state == "delivered"


def test_unused_ones_come_back_and_can_go_out_again(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    build.delivered(city, regie, referrer, pile[0].number)
    with at_work(city, regie.actor, TUESDAY) as uow:
        take_back_booklets(uow, booklet_ids=[pile[0].id])
    assert found(city, pile[0]).state == "printed"
    build.delivered(city, regie, build.referrer(city), pile[0].number)
    with pytest.raises(BookletsStay) as refused, at_work(city, regie.actor) as uow:
        take_back_booklets(uow, numbers=pile[1].number, booklet_ids=[uuid4()])
    assert refused.value.fields["numbers"] == [
        f"{codes.grouped(pile[1].number)}: ligt op het bureau.",
        "Een boekje: dit boekje is er niet.",
    ]


DEEDS: dict[str, tuple[BookletState, Callable[[UnitOfWork, UUID, UUID], object]]] = {
    "deliver": (
        BookletState.DELIVERED,
        lambda uow, one, to: deliver_booklets(uow, booklet_ids=[one], holder_id=to, pass_on=True),
    ),
    "take back": (
        BookletState.PRINTED,
        lambda uow, one, _: take_back_booklets(uow, booklet_ids=[one]),
    ),
    "lose": (
        BookletState.BLOCKED_LOST,
        lambda uow, one, _: lose_blank_booklet(uow, booklet_id=one, reason=BlockReason.STOLEN),
    ),
    "throw away": (
        BookletState.BLOCKED_ERROR,
        lambda uow, one, _: throw_away_booklet(uow, booklet_id=one, reason=BlockReason.DAMAGED),
    ),
}
BY_OTHER_DEEDS = {  # a booklet that a family has is lost or taken back with its family
    (BookletState.HANDED_OUT, BookletState.BLOCKED_LOST),
    (BookletState.HANDED_OUT, BookletState.BLOCKED_ERROR),
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("now", list(BookletState))
def test_each_deed_makes_the_legal_moves_and_refuses_the_others(
    city: City, regie: Person, referrer: Person, pile: list[Paper], *, now: BookletState, deed: str
) -> None:
    to, does = DEEDS[deed]
    one = pile[0]
    if now == BookletState.HANDED_OUT:
        one = build.handed_out(city, referrer)
    elif now == BookletState.DELIVERED:
        build.delivered(city, regie, build.referrer(city), one.number)
    else:
        put(city, one, now)
    legal = to in MOVES[now] and (now, to) not in BY_OTHER_DEEDS
    if legal:
        with at_work(city, regie.actor) as uow:
            does(uow, one.id, referrer.actor.account_id)
        assert found(city, one).state == to
        return
    with pytest.raises(IllegalMove) as refused, at_work(city, regie.actor) as uow:
        does(uow, one.id, referrer.actor.account_id)
    assert (refused.value.about["state"], refused.value.about["allowed"]) == (
        now,
        sorted(MOVES[now]),
    )
    assert found(city, one).state == now


def test_the_table_of_moves_is_the_one_of_the_paper() -> None:
    """M0: product/cheques.md 1, with what comes back and what is passed on."""
    table = {(now, to) for now, moves in MOVES.items() for to in moves}
    stock = {"printed", "delivered"}
    blocked = {"blocked_lost", "blocked_error"}
    assert {(str(now), str(to)) for now, to in table} == {
        ("printed", "delivered"),
        ("delivered", "printed"),
        ("delivered", "delivered"),
        *((here, "handed_out") for here in stock),
        *((here, there) for here in {*stock, "handed_out"} for there in blocked),
    }


def test_a_referrer_says_that_a_booklet_of_its_own_organisation_is_lost(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    build.delivered(city, regie, referrer, *numbers(pile[:2]))
    with pytest.raises(NotFound), at_work(city, build.referrer(city).actor) as uow:
        lose_blank_booklet(uow, booklet_id=pile[0].id, reason=BlockReason.STOLEN)
    with at_work(city, referrer.actor) as uow:
        lose_blank_booklet(uow, booklet_id=pile[0].id, reason=BlockReason.STOLEN)
    assert found(city, pile[0]).state == "blocked_lost"
    with pytest.raises(Invalid), at_work(city, referrer.actor) as uow:
        lose_blank_booklet(uow, booklet_id=pile[1].id, reason=BlockReason.DAMAGED)


def test_a_lost_blank_booklet_is_not_replaced_as_a_familys_is(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    build.delivered(city, regie, referrer, pile[0].number)
    for paper, state in ((pile[0], "delivered"), (pile[1], "printed")):
        with pytest.raises(IllegalMove) as refused, at_work(city, regie.actor) as uow:
            replace_lost_booklet(uow, booklet_id=paper.id)
        assert refused.value.about["state"] == state
        assert found(city, paper).state == state


def test_the_rest_of_a_batch_is_thrown_away_and_nothing_else(
    city: City, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    batch_id = found(city, pile[0]).batch_id
    assert batch_id is not None
    other = build.lying(city, build.batch(city, regie, 1))[0]
    build.delivered(city, regie, referrer, pile[0].number)
    with at_work(city, regie.actor) as uow:
        thrown = throw_away_rest(uow, batch_id=batch_id, reason=BlockReason.MISPRINT)
    assert set(thrown) == {paper.id for paper in pile[1:]}
    assert [found(city, paper).state for paper in (pile[0], pile[1], other)] == [
        "delivered",
        "blocked_error",
        "printed",
    ]


def test_a_batch_that_waits_is_cancelled_and_not_thrown_away(city: City, regie: Person) -> None:
    with at_work(city, regie.actor) as uow:
        batch_id = ask_batch(uow).batch.id
    with pytest.raises(BatchNotReady), at_work(city, regie.actor) as uow:
        throw_away_rest(uow, batch_id=batch_id, reason=BlockReason.MISPRINT)


def test_only_the_regie_moves_stock(city: City, referrer: Person, pile: list[Paper]) -> None:
    one, me = pile[0].id, referrer.actor.account_id
    for deed in ("deliver", "take back", "throw away"):
        with pytest.raises(Forbidden), at_work(city, referrer.actor) as uow:
            DEEDS[deed][1](uow, one, me)


def give(city: City, by: Person, to: Person, **which: object) -> UUID:
    with at_work(city, by.actor) as uow:
        given = deliver_booklets(uow, holder_id=to.actor.account_id, **which)  # type: ignore[arg-type]
        return given.delivery_id


def found(city: City, paper: Paper) -> Booklet:
    with at_work(city) as uow:
        booklet = uow.session.get_one(Booklet, paper.id)
        uow.session.expunge(booklet)
        return booklet


def put(city: City, paper: Paper, state: BookletState) -> None:
    with at_work(city) as uow:
        uow.session.execute(update(Booklet).where(Booklet.id == paper.id).values(state=state))


def numbers(papers: Sequence[Paper]) -> list[str]:
    return [paper.number for paper in papers]


def payloads(city: City, name: str) -> list[dict[str, object]]:
    told = select(RecordedEvent.payload).where(RecordedEvent.name == name)
    with at_work(city) as uow:
        return list(uow.session.scalars(told.order_by(RecordedEvent.number)))


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
