"""Who is new in the demo: a place that asks to take part, a colleague who was just invited."""

from datetime import datetime, time, timedelta

from sqlalchemy import select

from kernel.access import CLOCK, Role
from kernel.accounts import Account
from kernel.cities import City
from kernel.letters import Letter, LetterKind
from kernel.location_events import LocationAsked
from kernel.newcomers import new_account
from kernel.organisations import ClosingDay, Location, OpeningHours
from kernel.rules import DatedRule
from kernel.unit_of_work import UnitOfWork, unit_of_work
from vouchers.choices import PAYMENT_DAY

_PAID_ON = 15  # of the month after; invented
_SATURDAY = 5
_LONG = timedelta(days=900)


def arrive(city: City, now: datetime) -> None:
    """Let the demo's last newcomers come, up to this moment."""
    with unit_of_work(city, CLOCK, writes=True, now=now - timedelta(days=2, hours=3)) as uow:
        domain = f"{city.host.split('.')[0]}.example"
        _seen(uow, now)
        _ask(uow)
        _invite(uow, domain)
        _say_when_open(uow, domain, now)
        uow.session.add(
            DatedRule(name=PAYMENT_DAY.name, valid_from=(now - _LONG).date(), value=_PAID_ON)
        )


def _seen(uow: UnitOfWork, now: datetime) -> None:
    """Everybody was here lately, one more than the other."""
    for n, account in enumerate(uow.session.scalars(select(Account).order_by(Account.email))):
        account.seen_at = now - timedelta(hours=7 + 19 * (n % 9))


def _ask(uow: UnitOfWork) -> None:
    """The places that wait for a yes asked for it themselves, two days ago."""
    waiting = select(Location, Account).join(
        Account, Account.organisation_id == Location.organisation_id
    )
    rows = uow.session.execute(
        waiting.where(Location.approved_on.is_(None)).order_by(Account.email)
    )
    for n, (place, account) in enumerate(rows):
        place.asked_at, place.asked_by = uow.now, account.id
        place.register_number = f"9{n:08}"  # no number of Opgroeien begins like this
        uow.record(LocationAsked(location_id=place.id, organisation_id=place.organisation_id))


def _invite(uow: UnitOfWork, domain: str) -> None:
    """A colleague of the demo's own referrer has a letter, and was not here yet."""
    home = uow.session.scalars(
        select(Account.organisation_id).where(Account.email == f"toeleider@{domain}")
    ).one()
    account = new_account(
        uow.session,
        email=f"tine@{domain}",
        name="Tine Demo",
        roles=[Role.REFERRER],
        organisation_id=home,
        now=uow.now,
    )
    uow.session.add(
        Letter(
            account_id=account.id,
            kind=LetterKind.INVITATION,
            about_id=account.id,
            period="demo",
            subject=f"Je krijgt toegang tot Opstap van stad {uow.city.name}",
            body="{link}",
            written_at=uow.now,
        )
    )


def _say_when_open(uow: UnitOfWork, domain: str, now: datetime) -> None:
    """The demo's own childminder opens some Saturdays, and has a holiday to come."""
    place = uow.session.scalars(
        select(Location)
        .join(Account, Account.organisation_id == Location.organisation_id)
        .where(Account.email == f"opvang@{domain}")
        .limit(1)
    ).one()
    uow.session.add(
        OpeningHours(
            location_id=place.id,
            weekday=_SATURDAY,
            opens=time(8),
            closes=time(12),
            valid_from=(now - timedelta(days=60)).date(),
        )
    )
    monday = now.date() + timedelta(days=21 - now.weekday())
    uow.session.add_all(
        ClosingDay(location_id=place.id, day=monday + timedelta(days=n)) for n in range(5)
    )
