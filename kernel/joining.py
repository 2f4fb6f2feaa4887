"""Whoever cares for children asks to take part; nothing is taken over before the city looked."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from kernel.access import CLOCK, Role, allowed
from kernel.account_events import AccountInvited
from kernel.accounts import Account
from kernel.calendar import end_of_day
from kernel.cities import City
from kernel.constraints import refuse_by
from kernel.errors import Conflict, Invalid, TooMany
from kernel.inviting import AddressKnown
from kernel.joining_letters import ABOUT, write_known, write_welcome
from kernel.letters import Letter
from kernel.location_events import LocationAsked
from kernel.newcomers import new_account
from kernel.organisations import Location, Organisation, OrganisationKind
from kernel.registering import PlaceRequest
from kernel.rules import Rule, rules_on
from kernel.text import EmailAddress, Line, Phone
from kernel.unit_of_work import UnitOfWork, unit_of_work

MOST_WAITING = Rule("kernel.most_waiting_requests", 50)  # places that asked, in the whole city
A_DAY = 3  # letters about joining to one address
UNPROVED = timedelta(days=7)  # as long as the link works by which an address is proved
_NAME = 100
_TRIES = 3

refuse_by("uq_organisation_kind_name", Conflict, columns="organisation.kind, organisation.name")
refuse_by("uq_location_register_number", Conflict, columns="location.register_number")


class JoiningRequest(PlaceRequest):
    """A place that wants to take cheques, and who asks that for it."""

    organisation = Line(at_most=_NAME, required=True)
    phone = Phone(at_most=25, required=True)
    person = Line(at_most=_NAME, required=True)
    email = EmailAddress(required=True)


class RequestsFull(TooMany):
    """More places wait for an answer than the city can look at."""

    code = "requests-full"
    sentence = (
        "Er wachten nu te veel aanvragen op een antwoord. Bel de stad, of probeer het volgende "
        "week opnieuw."
    )


class AskedOften(TooMany):
    """This address asked as often as it may on one day."""

    code = "asked-often"
    sentence = (
        "Met dit adres is vandaag al drie keer een aanvraag gedaan. Kijk in je mailbox, ook bij "
        "ongewenste mail. Morgen kan je opnieuw proberen."
    )


def ask_to_join(city: City, *, now: datetime, email: str, person: str, **place: Any) -> None:
    """Write down a place that asks to take cheques, with an account for who asks.

    Takes the loaded `JoiningRequest`. Whatever is known of the address, the answer is the same: a
    letter to it says how to go on. A register number that is known ties the request to that place,
    for the city to judge. Refuses more than three a day from one address, and everybody while as
    many as the city chose (50) wait for an answer.
    """
    for left in reversed(range(_TRIES)):
        try:
            with unit_of_work(city, CLOCK, writes=True, now=now) as uow:
                return _ask(uow, email, person, dict(place))
        except (AddressKnown, Conflict):  # somebody else's request came just before this one
            if not left:
                raise
    return None


@allowed(Role.PROVIDER)
def ask_for_location(
    uow: UnitOfWork,
    *,
    name: str,
    kind: str,
    address: str,
    postcode: str,
    municipality: str,
    phone: str | None = "",
    register_number: str | None = None,
) -> Location:
    """Ask that one more place of the own organisation may take cheques.

    Takes the loaded `PlaceRequest`. Refuses a name or a register number that the organisation has
    already, and everybody while too many wait.
    """
    _check_room(uow)
    place: dict[str, Any] = {"name": name, "kind": kind, "address": address, "postcode": postcode}
    place |= {"municipality": municipality, "phone": phone, "register_number": register_number}
    home, number = uow.actor.organisation_id, _number(place)
    own = Location.organisation_id == home
    if _is_there(uow, own, Location.name == name, Location.joined_at.is_(None)):
        raise Invalid(fields={"name": ["Jullie hebben al een opvang met die naam."]})
    if number and _is_there(uow, own, Location.register_number == number):
        said = "Deze plaats staat al bij jullie."
        raise Invalid(fields={"registerNumber": [said]})
    return _asked(uow, home, uow.actor.account_id, place)


def waits_for_answer() -> ColumnElement[bool]:
    """Give the condition of a place that asked and has no answer yet."""
    return and_(
        Location.asked_at.is_not(None),
        Location.approved_on.is_(None),
        Location.declined_at.is_(None),
        Location.joined_at.is_(None),
    )


def _ask(uow: UnitOfWork, email: str, person: str, place: dict[str, Any]) -> None:
    _check_room(uow)
    known = uow.session.scalar(select(Account).where(Account.email == email))
    if known is not None:
        _check_day(uow, known)
        (write_known if known.password_hash or known.seen_at else write_welcome)(uow, known)
        return
    home = Organisation(
        name=_free_name(uow, place.pop("organisation"), place["name"]),
        kind=OrganisationKind.PROVIDER,
    )
    uow.session.add(home)
    uow.session.flush()
    account = new_account(
        uow.session,
        email=email,
        name=person,
        roles=[Role.PROVIDER],
        organisation_id=home.id,
        now=uow.now,
    )
    write_welcome(uow, account)
    uow.record(AccountInvited(account_id=account.id, organisation_id=home.id))
    _asked(uow, home.id, account.id, place)


def _asked(uow: UnitOfWork, home: UUID, account_id: UUID, place: dict[str, Any]) -> Location:
    number = _number(place)
    known = (
        uow.session.scalar(select(Location.id).where(Location.register_number == number))
        if number
        else None
    )
    location = Location(
        organisation_id=home,
        asked_at=uow.now,
        asked_by=account_id,
        same_as_id=known,
        **place
        | {
            "register_number": None if known else number,
            "postcode": place["postcode"].strip(),
            "phone": place.get("phone") or "",
        },
    )
    uow.session.add(location)
    uow.session.flush()
    uow.record(LocationAsked(location_id=location.id, organisation_id=home))
    return location


def _check_room(uow: UnitOfWork) -> None:
    """Refuse while too many wait; who never proved an address counts for a week only."""
    proved = or_(Account.password_hash.is_not(None), Account.seen_at.is_not(None))
    waiting = uow.session.scalar(
        select(func.count(Location.id))
        .join(Account, Account.id == Location.asked_by)
        .where(waits_for_answer(), or_(proved, Location.asked_at > uow.now - UNPROVED))
    )
    if (waiting or 0) >= rules_on(uow.session, uow.today)[MOST_WAITING]:
        raise RequestsFull


def _check_day(uow: UnitOfWork, account: Account) -> None:
    this_morning = end_of_day(uow.today - timedelta(days=1))
    written = uow.session.scalar(
        select(func.count(Letter.id)).where(
            Letter.account_id == account.id,
            Letter.about_id == ABOUT,
            Letter.written_at >= this_morning,
        )
    )
    if (written or 0) >= A_DAY:
        raise AskedOften


def _number(place: dict[str, Any]) -> str | None:
    number: str | None = place.get("register_number")
    return number.strip() if number else None


def _is_there(uow: UnitOfWork, *which: ColumnElement[bool]) -> bool:
    return bool(uow.session.scalar(select(exists().where(*which))))


def _free_name(uow: UnitOfWork, wanted: str, place: str) -> str:
    """Give the organisation's name; where it is taken, one that the city can tell from it."""
    taken = set(
        uow.session.scalars(
            select(Organisation.name).where(
                Organisation.kind == OrganisationKind.PROVIDER,
                Organisation.name.startswith(wanted[:60], autoescape=True),
            )
        )
    )
    offered = [wanted, f"{wanted[:60]} ({place[:30]})"]
    offered += [f"{wanted[:60]} ({n})" for n in range(2, len(taken) + 3)]
    return next(name for name in offered if name not in taken)
