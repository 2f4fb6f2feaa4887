"""A provider scans a cheque."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from kernel.access import Role, allowed
from kernel.errors import Conflict
from kernel.rules import rules_on
from kernel.unit_of_work import UnitOfWork
from vouchers import codes
from vouchers.choices import DESK_BACK_DAYS, PROVIDER_BACK_DAYS
from vouchers.errors import IdempotencyMismatch, WrongCareDate
from vouchers.events import ChequeRedeemed
from vouchers.models import (
    Booklet,
    CareMoment,
    Redemption,
)
from vouchers.scan_facts import ScanFacts, read_scan_facts
from vouchers.taking import keep_redemption, take_cheque

_LOOKS = 12  # a booklet has ten cheques at most: nobody is overtaken more often than that


@dataclass(frozen=True, kw_only=True)
class Redeemed:
    """A redemption with what its answer tells: equal for the first answer and for a retry."""

    redemption: Redemption
    size: int
    valid_until: date
    location_name: str
    replayed: bool = False


@allowed(Role.PROVIDER, Role.REGIE)
def redeem_cheque(
    uow: UnitOfWork,
    *,
    code: str,
    idempotency_key: str,
    location_id: UUID | None = None,
    care_date: date | None = None,
    care_moment: CareMoment = CareMoment.FULL_DAY,
    same_day_reason: str | None = None,
) -> Redeemed:
    """Redeem one cheque for one care moment, once, whatever is retried or raced.

    Takes the 16 or 12 signs as they were scanned or typed; `location_id` only where the account
    has several; `care_date` is today unless changed. The same `idempotency_key` with the same body
    gives the first answer again, also after an annulment. Refuses, in this order: a code that is
    unknown, a provider that is not approved, a booklet that is blocked, not handed out or expired
    on the care date, a used cheque, and a second cheque of a booklet on one day without a reason
    (product/cheques.md 3).
    """
    on = care_date or uow.today
    signs = codes.normalised(code)
    body_hash = _hash_of(signs, location_id, care_date, care_moment, same_day_reason)
    answered = same_day_reason is not None
    for _ in range(_LOOKS):
        facts = read_scan_facts(
            uow,
            signs=signs,
            location_id=location_id,
            on=on,
            moment=care_moment,
            key=idempotency_key,
        )
        if facts.replay_id is not None:
            return _first_answer(uow, facts, body_hash)
        if care_date is not None:  # judged after the key: a retry may come on a later day
            _check_care_date(uow, care_date)
        facts.check(on, answered=answered)
        used_after = take_cheque(uow.connection, facts, on, answered=answered)
        if used_after is not None:
            break
        # Somebody was first between our look and our update: look again, and say what it is now.
    else:
        raise Conflict
    redemption = Redemption(
        cheque_id=facts.known_cheque,
        booklet_id=facts.known_booklet,
        location_id=facts.known_location,
        account_id=uow.actor.account_id,
        cheque_number=facts.cheque_number or 0,
        used_after=used_after,
        care_date=on,
        care_moment=care_moment,
        redeemed_at=uow.now,
        idempotency_key=idempotency_key,
        body_hash=body_hash,
        price_cents=facts.price_cents,
        same_day_reason=same_day_reason,
    )
    keep_redemption(uow.connection, redemption)
    uow.record(
        ChequeRedeemed(
            booklet_id=redemption.booklet_id,
            redemption_id=redemption.id,
            location_id=redemption.location_id,
            care_date=redemption.care_date,
            used_after=redemption.used_after,
            price_cents=redemption.price_cents,
        )
    )
    return Redeemed(
        redemption=redemption,
        size=facts.size or 0,
        valid_until=facts.valid_until or on,
        location_name=facts.location_name or "",
    )


def _first_answer(uow: UnitOfWork, facts: ScanFacts, body_hash: str) -> Redeemed:
    """Give again what the first request got; refuse the key with another body."""
    first = uow.session.get_one(Redemption, facts.replay_id)
    if first.body_hash != body_hash:
        raise IdempotencyMismatch
    booklet = uow.session.get_one(Booklet, first.booklet_id)
    return Redeemed(
        redemption=first,
        size=booklet.size,
        valid_until=booklet.valid_until or first.care_date,
        location_name=facts.location_name or "",
        replayed=True,
    )


def _check_care_date(uow: UnitOfWork, on: date) -> None:
    rules = rules_on(uow.session, uow.today)
    back = rules[DESK_BACK_DAYS if uow.actor.is_any(Role.REGIE) else PROVIDER_BACK_DAYS]
    if not uow.today - timedelta(days=back) <= on <= uow.today:
        said = f"Kies vandaag of een dag die hoogstens {back} dagen voorbij is."
        raise WrongCareDate(said, fields={"careDate": [said]})


def _hash_of(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()
