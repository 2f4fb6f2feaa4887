"""Somebody who forgot a password gets a link by mail; an unknown address gets the same words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from jobs.dispatch import dispatch_events
from kernel.accounts import Account
from kernel.cities import City
from kernel.errors import Invalid
from kernel.forgotten import TooManyLinksAsked, send_new_link
from kernel.inviting import LinkOver, choose_password, whose_link
from kernel.letters import Letter
from kernel.signing_in import sign_in
from tests import build
from tests.build import at_work
from tests.kernel.test_sign_in_codes import statements
from tests.mailbox import Pile

KEY, NEW = "a key for tests", "een heel nieuwe zin"
NOW = datetime.now(UTC)


def test_the_link_of_the_mail_gives_another_password_once(city: City) -> None:
    person = build.regie(city)
    token = token_of(city, person.email)
    choose_password(city, token=token, password=NEW, key=KEY)
    assert sign_in(city, email=person.email, password=NEW, now=NOW)
    with pytest.raises(LinkOver):
        choose_password(city, token=token, password=NEW, key=KEY)
    with at_work(city) as uow:
        assert not uow.session.get_one(Account, person.actor.account_id).totp_due


def test_the_link_lasts_a_day(city: City) -> None:
    token = token_of(city, build.regie(city).email)
    for hours, lasts in ((23, True), (25, False)):
        with time_machine.travel(NOW + timedelta(hours=hours), tick=False):
            if lasts:
                whose_link(city, token=token, key=KEY)
            else:
                with pytest.raises(LinkOver):
                    whose_link(city, token=token, key=KEY)


def test_nobody_and_whoever_is_disabled_get_no_letter_and_hear_nothing(city: City) -> None:
    gone = build.referrer(city)
    with at_work(city) as uow:
        uow.session.execute(update(Account).values(disabled_at=NOW))
    for address in (gone.email, "nobody@genk.example"):
        send_new_link(city, email=address, now=NOW)
    with at_work(city) as uow:
        assert uow.session.scalars(select(Letter)).all() == []


def test_three_letters_an_hour_to_one_address_known_or_not(city: City) -> None:
    for address in (build.referrer(city).email, "nobody@genk.example"):
        for _ in range(3):
            send_new_link(city, email=address, now=NOW)
        with pytest.raises(TooManyLinksAsked):
            send_new_link(city, email=address, now=NOW)
        send_new_link(city, email=address, now=NOW + timedelta(hours=1, seconds=1))


def test_no_address_is_told_so(city: City) -> None:
    with pytest.raises(Invalid) as refused:
        send_new_link(city, email="nadia", now=NOW)
    assert "email" in refused.value.fields


def test_to_ask_for_nobody_does_as_much_as_for_somebody(city: City) -> None:
    person = build.referrer(city)
    with statements(city) as known:
        send_new_link(city, email=person.email, now=NOW)
    with statements(city) as unknown:
        send_new_link(city, email="nobody@genk.example", now=NOW)
    assert [said for said in unknown if "ROLLBACK" not in said] == [
        said for said in known if "RELEASE" not in said
    ]


def token_of(city: City, email: str) -> str:
    pile = Pile()
    send_new_link(city, email=email, now=NOW)
    dispatch_events(replace(city, post=pile), NOW)
    [letter] = pile.letters
    assert letter["To"] == email
    line = next(line for line in letter.get_content().splitlines() if "/wachtwoord/" in line)
    assert line.startswith("http://genk.localhost/wachtwoord/")
    return str(line.rsplit("/", 1)[1])
