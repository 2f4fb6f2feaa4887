"""The children on bought places, by the days to their limit: whoever is nearest stands first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, true

from kernel.access import Role, allowed
from kernel.accounts import Account
from kernel.calendar import add_months
from kernel.errors import NotFound
from kernel.organisations import District, Location
from kernel.people import Child, Family
from kernel.tasks import Task
from kernel.unit_of_work import UnitOfWork
from occasioneel.choices import TOO_OLD_MONTHS
from occasioneel.limits import Limit, Limits
from occasioneel.models import BoughtPlace, GoesOn, Placement, PlacementState, Signal


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card about a child that nears its limit: open, or closed with a next step."""

    id: UUID
    rule: str
    due_on: date
    closed_at: datetime | None
    closed_by: UUID | None
    outcome: str | None
    who: str | None  # for whom it is, none: for everybody


@dataclass(frozen=True, kw_only=True)
class PlacedChild:
    """A child on its place, as far as the regie needs it in a list."""

    placement_id: UUID
    episode_id: UUID
    family_id: UUID
    child_id: UUID
    first_name: str | None
    birth_month: date | None
    location_id: UUID
    location: str
    district: str | None
    number: int
    since: date
    until: date | None  # the last day, where a person said so
    state: str
    limit: Limit
    cards: tuple[Card, ...] = field(default=())

    @property
    def open_card(self) -> Card | None:
        """The card that waits for somebody, if any."""
        return next((card for card in self.cards if card.closed_at is None), None)

    @property
    def last_step(self) -> Card | None:
        """What a person last chose as the next step, if anybody did."""
        chosen = [card for card in self.cards if card.closed_by is not None]
        return chosen[-1] if chosen else None

    def too_old(self, on: date) -> bool:
        """Say whether the child is three years old on a day, or older."""
        born = self.birth_month
        return born is not None and add_months(born, TOO_OLD_MONTHS) <= on


@dataclass(frozen=True, kw_only=True)
class ChildFile:
    """One placement with all that the regie needs to know of it."""

    child: PlacedChild
    reference: str
    language: str
    phone: str | None
    reason: str
    bought_place_id: UUID
    purchase_id: UUID
    location_phone: str
    made_at: datetime
    outcome: str | None
    ended_at: datetime | None


@allowed(Role.REGIE)
def read_children(
    uow: UnitOfWork, *, location_id: UUID | None = None, district_id: UUID | None = None
) -> list[PlacedChild]:
    """Give every child that is on a bought place or will be, by the days to its limit.

    Those beyond it stand first. Who reads this reads families' files: the door leaves audit rows.
    """
    chosen: list[ColumnElement[bool]] = [true()]
    if location_id:
        chosen.append(Placement.location_id == location_id)
    if district_id:
        chosen.append(Location.district_id == district_id)
    rows = uow.session.execute(_rows(*_CHILD).where(_there(uow.today), *chosen)).mappings().all()
    children = _children(uow, rows)
    return sorted(
        children, key=lambda child: (child.limit.last_day, child.since, str(child.placement_id))
    )


@allowed(Role.REGIE)
def read_child(uow: UnitOfWork, *, placement_id: UUID) -> ChildFile:
    """Give one placement, also one that has ended; refuse an unknown one."""
    more = (
        Family.reference,
        Family.language,
        Family.phone,
        Placement.reason,
        Placement.bought_place_id,
        BoughtPlace.purchase_id,
        Location.phone.label("location_phone"),
        Placement.made_at,
        Placement.outcome,
        Placement.ended_at,
    )
    statement = _rows(*_CHILD, *more).where(Placement.id == placement_id)
    row = uow.session.execute(statement).mappings().first()
    if row is None:
        raise NotFound
    names = {column.key for column in _CHILD}
    (child,) = _children(uow, [{name: row[name] for name in names}])
    return ChildFile(child=child, **{name: row[name] for name in row if name not in names})


@allowed(Role.REGIE)
def read_children_on(uow: UnitOfWork, *, purchase_id: UUID) -> Mapping[UUID, PlacedChild]:
    """Give who is on each place of a purchase now, or will be, by the place's id."""
    found = (_there(uow.today), BoughtPlace.purchase_id == purchase_id)
    statement = _rows(*_CHILD, Placement.bought_place_id).where(*found)
    rows = uow.session.execute(statement.order_by(Placement.valid_from.desc())).mappings().all()
    names = {column.key for column in _CHILD}
    children = _children(uow, [{name: row[name] for name in names} for row in rows])
    places = [row["bought_place_id"] for row in rows]
    return dict(zip(places, children, strict=True))


@allowed(Role.REGIE)
def locations_with_children(uow: UnitOfWork) -> list[tuple[UUID, str]]:
    """Give the locations where children are on bought places, by name."""
    return _distinct(uow, Location.id, Location.name)


@allowed(Role.REGIE)
def districts_with_children(uow: UnitOfWork) -> list[tuple[UUID, str]]:
    """Give the districts where children are on bought places, by name."""
    return _distinct(uow, District.id, District.name)


_CHILD: tuple[Any, ...] = (
    Placement.id.label("placement_id"),
    Placement.episode_id,
    Placement.family_id,
    Placement.child_id,
    Child.first_name,
    Child.birth_month,
    Placement.location_id,
    Location.name.label("location"),
    District.name.label("district"),
    BoughtPlace.number,
    Placement.valid_from.label("since"),
    Placement.valid_until.label("until"),
    Placement.state,
    Placement.clock_from,
)


def _rows(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Placement)
        .join(Child, Child.id == Placement.child_id)
        .join(Family, Family.id == Placement.family_id)
        .join(BoughtPlace, BoughtPlace.id == Placement.bought_place_id)
        .join(Location, Location.id == Placement.location_id)
        .outerjoin(District, District.id == Location.district_id)
    )


def _there(today: date) -> ColumnElement[bool]:
    """Give the condition of a child that is there: running, or before its last day."""
    leaves = and_(Placement.valid_until >= today, Placement.outcome.not_in(list(GoesOn)))
    return or_(Placement.state == PlacementState.RUNNING, leaves)


def _children(uow: UnitOfWork, rows: Any) -> list[PlacedChild]:
    limits = Limits(uow.session)
    cards = _cards(uow, {row["episode_id"] for row in rows})
    made = []
    for row in rows:
        given = dict(row)
        clock_from = given.pop("clock_from")
        own = tuple(
            card
            for period, card in cards.get(row["episode_id"], ())
            if period == clock_from.isoformat()
        )
        made.append(PlacedChild(**given, limit=limits.of(clock_from), cards=own))
    return made


def _cards(uow: UnitOfWork, episodes: set[UUID]) -> dict[UUID, list[tuple[str, Card]]]:
    """Give the cards of some episodes, the oldest first, each with the months that it is about."""
    rows = uow.session.execute(
        select(Task, Account.name)
        .outerjoin(Account, Account.id == Task.account_id)
        .where(Task.subject_id.in_(episodes), Task.rule.in_(list(Signal)))
        .order_by(Task.opened_at, Task.rule.desc())
    )
    found: dict[UUID, list[tuple[str, Card]]] = {}
    for task, who in rows:
        card = Card(
            id=task.id,
            rule=task.rule,
            due_on=task.due_on,
            closed_at=task.closed_at,
            closed_by=task.closed_by,
            outcome=task.outcome,
            who=who,
        )
        found.setdefault(task.subject_id, []).append((task.period, card))
    return found


def _distinct(uow: UnitOfWork, key: Any, name: Any) -> list[tuple[UUID, str]]:
    rows = uow.session.execute(
        select(key, name)
        .select_from(Placement)
        .join(Location, Location.id == Placement.location_id)
        .outerjoin(District, District.id == Location.district_id)
        .where(_there(uow.today), key.is_not(None))
        .distinct()
        .order_by(name)
    )
    return [(row[0], row[1]) for row in rows]
