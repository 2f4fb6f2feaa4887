"""Before places come in, it is said what would change: what is new, what differs, what stays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from kernel.access import Role, allowed
from kernel.importing.places import ImportedPlace
from kernel.organisations import Location, LocationStanding, Organisation, OrganisationKind
from kernel.unit_of_work import UnitOfWork

_AT_ONCE = 500
_ONE_DAY = timedelta(days=1)


@dataclass(kw_only=True)
class Plan:
    """What an import will do, or did: rows as the database takes them, and what stays."""

    organisations: dict[str, UUID] = field(default_factory=dict)
    created: list[dict[str, Any]] = field(default_factory=list)
    changed: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    moved: list[int] = field(default_factory=list)  # lines whose place gets another organisation
    unchanged: int = 0
    new_standings: list[dict[str, Any]] = field(default_factory=list)
    ended_standings: dict[UUID, date] = field(default_factory=dict)
    corrected_standings: dict[UUID, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Say whether everything was there already."""
        return not (self.created or self.changed)


@dataclass(frozen=True)
class _Known:
    """What the city has of these places already."""

    organisations: dict[str, UUID]
    locations: dict[str, Location]
    standings: dict[UUID, LocationStanding]  # the latest of each location


@allowed(Role.ADMINISTRATOR, Role.REGIE, Role.CLOCK)
def plan_locations(uow: UnitOfWork, *, places: Sequence[ImportedPlace]) -> Plan:
    """Say what `import_locations` would do with these places, changing nothing.

    Refuses everybody but the administrator, the regie and the house itself (the command line).
    """
    known, plan = _known(uow, places), Plan()
    for place in places:
        organisation_id = known.organisations.get(place.organisation)
        if organisation_id is None:
            organisation_id = plan.organisations.setdefault(place.organisation, uuid4())
        location = known.locations.get(place.register_number)
        values = place.given | {"organisation_id": organisation_id}
        if location is None:
            _create(plan, place, values, uow.today)
        else:
            stands = known.standings.get(location.id)
            stood_anew = _restand(plan, place, location.id, stands, uow.today)
            _change(plan, place, values, location, stood_anew=stood_anew)
    return plan


def _known(uow: UnitOfWork, places: Sequence[ImportedPlace]) -> _Known:
    """Read what is there, for a few hundred places at a time."""
    organisations: dict[str, UUID] = {}
    locations: dict[str, Location] = {}
    standings: dict[UUID, LocationStanding] = {}
    for names in _some({place.organisation: None for place in places}):
        rows = uow.session.execute(
            select(Organisation.name, Organisation.id).where(
                Organisation.kind == OrganisationKind.PROVIDER, Organisation.name.in_(names)
            )
        )
        organisations |= {row[0]: row[1] for row in rows}
    for numbers in _some({place.register_number: None for place in places}):
        found = uow.session.scalars(select(Location).where(Location.register_number.in_(numbers)))
        some = {location.register_number or "": location for location in found}
        locations |= some
        ids = [location.id for location in some.values()]
        rising = select(LocationStanding).order_by(LocationStanding.valid_from)
        for standing in uow.session.scalars(rising.where(LocationStanding.location_id.in_(ids))):
            standings[standing.location_id] = standing
    return _Known(organisations, locations, standings)


def _some(things: dict[str, None]) -> Iterator[list[str]]:
    listed = list(things)
    for start in range(0, len(listed), _AT_ONCE):
        yield listed[start : start + _AT_ONCE]


def _create(plan: Plan, place: ImportedPlace, values: dict[str, Any], today: date) -> None:
    location_id = uuid4()
    plan.created.append({"id": location_id, "register_number": place.register_number, **values})
    if place.licensed_places is not None:
        _stand(plan, location_id, place.licensed_places, place.valid_from or today)


def _stand(plan: Plan, location_id: UUID, licensed_places: int, since: date) -> None:
    plan.new_standings.append(
        {
            "id": uuid4(),
            "location_id": location_id,
            "licensed_places": licensed_places,
            "valid_from": since,
        }
    )


def _change(
    plan: Plan,
    place: ImportedPlace,
    values: dict[str, Any],
    location: Location,
    *,
    stood_anew: bool,
) -> None:
    """Note what differs; an empty cell says nothing, so what we know then stays."""
    differs = {name: value for name, value in values.items() if getattr(location, name) != value}
    if "organisation_id" in differs:
        plan.moved.append(place.line)
    if differs or stood_anew:
        plan.changed[location.id] = differs
    else:
        plan.unchanged += 1


def _restand(
    plan: Plan,
    place: ImportedPlace,
    location_id: UUID,
    standing: LocationStanding | None,
    today: date,
) -> bool:
    """Let a new capacity follow the one before, or correct it; say whether anything changes."""
    count, since = place.licensed_places, place.valid_from or today
    if count is None or (standing is not None and standing.licensed_places == count):
        return False
    if standing is None:
        _stand(plan, location_id, count, since)
    elif since == standing.valid_from:
        plan.corrected_standings[standing.id] = count
    elif since > standing.valid_from:
        if standing.valid_until is None or standing.valid_until >= since:
            plan.ended_standings[standing.id] = since - _ONE_DAY
        _stand(plan, location_id, count, since)
    else:
        return False
    return True
