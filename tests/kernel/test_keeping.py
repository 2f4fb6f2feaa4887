"""What is kept of people goes when its term is over: not sooner, not later, and only once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from jobs.schedule import JOBS, KEPT_OF_PEOPLE
from kernel.access import CLOCK
from kernel.accounts import AccessToken, Account, SignInAttempt, SignInCode, WebSession
from kernel.calendar import add_months
from kernel.cities import City
from kernel.family_files import MARK
from kernel.forgetting import AT_ONCE, Foreseen, foresee, forget, forget_some
from kernel.jobs import Forgotten
from kernel.keeping import Kept, Night, Term, Unit
from kernel.letters import Letter, LetterKind
from kernel.people import Child, Family
from kernel.rules import Rules
from tests import build
from tests.build import MONDAY, Person, at_work
from tests.conftest import city_at
from tests.figures import Say
from tests.races.dumping import changed, dump
from tests.races.dying import dies_before

BY_NAME = {kept.name: kept for kept in KEPT_OF_PEOPLE.kept}
SIX_MONTHS = Term(rule="x", count=6, unit=Unit.MONTHS, least=1, most=60)


@pytest.mark.parametrize(
    ("ended", "night"),
    [
        (date(2027, 1, 15), date(2027, 7, 15)),
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2027, 8, 31), date(2028, 2, 29)),
        (date(2027, 2, 28), date(2027, 8, 28)),
    ],
)
def test_six_months_after_a_day_is_the_same_day_or_the_months_last(
    ended: date, night: date
) -> None:
    before = Night(day=night - timedelta(days=1), rules=Rules({}))
    assert before.past(SIX_MONTHS) < ended <= Night(day=night, rules=Rules({})).past(SIX_MONTHS)


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(1, 60))
def test_a_term_is_over_on_the_first_night_that_is_so_many_months_later(
    ended: date, months: int
) -> None:
    term = Term(rule="x", count=months, unit=Unit.MONTHS, least=1, most=60)
    first = add_months(ended, months)
    assert Night(day=first, rules=Rules({})).past(term) >= ended
    assert Night(day=first - timedelta(days=1), rules=Rules({})).past(term) < ended


@pytest.mark.parametrize(
    ("chosen", "holds"), [(3, 3), (0, 1), (600, 60), ("much", 6), (True, 6), (None, 6)]
)
def test_a_city_chooses_a_term_within_what_is_allowed(chosen: object, holds: int) -> None:
    assert SIX_MONTHS.chosen(Rules({"x": chosen})) == holds


def test_a_family_without_a_booklet_is_forgotten_six_months_after_it_was_written_down(
    city: City,
) -> None:
    family_id = lone_family(city, build.referrer(city))
    at = add_months(MONDAY.date(), 6)
    assert forgotten(city, at - timedelta(days=1)) == {}
    assert forgotten(city, at) == {"families": 1}
    with at_work(city) as uow:
        family = uow.session.get_one(Family, family_id)
        assert (family.name, family.phone, family.phone_hash) == (None, None, None)
        assert (family.number_of_children, family.reference) == (None, "OC-9")
        child = uow.session.scalars(select(Child)).one()
        assert (child.first_name, child.birth_month) == (None, None)


def test_a_city_that_chose_three_months_forgets_after_three(city: City) -> None:
    lone_family(city, build.referrer(city))
    build.rule(city, "keeping.family_months", 3)
    at = add_months(MONDAY.date(), 3)
    assert forgotten(city, at - timedelta(days=1)) == {}
    assert forgotten(city, at) == {"families": 1}


def test_after_five_years_a_reference_says_nothing_any_more(city: City) -> None:
    family_id = lone_family(city, build.referrer(city))
    at = add_months(MONDAY.date(), 60)
    forgotten(city, at - timedelta(days=1))
    assert forgotten(city, at) == {"references": 1}
    with at_work(city) as uow:
        assert uow.session.get_one(Family, family_id).reference.startswith(MARK)
    assert forgotten(city, at + timedelta(days=9)) == {}


def test_sign_ins_letters_and_keys_go_by_their_own_terms(city: City) -> None:
    person = build.referrer(city).actor.account_id
    with at_work(city) as uow:
        uow.session.add_all(
            [
                SignInAttempt(address_hash="x", at=MONDAY),
                SignInCode(account_id=person, asked_at=MONDAY, expires_at=MONDAY),
                WebSession(
                    token_hash="a",
                    account_id=person,
                    created_at=MONDAY,
                    last_seen_at=MONDAY,
                    expires_at=MONDAY,
                ),
                AccessToken(
                    token_hash="b",
                    account_id=person,
                    scopes="",
                    created_at=MONDAY,
                    revoked_at=MONDAY,
                ),
                AccessToken(token_hash="c", account_id=person, scopes="", created_at=MONDAY),
                letter(person, LetterKind.MORNING),
                letter(person, LetterKind.GOOD_NEWS),
            ]
        )
    day = MONDAY.date()
    assert forgotten(city, day + timedelta(days=6)) == {}
    week = {"sign-in-attempts": 1, "sign-in-codes": 1, "sessions": 1}
    assert forgotten(city, day + timedelta(days=7)) == week
    assert forgotten(city, day + timedelta(days=89)) == {}
    assert forgotten(city, day + timedelta(days=90)) == {"tokens": 1, "letters": 2}
    with at_work(city) as uow:
        kept = uow.session.execute(select(Letter.kind, Letter.body)).all()
        assert [tuple(row) for row in kept] == [("good-news", "")]
        assert list(uow.session.scalars(select(AccessToken.token_hash))) == ["c"]
    assert forgotten(city, day + timedelta(days=200)) == {}


def test_whoever_left_five_years_ago_is_an_account_without_a_name(city: City) -> None:
    person = build.referrer(city, email="nadia@genk.example").actor.account_id
    with at_work(city) as uow:
        uow.session.execute(update(Account).values(disabled_at=MONDAY))
    at = add_months(MONDAY.date(), 60)
    assert forgotten(city, at - timedelta(days=1)) == {}
    assert forgotten(city, at) == {"accounts": 1}
    with at_work(city) as uow:
        account = uow.session.get_one(Account, person)
        assert "nadia" not in account.email
        assert (account.name, account.password_hash) == ("Oud-medewerker", None)
    assert forgotten(city, at + timedelta(days=1)) == {}


def test_more_than_one_transaction_holds_is_forgotten_in_several(city: City) -> None:
    with at_work(city) as uow:
        uow.session.add_all(
            SignInAttempt(address_hash="x", at=MONDAY) for _ in range(2 * AT_ONCE + 7)
        )
    later = MONDAY + timedelta(days=30)
    with at_work(city, CLOCK, later) as uow:
        assert forget_some(uow, kept=BY_NAME["sign-in-attempts"]) == (AT_ONCE, AT_ONCE)
    assert forget(city, KEPT_OF_PEOPLE, later) == AT_ONCE + 7
    with at_work(city) as uow:
        assert uow.session.scalar(select(func.count(SignInAttempt.id))) == 0
        counted = uow.session.execute(select(Forgotten.name, Forgotten.count)).all()
        assert [tuple(row) for row in counted] == [("sign-in-attempts", 2 * AT_ONCE + 7)]


def test_a_second_run_changes_nothing(city: City) -> None:
    something_old(city)
    before = dump(city)
    forget(city, KEPT_OF_PEOPLE, LATER)
    once = dump(city)
    assert {"family", "child", "sign_in_attempt", "forgotten"} <= set(changed(before, once))
    assert forget(city, KEPT_OF_PEOPLE, LATER) == 0
    assert changed(once, dump(city)) == []


def test_two_clocks_at_once_forget_everything_once(
    city: City, database_url: str, figure: Say
) -> None:
    something_old(city, times=120)
    other = city_at(database_url)
    try:
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda where: forget(where, KEPT_OF_PEOPLE, LATER), (city, other)))
    finally:
        other.database.dispose()
    assert sum(done) == 2 * 120 + 1
    with at_work(city) as uow:
        assert uow.session.scalar(select(func.sum(Forgotten.count))) == 2 * 120 + 1
    assert holds_a_person(city) == 0
    figure("S2 forget", f"two at once, {sum(done)} rows: each forgotten and counted once")


@pytest.mark.serial
def test_a_night_that_was_cut_short_is_finished_by_the_next_run(
    city: City, database_url: str, figure: Say
) -> None:
    killed, term = 0, {"families": BY_NAME["families"], "sign-in": BY_NAME["sign-in-attempts"]}
    something_old(city)
    some = type(KEPT_OF_PEOPLE)(kept=tuple(term.values()), lasting=())
    for statement in count(1):
        if not dies_before(database_url, statement, lambda where: forget(where, some, LATER)):
            break
        killed += 1
        with at_work(city) as uow:
            gone = uow.session.scalar(select(func.count()).where(Family.name.is_(None)))
            told = uow.session.get(Forgotten, ("families", LATER.date()))
        assert gone == (told.count if told else 0), "counted together with what was forgotten"
    assert killed >= 4
    assert holds_a_person(city) == 0
    figure("S3 forget", f"killed before each statement and COMMIT, {killed} times: complete")


def test_the_preview_tells_what_the_night_does_and_names_nobody(city: City) -> None:
    something_old(city)
    lone_family(city, build.referrer(city), now=LATER - timedelta(days=170), reference="OC-10")
    now = LATER - timedelta(days=1)  # the night that comes is that of LATER
    told = foreseen(city, now)
    families = told["families"]
    assert (families.holds, families.tonight, families.soon) == (2, 1, 1)
    assert families.oldest == MONDAY.date()
    assert families.last_on is None
    assert "Amina" not in repr([(one.tonight, one.oldest, one.kept.name) for one in told.values()])
    expected = {name: one.tonight for name, one in told.items() if one.tonight}
    assert forgotten(city, LATER.date()) == expected
    after = foreseen(city, LATER)["families"]
    assert (after.holds, after.tonight, after.last_on, after.last_count) == (
        1,
        0,
        LATER.date(),
        1,
    )


def test_before_three_in_the_morning_the_night_that_comes_is_tonight(city: City) -> None:
    something_old(city)
    at_two = LATER.replace(hour=2) - timedelta(days=1)
    assert foreseen(city, at_two)["families"].tonight == 0
    assert foreseen(city, at_two + timedelta(hours=2))["families"].tonight == 1


def test_the_job_runs_at_three(city: City) -> None:
    job = next(job for job in JOBS if job.name == "forget")
    assert f"{job.daily:%H:%M}" == "03:00"
    something_old(city)
    assert job.run(city, LATER) == 3
    assert job.run(city, LATER) == 0


LATER = datetime(2027, 3, 7, 9, 0, tzinfo=MONDAY.tzinfo)  # six months after MONDAY


def something_old(city: City, *, times: int = 1) -> None:
    """Families whose time is over on LATER, wrong passwords, and a code that is younger."""
    person = build.referrer(city)
    for number in range(times):
        lone_family(city, person, reference=f"OC-{number}")
    with at_work(city) as uow:
        uow.session.add_all(SignInAttempt(address_hash="x", at=MONDAY) for _ in range(times))
        asked = SignInCode(account_id=person.actor.account_id, asked_at=MONDAY, expires_at=MONDAY)
        uow.session.add(asked)


def lone_family(city: City, by: Person, *, now: datetime = MONDAY, reference: str = "OC-9") -> UUID:
    with at_work(city, now=now) as uow:
        family = Family(
            organisation_id=by.organisation_id,
            reference=reference,
            language="ar",
            created_at=now,
            name="Amina Demo",
            phone="0470 12 34 56",
            phone_hash="abc",
            number_of_children=2,
        )
        uow.session.add(family)
        uow.session.flush()
        child = Child(family_id=family.id, first_name="Lina", birth_month=date(2025, 3, 1))
        uow.session.add(child)
        return family.id


def letter(account_id: UUID, kind: LetterKind) -> Letter:
    return Letter(
        account_id=account_id,
        kind=kind,
        about_id=uuid4(),
        period="p",
        subject="Goed nieuws",
        body="Een gezin begon.",
        written_at=MONDAY,
    )


def forgotten(city: City, on: date) -> dict[str, int]:
    """Do the work of a night, class by class; give what went of each."""
    now = datetime.combine(on, datetime.min.time(), MONDAY.tzinfo) + timedelta(hours=3)
    gone = {kept.name: _all_of(city, kept, now) for kept in KEPT_OF_PEOPLE.kept}
    return {name: number for name, number in gone.items() if number}


def _all_of(city: City, kept: Kept, now: datetime) -> int:
    return forget(city, type(KEPT_OF_PEOPLE)(kept=(kept,), lasting=()), now)


def foreseen(city: City, now: datetime) -> dict[str, Foreseen]:
    with at_work(city, build.regie(city).actor, now) as uow:
        return {each.kept.name: each for each in foresee(uow, register=KEPT_OF_PEOPLE)}


def holds_a_person(city: City) -> int:
    with at_work(city) as uow:
        named = uow.session.scalar(select(func.count()).where(Family.name.is_not(None)))
        tried = uow.session.scalar(select(func.count(SignInAttempt.id)))
        return (named or 0) + (tried or 0)
