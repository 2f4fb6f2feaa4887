"""Of many who come in with one proof at one moment one comes in, and guessing stays slow."""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from kernel.accounts import SignInCode, WebSession
from kernel.cities import City
from kernel.second_step import take_second_step
from kernel.sign_in_codes import ask_code, enter_with_code
from kernel.signing_in import sign_in
from tests import build
from tests.build import MONDAY, at_work
from tests.figures import Say, rounds
from tests.kernel.test_second_factor import LATER, asked_for, set_up
from tests.kernel.test_sign_in_codes import newest
from tests.races.pairs import Deed, all_at_once, outcome, race

AT_ONCE = 4
_COMMITS = 12  # more statements than a way in has


def test_six_digits_of_an_app_let_in_one_of_many(city: City, figure: Say) -> None:
    times = rounds(20)
    for _ in range(times):
        regie = build.regie(city)
        app, before = set_up(city, regie), sessions(city)
        ticket = asked_for(city, regie)
        step: Deed = partial(take_second_step, city, ticket=ticket, digits=app.at(LATER), now=LATER)
        said = Counter(name_of(one) for one in all_at_once([partial(outcome, step)] * AT_ONCE))
        assert said == {"in": 1, "WrongDigits": AT_ONCE - 1}
        assert sessions(city) == before + 1
    figure("Z4 digits at once", f"{times} codes by {AT_ONCE} at once: one comes in each time")


@pytest.mark.parametrize("held_at", range(1, _COMMITS))
def test_held_at_any_statement_one_of_two_comes_in_by_app(city: City, held_at: int) -> None:
    regie = build.regie(city)
    app = set_up(city, regie)
    ticket = asked_for(city, regie)
    step = partial(take_second_step, city, ticket=ticket, digits=app.at(LATER), now=LATER)
    both = race(city, step, step, held_at=held_at)
    assert sorted(name_of(one) for one in both) == ["WrongDigits", "in"]


def test_a_mailed_code_lets_in_one_of_many(city: City, figure: Say) -> None:
    times = rounds(20)
    for _ in range(times):
        person = build.provider(city)
        ticket, before = ask_code(city, email=person.email, now=MONDAY), sessions(city)
        digits = newest(city)
        enter = partial(enter_with_code, city, ticket=ticket, digits=digits, now=MONDAY)
        said = Counter(name_of(one) for one in all_at_once([partial(outcome, enter)] * AT_ONCE))
        assert said == {"in": 1, "WrongCode": AT_ONCE - 1}
        assert sessions(city) == before + 1
        forget(city)
    figure("Z4 codes at once", f"{times} codes by {AT_ONCE} at once: one comes in each time")


@pytest.mark.parametrize("held_at", range(1, _COMMITS))
def test_held_at_any_statement_one_of_two_comes_in_by_mail(city: City, held_at: int) -> None:
    ticket = ask_code(city, email=build.provider(city).email, now=MONDAY)
    enter = partial(enter_with_code, city, ticket=ticket, digits=newest(city), now=MONDAY)
    both = race(city, enter, enter, held_at=held_at)
    assert sorted(name_of(one) for one in both) == ["WrongCode", "in"]


def test_many_guesses_at_once_are_tried_no_more_than_five_times(city: City, figure: Say) -> None:
    person, guesses = build.provider(city), 12
    tried: Counter[str] = Counter()
    for _ in range(2):
        guess: Deed = partial(sign_in, city, email=person.email, password="wrong", now=MONDAY)
        tried.update(
            name_of(one) for one in all_at_once([partial(outcome, guess)] * (guesses // 2))
        )
    assert tried["WrongPassword"] <= 5
    assert tried["WrongPassword"] + tried["TooManyWrongPasswords"] == guesses
    figure(
        "Z4 guesses at once",
        f"{guesses} wrong passwords, six at once: {tried['WrongPassword']} tried",
    )


def name_of(one: Any) -> str:
    return "in" if isinstance(one, str) else type(one).__name__


def sessions(city: City) -> int:
    with at_work(city) as uow:
        return uow.session.scalar(select(func.count()).select_from(WebSession)) or 0


def forget(city: City) -> None:
    """Let the next code be the newest: all are asked at one moment here."""
    with at_work(city) as uow:
        for code in uow.session.scalars(select(SignInCode)):
            uow.session.delete(code)
