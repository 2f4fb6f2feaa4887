"""A person signs in, once, with an address and a password."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.accounts import Account
from kernel.cities import City
from kernel.errors import Invalid, TooMany
from kernel.guessing import Patience, count_try, forget_tries
from kernel.identity import SignedIn
from kernel.passwords import fits, hashed_password
from kernel.second_step import SecondStepAsked, ticket_for
from kernel.sessions import (
    SESSION_LASTS,
    end_sessions,
    open_session,
    sign_out,
    signed_in_by_cookie,
)
from kernel.sign_in_codes import LONGEST_ADDRESS, digits_of
from kernel.text import sought
from kernel.tokens import SCOPES, create_token, signed_in_by_token

__all__ = (  # everything about coming in, for whoever asks here
    "PATIENCE",
    "SCOPES",
    "SESSION_LASTS",
    "SignedIn",
    "TooManyWrongPasswords",
    "WrongPassword",
    "create_token",
    "digits_of",
    "end_sessions",
    "hashed_password",
    "sign_in",
    "sign_out",
    "signed_in_by_cookie",
    "signed_in_by_token",
)


class WrongPassword(Invalid):
    """The address or the password is not right; which of both is not told."""

    code = "wrong-password"
    sentence = (
        "Je e-mailadres of wachtwoord klopt niet. Kijk of hoofdletters aan staan en probeer "
        "opnieuw. Lukt het niet? Bel de regie van je stad."
    )


class TooManyWrongPasswords(TooMany):
    """So many wrong passwords for one address that guessing must wait."""

    code = "too-many-wrong-passwords"
    sentence = (
        "Er waren te veel verkeerde wachtwoorden voor dit adres. Wacht een kwartier en probeer "
        "opnieuw, of bel de regie van je stad."
    )


PATIENCE = Patience(tries=5, within=timedelta(minutes=15), refusal=TooManyWrongPasswords)


def sign_in(
    city: City, *, email: str, password: str, now: datetime, stays: bool = False, device: str = ""
) -> str:
    """Give the secret of a new session, for the cookie.

    `stays` asks for ninety days on this phone, which a provider gets; `device` says where it is.
    Refuses a wrong address or password in the same words and time, and every try after five wrong
    ones in a quarter of an hour. Where a second factor is set up, SecondStepAsked carries the
    ticket to it. Opens its own transactions: checking a password takes long.
    """
    address = sought(email, at_most=LONGEST_ADDRESS).lower()
    count_try(city, address, patience=PATIENCE, now=now)
    with city.database.transaction(writes=False) as session:
        account = session.scalar(
            select(Account).where(Account.email == address, Account.disabled_at.is_(None))
        )
        if account is not None:
            session.expunge(account)
    if not fits(password, account.password_hash if account else None) or account is None:
        raise WrongPassword
    with city.database.transaction(writes=True) as session:
        if not _still_fits(session, account):
            raise WrongPassword
        forget_tries(session, address)
        if account.totp_since is None:
            return open_session(session, account_id=account.id, now=now, stays=stays, device=device)
    raise SecondStepAsked(ticket=ticket_for(city, account, now=now))


def _still_fits(session: Session, account: Account) -> bool:
    """Say whether the password is not another one by now: then its sessions have ended."""
    same = (
        select(Account.id)
        .where(
            Account.id == account.id,
            Account.password_hash == account.password_hash,
            Account.disabled_at.is_(None),
        )
        .with_for_update()
    )
    return session.scalar(same) is not None
