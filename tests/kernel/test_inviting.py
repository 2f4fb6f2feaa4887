"""Somebody is let in with a link that works once."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from kernel.access import Role
from kernel.cities import City
from kernel.errors import Invalid
from kernel.inviting import AddressKnown, LinkOver, choose_password, invite, whose_link
from kernel.organisations import Organisation
from kernel.signing_in import create_token, sign_in, signed_in_by_cookie, signed_in_by_token
from tests import build
from tests.build import MONDAY, at_work
from tests.races.pairs import all_at_once, outcome
from tests.web.people import form, said

KEY = "a key for tests"
PASSWORD = "een lange zin"


def test_an_invited_person_chooses_a_password_and_comes_in(city: City) -> None:
    choose_password(city, token=invited(city), password=PASSWORD, key=KEY)
    secret = sign_in(city, email="NADIA@genk.example", password=PASSWORD, now=MONDAY)
    found = signed_in_by_cookie(city, secret=secret, now=MONDAY)
    assert found is not None
    assert found.actor.roles == frozenset({Role.REFERRER})
    assert (found.name, found.organisation) == ("Nadia Demo", "OCMW Genk")


def test_a_link_works_once(city: City) -> None:
    token = invited(city)
    choose_password(city, token=token, password=PASSWORD, key=KEY)
    with pytest.raises(LinkOver):
        choose_password(city, token=token, password="nog een lange zin", key=KEY)


def test_a_link_is_over_after_a_week_elsewhere_and_when_changed(city: City) -> None:
    token = invited(city)
    for wrong in (token[:-2], token + "x", "", "a.b.c", "é"):
        with pytest.raises(LinkOver):
            whose_link(city, token=wrong, key=KEY)
    with pytest.raises(LinkOver):
        whose_link(city, token=token, key="another key")
    with (
        time_machine.travel(datetime.now(UTC) + timedelta(days=8), tick=False),
        pytest.raises(LinkOver),
    ):
        whose_link(city, token=token, key=KEY)


@pytest.mark.parametrize(("role", "due"), [(Role.REGIE, True), (Role.REFERRER, False)])
def test_whoever_works_for_the_city_must_add_a_second_step_after_a_first_password(
    city: City, role: Role, *, due: bool
) -> None:
    token = invited(city, role)
    choose_password(city, token=token, password=PASSWORD, key=KEY)
    secret = sign_in(city, email="nadia@genk.example", password=PASSWORD, now=MONDAY)
    found = signed_in_by_cookie(city, secret=secret, now=MONDAY)
    assert found is not None
    assert found.factor_due == due


def test_a_link_is_used_once_also_by_two_at_once(city: City) -> None:
    token = invited(city)
    done = all_at_once(
        [
            partial(outcome, partial(choose_password, city, token=token, password=each, key=KEY))
            for each in ("de ene lange zin", "de andere lange zin")
        ]
    )
    assert sorted(type(one).__name__ for one in done) == ["LinkOver", "str"]


def test_a_short_password_is_refused_and_the_link_lives(city: City) -> None:
    token = invited(city)
    with pytest.raises(Invalid):
        choose_password(city, token=token, password="kort", key=KEY)
    choose_password(city, token=token, password=PASSWORD, key=KEY)


def test_a_new_password_ends_what_was_open(city: City) -> None:
    from kernel.inviting import link  # noqa: PLC0415

    person = build.referrer(city)
    secret = sign_in(city, email=person.email, password=build.PASSWORD, now=MONDAY)
    program = create_token(city, email=person.email, now=MONDAY)
    address = link(city, account_id=person.actor.account_id, key=KEY)
    choose_password(city, token=address.rsplit("/", 1)[1], password=PASSWORD, key=KEY)
    assert signed_in_by_cookie(city, secret=secret, now=MONDAY) is None
    assert signed_in_by_token(city, token=program) is None


def test_a_known_address_is_not_invited_again_but_an_unused_one_gets_a_new_link(
    city: City,
) -> None:
    invited(city)
    choose_password(city, token=invited(city), password=PASSWORD, key=KEY)
    with pytest.raises(AddressKnown):
        invited(city)
    with at_work(city) as uow:
        assert len(uow.session.scalars(select(Organisation.id)).all()) == 1


def test_the_page_asks_and_leads_to_sign_in(city: City, app: Flask) -> None:
    client, path = app.test_client(), f"/wachtwoord/{invited(city)}"
    short = client.post(path, data=form(client, path) | {"password": "kort"})
    assert short.status_code == 422
    assert "minstens 10 tekens" in short.get_data(as_text=True)
    done = client.post(path, data=form(client, path) | {"password": PASSWORD})
    assert (done.status_code, done.location) == (303, "/aanmelden?klaar=wachtwoord")
    assert "Je wachtwoord is bewaard" in said(client, done.location)
    assert client.get(path).status_code == 404
    assert "werkt niet meer" in said(client, path)


def invited(city: City, role: Role = Role.REFERRER) -> str:
    address = invite(
        city,
        email="Nadia@genk.example",
        name="Nadia Demo",
        roles=[role],
        organisation="OCMW Genk",
        key=KEY,
    )
    assert address.startswith("http://genk.localhost/wachtwoord/")
    return address.rsplit("/", 1)[1]
