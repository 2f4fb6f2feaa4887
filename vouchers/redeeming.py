"""A provider scans a cheque."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, insert, or_, update

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
    BookletState,
    CareMoment,
    Cheque,
    ChequeState,
    Redemption,
)
from vouchers.scan_facts import ScanFacts, read_scan_facts

_LOOKS = 3


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
    if care_date is not None:
        _check_care_date(uow, care_date)
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
        facts.check(on, answered=answered)
        used_after = _take(uow, facts, on, answered=answered or facts.same_day > 0)
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
    _keep(uow, redemption)
    return Redeemed(
        redemption=redemption,
        size=facts.size or 0,
        valid_until=facts.valid_until or on,
        location_name=facts.location_name or "",
    )


def _take(uow: UnitOfWork, facts: ScanFacts, on: date, *, answered: bool) -> int | None:
    """Use the cheque: booklet row first, then cheque row, each only if it is still as we saw it.

    Gives how many of the booklet are used now, or None when somebody else changed a row first.
    """
    used_after = uow.session.execute(_use_booklet(facts.known_booklet, on, answered=answered))
    count: int | None = used_after.scalar_one_or_none()
    if count is None:
        return None
    if uow.session.execute(_use_cheque(facts.known_cheque)).scalar_one_or_none() is None:
        uow.session.execute(_count_one_less(facts.known_booklet))
        return None
    return count


def _count_one_less(booklet_id: UUID) -> Any:
    """The cheque itself was taken meanwhile: our count goes back before we look again."""
    return (
        update(Booklet)
        .where(Booklet.id == booklet_id)
        .values(used_count=Booklet.used_count - 1)
        .execution_options(synchronize_session=False)
    )


def _use_booklet(booklet_id: UUID, on: date, *, answered: bool) -> Any:
    statement = (
        update(Booklet)
        .where(Booklet.id == booklet_id, *booklet_guards(on))
        .values(
            used_count=Booklet.used_count + 1,
            first_used_on=_nearest(Booklet.first_used_on, on, Booklet.first_used_on < on),
            last_used_on=_nearest(Booklet.last_used_on, on, Booklet.last_used_on > on),
        )
        .returning(Booklet.used_count)
        .execution_options(synchronize_session=False)
    )
    if answered:
        return statement
    return statement.where(or_(Booklet.last_used_on.is_(None), Booklet.last_used_on != on))


def _use_cheque(cheque_id: UUID) -> Any:
    return (
        update(Cheque)
        .where(Cheque.id == cheque_id, *cheque_guards())
        .values(state=ChequeState.USED)
        .returning(Cheque.id)
        .execution_options(synchronize_session=False)
    )


def booklet_guards(on: date) -> tuple[Any, ...]:
    """Give what must hold of the booklet row at the moment it is used."""
    return (Booklet.state == BookletState.HANDED_OUT, Booklet.valid_until >= on)


def cheque_guards() -> tuple[Any, ...]:
    """Give what must hold of the cheque row at the moment it is used."""
    return (Cheque.state == ChequeState.OPEN,)


def _nearest(column: Any, on: date, keeps: Any) -> Any:
    return case((keeps, column), else_=on)


def _keep(uow: UnitOfWork, redemption: Redemption) -> None:
    row = {column: getattr(redemption, column) for column in _COLUMNS}
    uow.session.execute(insert(Redemption.__table__), row)  # type: ignore[arg-type]
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


_COLUMNS = tuple(column.key for column in Redemption.__table__.columns)


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
