"""Guessing is slow: what is tried is counted before it is tried, wherever it comes from."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from kernel.accounts import SignInAttempt
from kernel.cities import City
from kernel.errors import TooMany


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often something may be tried in how long, and what is said after that."""

    tries: int
    within: timedelta
    refusal: type[TooMany]


def count_try(city: City, subject: str, *, patience: Patience, now: datetime) -> None:
    """Count a try before it is made; refuse one too many, which then counts no longer.

    Takes as `subject` what is tried at, such as an address: only its hash is kept. The try is
    written down and kept before the tries are counted: as many as come at once, each sees those
    that came before it.
    """
    hashed, this = _hashed(subject), uuid4()
    with city.database.transaction(writes=True) as session:
        session.execute(
            delete(SignInAttempt).where(
                SignInAttempt.address_hash == hashed, SignInAttempt.at <= now - patience.within
            )
        )
        session.add(SignInAttempt(id=this, address_hash=hashed, at=now))
    with city.database.transaction(writes=False) as session:
        tried = session.scalar(select(func.count()).where(SignInAttempt.address_hash == hashed))
    if (tried or 0) <= patience.tries:
        return
    with city.database.transaction(writes=True) as session:
        session.execute(delete(SignInAttempt).where(SignInAttempt.id == this))
    raise patience.refusal(retry_after=int(patience.within.total_seconds()))


def forget_tries(session: Session, subject: str) -> None:
    """Count anew: somebody knew what was asked."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.address_hash == _hashed(subject)))


def _hashed(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()
