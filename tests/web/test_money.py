"""What cheques are worth: a provider's own months, the whole city's for finance."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from kernel.access import Role
from kernel.calendar import add_months, day_of
from kernel.cities import City
from kernel.organisations import Location, OrganisationKind
from tests import build
from tests.build import Person
from tests.web.people import said, signed_in
from vouchers.earnings import city_earnings, own_earnings, together
from vouchers.models import Redemption
from vouchers.redeeming import redeem_cheque

JANUARY = datetime(2027, 1, 20, 11, 0, tzinfo=UTC)


def test_a_provider_without_cheques_is_told_what_comes(app: Flask, city: City) -> None:
    text = said(signed_in(app, build.provider(city)), "/geld")
    assert "Nog geen cheques ingeruild" in text
    assert "betaaldagen komen later" in text


def test_this_month_stands_first_and_earlier_months_under_it(app: Flask, city: City) -> None:
    build.price(city)
    provider = build.provider(city)
    earlier = datetime.combine(add_months(first_of_month(), -2), JANUARY.timetz())
    redeem(city, provider, now=earlier)
    redeem(city, provider, now=datetime.now(UTC))
    redeem(city, provider, now=datetime.now(UTC))
    text = said(signed_in(app, provider), "/geld")
    assert "tot vandaag 2 cheques € 40,00" in text
    assert "1 cheque € 20,00" in text


def test_a_price_that_is_not_known_is_no_zero(app: Flask, city: City) -> None:
    provider = build.provider(city)
    redeem(city, provider, now=datetime.now(UTC))
    client = signed_in(app, provider)
    assert "1 cheque Prijs niet bekend" in said(client, "/geld")
    assert "€" not in said(client, "/geld")
    build.price(city)
    redeem(city, provider, now=datetime.now(UTC))
    assert "€ 20,00 + 1 cheque: prijs niet bekend" in said(client, "/geld")


def test_finance_sees_every_provider_by_month_and_can_change_nothing(
    app: Flask, city: City, finance: Person
) -> None:
    build.price(city)
    redeem(city, build.provider(city, name="De Regenboog"), now=datetime.now(UTC))
    redeem(city, build.provider(city, name="Zonnetrap"), now=datetime.now(UTC))
    client = signed_in(app, finance)
    text = said(client, "/geld/stad")
    assert "De Regenboog" in text
    assert "Zonnetrap" in text
    assert "Samen 2 cheques € 40,00" in text
    assert "nog geen afrekening" in text
    assert "<form" not in client.get("/geld/stad").text
    assert "Zonnetrap" in said(client, "/geld/stad?maand=onzin")  # falls back on this month
    assert client.get("/").location == "/geld/stad"


def test_a_month_is_read_day_by_day_by_its_address(app: Flask, city: City) -> None:
    build.price(city)
    build.price(city, 1200, care_moment="halfDay")
    provider, month = build.provider(city), add_months(first_of_month(), -2)
    day = datetime.combine(month + timedelta(days=4), JANUARY.timetz())
    redeem(city, provider, now=day)
    redeem(city, provider, now=day)
    redeem(city, provider, now=day, care_moment="halfDay")
    undone = redeem(city, provider, now=day)
    with build.at_work(city) as uow:
        uow.session.execute(
            update(Redemption).where(Redemption.id == undone).values(annulled_at=day)
        )
    client = signed_in(app, provider)
    text = said(client, f"/geld?maand={month:%Y-%m}")
    assert "3 cheques € 52,00" in text
    assert f"{day:%d/%m} 2 × € 20,00 € 40,00" in text
    assert f"{day:%d/%m} 1 × € 12,00 halve dag € 12,00" in text
    assert "zoals jullie afspraken" in text
    for wrong in ("onzin", "2999-01", "2026-13", "2026-09-01", "%00"):
        assert "tot vandaag" in said(client, f"/geld?maand={wrong}")


def test_a_month_says_around_when_it_is_paid_as_the_city_chose(app: Flask, city: City) -> None:
    build.price(city)
    build.rule(city, "vouchers.payment_day", 15)
    provider = build.provider(city)
    redeem(city, provider, now=datetime.now(UTC))
    long_ago = datetime.combine(add_months(first_of_month(), -3), JANUARY.timetz())
    redeem(city, provider, now=long_ago)
    client = signed_in(app, provider)
    assert "Nog niet betaald. De stad betaalt deze maand rond 15" in said(client, "/geld")
    before = said(client, f"/geld?maand={long_ago:%Y-%m}")
    assert "Opstap ziet nog niet of het op je rekening staat." in before


def test_a_month_is_kept_as_a_file_for_a_spreadsheet(app: Flask, city: City) -> None:
    build.price(city, 123450)
    provider = build.provider(city)
    with build.at_work(city) as uow:
        uow.session.get_one(Location, provider.location_id).name = "=Nest;1"
    now = datetime.now(UTC)
    redeem(city, provider, now=now)
    answer = signed_in(app, provider).get("/geld.csv")
    assert answer.mimetype == "text/csv"
    lines = answer.text.removeprefix("\ufeff").splitlines()
    assert lines[1] == f'{day_of(now):%d/%m/%Y};"\'=Nest;1";1;0;1234,50;1234,50'
    assert f"cheques-{day_of(now):%Y-%m}.csv" in answer.headers["Content-Disposition"]


def test_several_places_have_a_table_each_and_anothers_is_not_there(app: Flask, city: City) -> None:
    build.price(city)
    two, now = build.provider(city, locations=2), datetime.now(UTC)
    for place in (two.location_id, *two.more_locations):
        redeem(city, two, now=now, location_id=place)
    redeem(city, build.provider(city, name="Elders"), now=now)
    client = signed_in(app, two)
    assert client.get("/geld").text.count('class="by-day"') == 2
    assert "2 cheques € 40,00" in said(client, "/geld")
    assert len(client.get("/geld.csv").text.splitlines()) == 3


@pytest.mark.parametrize("role", [Role.REFERRER, Role.EVALUATOR, Role.REGIE])
def test_money_is_for_providers_and_finance(app: Flask, city: City, role: Role) -> None:
    home = build.organisation(city, OrganisationKind.CITY)
    client = signed_in(app, build.person(city, role, organisation_id=home))
    assert (client.get("/geld").status_code, client.get("/geld/stad").status_code) == (403, 403)


def test_the_lines_add_up_to_the_redemptions(city: City, finance: Person) -> None:
    """By place and month of care; undone scans and exercises are left out."""
    build.price(city)
    one, two = build.provider(city), build.provider(city, locations=2)
    for days in (0, 1, 40):
        redeem(city, one, now=JANUARY - timedelta(days=days))
    for place in (two.location_id, *two.more_locations):
        redeem(city, two, now=JANUARY, location_id=place)
    undone = redeem(city, one, now=JANUARY)
    with build.at_work(city) as uow:
        uow.session.execute(
            update(Redemption).where(Redemption.id == undone).values(annulled_at=JANUARY)
        )
        uow.session.get_one(Location, two.more_locations[0]).training = True
    period = {"since": date(2026, 12, 1), "until": date(2027, 1, 31)}
    with build.at_work(city, finance.actor, JANUARY) as uow:
        lines = city_earnings(uow, **period)
    assert [(line.month.month, line.cheques, line.cents) for line in lines] == [
        (1, 2, 4000),
        (1, 1, 2000),
        (12, 1, 2000),
    ]
    assert together(lines).cents == 8000
    with build.at_work(city, two.actor, JANUARY) as uow:
        assert [line.location_id for line in own_earnings(uow, **period)] == [two.location_id]


@pytest.fixture
def finance(city: City) -> Person:
    home = build.organisation(city, OrganisationKind.CITY)
    return build.person(city, Role.FINANCE, organisation_id=home)


def first_of_month() -> date:
    return day_of(datetime.now(UTC)).replace(day=1)


def redeem(city: City, by: Person, *, now: datetime, **more: Any) -> Any:
    """Redeem a cheque of a new booklet, handed out the day before."""
    booklet = build.handed_out(city, build.referrer(city), now=now - timedelta(days=1))
    with build.at_work(city, by.actor, now) as uow:
        key = str(booklet.id)
        made = redeem_cheque(uow, code=booklet.codes[0], idempotency_key=key, **more)
        return made.redemption.id
