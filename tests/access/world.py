"""Two organisations of each kind with something of their own, so that doors can be tried."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from jobs.dispatch import dispatch_events
from kernel.access import CLOCK, Role
from kernel.cities import City
from kernel.organisations import OrganisationKind
from kernel.tasks import Task
from tests import build, build_care
from tests.build import Paper, Person, at_work
from vouchers.drop_off import flag_drop_offs
from vouchers.models import Booklet

NOW = datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class World:
    """The people of a city, and what the first referrer and the first provider own."""

    people: dict[str, Person]
    paper: Paper
    redemption_id: UUID
    task_id: UUID
    location_id: UUID
    family_id: UUID
    account_id: UUID  # a colleague of the first provider
    batch_id: UUID
    purchase_id: UUID
    placement_id: UUID

    def ids(self) -> dict[str, UUID]:
        """Give a value for each name that routes use."""
        return {
            "booklet_id": self.paper.id,
            "redemption_id": self.redemption_id,
            "task_id": self.task_id,
            "location_id": self.location_id,
            "family_id": self.family_id,
            "account_id": self.account_id,
            "batch_id": self.batch_id,
            "holder_id": self.people["referrer"].actor.account_id,
            "purchase_id": self.purchase_id,
            "placement_id": self.placement_id,
            "delivery_id": self.batch_id,  # none: it can be undone no more
        }


def build_world(city: City) -> World:
    """Make one person of each role, a second referrer and provider, and things of the firsts'."""
    build.price(city)
    home = build.organisation(city, OrganisationKind.CITY)
    referrer, provider = build.referrer(city), build.provider(city)
    people = {
        "referrer": referrer,
        "provider": provider,
        "other referrer": build.referrer(city),
        "other provider": build.provider(city),
        "regie": build.person(city, Role.REGIE, organisation_id=home),
        "finance": build.person(city, Role.FINANCE, organisation_id=home),
        "evaluator": build.person(city, Role.EVALUATOR, organisation_id=home),
        "administrator": build.person(city, Role.ADMINISTRATOR, organisation_id=home),
    }
    colleague = build.person(city, Role.PROVIDER, organisation_id=provider.organisation_id)
    used = build.handed_out(city, referrer, now=NOW)
    redemption_id = build.scanned(city, provider, used.codes[0], now=NOW)
    silent = build.handed_out(city, referrer, now=NOW - timedelta(days=40))
    with at_work(city, CLOCK, _working_day()) as uow:
        flag_drop_offs(uow)
    dispatch_events(city, NOW)
    with at_work(city) as uow:
        task_id = uow.session.scalars(select(Task.id)).one()
        family_id = uow.session.get_one(Booklet, silent.id).family_id
    assert family_id is not None
    assert provider.location_id is not None
    bought = build_care.bought(city, people["regie"], now=NOW)
    return World(
        people=people,
        paper=silent,
        redemption_id=redemption_id,
        task_id=task_id,
        location_id=provider.location_id,
        family_id=family_id,
        account_id=colleague.actor.account_id,
        batch_id=build.batch(city, people["regie"], 1, now=NOW),
        purchase_id=bought.id,
        placement_id=build_care.placed(  # some days ago: it is not taken back any more
            city, people["regie"], at=bought.location_id, now=NOW - timedelta(days=2)
        ).id,
    )


def _working_day() -> datetime:
    """A Monday at most a week ago that is no holiday, later than two weeks after hand-out."""
    from kernel.calendar import day_of, is_working_day  # noqa: PLC0415

    moment = NOW
    while not is_working_day(day_of(moment)):
        moment -= timedelta(days=1)
    return moment
