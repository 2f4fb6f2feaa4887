"""An app counts out six digits from the hour and a secret that no database knows (RFC 6238)."""

import base64
import hashlib
import hmac
from datetime import datetime
from uuid import UUID

from pyotp import TOTP
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from kernel.accounts import Account
from kernel.cities import City

_SECRET = 20  # bytes, as RFC 4226 asks for
_STEP = 30  # seconds
_WINDOW = (-1, 0, 1)  # a phone's clock may be half a minute early or late


def secret_of(city: City, seed: str) -> str:
    """Give the secret that goes into an app, in base32; it follows from the seed and the key."""
    made = hmac.new(city.secret_key.encode(), f"second factor {seed}".encode(), hashlib.sha256)
    return base64.b32encode(made.digest()[:_SECRET]).decode()


def scanned_as(city: City, seed: str, email: str) -> str:
    """Give what an app reads from the square: the secret, and whose and where it is."""
    app = TOTP(secret_of(city, seed))
    return app.provisioning_uri(name=email, issuer_name=f"Opstap {city.name}")


def use_code(city: City, session: Session, *, account_id: UUID, digits: str, now: datetime) -> bool:
    """Say whether these are an account's six digits of now, and let nobody use them again.

    Digits of half a minute before or after do too. One statement decides, so that of two at once
    one comes in.
    """
    seed = session.scalar(select(Account.totp_seed).where(Account.id == account_id))
    step = _step_of(secret_of(city, seed), digits, now) if seed else None
    if step is None:
        return False
    used = session.execute(
        update(Account)
        .where(
            Account.id == account_id,
            Account.totp_seed == seed,
            or_(Account.totp_step.is_(None), Account.totp_step < step),
        )
        .values(totp_step=step)
        .returning(Account.id)
    )
    return used.first() is not None


def _step_of(secret: str, digits: str, now: datetime) -> int | None:
    """Give the half minute to which digits belong; each is compared, so the time tells nothing."""
    this = int(now.timestamp()) // _STEP
    app = TOTP(secret)
    found = [
        this + step
        for step in _WINDOW
        if hmac.compare_digest(app.generate_otp(this + step), digits)
    ]
    return found[0] if found else None
