"""How long occasional care keeps a child's file, and what it tells a family that asks."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from kernel.family_files import FamilyFile, Told
from kernel.keeping import Term, Unit
from kernel.organisations import Location, Organisation
from kernel.people import Child, Family
from kernel.programmes import OCCASIONEEL
from kernel.tasks import Task
from occasioneel.models import BoughtPlace, LimitSignal, Placement, PlacementState

# A city's own choice, at most five years after the end (docs/privacy.md).
CARE = Term(rule="occasioneel.file_months", count=24, unit=Unit.MONTHS, least=6, most=60)
_STILL = literal(date(9999, 12, 31), Date)  # the file runs: its term has not begun


def _last_end() -> ColumnElement[Any]:
    end = case((Placement.state == PlacementState.RUNNING, _STILL), else_=Placement.valid_until)
    return (
        select(func.max(end, type_=Date))
        .where(Placement.family_id == Family.id)
        .correlate(Family)
        .scalar_subquery()
    )


def _runs(today: date) -> ColumnElement[bool]:
    """Say that a child is on its place today, or is still to come."""
    until = or_(Placement.state == PlacementState.RUNNING, Placement.valid_until >= today)
    return exists().where(Placement.family_id == Family.id, until)


def _placements(family_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Child.first_name.label("Kind"),
            Location.name.label("Waar"),
            BoughtPlace.number.label("Plaats"),
            Placement.valid_from.label("Vanaf"),
            Placement.valid_until.label("Tot en met"),
            Placement.clock_from.label("De zes maanden lopen vanaf"),
            Placement.reason.label("Reden"),
            Placement.state.label("Staat"),
            Placement.outcome.label("Hoe het eindigde"),
            Placement.made_at.label("Opgeschreven op"),
            Placement.ended_at.label("Beëindigd op"),
        )
        .join(Child, Child.id == Placement.child_id)
        .join(Location, Location.id == Placement.location_id)
        .join(BoughtPlace, BoughtPlace.id == Placement.bought_place_id)
        .where(Placement.family_id == family_id)
        .order_by(Placement.valid_from)
    )


def _signals(family_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            LimitSignal.signal.label("Signaal"),
            LimitSignal.clock_from.label("De zes maanden lopen vanaf"),
            LimitSignal.signalled_on.label("Gegeven op"),
        )
        .join(Placement, Placement.id == LimitSignal.placement_id)
        .where(Placement.family_id == family_id)
        .order_by(LimitSignal.signalled_on)
    )


def _tasks(family_id: UUID) -> Select[*tuple[Any, ...]]:
    episodes = select(Placement.episode_id).where(Placement.family_id == family_id)
    return (
        select(
            Task.rule.label("Signaal"),
            Organisation.name.label("Wie volgt op"),
            Task.due_on.label("Vanaf"),
            Task.closed_at.label("Afgerond op"),
            Task.outcome.label("Wat eruit kwam"),
        )
        .join(Organisation, Organisation.id == Task.organisation_id)
        .where(Task.subject_id.in_(episodes))
        .order_by(Task.opened_at)
    )


def _stays(session: Session, family_id: UUID) -> Mapping[str, int]:
    number = session.scalar(
        select(func.count(Placement.id)).where(Placement.family_id == family_id)
    )
    return {"Plaatsingen, zonder naam erbij": number or 0}


FILE = FamilyFile(
    name="care-files",
    what="Kind en gezin in de occasionele opvang: naam, telefoon, voornaam, geboortemaand",
    why="om het kind op te vangen en verder te helpen",
    after="na het einde van de laatste opvang",
    term=CARE,
    programme=OCCASIONEEL,
    ended=_last_end(),
    runs=_runs,
    stays=_stays,
    told=(
        Told(title="Occasionele opvang", rows=_placements),
        Told(title="Signalen over de zes maanden", rows=_signals),
        Told(title="Taken over de opvang", rows=_tasks),
    ),
)
