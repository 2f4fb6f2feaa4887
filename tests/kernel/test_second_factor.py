"""Whoever works for the city shows six digits after the password, each of them once."""

import re
from datetime import datetime, timedelta

import pyotp
import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from kernel.access import CITY_ROLES, CLOCK, Role
from kernel.accounts import Account, WebSession
from kernel.cities import City
from kernel.errors import Forbidden, Invalid, NotFound
from kernel.events import RecordedEvent
from kernel.letters import Letter, LetterKind
from kernel.one_time_codes import secret_of
from kernel.organisations import OrganisationKind
from kernel.second_factor import (
    Factor,
    FactorSet,
    NoFactor,
    OwnFactor,
    begin_factor,
    confirm_factor,
    read_factor,
    reset_second_factor,
    reset_second_factor_at,
)
from kernel.second_step import (
    SecondStepAsked,
    SecondStepOver,
    TooManyWrongDigits,
    WrongDigits,
    is_waiting,
    take_second_step,
)
from kernel.sessions import signed_in_by_cookie
from kernel.signing_in import sign_in
from kernel.tokens import create_token, signed_in_by_token
from terminal import command
from tests import build
from tests.build import MONDAY, PASSWORD, Person, at_work

STEP, MINUTE = timedelta(seconds=30), timedelta(minutes=1)
LATER = MONDAY + timedelta(hours=1)


def test_after_the_password_the_digits_of_the_app_let_in(city: City, regie: Person) -> None:
    app = set_up(city, regie)
    ticket = asked_for(city, regie)
    assert is_waiting(city, ticket=ticket, now=LATER)
    secret = take_second_step(city, ticket=ticket, digits=app.at(LATER), now=LATER, device="Mac")
    found = signed_in_by_cookie(city, secret=secret, now=LATER)
    assert found is not None
    assert (found.actor, found.factor_due) == (regie.actor, False)


def test_digits_of_half_a_minute_earlier_or_later_do_and_of_a_minute_do_not(
    city: City, regie: Person
) -> None:
    app = set_up(city, regie)
    for steps, right in ((-2, False), (-1, True), (2, False), (1, True)):
        digits = app.at(LATER + steps * STEP)
        if right:
            assert take(city, regie, digits)
        else:
            with pytest.raises(WrongDigits):
                take(city, regie, digits)


def test_digits_are_taken_once_and_older_ones_no_more(city: City, regie: Person) -> None:
    app = set_up(city, regie)
    take(city, regie, app.at(LATER))
    for steps in (0, -1):
        with pytest.raises(WrongDigits):
            take(city, regie, app.at(LATER + steps * STEP))
    assert take(city, regie, app.at(LATER + STEP))


def test_the_digits_that_set_it_up_let_in_no_more(city: City, regie: Person) -> None:
    app = set_up(city, regie)
    with pytest.raises(WrongDigits):
        take(city, regie, app.at(MONDAY), now=MONDAY)


def test_after_five_wrong_ones_even_the_right_ones_wait_a_quarter(
    city: City, regie: Person
) -> None:
    app = set_up(city, regie)
    for n in range(5):
        with pytest.raises(WrongDigits):
            take(city, regie, wrong(app, LATER, n))
    with pytest.raises(TooManyWrongDigits):
        take(city, regie, app.at(LATER))
    quarter = LATER + 16 * MINUTE
    assert take(city, regie, app.at(quarter), now=quarter)


def test_the_ticket_is_over_after_five_minutes_and_with_a_new_password(
    city: City, regie: Person
) -> None:
    app, ticket = set_up(city, regie), asked_for(city, regie)
    late = LATER + 5 * MINUTE + timedelta(seconds=1)
    with pytest.raises(SecondStepOver):
        take_second_step(city, ticket=ticket, digits=app.at(late), now=late)
    with at_work(city) as uow:
        uow.session.execute(update(Account).values(password_hash="another"))
    with pytest.raises(SecondStepOver):
        take_second_step(city, ticket=ticket, digits=app.at(LATER), now=LATER)
    for none in ("", "x", ticket[:-1]):
        assert not is_waiting(city, ticket=none, now=LATER)
        with pytest.raises(SecondStepOver):
            take_second_step(city, ticket=none, digits=app.at(LATER), now=LATER)


def test_a_disabled_account_takes_no_second_step(city: City, regie: Person) -> None:
    app, ticket = set_up(city, regie), asked_for(city, regie)
    with at_work(city) as uow:
        uow.session.execute(update(Account).values(disabled_at=MONDAY))
    with pytest.raises(SecondStepOver):
        take_second_step(city, ticket=ticket, digits=app.at(LATER), now=LATER)


def test_until_it_is_confirmed_it_does_not_count_and_shows_the_same_secret(
    city: City, regie: Person
) -> None:
    for _ in range(2):
        with at_work(city, regie.actor) as uow:
            begin_factor(uow)
            factor = read_factor(uow)
        secret = factor.secret.replace(" ", "")
        assert re.fullmatch(r"[A-Z2-7]{32}", secret)
        assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", factor.secret)
        assert f"secret={secret}&" in factor.scanned
        assert (factor.since, "issuer=Opstap%20Genk" in factor.scanned) == (None, True)
    assert len({factor.secret, read(city, regie).secret}) == 1
    assert sign_in(city, email=regie.email, password=PASSWORD, now=MONDAY)
    app = pyotp.TOTP(secret)
    with at_work(city, regie.actor) as uow, pytest.raises(Invalid) as refused:
        confirm_factor(uow, digits=wrong(app, MONDAY, 0))
    assert "digits" in refused.value.fields
    with at_work(city, regie.actor) as uow:
        confirm_factor(uow, digits=app.at(MONDAY))
    after = read(city, regie)
    assert (after.since, after.secret, after.scanned) == (MONDAY, "", "")
    with at_work(city, regie.actor) as uow:
        with pytest.raises(FactorSet):
            begin_factor(uow)
        with pytest.raises(FactorSet):
            confirm_factor(uow, digits="123456")


def test_the_database_alone_opens_nothing(city: City, regie: Person) -> None:
    app = set_up(city, regie)
    with at_work(city) as uow:
        account = uow.session.get_one(Account, regie.actor.account_id)
        assert account.totp_seed is not None
        kept = f"{account.totp_seed} {account!r}"
        kept += " ".join(str(row) for row in uow.session.scalars(select(RecordedEvent.payload)))
    assert app.secret not in kept
    assert account.totp_seed not in repr(account)


@pytest.mark.parametrize("role", sorted(CITY_ROLES))
def test_a_city_may_ask_it_of_everybody_from_a_day_on(city: City, role: Role) -> None:
    home = build.organisation(city, OrganisationKind.CITY)
    person = build.person(city, role, organisation_id=home)
    others = [build.referrer(city), build.provider(city)]
    secrets = [enter(city, each) for each in (person, *others)]
    assert due(city, secrets) == [False, False, False]
    build.rule(city, "accounts.second_factor_required", value=True, since=MONDAY.date())
    assert due(city, secrets) == [True, False, False]
    assert due(city, secrets, now=MONDAY - timedelta(days=1)) == [False, False, False]
    set_up(city, person)
    assert due(city, secrets) == [False, False, False]


def test_an_administrator_takes_away_the_one_of_a_lost_phone(
    city: City, regie: Person, boss: Person
) -> None:
    app = set_up(city, regie)
    session, token = (
        take(city, regie, app.at(LATER)),
        create_token(city, email=regie.email, now=MONDAY),
    )
    with at_work(city, boss.actor, LATER) as uow:
        reset_second_factor(uow, account_id=regie.actor.account_id)
    assert signed_in_by_cookie(city, secret=session, now=LATER) is None
    assert signed_in_by_token(city, token=token) is None
    again = sign_in(city, email=regie.email, password=PASSWORD, now=LATER)
    assert due(city, [again], now=LATER) == [True]
    with at_work(city, boss.actor, LATER) as uow:
        letter = uow.session.scalars(
            select(Letter).where(Letter.account_id == regie.actor.account_id)
        ).one()
        names = list(uow.session.scalars(select(RecordedEvent.name)))
        assert letter.kind == LetterKind.NOTICE
        assert "http://genk.localhost/aanmelden" in letter.body
    assert "kernel.second_factor_reset" in names
    assert set_up(city, regie, now=LATER).secret != app.secret


def test_nobody_takes_away_their_own_nor_what_is_not_there(city: City, boss: Person) -> None:
    other = build.regie(city)
    with at_work(city, boss.actor) as uow:
        for account_id, refusal in (
            (boss.actor.account_id, OwnFactor),
            (other.actor.account_id, NoFactor),
            (boss.organisation_id, NotFound),
        ):
            with pytest.raises(refusal):
                reset_second_factor(uow, account_id=account_id)


@pytest.mark.parametrize("role", sorted({*CITY_ROLES, Role.REFERRER} - {Role.ADMINISTRATOR}))
def test_only_an_administrator_may(city: City, boss: Person, role: Role) -> None:
    person = build.person(city, role, organisation_id=boss.organisation_id)
    with at_work(city, person.actor) as uow, pytest.raises(Forbidden):
        reset_second_factor(uow, account_id=boss.actor.account_id)


def test_on_the_machine_it_is_taken_away_by_address(city: City, boss: Person) -> None:
    set_up(city, boss)
    with at_work(city, CLOCK) as uow:
        reset_second_factor_at(uow, email=f" {boss.email.upper()} ")
    with at_work(city, CLOCK) as uow, pytest.raises(NotFound):
        reset_second_factor_at(uow, email="nobody@genk.example")
    with at_work(city) as uow:
        account = uow.session.get_one(Account, boss.actor.account_id)
        assert (account.totp_due, account.totp_seed, account.totp_since) == (True, None, None)
        assert uow.session.scalars(select(WebSession)).all() == []


def test_the_command_says_what_it_did(
    city: City, boss: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(city, boss)
    monkeypatch.setenv("DATABASE_URL", city.database.url)
    monkeypatch.setenv("SECRET_KEY", city.secret_key)
    done = CliRunner().invoke(command, ["account", "reset-factor", boss.email])
    assert (done.exit_code, "the second step is gone" in done.output) == (0, True), done.output
    none = CliRunner().invoke(command, ["account", "reset-factor", "nobody@genk.example"])
    assert none.exit_code != 0


def set_up(city: City, person: Person, *, now: datetime = MONDAY) -> pyotp.TOTP:
    """Set somebody's second step up, and give their app."""
    with at_work(city, person.actor, now) as uow:
        begin_factor(uow)
        seed = uow.session.get_one(Account, person.actor.account_id).totp_seed
        assert seed is not None
        app = pyotp.TOTP(secret_of(city, seed))
        confirm_factor(uow, digits=app.at(now))
    return app


def asked_for(city: City, person: Person, *, now: datetime = LATER) -> str:
    with pytest.raises(SecondStepAsked) as asked:
        sign_in(city, email=person.email, password=PASSWORD, now=now)
    return str(asked.value.about["ticket"])


def take(city: City, person: Person, digits: str, *, now: datetime = LATER) -> str:
    return take_second_step(city, ticket=asked_for(city, person, now=now), digits=digits, now=now)


def wrong(app: pyotp.TOTP, now: datetime, n: int) -> str:
    right = {app.at(now + step * STEP) for step in (-1, 0, 1)}
    return next(
        digits for digits in (f"{k:06}" for k in range(n * 10, 1_000_000)) if digits not in right
    )


def read(city: City, person: Person) -> Factor:
    with at_work(city, person.actor) as uow:
        return read_factor(uow)


def enter(city: City, person: Person) -> str:
    return sign_in(city, email=person.email, password=PASSWORD, now=MONDAY)


def due(city: City, secrets: list[str], *, now: datetime = MONDAY) -> list[bool]:
    found = [signed_in_by_cookie(city, secret=secret, now=now) for secret in secrets]
    return [one is not None and one.factor_due for one in found]


@pytest.fixture
def regie(city: City) -> Person:
    return build.regie(city)


@pytest.fixture
def boss(city: City) -> Person:
    home = build.organisation(city, OrganisationKind.CITY)
    return build.person(city, Role.ADMINISTRATOR, organisation_id=home)
