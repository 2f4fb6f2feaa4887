"""A password is kept as a hash that is slow on purpose, and a wrong one tells nothing."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kernel.errors import Invalid

SHORTEST, LONGEST = 10, 1000  # signs


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


def fits(password: str, kept: str | None) -> bool:
    """Say whether a password is the one that was kept; where none was, after as long a time."""
    try:
        _hasher().verify(kept or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def check_length(password: str, *, field: str = "password") -> None:
    """Refuse a password that is too short to be one, or too long to be checked."""
    if len(password) < SHORTEST:
        said = f"Kies een wachtwoord van minstens {SHORTEST} tekens. Een korte zin is prima."
        raise Invalid(fields={field: [said]})
    if len(password) > LONGEST:
        said = f"Dit is te lang: kies een wachtwoord van hoogstens {LONGEST} tekens."
        raise Invalid(fields={field: [said]})
