"""Whoever works for the city adds a second step: six digits that their own phone counts out."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from marshmallow import Schema
from sqlalchemy import select

from kernel.access import CITY_ROLES, Role, allowed
from kernel.accounts import Account, AccountRole
from kernel.errors import Conflict, Invalid, NotFound
from kernel.letter_text import letter_text
from kernel.letters import LetterKind, write_letter
from kernel.one_time_codes import scanned_as, secret_of, use_code
from kernel.own_account_events import SecondFactorReset, SecondFactorSet
from kernel.sessions import end_sessions
from kernel.six_digits import SAID, SixDigits
from kernel.unit_of_work import UnitOfWork

_GROUP = 4


class DigitsTyped(Schema):
    """The six digits of an app."""

    digits = SixDigits(required=True, error_messages={"required": SAID})


class FactorSet(Conflict):
    """The second step is set up already."""

    code = "second-factor-set"
    sentence = "Je tweede stap is al ingesteld. Een nieuwe telefoon? Stel hem opnieuw in."


class NoFactor(Conflict):
    """There is no second step to take away."""

    code = "no-second-factor"
    sentence = "Dit account heeft geen tweede stap. Je hoeft niets te doen."


class OwnFactor(Conflict):
    """Nobody takes away their own second step: it would protect nothing."""

    code = "own-second-factor"
    sentence = "Je eigen tweede stap stel je opnieuw in op je accountpagina, met je wachtwoord."


@dataclass(frozen=True, kw_only=True)
class Factor:
    """How far somebody's second step is.

    While it is being set up: the `secret` to type, in groups of four, and the `scanned` text that
    the square holds. Since it was confirmed neither is ever given again.
    """

    since: datetime | None
    secret: str = ""
    scanned: str = ""


@allowed(*CITY_ROLES)
def read_factor(uow: UnitOfWork) -> Factor:
    """Give how far the actor's own second step is."""
    account = uow.session.get_one(Account, uow.actor.account_id)
    if account.totp_since is not None or account.totp_seed is None:
        return Factor(since=account.totp_since)
    secret = secret_of(uow.city, account.totp_seed)
    groups = [secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP)]
    return Factor(
        since=None,
        secret=" ".join(groups),
        scanned=scanned_as(uow.city, account.totp_seed, account.email),
    )


@allowed(*CITY_ROLES)
def begin_factor(uow: UnitOfWork) -> None:
    """Make the actor's secret; asked for twice it is the same one. Refuses where one is in use."""
    account = _own(uow)
    if account.totp_since is not None:
        raise FactorSet
    account.totp_seed = account.totp_seed or secrets.token_hex(32)


@allowed(*CITY_ROLES)
def confirm_factor(uow: UnitOfWork, *, digits: str) -> None:
    """Let the actor's second step count from now on: the app showed the right six digits.

    Refuses wrong ones; those that were right are used up by it.
    """
    account = _own(uow)
    if account.totp_since is not None:
        raise FactorSet
    if not use_code(uow.city, uow.session, account_id=account.id, digits=digits, now=uow.now):
        said = "Kijk of je telefoon op tijd loopt, en typ de code die je nu ziet."
        raise Invalid("Deze code klopt niet.", fields={"digits": [said]})
    account.totp_since, account.totp_due = uow.now, False
    uow.record(SecondFactorSet(account_id=account.id))


@allowed(Role.ADMINISTRATOR, Role.CLOCK)
def reset_second_factor(uow: UnitOfWork, *, account_id: UUID) -> None:
    """Take away the second step of somebody who lost a phone; they set it up at the next sign-in.

    Ends their sessions and tokens, and tells them by letter. Refuses the actor's own account, an
    unknown one, and one without a second step. By hand on the machine: `opstap account
    reset-factor`, for the last administrator.
    """
    account = uow.session.scalar(select(Account).where(Account.id == account_id).with_for_update())
    if account is None:
        raise NotFound
    if account.id == uow.actor.account_id:
        raise OwnFactor
    if account.totp_seed is None and not account.totp_due:
        raise NoFactor
    account.totp_seed = account.totp_since = account.totp_step = None
    account.totp_due = _works_for_city(uow, account.id)
    end_sessions(uow.session, account_id=account.id)
    uow.record(SecondFactorReset(account_id=account.id))
    _tell(uow, account.id)


@allowed(Role.CLOCK)
def reset_second_factor_at(uow: UnitOfWork, *, email: str) -> None:
    """Take away the second step of whoever has this address: by hand, on the machine itself.

    Refuses an unknown address, and one without a second step.
    """
    account_id = uow.session.scalar(
        select(Account.id).where(Account.email == email.strip().lower())
    )
    if account_id is None:
        raise NotFound(f"Geen account met dit adres in {uow.city.name}.")
    reset_second_factor(uow, account_id=account_id)


def _own(uow: UnitOfWork) -> Account:
    return uow.session.scalars(
        select(Account).where(Account.id == uow.actor.account_id).with_for_update()
    ).one()


def _works_for_city(uow: UnitOfWork, account_id: UUID) -> bool:
    roles = uow.session.scalars(
        select(AccountRole.role).where(AccountRole.account_id == account_id)
    )
    return not CITY_ROLES.isdisjoint(Role(role) for role in roles)


def _tell(uow: UnitOfWork, account_id: UUID) -> None:
    city = uow.city
    call = f"Bel dan meteen {city.desk_phone}." if city.desk_phone else "Zeg het dan meteen."
    write_letter(
        uow,
        account_id=account_id,
        kind=LetterKind.NOTICE,
        about_id=uuid4(),
        period=f"{uow.today}",
        subject="De tweede stap van je account is weg",
        body=letter_text(
            city,
            f"Iemand van het beheer haalde de tweede stap van je account bij Opstap {city.name} "
            "weg. Je bent nu overal afgemeld.",
            "Meld je aan met je wachtwoord. Daarna stel je de tweede stap opnieuw in:\n"
            f"{city.base_url}/aanmelden",
            f"Vroeg je dit niet? {call}",
        ),
    )
