"""A person signs in, once, with an address and a password; a program shows its token."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Select, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from kernel.access import Actor, Role
from kernel.accounts import AccessToken, Account, AccountRole, SignInAttempt, WebSession
from kernel.cities import City
from kernel.errors import Invalid, NotFound, TooMany
from kernel.organisations import Organisation
from kernel.text import sought

SESSION_LASTS = timedelta(hours=14)  # a working day; an open form never times out under somebody
SEEN_EVERY = timedelta(hours=1)
_LONGEST_ADDRESS = 254  # signs: RFC 5321
_WRONG_PASSWORDS = 5
_WRONG_WITHIN = timedelta(minutes=15)
SCOPES = ("booklets", "redemptions", "statistics")


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


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Who a cookie or a token stands for."""

    actor: Actor
    name: str
    organisation: str
    scopes: frozenset[str]


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """A hash to check against for an unknown address, so that it takes as long as a known one."""
    return _hasher().hash(secrets.token_urlsafe(16))


def hashed_password(password: str) -> str:
    """Give the argon2id hash to keep; slow on purpose, so never inside a writing transaction."""
    return _hasher().hash(password)


def sign_in(city: City, *, email: str, password: str, now: datetime) -> str:
    """Give the secret of a new session, for the cookie.

    Refuses a wrong address or password in the same words and time, and every try after five wrong
    ones in a quarter of an hour. Opens its own transactions: checking a password takes long.
    """
    address = sought(email, at_most=_LONGEST_ADDRESS).lower()
    hashed_address = _sha256(address)
    with city.database.transaction(writes=False) as session:
        account = session.scalar(select(Account).where(Account.email == address))
        known = account.password_hash if account and account.disabled_at is None else None
        account_id = account.id if account else None
        wrong = session.scalar(
            select(func.count()).where(
                SignInAttempt.address_hash == hashed_address,
                SignInAttempt.at > now - _WRONG_WITHIN,
            )
        )
    if (wrong or 0) >= _WRONG_PASSWORDS:
        raise TooManyWrongPasswords(retry_after=int(_WRONG_WITHIN.total_seconds()))
    if not _fits(password, known or _nobodys_hash()) or known is None or account_id is None:
        with city.database.transaction(writes=True) as session:
            session.add(SignInAttempt(address_hash=hashed_address, at=now))
        raise WrongPassword
    secret = secrets.token_urlsafe(32)
    with city.database.transaction(writes=True) as session:
        session.execute(delete(WebSession).where(WebSession.expires_at < now))
        session.execute(delete(SignInAttempt).where(SignInAttempt.address_hash == hashed_address))
        session.add(
            WebSession(
                token_hash=_sha256(secret),
                account_id=account_id,
                created_at=now,
                last_seen_at=now,
                expires_at=now + SESSION_LASTS,
            )
        )
    return secret


def digits_of(city: City, code_id: UUID) -> str:
    """Give the six digits of a code that was asked for; they are kept nowhere."""
    made = hmac.new(city.secret_key.encode(), f"sign-in {code_id}".encode(), hashlib.sha256)
    return f"{int.from_bytes(made.digest()[:8], 'big') % 1_000_000:06}"


def sign_out(city: City, *, secret: str) -> None:
    """End a session; an unknown one is ended already."""
    with city.database.transaction(writes=True) as session:
        session.execute(delete(WebSession).where(WebSession.token_hash == _sha256(secret)))


def end_sessions(session: Session, *, account_id: UUID) -> None:
    """End every session and token of an account: disabled, a role lost, a new password."""
    session.execute(delete(WebSession).where(WebSession.account_id == account_id))
    session.execute(delete(AccessToken).where(AccessToken.account_id == account_id))


def signed_in_by_cookie(city: City, *, secret: str, now: datetime) -> SignedIn | None:
    """Give whom a session's secret stands for, or None; keeps at most hourly that it was seen."""
    hashed = _sha256(secret)
    rows = city.database.ask(_BY_COOKIE, {"hashed": hashed, "now": now})
    if not rows:
        return None
    if rows[0][-1] < now - SEEN_EVERY:
        with city.database.transaction(writes=True) as session:
            session.execute(
                update(WebSession)
                .where(WebSession.token_hash == hashed)
                .values(last_seen_at=now, expires_at=now + SESSION_LASTS)
            )
    return _signed_in([tuple(row) for row in rows], frozenset())


def signed_in_by_token(city: City, *, token: str) -> SignedIn | None:
    """Give whom a bearer token stands for, with the token's scopes, or None. One statement."""
    rows = city.database.ask(_BY_TOKEN, {"hashed": _sha256(token)})
    if not rows:
        return None
    return _signed_in([tuple(row) for row in rows], frozenset(rows[0][-1].split()))


def create_token(city: City, *, email: str, now: datetime, scopes: Collection[str] = SCOPES) -> str:
    """Give a new bearer token for the account with this address; it is shown this once only.

    Refuses an unknown or disabled account.
    """
    token = secrets.token_urlsafe(32)
    with city.database.transaction(writes=True) as session:
        account_id = session.scalar(
            select(Account.id).where(
                Account.email == email.strip().lower(), Account.disabled_at.is_(None)
            )
        )
        if account_id is None:
            raise NotFound(f"Geen account met dit adres in {city.name}.")
        session.execute(
            insert(AccessToken),
            {
                "token_hash": _sha256(token),
                "account_id": account_id,
                "scopes": " ".join(scopes),
                "created_at": now,
            },
        )
    return token


def _identity(last: InstrumentedAttribute[Any]) -> Select[Any]:
    who = (Account.id, Account.organisation_id, Account.name, Organisation.name)
    return (
        select(*who, AccountRole.role, last)
        .join(Organisation, Organisation.id == Account.organisation_id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(Account.disabled_at.is_(None))
    )


_BY_COOKIE = (
    _identity(WebSession.last_seen_at)
    .join(WebSession, WebSession.account_id == Account.id)
    .where(WebSession.token_hash == bindparam("hashed"), WebSession.expires_at > bindparam("now"))
)
_BY_TOKEN = (
    _identity(AccessToken.scopes)
    .join(AccessToken, AccessToken.account_id == Account.id)
    .where(AccessToken.token_hash == bindparam("hashed"), AccessToken.revoked_at.is_(None))
)


def _signed_in(rows: list[tuple[object, ...]], scopes: frozenset[str]) -> SignedIn:
    account_id, organisation_id, name, organisation = rows[0][:4]
    assert isinstance(account_id, UUID)
    assert isinstance(organisation_id, UUID)
    roles = frozenset(Role(str(row[4])) for row in rows)
    return SignedIn(
        actor=Actor(account_id=account_id, organisation_id=organisation_id, roles=roles),
        name=str(name),
        organisation=str(organisation),
        scopes=scopes,
    )


def _fits(password: str, kept: str) -> bool:
    try:
        return _hasher().verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
