"""Who gave a family its booklet hears of its first use and of its last: once, and namelessly."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from jobs.dispatch import dispatch_events
from kernel.accounts import Account
from kernel.cities import City
from kernel.events import Delivery, PendingEvent, RecordedEvent
from kernel.organisations import Location
from kernel.people import Family
from tests import build
from tests.build import MONDAY, Paper, Person, at_work, scanned
from tests.mailbox import Pile
from vouchers.annulling import annul_redemption
from vouchers.events import ChequeRedeemed
from vouchers.giving_again import give_second_booklet
from vouchers.models import Booklet
from vouchers.replacing import replace_lost_booklet

FIRST = "Goed nieuws: een eerste cheque is gebruikt"
UP = "Goed nieuws: een boekje is helemaal gebruikt"
DAY = timedelta(days=1)


def test_the_first_use_is_told_to_who_handed_the_booklet_out_once(
    city: City, nadia: Person, robin: Person
) -> None:
    paper = handed_out(city, nadia)
    scan(city, robin, paper, 0)
    assert told(city) == [(nadia.email, FIRST)]
    scan(city, robin, paper, 1)
    assert told(city) == []


def test_the_letter_says_when_and_where_to_look_and_names_nobody(
    city: City, nadia: Person, robin: Person
) -> None:
    paper = handed_out(city, nadia, reference="OC-77", family={"name": "Amina", "phone": "0470 11"})
    scan(city, robin, paper, 0, now=MONDAY + DAY)
    [letter] = letters(city, MONDAY + DAY)
    text = " ".join(letter.split())
    assert (
        "Goed nieuws: een gezin dat van jou op 7 september een boekje kreeg, gebruikte vandaag "
        "(8 september) de eerste cheque."
    ) in text
    assert f"{city.base_url}/boekjes/{paper.id}" in letter.split()
    for secret in ("OC-77", "Amina", "0470", "Nadia", paper.number, *paper.codes):
        assert secret not in letter


@pytest.mark.parametrize(
    ("days_ago", "said"),
    [(1, "gebruikte gisteren (7 september) de"), (3, "gebruikte op 5 september de")],
)
def test_a_use_of_another_day_is_told_with_that_day(
    city: City, nadia: Person, robin: Person, days_ago: int, said: str
) -> None:
    paper = handed_out(city, nadia, now=MONDAY - 5 * DAY)
    noon = MONDAY + DAY
    scan(city, robin, paper, 0, now=noon, care_date=(noon - days_ago * DAY).date())
    assert said in " ".join(letters(city, noon)[0].split())


def test_a_booklet_that_is_used_up_is_told_once(city: City, nadia: Person, robin: Person) -> None:
    build.rule(city, "vouchers.booklet_size", 3)
    paper = handed_out(city, nadia)
    for number in range(2):
        scan(city, robin, paper, number)
    assert told(city) == [(nadia.email, FIRST)]
    last = scan(city, robin, paper, 2)
    assert told(city) == [(nadia.email, UP)]
    annul(city, robin, last)
    scan(city, robin, paper, 2)
    assert told(city) == []


def test_without_the_familys_consent_nobody_hears(city: City, nadia: Person, robin: Person) -> None:
    scan(city, robin, build.handed_out(city, nadia), 0)
    assert told(city) == []


def test_who_wants_no_such_mail_gets_none(city: City, nadia: Person, robin: Person) -> None:
    change(city, nadia, mails_good_news=False)
    scan(city, robin, handed_out(city, nadia), 0)
    assert told(city) == []


def test_while_who_handed_out_is_away_the_stand_in_hears(
    city: City, nadia: Person, robin: Person
) -> None:
    sam = build.referrer(city)
    away(city, nadia, stand_in=sam)
    scan(city, robin, handed_out(city, nadia), 0)
    [letter] = letters(city)
    assert "dat van je collega op 7 september een boekje kreeg" in " ".join(letter.split())


def test_without_a_stand_in_the_news_waits_in_the_mailbox(
    city: City, nadia: Person, robin: Person
) -> None:
    away(city, nadia, stand_in=None)
    scan(city, robin, handed_out(city, nadia), 0)
    assert told(city) == [(nadia.email, FIRST)]


def test_who_left_hears_nothing_and_nobody_instead(
    city: City, nadia: Person, robin: Person
) -> None:
    paper = handed_out(city, nadia)
    change(city, nadia, disabled_at=MONDAY)
    scan(city, robin, paper, 0)
    assert told(city) == []


def test_a_scan_that_is_undone_before_anybody_heard_is_no_news(
    city: City, nadia: Person, robin: Person
) -> None:
    paper = handed_out(city, nadia)
    annul(city, robin, scan(city, robin, paper, 0))
    assert told(city) == []
    scan(city, robin, paper, 1, now=MONDAY + timedelta(minutes=1))
    assert told(city) == [(nadia.email, FIRST)], "this is the first use now"


def test_a_use_that_is_undone_and_made_again_is_no_second_news(
    city: City, nadia: Person, robin: Person
) -> None:
    paper = handed_out(city, nadia)
    first = scan(city, robin, paper, 0)
    assert told(city) == [(nadia.email, FIRST)]
    annul(city, robin, first)
    scan(city, robin, paper, 0)
    assert told(city) == []
    away(city, nadia, stand_in=build.referrer(city))
    annul(city, robin, scan(city, robin, paper, 1))
    scan(city, robin, paper, 1)
    assert told(city) == [], "nor to a stand-in"


def test_several_uses_heard_at_once_are_one_first_use(
    city: City, nadia: Person, robin: Person
) -> None:
    paper = handed_out(city, nadia)
    for number in range(4):
        scan(city, robin, paper, number, now=MONDAY + timedelta(minutes=number))
    assert told(city) == [(nadia.email, FIRST)]


def test_uses_that_are_heard_together_are_told_with_the_day_of_each(
    city: City, nadia: Person, robin: Person
) -> None:
    build.rule(city, "vouchers.booklet_size", 2)
    paper = handed_out(city, nadia, now=MONDAY - 9 * DAY)
    for number, days_ago in enumerate((5, 3)):
        scan(city, robin, paper, number, care_date=(MONDAY - days_ago * DAY).date())
    first, last = (" ".join(letter.split()) for letter in letters(city))
    assert "gebruikte op 2 september de eerste cheque." in first
    assert "gebruikte op 4 september de laatste cheque. Het boekje is op." in last


def test_an_event_that_is_brought_again_tells_nothing_new(
    city: City, nadia: Person, robin: Person
) -> None:
    scan(city, robin, handed_out(city, nadia), 0)
    assert told(city) == [(nadia.email, FIRST)]
    with at_work(city) as uow:
        again = select(RecordedEvent.number).where(RecordedEvent.name == ChequeRedeemed.name)
        uow.session.execute(delete(Delivery).where(Delivery.event_number.in_(again)))
        for number in uow.session.scalars(again):
            uow.session.add(PendingEvent(event_number=number))
    assert told(city) == []


def test_a_lost_booklet_does_not_begin_anew_and_ends_with_its_replacement(
    city: City, nadia: Person, robin: Person
) -> None:
    """Four of ten used, and the six that were printed anew: ten in all, told at the tenth."""
    joris = build.regie(city)
    paper = handed_out(city, nadia)
    for number in range(4):
        scan(city, robin, paper, number)
    assert told(city) == [(nadia.email, FIRST)]
    with at_work(city, joris.actor) as uow:
        rest = build.paper(replace_lost_booklet(uow, booklet_id=paper.id))
    for number in range(5):
        scan(city, robin, rest, number)
    assert told(city) == []
    scan(city, robin, rest, 5)
    assert told(city) == [(nadia.email, UP)], "the referrer's family, whoever replaced it"


def test_a_replacement_of_an_unused_booklet_can_bring_the_first_use(
    city: City, nadia: Person, robin: Person
) -> None:
    paper = handed_out(city, nadia)
    with at_work(city, nadia.actor) as uow:
        new = build.paper(replace_lost_booklet(uow, booklet_id=paper.id))
    scan(city, robin, new, 0)
    assert told(city) == [(nadia.email, FIRST)]


def test_a_second_booklet_is_no_second_first_use(city: City, nadia: Person, robin: Person) -> None:
    paper = handed_out(city, nadia)
    scan(city, robin, paper, 0)
    told(city)
    with at_work(city, build.regie(city).actor) as uow:
        second = build.paper(give_second_booklet(uow, booklet_id=paper.id).booklet)
    scan(city, robin, second, 0)
    assert told(city) == []


@pytest.mark.parametrize("what", ["booklet", "location", "family"])
def test_practice_and_a_family_that_was_removed_are_no_news(
    city: City, nadia: Person, robin: Person, what: str
) -> None:
    paper = handed_out(city, nadia)
    scan(city, robin, paper, 0)
    change_by = {
        "booklet": update(Booklet).values(training=True),
        "location": update(Location).values(training=True),
        "family": update(Family).values(removed_at=MONDAY),
    }
    with at_work(city) as uow:
        uow.session.execute(change_by[what])
    assert told(city) == []


@pytest.fixture
def nadia(city: City) -> Person:
    return build.referrer(city)


@pytest.fixture
def robin(city: City) -> Person:
    return build.provider(city)


def handed_out(city: City, by: Person, **more: Any) -> Paper:
    return build.handed_out(city, by, good_news_consent=True, **more)


def scan(
    city: City, by: Person, paper: Paper, number: int, *, now: datetime = MONDAY, **more: Any
) -> UUID:
    more |= {"same_day_reason": "secondChild"} if number else {}
    return scanned(city, by, paper.codes[number], now=now, **more)


def annul(city: City, by: Person, redemption_id: UUID) -> None:
    with at_work(city, by.actor) as uow:
        annul_redemption(uow, redemption_id=redemption_id)


def told(city: City) -> list[tuple[str, str]]:
    """Give who hears now, and of what."""
    pile = Pile()
    dispatch_events(replace(city, post=pile), MONDAY)
    return [(str(letter["To"]), str(letter["Subject"])) for letter in pile.letters]


def letters(city: City, now: datetime = MONDAY) -> list[str]:
    pile = Pile()
    dispatch_events(replace(city, post=pile), now)
    return [letter.get_content() for letter in pile.letters]


def change(city: City, who: Person, **values: object) -> None:
    with at_work(city) as uow:
        mine = Account.id == who.actor.account_id
        uow.session.execute(update(Account).where(mine).values(**values))


def away(city: City, who: Person, *, stand_in: Person | None) -> None:
    today = MONDAY.date()
    other = stand_in.actor.account_id if stand_in else None
    change(city, who, away_from=today, away_until=today, stand_in_id=other)
