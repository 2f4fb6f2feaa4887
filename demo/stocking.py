"""The demo's stock: one batch that went to two referrers, and one that still lies at the desk."""

from contextlib import AbstractContextManager
from datetime import time
from typing import Any
from uuid import UUID

from sqlalchemy import select

from demo.calendar import WorkingDays, at
from demo.settling import Town
from kernel.access import CLOCK, Actor, Role
from kernel.accounts import Account
from kernel.cities import City
from kernel.unit_of_work import UnitOfWork, unit_of_work
from vouchers.asking_stock import ask_for_stock
from vouchers.batches import note_download
from vouchers.batching import ask_batch, make_some
from vouchers.booklets import propose_reference
from vouchers.delivering import deliver_booklets
from vouchers.issuing import hand_out_booklet
from vouchers.models import Booklet, BookletState

_LANGUAGES = ("ar", "nl", "tr", "uk")


def stock_up(city: City, written: dict[str, Any], town: Town, days: WorkingDays) -> None:
    """Make, deliver and hand out as `written` says; a city that has no stock written gets none."""
    if (plan := written.get("stock")) is None:
        return
    stocking = _Stocking(city, days, town)
    first, _ = (stocking.batch(size, ago) for size, ago in plan["batches"])
    people = [actor for actor, _ in town.referrers]
    for person, count, handed_out in plan["delivered"]:
        stocking.deliver(people[person], first, count, plan["delivered_ago"])
        for ago in handed_out:
            stocking.hand_out(people[person], ago)
    person, booklets, ago = plan["asked"]
    with stocking.at_work(people[person], ago, time(14, 20)) as uow:
        ask_for_stock(uow, booklets=booklets)


class _Stocking:
    """Does what the desk, the clock and the referrers do, each on a working day."""

    def __init__(self, city: City, days: WorkingDays, town: Town) -> None:
        self.city, self.days, self.town = city, days, town
        with unit_of_work(city, CLOCK, writes=False) as uow:
            regie = uow.session.scalars(
                select(Account).where(Account.email.startswith("regie@"))
            ).one()
            self.regie = Actor(
                account_id=regie.id,
                organisation_id=regie.organisation_id,
                roles=frozenset({Role.REGIE}),
            )

    def at_work(self, actor: Actor, ago: int, hour: time) -> AbstractContextManager[UnitOfWork]:
        """Open the unit of work of somebody, on the last working day so many days ago."""
        moment = at(self.days.days[self.days.ago(ago)], hour)
        return unit_of_work(self.city, actor, writes=True, now=moment)

    def batch(self, size: int, ago: int) -> UUID:
        """Let the regie ask for a batch, the clock make it, and the regie print it."""
        with self.at_work(self.regie, ago, time(9, 5)) as uow:
            batch_id = ask_batch(uow, wanted=size).batch.id
        made = 1
        while made:
            with self.at_work(CLOCK, ago, time(9, 6)) as uow:
                made = make_some(uow)
        with self.at_work(self.regie, ago, time(9, 20)) as uow:
            note_download(uow, batch_id=batch_id, booklets=size)
        return batch_id

    def deliver(self, to: Actor, batch_id: UUID, count: int, ago: int) -> None:
        """Let the regie give somebody the first booklets of a batch."""
        with self.at_work(self.regie, ago, time(10, 30)) as uow:
            deliver_booklets(uow, holder_id=to.account_id, batch_id=batch_id, count=count)

    def hand_out(self, referrer: Actor, ago: int) -> None:
        """Let a referrer give a family the first booklet in the drawer, by its number."""
        with self.at_work(referrer, ago, time(13, 40)) as uow:
            hand_out_booklet(
                uow,
                booklet=_first_of(uow, referrer),
                family={
                    "reference": propose_reference(uow),
                    "language": _LANGUAGES[ago % len(_LANGUAGES)],
                    "district": self.town.districts[ago % len(self.town.districts)],
                },
                meets_criteria=True,
                good_news_consent=True,
            )


def _first_of(uow: UnitOfWork, referrer: Actor) -> str:
    return uow.session.scalars(
        select(Booklet.number)
        .where(Booklet.holder_id == referrer.account_id, Booklet.state == BookletState.DELIVERED)
        .order_by(Booklet.number)
        .limit(1)
    ).one()
