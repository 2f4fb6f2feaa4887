"""Whoever has a new task hears of it once, on the morning of a working day, without names."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select

from jobs.dispatch import dispatch_events
from kernel.access import CLOCK, Role
from kernel.accounts import Account
from kernel.calendar import BRUSSELS
from kernel.cities import City
from kernel.morning import send_morning_mail
from kernel.tasks import Task, close_tasks_about, open_task
from tests import build
from tests.build import MONDAY, Person, at_work, scanned
from tests.mailbox import Pile
from vouchers.annulling import annul_redemption
from vouchers.drop_off import flag_drop_offs

EIGHT = MONDAY.replace(hour=8)
FRIDAY_NIGHT = EIGHT - timedelta(days=3) + timedelta(hours=12)
DAY = timedelta(days=1)
TODAY = EIGHT.date()
USED = "used"


def test_a_new_task_is_told_once_to_whom_it_is_for(city: City) -> None:
    ann = build.referrer(city)
    build.person(city, Role.REFERRER, organisation_id=ann.organisation_id)
    task(city, ann)
    assert mailed(city, EIGHT) == [ann.email]
    assert mailed(city, EIGHT) == []
    assert mailed(city, EIGHT + DAY) == []


def test_where_nothing_is_new_nobody_is_mailed(city: City) -> None:
    build.referrer(city)
    assert mailed(city, EIGHT) == []


def test_the_letter_counts_and_links_and_names_nobody(city: City) -> None:
    ann = build.referrer(city)
    subject = task(city, ann)
    assert mailed(city, EIGHT) == [ann.email]
    task(city, ann)
    task(city, ann, opened_at=EIGHT + DAY - timedelta(hours=2))
    pile = Pile()
    assert mailed(city, EIGHT + DAY, pile=pile) == [ann.email]
    [letter] = pile.letters
    assert str(letter["Subject"]) == "Opstap Genk: 2 nieuwe taken"
    text = letter.get_content()
    assert "Je hebt 2 nieuwe taken. In totaal zijn er 3 taken voor jou." in text.splitlines()
    assert f"{city.base_url}/vandaag" in text.splitlines()
    for secret in ("Nadia", ann.email, str(subject), "first-use", "no-first-use"):
        assert secret not in text


def test_one_task_is_said_as_one(city: City) -> None:
    ann, pile = build.referrer(city), Pile()
    task(city, ann)
    mailed(city, EIGHT, pile=pile)
    assert pile.subjects == ["Opstap Genk: 1 nieuwe taak"]
    assert "Je hebt 1 nieuwe taak. In totaal is er 1 taak voor jou." in pile.letters[0].as_string()


@pytest.mark.parametrize(
    "morning",
    [
        datetime(2026, 9, 5, 8, tzinfo=BRUSSELS),  # a Saturday
        datetime(2026, 9, 6, 8, tzinfo=BRUSSELS),  # a Sunday
        datetime(2026, 11, 11, 8, tzinfo=BRUSSELS),  # Armistice Day, a Wednesday
        datetime(2026, 12, 25, 8, tzinfo=BRUSSELS),
        datetime(2027, 3, 29, 8, tzinfo=BRUSSELS),  # Easter Monday
    ],
)
def test_nobody_is_mailed_on_a_weekend_or_a_holiday(city: City, morning: datetime) -> None:
    ann = build.referrer(city)
    task(city, ann, opened_at=morning - DAY)
    assert mailed(city, morning) == []


def test_what_was_found_on_a_weekend_is_told_on_monday_once(city: City) -> None:
    ann = build.referrer(city)
    task(city, ann, opened_at=EIGHT - 2 * DAY)
    assert [mailed(city, EIGHT + n * DAY) for n in range(-2, 3)] == [[], [], [ann.email], [], []]


def test_a_silent_booklet_gives_exactly_one_mail_on_the_right_working_day(city: City) -> None:
    """Handed out on a Saturday: two weeks later is a Saturday again, so Monday it is."""
    ann = build.referrer(city)
    build.handed_out(city, ann, now=MONDAY - 2 * DAY)
    got = {}
    for day in range(8, 24):
        five = MONDAY.replace(hour=5) + day * DAY
        with at_work(city, CLOCK, five) as uow:
            flag_drop_offs(uow)
        dispatch_events(city, five)
        if readers := mailed(city, five.replace(hour=8)):
            got[five.date()] = readers
    assert got == {date(2026, 9, 21): [ann.email]}


def test_a_job_that_was_off_three_days_tells_everything_in_one_letter(city: City) -> None:
    ann, pile = build.referrer(city), Pile()
    for day in range(3):
        task(city, ann, opened_at=EIGHT + day * DAY)
    assert mailed(city, EIGHT + 3 * DAY, pile=pile) == [ann.email]
    assert pile.subjects == ["Opstap Genk: 3 nieuwe taken"]
    assert mailed(city, EIGHT + 4 * DAY) == []


def test_what_comes_up_after_todays_letter_waits_for_tomorrows(city: City) -> None:
    ann, pile = build.referrer(city), Pile()
    task(city, ann)
    assert mailed(city, EIGHT) == [ann.email]
    task(city, ann, opened_at=EIGHT + timedelta(hours=1))
    assert mailed(city, EIGHT + timedelta(hours=2)) == [], "one letter a day"
    assert mailed(city, EIGHT + DAY, pile=pile) == [ann.email]
    assert pile.subjects == ["Opstap Genk: 1 nieuwe taak"]


def test_a_task_that_is_closed_is_no_news(city: City) -> None:
    ann = build.referrer(city)
    subject = task(city, ann)
    with at_work(city) as uow:
        close_tasks_about(uow, subject_id=subject, outcome=USED)
    assert mailed(city, EIGHT) == []


def test_a_task_that_waits_for_a_later_day_is_told_on_that_day_and_again_when_put_off(
    city: City,
) -> None:
    ann = build.referrer(city)
    subject = task(city, ann)
    put_off(city, subject, TODAY + DAY)
    got = [mailed(city, EIGHT), mailed(city, EIGHT + DAY), mailed(city, EIGHT + 2 * DAY)]
    assert got == [[], [ann.email], []]
    put_off(city, subject, TODAY + 3 * DAY)
    assert mailed(city, EIGHT + 3 * DAY) == [ann.email]
    assert mailed(city, EIGHT + 4 * DAY) == []


def test_a_task_that_came_back_because_a_use_was_undone_is_told_again(city: City) -> None:
    ann = build.referrer(city)
    subject = task(city, ann)
    assert mailed(city, EIGHT) == [ann.email]
    with at_work(city, now=EIGHT + timedelta(hours=2)) as uow:
        close_tasks_about(uow, subject_id=subject, outcome=USED)
    come_back(city, subject, EIGHT + timedelta(hours=3))
    assert mailed(city, EIGHT + DAY) == [ann.email]
    assert mailed(city, EIGHT + 2 * DAY) == []


def test_a_first_use_that_is_undone_is_told_again_the_next_morning(city: City) -> None:
    ann, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, ann, now=EIGHT - 14 * DAY)
    flag(city, EIGHT.replace(hour=5))
    assert mailed(city, EIGHT) == [ann.email]
    noon = EIGHT.replace(hour=12)
    scan = scanned(city, provider, paper.codes[0], now=noon)
    dispatch_events(city, noon)
    with at_work(city, provider.actor, noon) as uow:
        annul_redemption(uow, redemption_id=scan)
    dispatch_events(city, noon)
    assert mailed(city, EIGHT + DAY) == [ann.email]


def test_whoever_is_away_gets_nothing_and_the_stand_in_does(city: City) -> None:
    ann = build.referrer(city)
    ben, pile = colleague(city, ann), Pile()
    task(city, ann)
    away(city, ann, until=TODAY, stand_in=ben)
    assert mailed(city, EIGHT, pile=pile) == [ben.email]
    assert "1 taak is van een collega die er niet is." in pile.letters[0].get_content()
    assert mailed(city, EIGHT + DAY) == [ann.email], "back at work: nobody told her yet"
    assert mailed(city, EIGHT + 2 * DAY) == []


def test_a_stand_in_hears_of_what_was_told_before_and_its_owner_not_again(city: City) -> None:
    ann = build.referrer(city)
    ben = colleague(city, ann)
    task(city, ann)
    assert mailed(city, EIGHT) == [ann.email]
    away(city, ann, since=TODAY + DAY, until=TODAY + DAY, stand_in=ben)
    assert mailed(city, EIGHT + DAY) == [ben.email]
    assert mailed(city, EIGHT + 2 * DAY) == []


def test_without_a_stand_in_the_work_is_the_organisations(city: City) -> None:
    ann = build.referrer(city)
    ben, cas = colleague(city, ann), colleague(city, ann)
    gone = colleague(city, ann)
    close_account(city, gone)
    build.referrer(city)
    task(city, ann)
    away(city, ann, until=TODAY)
    assert mailed(city, EIGHT) == sorted([ben.email, cas.email])


def test_the_work_of_somebody_who_left_is_the_organisations(city: City) -> None:
    ann = build.referrer(city)
    ben = colleague(city, ann)
    task(city, ann)
    close_account(city, ann)
    assert mailed(city, EIGHT) == [ben.email]


def test_a_task_of_the_whole_organisation_is_told_to_each_once_and_says_so(city: City) -> None:
    ann, pile = build.referrer(city), Pile()
    ben = colleague(city, ann)
    task(city, ann, mine=False)
    away(city, ann, until=TODAY, stand_in=ben)  # so Ben has it twice over, and is told once
    assert mailed(city, EIGHT, pile=pile) == [ben.email]
    text = pile.letters[0].get_content()
    assert "Je hebt 1 nieuwe taak. In totaal is er 1 taak voor jou." in text
    assert "1 taak is voor je hele organisatie: spreek af wie ze doet." in text


def test_a_task_of_the_regie_is_told_to_the_regie_only(city: City) -> None:
    joris, pile = build.regie(city), Pile()
    for role in (Role.EVALUATOR, Role.FINANCE, Role.ADMINISTRATOR):
        build.person(city, role, organisation_id=joris.organisation_id)
    build.referrer(city)
    task(city, joris, mine=False)
    assert mailed(city, EIGHT, pile=pile) == [joris.email]
    assert f"\n{city.base_url}/\n" in pile.letters[0].get_content(), "its desk is its start page"


def test_a_stand_in_who_cannot_open_the_task_is_none(city: City) -> None:
    ann, elsewhere = build.referrer(city), build.referrer(city)
    ben = colleague(city, ann)
    task(city, ann)
    away(city, ann, until=TODAY, stand_in=elsewhere)
    assert mailed(city, EIGHT) == [ben.email]


def test_where_everybody_is_away_the_news_waits_until_somebody_is_back(city: City) -> None:
    ann = build.referrer(city)
    task(city, ann)
    away(city, ann, until=TODAY + DAY)
    assert [mailed(city, EIGHT + n * DAY) for n in range(3)] == [[], [], [ann.email]]


def test_whoever_wants_no_mail_gets_none_and_nobody_instead(city: City) -> None:
    ann = build.referrer(city)
    colleague(city, ann)
    task(city, ann)
    wants(city, ann, mail=False)
    assert mailed(city, EIGHT) == []
    wants(city, ann, mail=True)
    assert mailed(city, EIGHT + DAY) == [ann.email], "told when she wants to hear of it"


def test_the_mornings_reading_does_not_grow_with_the_work(city: City) -> None:
    people = [build.referrer(city) for _ in range(6)]
    for ann in people:
        away(city, ann, until=TODAY, stand_in=colleague(city, ann))
        wants(city, colleague(city, ann), mail=False)
        for _ in range(3):
            task(city, ann)
    with at_work(city, now=EIGHT) as uow:
        for account in uow.session.scalars(select(Account)):
            account.mails_tasks = False
    asked: list[str] = []
    with at_work(city, CLOCK, EIGHT) as uow:
        event.listen(
            uow.session.get_bind(), "before_cursor_execute", lambda *args: asked.append(args[2])
        )
        assert send_morning_mail(uow) == 0
    assert len(asked) == 4


def task(city: City, of: Person, *, opened_at: datetime = FRIDAY_NIGHT, mine: bool = True) -> UUID:
    """Open a task; gives what it is about."""
    subject = uuid4()
    with at_work(city, now=opened_at) as uow:
        open_task(
            uow,
            rule="no-first-use",
            subject_id=subject,
            period="",
            organisation_id=of.organisation_id,
            account_id=of.actor.account_id if mine else None,
            due_on=uow.today,
        )
    return subject


def put_off(city: City, subject: UUID, until: date) -> None:
    with at_work(city) as uow:
        found = uow.session.scalars(select(Task).where(Task.subject_id == subject)).one()
        found.not_before = until


def come_back(city: City, subject: UUID, at: datetime) -> None:
    with at_work(city) as uow:
        found = uow.session.scalars(select(Task).where(Task.subject_id == subject)).one()
        found.closed_at, found.outcome, found.came_back_at = None, None, at


def colleague(city: City, of: Person) -> Person:
    return build.person(city, Role.REFERRER, organisation_id=of.organisation_id)


def away(
    city: City,
    who: Person,
    *,
    until: date,
    since: date = TODAY,
    stand_in: Person | None = None,
) -> None:
    with at_work(city) as uow:
        account = uow.session.get_one(Account, who.actor.account_id)
        account.away_from, account.away_until = since, until
        account.stand_in_id = stand_in.actor.account_id if stand_in else None


def close_account(city: City, of: Person) -> None:
    with at_work(city) as uow:
        uow.session.get_one(Account, of.actor.account_id).disabled_at = MONDAY


def wants(city: City, who: Person, *, mail: bool) -> None:
    with at_work(city) as uow:
        uow.session.get_one(Account, who.actor.account_id).mails_tasks = mail


def flag(city: City, now: datetime) -> None:
    with at_work(city, CLOCK, now) as uow:
        flag_drop_offs(uow)
    dispatch_events(city, now)


def mailed(city: City, now: datetime, *, pile: Pile | None = None) -> list[str]:
    """Do what the clock does in the morning; gives who got a letter."""
    post = pile or Pile()
    with at_work(city, CLOCK, now) as uow:
        written = send_morning_mail(uow)
    dispatch_events(replace(city, post=post), now)
    assert written == len(post.letters)
    return post.readers
