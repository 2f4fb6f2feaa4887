"""What tests stand on, built by plain functions that give what they made."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from sqlalchemy import select

from kernel.access import CLOCK, Actor, Role
from kernel.accounts import Account, AccountRole
from kernel.calendar import BRUSSELS
from kernel.cities import City
from kernel.letters import LetterKind, write_letter
from kernel.money import CareMomentPrice
from kernel.organisations import District, Location, LocationKind, Organisation, OrganisationKind
from kernel.rules import DatedRule
from kernel.signing_in import create_token
from kernel.unit_of_work import UnitOfWork, unit_of_work
from vouchers.batching import ask_batch, make_some
from vouchers.delivering import deliver_booklets
from vouchers.issuing import hand_out_booklet, print_blank_booklet
from vouchers.models import Booklet
from vouchers.redeeming import redeem_cheque

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=BRUSSELS)
LONG_AGO = date(2020, 1, 1)
PASSWORD = "opstap-demo"

# As strong as a test needs: the hash itself says how it was made, and is checked the same way.
_QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
_numbers = count(1)
_hashes: dict[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with an account: who acts, how they sign in, and where they work."""

    actor: Actor
    email: str
    organisation_id: UUID
    location_id: UUID | None = None
    more_locations: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A handed-out booklet as it lies on the kitchen table."""

    id: UUID
    number: str
    codes: tuple[str, ...]
    typed_codes: tuple[str, ...]
    cheque_ids: tuple[UUID, ...]


@contextmanager
def at_work(city: City, actor: Actor = CLOCK, now: datetime = MONDAY) -> Iterator[UnitOfWork]:
    """Open a writing unit of work in a city."""
    with unit_of_work(city, actor, writes=True, now=now) as uow:
        yield uow


def organisation(city: City, kind: OrganisationKind, *, name: str = "", prefix: str = "OC") -> UUID:
    """Make an organisation."""
    with at_work(city) as uow:
        made = Organisation(
            name=name or f"{kind} {next(_numbers)}", kind=kind, sort="OCMW", prefix=prefix
        )
        uow.session.add(made)
        return made.id


def person(
    city: City, *roles: Role, organisation_id: UUID, email: str = "", name: str = "Nadia Demo"
) -> Person:
    """Make an account with roles; its password is PASSWORD."""
    address = email or f"person{next(_numbers)}@genk.example"
    if PASSWORD not in _hashes:
        _hashes[PASSWORD] = _QUICK.hash(PASSWORD)
    with at_work(city) as uow:
        account = Account(
            organisation_id=organisation_id,
            email=address,
            name=name,
            password_hash=_hashes[PASSWORD],
        )
        uow.session.add(account)
        uow.session.flush()
        uow.session.add_all(AccountRole(account_id=account.id, role=role) for role in roles)
        return Person(
            actor=Actor(
                account_id=account.id, organisation_id=organisation_id, roles=frozenset(roles)
            ),
            email=address,
            organisation_id=organisation_id,
        )


def referrer(city: City, *, email: str = "", organisation_name: str = "") -> Person:
    """Make a referrer in an organisation of its own."""
    home = organisation(city, OrganisationKind.REFERRER, name=organisation_name)
    return person(city, Role.REFERRER, organisation_id=home, email=email)


def regie(city: City, *, email: str = "") -> Person:
    """Make a regie worker of the city."""
    home = organisation(city, OrganisationKind.CITY)
    return person(city, Role.REGIE, organisation_id=home, email=email)


def provider(
    city: City,
    *,
    email: str = "",
    locations: int = 1,
    approved_on: date | None = LONG_AGO,
    name: str = "",
) -> Person:
    """Make a provider with approved locations."""
    home = organisation(city, OrganisationKind.PROVIDER, name=name)
    made = person(city, Role.PROVIDER, organisation_id=home, email=email)
    ids = tuple(
        location(city, organisation_id=home, approved_on=approved_on) for _ in range(locations)
    )
    return Person(
        actor=made.actor,
        email=made.email,
        organisation_id=home,
        location_id=ids[0] if ids else None,
        more_locations=ids[1:],
    )


def location(
    city: City,
    *,
    organisation_id: UUID,
    name: str = "",
    approved_on: date | None = LONG_AGO,
    **more: Any,
) -> UUID:
    """Make a location."""
    with at_work(city) as uow:
        made = Location(
            organisation_id=organisation_id,
            name=name or f"Opvang {next(_numbers)}",
            kind=LocationKind.FAMILY,
            phone="089 00 01 12",
            approved_on=approved_on,
            **more,
        )
        uow.session.add(made)
        return made.id


def district(city: City, *, name: str = "Winterslag") -> UUID:
    """Make a district."""
    with at_work(city) as uow:
        made = District(name=name, latitude=50.97, longitude=5.48)
        uow.session.add(made)
        return made.id


def rule(city: City, name: str, value: Any, *, since: date = LONG_AGO) -> None:
    """Let a city choose a value for a rule."""
    with at_work(city) as uow:
        uow.session.add(DatedRule(name=name, valid_from=since, value=value))


def price(city: City, cents: int = 2000, *, care_moment: str = "fullDay") -> None:
    """Let a city pay for a care moment, since long ago."""
    with at_work(city) as uow:
        uow.session.add(CareMomentPrice(care_moment=care_moment, cents=cents, valid_from=LONG_AGO))


def handed_out(
    city: City, by: Person, *, now: datetime = MONDAY, reference: str = "", **more: Any
) -> Paper:
    """Let a referrer hand a new family a booklet."""
    family = {"reference": reference or f"OC-{next(_numbers)}", "language": "nl"}
    family |= more.pop("family", {})
    with at_work(city, by.actor, now) as uow:
        booklet = hand_out_booklet(uow, family=family, meets_criteria=True, **more).booklet
        return paper(booklet)


def blank(city: City, by: Person, *, now: datetime = MONDAY) -> Paper:
    """Let the regie print a blank booklet."""
    with at_work(city, by.actor, now) as uow:
        return paper(print_blank_booklet(uow).booklet)


def batch(city: City, by: Person, wanted: int = 10, *, now: datetime = MONDAY) -> UUID:
    """Let the regie ask for a batch of blank booklets, and the clock make all of them."""
    with at_work(city, by.actor, now) as uow:
        batch_id = ask_batch(uow, wanted=wanted).batch.id
    made = 1
    while made:
        with at_work(city, now=now) as uow:
            made = make_some(uow)
    return batch_id


def lying(city: City, batch_id: UUID) -> list[Paper]:
    """Give the papers of a batch, as they lie on the pile."""
    of_batch = select(Booklet).where(Booklet.batch_id == batch_id).order_by(Booklet.number)
    with at_work(city) as uow:
        return [paper(booklet) for booklet in uow.session.scalars(of_batch)]


def delivered(city: City, by: Person, to: Person, *numbers: str, now: datetime = MONDAY) -> UUID:
    """Let the regie give a referrer blank booklets; gives the delivery's id."""
    with at_work(city, by.actor, now) as uow:
        given = deliver_booklets(uow, holder_id=to.actor.account_id, numbers=",".join(numbers))
        return given.delivery_id


def paper(booklet: Booklet) -> Paper:
    """Give what a booklet's paper shows."""
    return Paper(
        id=booklet.id,
        number=booklet.number,
        codes=tuple(cheque.code for cheque in booklet.cheques),
        typed_codes=tuple(cheque.typed_code for cheque in booklet.cheques),
        cheque_ids=tuple(cheque.id for cheque in booklet.cheques),
    )


def token(city: City, of: Person, *, now: datetime = MONDAY) -> dict[str, str]:
    """Give the header by which a program acts for a person."""
    secret = create_token(city, email=of.email, now=now)
    return {"Authorization": f"Bearer {secret}"}


def scanned(
    city: City, by: Person, code: str, *, key: str = "", now: datetime = MONDAY, **more: Any
) -> UUID:
    """Let a provider scan a cheque; gives the redemption's id."""
    with at_work(city, by.actor, now) as uow:
        redeemed = redeem_cheque(uow, code=code, idempotency_key=key or uuid4().hex, **more)
        return redeemed.redemption.id


def letter(city: City, to: Person, *, now: datetime = MONDAY) -> None:
    """Write somebody a letter about something that no letter was about."""
    with at_work(city, now=now) as uow:
        write_letter(
            uow,
            account_id=to.actor.account_id,
            kind=LetterKind.NOTICE,
            about_id=uuid4(),
            period="",
            subject="Dag",
            body="Dag.",
        )
