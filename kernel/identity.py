"""Who a cookie or a token stands for, found in one statement."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from kernel.access import Actor, Role
from kernel.accounts import Account, AccountRole
from kernel.organisations import Organisation


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Who a cookie or a token stands for.

    `stays` is a phone that is signed in for ninety days, `is_renewed` that those began anew just
    now; `factor_due` that a second step must be set up before anything else.
    """

    actor: Actor
    name: str
    organisation: str
    scopes: frozenset[str] = frozenset()
    stays: bool = False
    is_renewed: bool = False
    factor_due: bool = False


def identity(*more: Any) -> Select[Any]:
    """Give the statement that finds an account with its roles: a row each, with `more` in it.

    An account that is disabled, or has no role, is found by nothing.
    """
    who = (Account.id, Account.organisation_id, Account.name, Organisation.name.label("home"))
    return (
        select(*who, AccountRole.role, *more)
        .join(Organisation, Organisation.id == Account.organisation_id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(Account.disabled_at.is_(None))
    )


def signed_in_of(rows: Sequence[Row[Any]], **more: Any) -> SignedIn:
    """Give who was found by that statement."""
    account_id, organisation_id, name, home = tuple(rows[0])[:4]
    assert isinstance(account_id, UUID)
    assert isinstance(organisation_id, UUID)
    roles = frozenset(Role(str(row.role)) for row in rows)
    actor = Actor(account_id=account_id, organisation_id=organisation_id, roles=roles)
    return SignedIn(actor=actor, name=str(name), organisation=str(home), **more)


def hashed_secret(secret: str) -> str:
    """Give what is kept of a secret: with it alone nobody comes in."""
    return hashlib.sha256(secret.encode()).hexdigest()
