"""A refused scan is remembered: it slows guessing, and the regie can help who is stuck."""

import hashlib
import hmac
from datetime import datetime
from uuid import UUID

from kernel.access import Actor
from kernel.cities import City
from kernel.errors import Refusal, Unavailable
from vouchers import codes
from vouchers.errors import UnknownCode
from vouchers.models import ScanAttempt


def remember_attempt(
    city: City,
    actor: Actor,
    refusal: Refusal,
    *,
    code: str,
    location_id: UUID | None,
    now: datetime,
    key: str,
) -> None:
    """Write a refused scan in a short transaction of its own.

    Takes the refusal, the code as it came (kept as a hash under `key`, and only when unknown), and
    where and when. When this fails the refusal is answered all the same.
    """
    cheque_id = refusal.about.get("cheque_id")
    hashed = None
    if refusal.code == UnknownCode.code:
        signs = codes.normalised(code)
        typed = signs.encode(errors="surrogatepass")
        hashed = hmac.new(key.encode(), typed, hashlib.sha256).hexdigest()
    try:
        with city.database.transaction(writes=True) as session:
            session.add(
                ScanAttempt(
                    account_id=actor.account_id,
                    at=now,
                    refusal=refusal.code,
                    location_id=location_id,
                    cheque_id=cheque_id,
                    code_hash=hashed,
                )
            )
    except Unavailable:
        return
