"""A person comes in with the right password only, and is out when they leave."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from kernel.access import Role
from kernel.accounts import AccessToken, Account, WebSession
from kernel.cities import City
from kernel.errors import NotFound
from kernel.signing_in import (
    TooManyWrongPasswords,
    WrongPassword,
    create_token,
    end_sessions,
    sign_in,
    sign_out,
    signed_in_by_cookie,
    signed_in_by_token,
)
from tests import build
from tests.build import MONDAY, PASSWORD, at_work


def test_the_right_password_opens_a_session_for_fourteen_hours(city: City) -> None:
    person = build.referrer(city)
    secret = enter(city, f" {person.email.upper()} ")
    found = signed_in_by_cookie(city, secret=secret, now=MONDAY + timedelta(hours=1))
    assert found is not None
    assert found.actor == person.actor
    assert signed_in_by_cookie(city, secret=secret, now=MONDAY + timedelta(days=1)) is None


def test_a_session_in_use_lasts(city: City) -> None:
    secret = enter(city, build.referrer(city).email)
    for hours in (10, 20, 30):
        assert signed_in_by_cookie(city, secret=secret, now=MONDAY + timedelta(hours=hours))


def test_the_database_knows_no_secret(city: City) -> None:
    person = build.referrer(city)
    secret = enter(city, person.email)
    token = create_token(city, email=person.email, now=MONDAY)
    with at_work(city) as uow:
        kept = list(uow.session.scalars(select(WebSession.token_hash)))
        kept += list(uow.session.scalars(select(AccessToken.token_hash)))
    assert secret not in kept
    assert token not in kept


def test_wrong_unknown_and_disabled_are_told_the_same(city: City) -> None:
    known, gone = build.referrer(city), build.referrer(city)
    with at_work(city) as uow:
        uow.session.execute(
            update(Account).where(Account.email == gone.email).values(disabled_at=MONDAY)
        )
    said = set()
    for email, password in (
        (known.email, "wrong"),
        ("nobody@genk.example", PASSWORD),
        (gone.email, PASSWORD),
    ):
        with pytest.raises(WrongPassword) as refused:
            enter(city, email, password)
        said.add(str(refused.value))
    assert len(said) == 1


def test_after_five_wrong_ones_even_the_right_one_waits_a_quarter(city: City) -> None:
    person = build.referrer(city)
    for _ in range(5):
        with pytest.raises(WrongPassword):
            enter(city, person.email, "wrong")
    with pytest.raises(TooManyWrongPasswords):
        enter(city, person.email)
    assert sign_in(city, email=person.email, password=PASSWORD, now=MONDAY + timedelta(minutes=16))


def test_guessing_at_one_address_slows_no_other(city: City) -> None:
    for _ in range(5):
        with pytest.raises(WrongPassword):
            enter(city, "nobody@genk.example", "wrong")
    assert enter(city, build.referrer(city).email)


def test_leaving_ends_the_session(city: City) -> None:
    secret = enter(city, build.referrer(city).email)
    sign_out(city, secret=secret)
    assert signed_in_by_cookie(city, secret=secret, now=MONDAY) is None


def test_ending_an_accounts_sessions_ends_its_tokens_too(city: City) -> None:
    person = build.provider(city)
    secret, token = enter(city, person.email), create_token(city, email=person.email, now=MONDAY)
    with at_work(city) as uow:
        end_sessions(uow.session, account_id=person.actor.account_id)
    assert signed_in_by_cookie(city, secret=secret, now=MONDAY) is None
    assert signed_in_by_token(city, token=token) is None


def test_a_disabled_account_is_out_at_once(city: City) -> None:
    person = build.provider(city)
    secret, token = enter(city, person.email), create_token(city, email=person.email, now=MONDAY)
    with at_work(city) as uow:
        uow.session.execute(update(Account).values(disabled_at=MONDAY))
    assert signed_in_by_cookie(city, secret=secret, now=MONDAY) is None
    assert signed_in_by_token(city, token=token) is None


def test_a_token_carries_roles_and_scopes(city: City) -> None:
    person = build.provider(city)
    token = create_token(city, email=person.email, now=MONDAY, scopes=["redemptions"])
    found = signed_in_by_token(city, token=token)
    assert found is not None
    assert found.actor.roles == frozenset({Role.PROVIDER})
    assert found.scopes == frozenset({"redemptions"})
    with pytest.raises(NotFound):
        create_token(city, email="nobody@genk.example", now=MONDAY)


def enter(city: City, email: str, password: str = PASSWORD) -> str:
    return sign_in(city, email=email, password=password, now=MONDAY)
