"""After the right password, somebody with a second factor shows its six digits."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.accounts import Account
from kernel.cities import City
from kernel.errors import Invalid, TooMany, Unidentified
from kernel.guessing import Patience, count_try, forget_tries
from kernel.one_time_codes import use_code
from kernel.sessions import open_session
from kernel.six_digits import SAID, six_digits
from kernel.tickets import seal, unseal

TICKET_LASTS = timedelta(minutes=5)
_PURPOSE = "second step"


class SecondStepAsked(Unidentified):
    """The password was right, and the six digits are to come. `ticket` leads to them."""

    code = "second-step-asked"
    sentence = "Je wachtwoord klopt. Typ nu de zes cijfers uit je app."


class SecondStepOver(Unidentified):
    """Too long ago: the password is asked again."""

    code = "second-step-over"
    sentence = "Dat duurde te lang. Meld je opnieuw aan."


class WrongDigits(Invalid):
    """These are not the six digits of now, or they were used already."""

    code = "wrong-digits"
    sentence = "Deze code klopt niet, of ze is al gebruikt."


class TooManyWrongDigits(TooMany):
    """So many wrong digits that guessing must wait."""

    code = "too-many-wrong-digits"
    sentence = (
        "Er waren te veel verkeerde codes. Wacht een kwartier en probeer opnieuw, of vraag het "
        "beheer van je stad om hulp."
    )


_PATIENCE = Patience(tries=5, within=timedelta(minutes=15), refusal=TooManyWrongDigits)


def ticket_for(city: City, account: Account, *, now: datetime) -> str:
    """Give the ticket from a right password to the second step; it ends with either of the two."""
    return seal(city, _PURPOSE, account.id.hex, _fingerprint(account), now=now)


def is_waiting(city: City, *, ticket: str, now: datetime) -> bool:
    """Say whether a ticket still leads anywhere."""
    return _opened(city, ticket, now) is not None


def take_second_step(
    city: City, *, ticket: str, digits: str, now: datetime, device: str = ""
) -> str:
    """Give the secret of a new session to whoever has the ticket and the six digits of now.

    Refuses a ticket of more than five minutes or of before a new password, wrong or used digits,
    and every try after five wrong ones in a quarter of an hour.
    """
    opened = _opened(city, ticket, now)
    if opened is None:
        raise SecondStepOver
    typed = six_digits(digits)
    if not typed:
        raise Invalid(fields={"digits": [SAID]})
    account_id, fingerprint = UUID(hex=opened[0]), opened[1]
    count_try(city, f"{_PURPOSE} {account_id}", patience=_PATIENCE, now=now)
    with city.database.transaction(writes=True) as session:
        if not _still(session, account_id, fingerprint):
            raise SecondStepOver
        if not use_code(city, session, account_id=account_id, digits=typed, now=now):
            said = "Wacht tot je app een nieuwe code toont, en typ die."
            raise WrongDigits(fields={"digits": [said]})
        forget_tries(session, f"{_PURPOSE} {account_id}")
        return open_session(session, account_id=account_id, now=now, device=device)


def _opened(city: City, ticket: str, now: datetime) -> list[str] | None:
    return unseal(city, _PURPOSE, ticket, count=2, lasts=TICKET_LASTS, now=now)


def _still(session: Session, account_id: UUID, fingerprint: str) -> bool:
    """Say whether the account is as it was when its password was right."""
    account = session.scalar(
        select(Account)
        .where(Account.id == account_id, Account.disabled_at.is_(None))
        .with_for_update()
    )
    return account is not None and _fingerprint(account) == fingerprint


def _fingerprint(account: Account) -> str:
    kept = f"{account.password_hash} {account.totp_seed}"
    return hashlib.sha256(kept.encode()).hexdigest()[:16]
