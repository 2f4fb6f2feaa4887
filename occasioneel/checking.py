"""What must always hold of bought places and of the children on them, as questions."""

from typing import Any

from sqlalchemy import Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from kernel.checking import Check, Moment
from kernel.events import Delivery, PendingEvent, RecordedEvent
from kernel.people import Child
from kernel.tasks import Task
from occasioneel.models import (
    MOST_PLACES,
    BoughtPlace,
    DayAmount,
    LimitSignal,
    PlaceDay,
    Placement,
    PlacementState,
    Purchase,
    PurchaseState,
    Signal,
)

_UNBOUGHT = (PurchaseState.DRAFT, PurchaseState.CANCELLED)


def _ill_bought(_: Moment) -> Select[Any]:
    """Find a purchase whose places are not as many as it says, or not on its days."""
    whole = and_(
        BoughtPlace.location_id == Purchase.location_id,
        BoughtPlace.valid_from == Purchase.begins_on,
        case(
            (Purchase.state == PurchaseState.ENDED, BoughtPlace.valid_until == Purchase.ends_on),
            else_=BoughtPlace.valid_until.is_(None),
        ),
    )
    wanted = case((Purchase.state.in_(_UNBOUGHT), 0), else_=Purchase.places)
    return (
        select(Purchase.id)
        .outerjoin(BoughtPlace, BoughtPlace.purchase_id == Purchase.id)
        .group_by(Purchase.id, Purchase.state, Purchase.places)
        .having(
            or_(
                func.count(BoughtPlace.id) != wanted,
                func.sum(case((whole, 1), else_=0)) != wanted,
            )
        )
    )


def _fifth_places(_: Moment) -> Select[Any]:
    """Find a place that begins on a day on which its location has more than four."""
    other = aliased(BoughtPlace)
    at_once = (
        select(func.count(other.id))
        .where(
            other.location_id == BoughtPlace.location_id,
            other.valid_from <= BoughtPlace.valid_from,
            or_(other.valid_until.is_(None), other.valid_until >= BoughtPlace.valid_from),
        )
        .correlate(BoughtPlace)
        .scalar_subquery()
    )
    return select(BoughtPlace.id).where(at_once > MOST_PLACES)


def _unpaid(_: Moment) -> Select[Any]:
    """Find a purchase that has no amount of each kind of day from its first day on."""
    agreed = (
        select(func.count(func.distinct(DayAmount.kind)))
        .where(DayAmount.purchase_id == Purchase.id, DayAmount.valid_from == Purchase.begins_on)
        .correlate(Purchase)
        .scalar_subquery()
    )
    return select(Purchase.id).where(agreed != len(PlaceDay))


def _outside(_: Moment) -> Select[Any]:
    """Find a placement that is not within the days, or not at the location, of its place."""
    too_early = BoughtPlace.valid_from > Placement.valid_from
    too_late = and_(
        BoughtPlace.valid_until.is_not(None),
        or_(Placement.valid_until.is_(None), Placement.valid_until > BoughtPlace.valid_until),
    )
    elsewhere = BoughtPlace.location_id != Placement.location_id
    return select(Placement.id).where(
        BoughtPlace.id == Placement.bought_place_id, or_(too_early, too_late, elsewhere)
    )


def _half_ended(_: Moment) -> Select[Any]:
    """Find a placement that ended without a person, or runs though something of an end is said."""
    nobody = or_(Placement.ended_by.is_(None), Placement.ended_at.is_(None))
    said = or_(
        Placement.valid_until.is_not(None),
        Placement.outcome.is_not(None),
        Placement.ended_at.is_not(None),
        Placement.ended_by.is_not(None),
    )
    return select(Placement.id).where(
        case((Placement.state == PlacementState.ENDED, nobody), else_=said)
    )


def _late_clocks(_: Moment) -> Select[Any]:
    return select(Placement.id).where(Placement.clock_from > Placement.valid_from)


def _mixed_episodes(_: Moment) -> Select[Any]:
    """Find an episode of two children, or a child that is not of the placement's family."""
    mixed = (
        select(Placement.episode_id)
        .group_by(Placement.episode_id)
        .having(func.count(func.distinct(Placement.child_id)) > 1)
    )
    strangers = select(Placement.episode_id).where(
        Child.id == Placement.child_id, Child.family_id != Placement.family_id
    )
    return mixed.union(strangers).subquery().select()


def _idle_cards(_: Moment) -> Select[Any]:
    """Find an open card about a child that left, once all that happened is delivered."""
    runs = exists().where(
        Placement.episode_id == Task.subject_id, Placement.state == PlacementState.RUNNING
    )
    waiting = exists().where(
        PendingEvent.event_number == RecordedEvent.number,
        RecordedEvent.subject_id == Task.subject_id,
    )
    owed = exists().where(
        Delivery.subject_id == Task.subject_id,
        Delivery.done_at.is_(None),
        Delivery.parked_at.is_(None),
    )
    return select(Task.id).where(
        Task.rule.in_([str(signal) for signal in Signal]),
        Task.closed_at.is_(None),
        ~runs,
        ~waiting,
        ~owed,
    )


def _two_cards(_: Moment) -> Select[Any]:
    return (
        select(Task.subject_id)
        .where(Task.rule.in_([str(signal) for signal in Signal]), Task.closed_at.is_(None))
        .group_by(Task.subject_id)
        .having(func.count() > 1)
    )


def _strange_signals(_: Moment) -> Select[Any]:
    return select(LimitSignal.id).where(
        Placement.id == LimitSignal.placement_id, Placement.child_id != LimitSignal.child_id
    )


CHECKS = (
    Check(
        name="purchase-places",
        sentence="Elke aankoop die begon heeft zoveel plaatsen als afgesproken, op haar dagen.",
        offending=_ill_bought,
    ),
    Check(
        name="at-most-four-places",
        sentence="Op geen enkele dag koopt de stad meer dan vier plaatsen bij één opvang.",
        offending=_fifth_places,
    ),
    Check(
        name="purchase-amounts",
        sentence="Elke aankoop heeft vanaf haar eerste dag een bedrag voor elke soort dag.",
        offending=_unpaid,
    ),
    Check(
        name="placement-on-its-place",
        sentence="Elk kind is op zijn plaats binnen de dagen waarop de stad ze koopt.",
        offending=_outside,
    ),
    Check(
        name="placement-ended-whole",
        sentence="Elke plaatsing stopte door een persoon, of heeft nog geen einde.",
        offending=_half_ended,
    ),
    Check(
        name="clock-before-place",
        sentence="De maanden van elk kind beginnen niet na zijn eerste dag op de plaats.",
        offending=_late_clocks,
    ),
    Check(
        name="episode-of-one-child",
        sentence="Elke reeks plaatsingen is van één kind, van het gezin dat erbij staat.",
        offending=_mixed_episodes,
    ),
    Check(
        name="signal-of-its-child",
        sentence="Elk signaal gaat over het kind van de plaatsing die erbij staat.",
        offending=_strange_signals,
    ),
    Check(
        name="no-idle-cards",
        sentence="Geen open kaart gaat over een kind dat vertrok.",
        offending=_idle_cards,
    ),
    Check(
        name="one-card-a-child",
        sentence="Elk kind heeft hoogstens één open kaart.",
        offending=_two_cards,
    ),
)
