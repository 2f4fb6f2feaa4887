"""What lets somebody in dies when it must (FIGURES Z3), and cannot be guessed (Z4)."""

import json
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from structlog.testing import capture_logs

from jobs.dispatch import dispatch_events
from kernel.access import Role
from kernel.accounts import Account, SignInCode
from kernel.administering import change_roles, disable_account
from kernel.cities import City
from kernel.errors import Refusal, TooMany
from kernel.events import Delivery, RecordedEvent
from kernel.forgotten import send_new_link
from kernel.inviting import choose_password, link
from kernel.letters import Letter
from kernel.one_time_codes import secret_of
from kernel.organisations import OrganisationKind
from kernel.passwords import hashed_password
from kernel.proving import change_password
from kernel.second_factor import reset_second_factor
from kernel.second_step import SecondStepAsked, take_second_step
from kernel.sessions import sign_out, signed_in_by_cookie
from kernel.sign_in_codes import ask_code, digits_of, enter_with_code
from kernel.signing_in import sign_in
from kernel.tokens import create_token, signed_in_by_token
from tests import build
from tests.build import PASSWORD, Person, at_work
from tests.figures import Say, rounds
from tests.kernel.test_second_factor import set_up
from tests.web.people import form

NOW = datetime.now(UTC)
KEY, NEW = "a key for tests", "een andere lange zin"


def test_sessions_and_tokens_die_when_they_must(city: City, figure: Say) -> None:
    """Ordinary sessions, kept ones and tokens; on signing out only the session that is left."""
    home = build.organisation(city, OrganisationKind.CITY)
    boss = build.person(city, Role.ADMINISTRATOR, organisation_id=home)
    ends: dict[str, Callable[[Person], object]] = {
        "disabled": partial(_by(city, boss), disable_account),
        "a role lost": partial(_by(city, boss), change_roles, roles=[Role.REFERRER]),
        "a new password by link": partial(_chosen, city),
        "a second step reset": partial(_by(city, boss), reset_second_factor),
    }
    died = 0
    for end in ends.values():
        person = build.person(city, Role.REGIE, Role.REFERRER, organisation_id=home)
        set_up(city, person, now=NOW - timedelta(hours=1))
        seconds = _with_second_step(city, person)
        token = create_token(city, email=person.email, now=NOW)
        assert is_in(city, seconds)
        assert signed_in_by_token(city, token=token) is not None
        end(person)
        assert not is_in(city, seconds), end
        assert signed_in_by_token(city, token=token) is None
        died += 2
    for end in (ends["disabled"], ends["a new password by link"], partial(_changed, city)):
        person = build.provider(city)
        kept, ordinary = (_enter(city, person, stays=stays) for stays in (True, False))
        token = create_token(city, email=person.email, now=NOW)
        assert is_in(city, kept)
        end(person)
        assert not is_in(city, kept)
        assert not is_in(city, ordinary)
        assert signed_in_by_token(city, token=token) is None
        died += 3
    person = build.provider(city)
    kept, other = (_enter(city, person, stays=True) for _ in range(2))
    sign_out(city, secret=kept)
    assert (is_in(city, kept), is_in(city, other)) == (False, True)
    figure("Z3", f"{died + 1} sessions, kept phones and tokens: each dead at once")


def test_guessing_is_slowed_wherever_something_can_be_guessed(city: City, figure: Say) -> None:
    """Ten wrong ones: five are tried, the others wait, also the right one among them."""
    provider, regie, told = build.provider(city), build.regie(city), []
    app = set_up(city, regie, now=NOW - timedelta(hours=1))
    with pytest.raises(SecondStepAsked) as asked:
        sign_in(city, email=regie.email, password=PASSWORD, now=NOW)
    step, code = asked.value.about["ticket"], ask_code(city, email=provider.email, now=NOW)
    nobodys = ask_code(city, email="nobody@genk.example", now=NOW)
    right = _digits(city)
    places: dict[str, tuple[Callable[[str], object], str]] = {
        "a password": (_password(city, provider.email), PASSWORD),
        "nobody's password": (_password(city, "nobody@genk.example"), PASSWORD),
        "a mailed code": (_typed(city, code), right),
        "nobody's mailed code": (_typed(city, nobodys), right),
        "a second step": (_stepped(city, step), app.at(NOW)),
        "a password when signed in": (_own_password(city, provider), PASSWORD),
    }
    for place, (guess, answer) in places.items():
        said = [_refusal_of(partial(guess, wrong)) for wrong in _wrong(answer, 10)]
        assert [isinstance(one, TooMany) for one in said] == [False] * 5 + [True] * 5, place
        assert all(one.about["retry_after"] >= 600 for one in said[5:]), place
        assert isinstance(_refusal_of(partial(guess, answer)), TooMany), place
        told.append((place, [str(one) for one in said]))
    by_place = dict(told)
    assert by_place["a password"] == by_place["nobody's password"]
    assert by_place["a mailed code"] == by_place["nobody's mailed code"]
    figure(
        "Z4",
        f"{len(places)} places to guess: five tries, the sixth to tenth and the right one "
        "wait; a known and an unknown address are told the same",
    )


@pytest.mark.serial
def test_an_unknown_address_takes_as_long_as_a_known_one(city: City, figure: Say) -> None:
    pairs = rounds(90)
    kept = hashed_password(PASSWORD)
    people = [build.provider(city) for _ in range(pairs)]
    with at_work(city) as uow:
        uow.session.execute(update(Account).values(password_hash=kept))
    ways: dict[str, Callable[[str], object]] = {
        "password": lambda email: sign_in(city, email=email, password="x" * 12, now=NOW),
        "code": lambda email: ask_code(city, email=email, now=NOW),
        "link": lambda email: send_new_link(city, email=email, now=NOW),
    }
    told = []
    for way, ask in ways.items():
        known, unknown = [], []
        for n, person in enumerate(people):
            known.append(_seconds(partial(ask, person.email)))
            unknown.append(_seconds(partial(ask, f"nobody{n}@genk.example")))
        ratio = median(known) / median(unknown)
        assert 0.6 < ratio < 1.6, f"{way}: {ratio}"
        told.append(f"{way} {ratio:.2f}")
    figure(
        "Z4 time",
        f"{pairs} known and {pairs} unknown addresses, ratio of medians: {', '.join(told)}",
    )


def test_no_secret_is_in_a_log_an_address_an_event_a_letter_or_a_page(
    city: City, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider, regie = build.provider(city), build.regie(city)
    seed = set_up(city, regie, now=NOW - timedelta(hours=1))
    heard: list[str] = []
    with capture_logs() as lines:
        by_mail, by_step = app.test_client(), app.test_client()
        heard += _post(by_mail, "/aanmelden/code", email=provider.email)
        digits = _digits(city)
        heard += _post(by_mail, "/aanmelden/code/invullen", digits=_wrong(digits, 1)[0])
        heard += _post(by_mail, "/aanmelden/code/invullen", digits=digits)
        heard += _post(by_step, "/aanmelden", email=regie.email, password=PASSWORD)
        heard += _post(by_step, "/aanmelden/tweede-stap", digits=seed.now())
        heard += _post(app.test_client(), "/wachtwoord/vergeten", email=regie.email)
        dispatch_events(city, NOW)
    tickets = [
        cookie.value
        for client in (by_mail, by_step)
        for name in ("__Host-opstap", "__Host-stap")
        if (cookie := client.get_cookie(name, domain="localhost"))
    ]
    assert len(tickets) == 2, "both are in"
    with at_work(city) as uow:
        kept = [str(row) for row in uow.session.scalars(select(RecordedEvent.payload))]
        kept += [f"{one.subject} {one.body}" for one in uow.session.scalars(select(Letter))]
        kept += [str(error) for error in uow.session.scalars(select(Delivery.last_error))]
    everywhere = " ".join([json.dumps(lines, default=str), caplog.text, *heard, *kept])
    assert len(lines) > 5
    for secret in (digits, seed.secret, PASSWORD, *tickets):
        assert secret not in everywhere
    for address in (provider.email, regie.email):
        assert address not in " ".join([json.dumps(lines, default=str), caplog.text, *kept])


def is_in(city: City, secret: str) -> bool:
    return signed_in_by_cookie(city, secret=secret, now=NOW) is not None


def _by(city: City, boss: Person) -> Callable[..., None]:
    def act(deed: Callable[..., Any], person: Person, **more: Any) -> None:
        with at_work(city, boss.actor, NOW) as uow:
            deed(uow, account_id=person.actor.account_id, **more)

    return act


def _chosen(city: City, person: Person) -> None:
    address = link(city, account_id=person.actor.account_id, key=KEY)
    choose_password(city, token=address.rsplit("/", 1)[1], password=NEW, key=KEY)


def _changed(city: City, person: Person) -> None:
    change_password(city, person.actor, old=PASSWORD, new=NEW, secret="another's", now=NOW)


def _enter(city: City, person: Person, **more: Any) -> str:
    return sign_in(city, email=person.email, password=PASSWORD, now=NOW, **more)


def _with_second_step(city: City, person: Person) -> str:
    with pytest.raises(SecondStepAsked) as asked:
        _enter(city, person)
    with at_work(city) as uow:
        seed = uow.session.get_one(Account, person.actor.account_id).totp_seed
    app = pyotp.TOTP(secret_of(city, seed or ""))
    return take_second_step(city, ticket=asked.value.about["ticket"], digits=app.at(NOW), now=NOW)


def _password(city: City, email: str) -> Callable[[str], object]:
    return lambda typed: sign_in(city, email=email, password=typed, now=NOW)


def _typed(city: City, ticket: str) -> Callable[[str], object]:
    return lambda typed: enter_with_code(city, ticket=ticket, digits=typed, now=NOW)


def _stepped(city: City, ticket: str) -> Callable[[str], object]:
    return lambda typed: take_second_step(city, ticket=ticket, digits=typed, now=NOW)


def _own_password(city: City, person: Person) -> Callable[[str], object]:
    return lambda typed: change_password(city, person.actor, old=typed, new=NEW, secret="", now=NOW)


def _wrong(right: str, count: int) -> list[str]:
    if not right.isdecimal():
        return [f"wrong {n}" for n in range(count)]
    return [f"{(int(right) + 1000 + n) % 1_000_000:06}" for n in range(count)]


def _digits(city: City) -> str:
    with at_work(city) as uow:
        return digits_of(city, uow.session.scalars(select(SignInCode.id)).one())


def _refusal_of(deed: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as refused:
        deed()
    return refused.value


def _seconds(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    with suppress(Refusal):
        deed()
    return time.perf_counter() - began


def _post(client: FlaskClient, path: str, **fields: str) -> Sequence[str]:
    """Send a form, and give where it leads and, but for what was typed, what it says."""
    token = form(client, "/wachtwoord/vergeten")["csrf_token"]
    answer = client.post(path, data={"csrf_token": token} | fields)
    page = answer.get_data(as_text=True)
    for typed in fields.values():
        page = page.replace(typed, "…")
    return [answer.headers.get("Location", ""), page, client.get(path).get_data(as_text=True)]
