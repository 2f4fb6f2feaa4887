"""The books of a city agree: cheques, projections, events and money tell the same story."""

from collections import Counter
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from kernel.access import CLOCK
from kernel.cities import City
from kernel.events import RecordedEvent
from kernel.unit_of_work import UnitOfWork, unit_of_work
from vouchers.events import ChequeRedeemed, RedemptionAnnulled
from vouchers.models import Booklet, Cheque, Redemption


def faults(city: City) -> list[str]:
    """Name everything in which rows, events and money do not agree; an empty list is a good one."""
    with unit_of_work(city, CLOCK, writes=False) as uow:
        return [*_doubles(uow), *_projections(uow), *_cheques(uow), *_events(uow), *_money(uow)]


def live_count(city: City) -> int:
    """Give how many redemptions hold."""
    with unit_of_work(city, CLOCK, writes=False) as uow:
        return uow.session.scalar(select(func.count()).where(*_LIVE)) or 0


_LIVE = (Redemption.annulled_at.is_(None),)


def _doubles(uow: UnitOfWork) -> list[str]:
    rows = uow.session.execute(
        select(Redemption.cheque_id, func.count())
        .where(*_LIVE)
        .group_by(Redemption.cheque_id)
        .having(func.count() > 1)
    )
    return [f"cheque {row[0]} is redeemed {row[1]} times" for row in rows]


def _projections(uow: UnitOfWork) -> list[str]:
    """Compare what each booklet keeps of its redemptions with the redemptions themselves."""
    counted: dict[UUID, tuple[int, date | None, date | None]] = {
        row[0]: (row[1], row[2], row[3])
        for row in uow.session.execute(
            select(
                Redemption.booklet_id,
                func.count(),
                func.min(Redemption.care_date),
                func.max(Redemption.care_date),
            )
            .where(*_LIVE)
            .group_by(Redemption.booklet_id)
        )
    }
    kept = select(
        Booklet.id, Booklet.size, Booklet.used_count, Booklet.first_used_on, Booklet.last_used_on
    )
    return [
        f"booklet {id_} keeps {(used, first, last)} of {size}, and has {counted.get(id_, _NONE)}"
        for id_, size, used, first, last in uow.session.execute(kept)
        if (used, first, last) != counted.get(id_, _NONE) or used > size
    ]


_NONE = (0, None, None)


def _cheques(uow: UnitOfWork) -> list[str]:
    live = select(Redemption.cheque_id).where(*_LIVE)
    wrong = uow.session.scalars(
        select(Cheque.id).where((Cheque.state == "used") != Cheque.id.in_(live))
    )
    return [f"cheque {id_} does not say what its redemptions say" for id_ in wrong]


def _events(uow: UnitOfWork) -> list[str]:
    """Compare the redemptions with what was written down of them, one event each."""
    told: Counter[tuple[str, str, object]] = Counter()
    names = (ChequeRedeemed.name, RedemptionAnnulled.name)
    rows = uow.session.execute(
        select(RecordedEvent.name, RecordedEvent.payload).where(RecordedEvent.name.in_(names))
    )
    for name, payload in rows:
        told[name, payload["redemption_id"], payload.get("price_cents")] += 1
    done: Counter[tuple[str, str, object]] = Counter()
    for redemption in uow.session.scalars(select(Redemption)):
        done[ChequeRedeemed.name, str(redemption.id), redemption.price_cents] += 1
        if redemption.annulled_at is not None:
            done[RedemptionAnnulled.name, str(redemption.id), None] += 1
    return [f"told and not done: {each}" for each in told - done] + [
        f"done and not told: {each}" for each in done - told
    ]


def _money(uow: UnitOfWork) -> list[str]:
    """Compare what the used cheques are worth, by two ways that share no row of the sum."""
    by_redemptions = uow.session.scalar(
        select(func.coalesce(func.sum(Redemption.price_cents), 0)).where(*_LIVE)
    )
    undone = {
        payload["redemption_id"]
        for payload in uow.session.scalars(
            select(RecordedEvent.payload).where(RecordedEvent.name == RedemptionAnnulled.name)
        )
    }
    by_events = sum(
        payload["price_cents"] or 0
        for payload in uow.session.scalars(
            select(RecordedEvent.payload).where(RecordedEvent.name == ChequeRedeemed.name)
        )
        if payload["redemption_id"] not in undone
    )
    agree = by_redemptions == by_events
    return [] if agree else [f"{by_redemptions} cents by rows, {by_events} by events"]
