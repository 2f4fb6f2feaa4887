"""A browser is out after a working day; a provider's own phone stays, as long as it is used."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from kernel.access import Role
from kernel.accounts import Account, AccountRole, WebSession
from kernel.cities import City
from kernel.identity import SignedIn
from kernel.sessions import open_session, sign_out, signed_in_by_cookie
from kernel.signing_in import sign_in
from tests import build
from tests.build import MONDAY, PASSWORD, Person, at_work

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def test_a_providers_phone_stays_for_ninety_days(city: City) -> None:
    secret = staying(city, build.provider(city))
    found = seen(city, secret, MONDAY + 89 * DAY)
    assert found is not None
    assert found.stays
    other = staying(city, build.provider(city))
    assert seen(city, other, MONDAY + 90 * DAY) is None


def test_ninety_days_begin_anew_on_each_day_of_use(city: City) -> None:
    secret = staying(city, build.provider(city))
    for days in (60, 120, 180):
        found = seen(city, secret, MONDAY + days * DAY)
        assert found is not None
        assert found.is_renewed
    assert seen(city, secret, MONDAY + 270 * DAY) is None


def test_a_phone_that_stays_is_written_down_at_most_daily(city: City) -> None:
    secret = staying(city, build.provider(city))
    for hours, renewed in ((1, False), (23, False), (25, True), (26, False), (48, False)):
        found = seen(city, secret, MONDAY + hours * HOUR)
        assert found is not None
        assert found.is_renewed == renewed, hours


@pytest.mark.parametrize("roles", [(Role.REFERRER,), (Role.PROVIDER, Role.REFERRER), (Role.REGIE,)])
def test_whoever_else_ticks_it_gets_a_working_day(city: City, roles: tuple[Role, ...]) -> None:
    home = build.referrer(city).organisation_id
    secret = staying(city, build.person(city, *roles, organisation_id=home))
    found = seen(city, secret, MONDAY + 13 * HOUR)
    assert found is not None
    assert not found.stays
    assert seen(city, secret, MONDAY + 28 * HOUR) is None


def test_a_phone_that_stays_is_out_as_soon_as_there_is_another_role(city: City) -> None:
    person = build.provider(city)
    secret = staying(city, person)
    with at_work(city) as uow:
        uow.session.add(AccountRole(account_id=person.actor.account_id, role=Role.REGIE))
    assert seen(city, secret, MONDAY + HOUR) is None


def test_an_account_without_any_role_is_out(city: City) -> None:
    person = build.provider(city)
    secret = staying(city, person)
    with at_work(city) as uow:
        for role in uow.session.scalars(select(AccountRole)):
            uow.session.delete(role)
    assert seen(city, secret, MONDAY) is None


def test_the_device_and_the_visit_are_kept(city: City) -> None:
    person = build.provider(city)
    with at_work(city) as uow:
        open_session(
            uow.session, account_id=person.actor.account_id, now=MONDAY, device="Chrome " * 20
        )
    with at_work(city) as uow:
        kept = uow.session.scalars(select(WebSession)).one()
        account = uow.session.get_one(Account, person.actor.account_id)
        assert (len(kept.device), kept.stays, account.seen_at) == (60, False, MONDAY)


def test_leaving_everywhere_ends_ones_own_sessions_and_no_others(city: City) -> None:
    nadia, robin = build.provider(city), build.provider(city)
    hers = [staying(city, nadia) for _ in range(3)]
    his = staying(city, robin)
    sign_out(city, secret=hers[1], everywhere=True)
    assert [seen(city, secret, MONDAY) for secret in hers] == [None] * 3
    assert seen(city, his, MONDAY) is not None
    for unknown in ("", "x", hers[0]):
        sign_out(city, secret=unknown, everywhere=True)
    assert seen(city, his, MONDAY) is not None


def staying(city: City, person: Person) -> str:
    return sign_in(city, email=person.email, password=PASSWORD, now=MONDAY, stays=True)


def seen(city: City, secret: str, now: datetime) -> SignedIn | None:
    return signed_in_by_cookie(city, secret=secret, now=now)
