"""A letter leaves once, for whoever it is for, and one that does not leave holds up no other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from jobs.dispatch import PARK_AFTER, dispatch_events
from kernel.accounts import Account, SignInCode
from kernel.checking import CHECKS, run_checks
from kernel.cities import City
from kernel.events import Delivery
from kernel.letter_text import day_in_words, letter_text
from kernel.letters import Letter, LetterKind, stands_in_for, write_letter
from kernel.mail import SmtpPost
from kernel.parked import parked_deliveries, try_parked_again
from kernel.sign_in_codes import digits_of
from tests import build
from tests.build import MONDAY, Person, at_work
from tests.mailbox import Pile, mailbox, nobody

ABOUT = UUID(int=7)
TODAY = MONDAY.date()


def test_a_letter_is_written_once_for_each_period_and_leaves_once(city: City, pile: Pile) -> None:
    nadia, robin = build.referrer(city), build.referrer(city)
    assert [write(city, nadia), write(city, nadia)] == [True, False]
    assert [write(city, robin), write(city, nadia, period="tomorrow")] == [True, True]
    for _ in range(2):
        dispatch(city, pile)
    assert pile.readers == sorted([nadia.email, nadia.email, robin.email])


def test_good_news_is_told_to_one_person_only(city: City) -> None:
    nadia, robin = build.referrer(city), build.referrer(city)
    assert write(city, nadia, kind=LetterKind.GOOD_NEWS)
    assert not write(city, robin, kind=LetterKind.GOOD_NEWS)


def test_a_letter_carries_its_id_and_its_links_go_to_the_citys_own_address(
    city: City, pile: Pile
) -> None:
    write(city, build.referrer(city), kind=LetterKind.INVITATION, body="Hier:\n{link}\n")
    dispatch(city, pile)
    [letter] = pile.letters
    assert letter["Message-ID"] == f"<{letter_ids(city)[0]}@{city.host}>"
    link = letter.get_content().split()[1]
    assert link.startswith(f"{city.base_url}/wachtwoord/")
    with at_work(city) as uow:
        assert "wachtwoord" not in uow.session.scalars(select(Letter.body)).one()


def test_a_code_leaves_only_while_it_opens_something(city: City, pile: Pile) -> None:
    nadia = build.referrer(city)
    fresh, used, old = (code(city, nadia, minutes) for minutes in (10, 10, -1))
    with at_work(city) as uow:
        uow.session.get_one(SignInCode, used).used_at = MONDAY
    for each in (fresh, used, old, uuid4()):
        write(city, nadia, kind=LetterKind.SIGN_IN_CODE, about_id=each, body="{code}")
    dispatch(city, pile)
    assert [letter.get_content().strip() for letter in pile.letters] == [digits_of(city, fresh)]


def test_nobody_whose_account_is_closed_gets_a_letter(city: City, pile: Pile) -> None:
    nadia = build.referrer(city)
    write(city, nadia)
    with at_work(city) as uow:
        uow.session.get_one(Account, nadia.actor.account_id).disabled_at = MONDAY
    dispatch(city, pile)
    assert pile.letters == []
    assert [row.done_at is not None for row in deliveries(city)] == [True]


def test_a_letter_goes_to_the_address_of_the_moment_that_it_leaves(city: City, pile: Pile) -> None:
    nadia = build.referrer(city)
    write(city, nadia)
    dispatch(city, SmtpPost(nobody(), patience=0.1))
    with at_work(city) as uow:
        uow.session.get_one(Account, nadia.actor.account_id).email = "nieuw@ocmw.example"
    dispatch(city, pile, MONDAY + timedelta(minutes=1))
    assert pile.readers == ["nieuw@ocmw.example"]


def test_a_letter_that_is_not_taken_is_tried_for_a_day_and_then_parked_with_an_alarm(
    city: City,
) -> None:
    write(city, build.referrer(city))
    tries, moment = 0, MONDAY
    with mailbox() as box, capture_logs() as said:
        box.answers["RCPT"] = "451 4.3.0 <secret@ocmw.example> later"
        while (row := deliveries(city, moment, SmtpPost(box.url)))[0].parked_at is None:
            assert row[0].next_try_at > moment, "each time later"
            tries, moment = tries + 1, row[0].next_try_at
    assert tries == PARK_AFTER[False] - 1
    assert timedelta(hours=24) < moment - MONDAY < timedelta(hours=48), "a night without a server"
    assert (row[0].attempts, row[0].last_error) == (12, "NotTaken 451")
    assert [line["event"] for line in said].count("delivery parked") == 1
    assert failing(city, moment) == {"deliveries-brought"}
    assert_silent(said)


def test_what_was_given_up_can_be_seen_and_tried_again(city: City, pile: Pile) -> None:
    nadia = build.referrer(city)
    write(city, nadia)
    with mailbox() as box:
        box.answers["RCPT"] = "553 no such user"
        dispatch(city, SmtpPost(box.url))
    [parked] = parked_deliveries(city)
    assert (parked["tries"], parked["error"]) == (1, "AddressRefused 553")
    assert parked["letter_id"] == str(letter_ids(city)[0])
    assert_silent([parked])
    dispatch(city, pile, MONDAY + timedelta(days=1))
    assert pile.letters == []
    assert try_parked_again(city, now=MONDAY + timedelta(days=1)) == 1
    dispatch(city, pile, MONDAY + timedelta(days=1))
    assert pile.readers == [nadia.email]
    assert parked_deliveries(city) == []


def test_an_address_where_nobody_lives_is_parked_at_once(city: City) -> None:
    nadia = build.referrer(city)
    write(city, nadia)
    with mailbox() as box, capture_logs() as said:
        box.answers["RCPT"] = "550 5.1.1 <secret@ocmw.example> unknown"
        [row] = deliveries(city, MONDAY, SmtpPost(box.url))
    assert (row.attempts, row.last_error) == (1, "AddressRefused 550")
    assert row.parked_at is not None
    assert [line["log_level"] for line in said] == ["warning", "error"]
    assert_silent(said)


def test_a_letter_that_waits_holds_up_no_other_not_even_of_its_reader(
    city: City, pile: Pile
) -> None:
    nadia = build.referrer(city)
    write(city, nadia)
    dispatch(city, SmtpPost(nobody(), patience=0.1))
    write(city, nadia, about_id=UUID(int=8), subject="De tweede")
    dispatch(city, pile)
    assert pile.subjects == ["De tweede"]
    dispatch(city, pile, MONDAY + timedelta(minutes=1))
    assert pile.subjects == ["De tweede", "Dag"]


def test_more_letters_than_leave_at_once_all_leave(city: City) -> None:
    people = [build.referrer(city) for _ in range(20)]
    with mailbox() as box:
        box.answers["RCPT"] = "451 later"
        for person in people[:10]:
            write(city, person)
        dispatch(city, SmtpPost(box.url))
        box.answers.clear()
        for person in people[10:]:
            write(city, person)
        assert dispatch(city, SmtpPost(box.url)) == 10, "those that failed wait a little"
        assert dispatch(city, SmtpPost(box.url), MONDAY + timedelta(minutes=1)) == 10
    assert sorted(reader for [reader] in box.readers) == sorted(each.email for each in people)


def test_a_letter_whose_text_was_forgotten_does_not_leave_empty(city: City, pile: Pile) -> None:
    write(city, build.referrer(city))
    with at_work(city) as uow:
        uow.session.scalars(select(Letter)).one().body = ""
    dispatch(city, pile)
    assert pile.letters == []


def test_whoever_is_away_is_stood_in_for_or_leaves_the_work_to_the_organisation(
    city: City,
) -> None:
    ann, ben = build.referrer(city), build.referrer(city)
    assert who(city, ann) == ann.actor.account_id
    away(city, ann, stand_in=ben)
    assert who(city, ann) == ben.actor.account_id
    assert who(city, ann, TODAY + timedelta(days=1)) == ann.actor.account_id
    away(city, ben, stand_in=ann)
    assert who(city, ann) is None
    with at_work(city) as uow:
        uow.session.get_one(Account, ben.actor.account_id).away_until = None
        uow.session.get_one(Account, ben.actor.account_id).disabled_at = MONDAY
    assert (who(city, ann), who(city, ben)) == (None, None)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 9, 7), "op 7 september"),
        (date(2025, 12, 31), "op 31 december 2025"),
    ],
)
def test_a_day_is_said_as_people_say_it(day: date, said: str) -> None:
    assert day_in_words(day, TODAY) == said


def test_every_letter_greets_and_says_who_writes(city: City) -> None:
    assert letter_text(city, "Een.", "Twee.") == "Hallo,\n\nEen.\n\nTwee.\n\nOpstap Genk\n"


@pytest.fixture
def pile() -> Pile:
    return Pile()


def dispatch(city: City, post: Pile | SmtpPost, now: datetime = MONDAY) -> int:
    """Bring what is due; gives how many letters left."""
    with at_work(city) as uow:
        before = len(list(uow.session.scalars(select(Delivery.id).where(_DONE))))
    dispatch_events(replace(city, post=post), now)
    with at_work(city) as uow:
        return len(list(uow.session.scalars(select(Delivery.id).where(_DONE)))) - before


_DONE = Delivery.done_at.is_not(None)


def write(
    city: City,
    to: Person,
    *,
    kind: LetterKind = LetterKind.NOTICE,
    about_id: UUID = ABOUT,
    period: str = "",
    subject: str = "Dag",
    body: str = "Dag, een geheime tekst.",
) -> bool:
    with at_work(city) as uow:
        return write_letter(
            uow,
            account_id=to.actor.account_id,
            kind=kind,
            about_id=about_id,
            period=period,
            subject=subject,
            body=body,
        )


def code(city: City, of: Person, minutes: int) -> UUID:
    with at_work(city) as uow:
        made = SignInCode(
            account_id=of.actor.account_id,
            asked_at=MONDAY,
            expires_at=MONDAY + timedelta(minutes=minutes),
        )
        uow.session.add(made)
        return made.id


def letter_ids(city: City) -> list[UUID]:
    with at_work(city) as uow:
        return list(uow.session.scalars(select(Letter.id)))


def deliveries(city: City, now: datetime = MONDAY, post: SmtpPost | None = None) -> list[Delivery]:
    """Give the deliveries of letters, after bringing what is due where there is a post."""
    if post is not None:
        dispatch(city, post, now)
    with at_work(city) as uow:
        rows = list(uow.session.scalars(select(Delivery)))
        uow.session.expunge_all()
        return rows


def failing(city: City, now: datetime) -> set[str]:
    with city.database.transaction(writes=False) as session:
        done = run_checks(session, CHECKS, now=now)
    return {each.check.name for each in done if not each.holds}


def assert_silent(said: Sequence[Mapping[str, Any]]) -> None:
    """Nothing that was logged tells who, where, or what about."""
    assert said
    for word in ("@", "ocmw", "geheim", "Dag"):
        assert not any(word in str(line) for line in said)


def away(city: City, who: Person, *, stand_in: Person) -> None:
    with at_work(city) as uow:
        account = uow.session.get_one(Account, who.actor.account_id)
        account.away_from = account.away_until = TODAY
        account.stand_in_id = stand_in.actor.account_id


def who(city: City, person: Person, on: date = TODAY) -> UUID | None:
    with at_work(city) as uow:
        return stands_in_for(uow.session, person.actor.account_id, on)
