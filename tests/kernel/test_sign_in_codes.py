"""Six digits by mail let in whoever they were mailed to: once, for ten minutes, in five tries."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, update

from jobs.dispatch import dispatch_events
from kernel.access import Role
from kernel.accounts import Account, SignInCode, WebSession
from kernel.cities import City
from kernel.errors import Invalid
from kernel.events import RecordedEvent
from kernel.letters import Letter
from kernel.organisations import OrganisationKind
from kernel.sessions import signed_in_by_cookie
from kernel.sign_in_codes import (
    TooManyCodesAsked,
    TooManyWrongCodes,
    WrongCode,
    ask_code,
    asked_at,
    digits_of,
    enter_with_code,
)
from tests import build
from tests.build import MONDAY, at_work
from tests.mailbox import Pile

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@pytest.mark.parametrize("role", [Role.REFERRER, Role.PROVIDER])
def test_the_mail_holds_the_digits_that_let_in(city: City, role: Role) -> None:
    pile = Pile()
    person = build.referrer(city) if role == Role.REFERRER else build.provider(city)
    ticket = ask_code(city, email=f" {person.email.upper()} ", now=MONDAY)
    dispatch_events(replace(city, post=pile), MONDAY)
    [letter] = pile.letters
    body = letter.get_content()
    assert (letter["To"], letter["Subject"]) == (person.email, "Je code voor Opstap Genk")
    digits = newest(city)
    assert digits in body
    secret = enter_with_code(city, ticket=ticket, digits=digits, now=MONDAY + MINUTE)
    found = signed_in_by_cookie(city, secret=secret, now=MONDAY + MINUTE)
    assert found is not None
    assert found.actor == person.actor


def test_digits_may_be_typed_with_spaces(city: City) -> None:
    ticket = asked(city)
    digits = newest(city)
    assert enter_with_code(city, ticket=ticket, digits=f" {digits[:3]} {digits[3:]}", now=MONDAY)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12 34 5"])
def test_what_is_no_six_digits_is_told_so_and_is_no_try(city: City, typed: str) -> None:
    ticket = asked(city)
    for _ in range(7):
        with pytest.raises(Invalid) as refused:
            enter_with_code(city, ticket=ticket, digits=typed, now=MONDAY)
        assert refused.value.fields == {"digits": ["Typ de zes cijfers."]}
    assert enter_with_code(city, ticket=ticket, digits=newest(city), now=MONDAY)


def test_a_code_works_once(city: City) -> None:
    ticket, digits = asked(city), newest(city)
    enter_with_code(city, ticket=ticket, digits=digits, now=MONDAY)
    with pytest.raises(WrongCode):
        enter_with_code(city, ticket=ticket, digits=digits, now=MONDAY)


def test_a_code_works_for_ten_minutes(city: City) -> None:
    person = build.referrer(city)
    ticket = ask_code(city, email=person.email, now=MONDAY)
    digits = newest(city)
    with pytest.raises(WrongCode):
        enter_with_code(city, ticket=ticket, digits=digits, now=MONDAY + 10 * MINUTE + SECOND)
    assert asked_at(city, ticket=ticket, now=MONDAY + 10 * MINUTE) == person.email
    assert asked_at(city, ticket=ticket, now=MONDAY + 10 * MINUTE + SECOND) == ""
    assert enter_with_code(city, ticket=ticket, digits=digits, now=MONDAY + 10 * MINUTE)


def test_only_the_newest_code_works(city: City) -> None:
    person = build.referrer(city)
    first = ask_code(city, email=person.email, now=MONDAY)
    first_digits = newest(city)
    second = ask_code(city, email=person.email, now=MONDAY + MINUTE)
    with pytest.raises(WrongCode):
        enter_with_code(city, ticket=first, digits=first_digits, now=MONDAY + MINUTE)
    assert enter_with_code(city, ticket=second, digits=newest(city), now=MONDAY + MINUTE)


def test_five_tries_are_enough_for_one_code(city: City) -> None:
    ticket, digits = asked(city), newest(city)
    for n in range(5):
        with pytest.raises(WrongCode):
            enter_with_code(city, ticket=ticket, digits=other_than(digits, n), now=MONDAY)
    with pytest.raises(TooManyWrongCodes):
        enter_with_code(city, ticket=ticket, digits=digits, now=MONDAY)


def test_the_row_counts_its_own_tries_whatever_else_is_forgotten(city: City) -> None:
    ticket, digits = asked(city), newest(city)
    with at_work(city) as uow:
        uow.session.execute(update(SignInCode).values(tries=5))
    with pytest.raises(WrongCode):
        enter_with_code(city, ticket=ticket, digits=digits, now=MONDAY)


def test_five_codes_go_to_one_address_in_an_hour(city: City) -> None:
    person = build.referrer(city)
    for address in (person.email, "nobody@genk.example"):
        for n in range(5):
            ask_code(city, email=address, now=MONDAY + n * MINUTE)
        with pytest.raises(TooManyCodesAsked):
            ask_code(city, email=address, now=MONDAY + 59 * MINUTE)
    assert len(letters(city)) == 5
    assert ask_code(city, email=person.email, now=MONDAY + 61 * MINUTE)


@pytest.mark.parametrize("typed", ["", "nadia", "@", "@genk.example", "nadia@", "\x00"])
def test_what_is_no_address_is_told_so(city: City, typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask_code(city, email=typed, now=MONDAY)
    assert "email" in refused.value.fields


def test_whoever_works_for_the_city_is_disabled_or_unknown_gets_nothing_and_is_not_told(
    city: City,
) -> None:
    home = build.organisation(city, OrganisationKind.CITY)
    both = build.person(city, Role.REFERRER, Role.REGIE, organisation_id=home)
    gone = build.referrer(city)
    with at_work(city) as uow:
        leave = update(Account).where(Account.email == gone.email).values(disabled_at=MONDAY)
        uow.session.execute(leave)
    refusals = set()
    for address in (build.regie(city).email, both.email, gone.email, "nobody@genk.example"):
        ticket = ask_code(city, email=address, now=MONDAY)
        assert asked_at(city, ticket=ticket, now=MONDAY) == address
        for _ in range(6):
            with pytest.raises((WrongCode, TooManyWrongCodes)) as refused:
                enter_with_code(city, ticket=ticket, digits="123456", now=MONDAY)
            refusals.add(str(refused.value))
    assert letters(city) == []
    assert refusals == {WrongCode.sentence, TooManyWrongCodes.sentence}
    with at_work(city) as uow:
        assert uow.session.scalars(select(SignInCode)).all() == []


def test_a_code_dies_with_a_second_factor_or_a_disabled_account(city: City) -> None:
    for change in ("disabled", "factor"):
        person = build.referrer(city)
        ticket, digits = ask_code(city, email=person.email, now=MONDAY), newest(city)
        with at_work(city) as uow:
            account = uow.session.get_one(Account, person.actor.account_id)
            if change == "disabled":
                account.disabled_at = MONDAY
            else:
                account.totp_since = MONDAY
        with pytest.raises(WrongCode):
            enter_with_code(city, ticket=ticket, digits=digits, now=MONDAY)
    with at_work(city) as uow:
        assert uow.session.scalar(select(func.count()).select_from(WebSession)) == 0


def test_a_ticket_is_of_its_own_city_and_of_nobody_elses_making(city: City) -> None:
    ticket, digits = asked(city), newest(city)
    for elsewhere in (replace(city, host="elsewhere"), replace(city, secret_key="another key")):
        with pytest.raises(WrongCode):
            enter_with_code(elsewhere, ticket=ticket, digits=digits, now=MONDAY)
    for wrong in ("", "a.b", ticket[:-1], ticket + "x", "é"):
        with pytest.raises(WrongCode):
            enter_with_code(city, ticket=wrong, digits=digits, now=MONDAY)


def test_the_digits_are_kept_nowhere(city: City) -> None:
    asked(city)
    digits = newest(city)
    with at_work(city) as uow:
        kept = [str(row) for row in uow.session.scalars(select(RecordedEvent.payload))]
        kept += [f"{one.subject} {one.body}" for one in uow.session.scalars(select(Letter))]
    assert len(kept) == 2
    assert not [text for text in kept if digits in text]


def test_to_ask_for_nobodys_address_does_as_much_as_for_somebodys(city: City) -> None:
    """The same statements in the same order, whether anything is kept or not (FIGURES Z4)."""
    person = build.referrer(city)
    with statements(city) as known:
        ask_code(city, email=person.email, now=MONDAY)
    with statements(city) as unknown:
        ask_code(city, email="nobody@genk.example", now=MONDAY)
    assert [said for said in unknown if "ROLLBACK" not in said] == [
        said for said in known if "RELEASE" not in said
    ]
    assert len(letters(city)) == 1


def asked(city: City) -> str:
    return ask_code(city, email=build.referrer(city).email, now=MONDAY)


def newest(city: City) -> str:
    with at_work(city) as uow:
        code = uow.session.scalars(select(SignInCode).order_by(SignInCode.asked_at.desc())).first()
        assert code is not None
        return digits_of(city, code.id)


def other_than(digits: str, n: int) -> str:
    return f"{(int(digits) + n + 1) % 1_000_000:06}"


def letters(city: City) -> list[Letter]:
    with at_work(city) as uow:
        found = list(uow.session.scalars(select(Letter)))
        uow.session.expunge_all()
        return found


@contextmanager
def statements(city: City) -> Iterator[list[str]]:
    said: list[str] = []

    def hear(_c: object, _k: object, statement: str, *_: object) -> None:
        said.append(statement.split(" sa_savepoint", maxsplit=1)[0])

    engine = city.database.engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", hear)
