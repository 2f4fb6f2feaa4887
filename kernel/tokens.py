"""A program shows its token, and acts for an account within its scopes."""

import secrets
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, insert, select

from kernel.accounts import AccessToken, Account
from kernel.cities import City
from kernel.errors import NotFound
from kernel.identity import SignedIn, hashed_secret, identity, signed_in_of

SCOPES = ("booklets", "redemptions", "statistics")

_BY_TOKEN = (
    identity(AccessToken.scopes)
    .join(AccessToken, AccessToken.account_id == Account.id)
    .where(AccessToken.token_hash == bindparam("hashed"), AccessToken.revoked_at.is_(None))
)


def signed_in_by_token(city: City, *, token: str) -> SignedIn | None:
    """Give whom a bearer token stands for, with the token's scopes, or None. One statement."""
    rows = city.database.ask(_BY_TOKEN, {"hashed": hashed_secret(token)})
    return signed_in_of(rows, scopes=frozenset(rows[0].scopes.split())) if rows else None


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
                "token_hash": hashed_secret(token),
                "account_id": account_id,
                "scopes": " ".join(scopes),
                "created_at": now,
            },
        )
    return token
