"""Places of another register are taken in: made once, changed by their number, never approved."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text, update

from kernel.access import Role, allowed
from kernel.constraints import refuse_by
from kernel.errors import Conflict
from kernel.importing.events import LocationsImported
from kernel.importing.places import ImportedPlace
from kernel.importing.planning import Plan, plan_locations
from kernel.organisations import Location, LocationStanding, Organisation, OrganisationKind
from kernel.unit_of_work import UnitOfWork


@allowed(Role.ADMINISTRATOR, Role.REGIE, Role.CLOCK)
def import_locations(uow: UnitOfWork, *, places: Sequence[ImportedPlace]) -> Plan:
    """Take places in by their register number: all of them, or none when one cannot be kept.

    A new place waits for the regie's approval; a known one is changed only in what the file fills
    and differs, and stays approved. An organiser is made once for each name. A capacity begins on
    its day and ends the one before; one that is older than what we know is left out. Gives what
    was done; when that was anything, one event tells it in counts. Refuses everybody but the
    administrator, the regie and the house itself, which is who the command line acts as.
    """
    if uow.session.get_bind().dialect.name == "postgresql":  # two imports at once take turns
        uow.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('import_locations'))"))
    plan = plan_locations(uow, places=places)
    if not plan.is_empty:
        _carry_out(uow, plan)
        uow.record(
            LocationsImported(
                import_id=uuid4(),
                created=len(plan.created),
                changed=len(plan.changed),
                unchanged=plan.unchanged,
                organisations=len(plan.organisations),
            )
        )
    return plan


def _carry_out(uow: UnitOfWork, plan: Plan) -> None:
    """Write in the order that the foreign keys and the periods ask."""
    _add(
        uow,
        [
            Organisation(id=made, name=name, kind=OrganisationKind.PROVIDER)
            for name, made in plan.organisations.items()
        ],
    )
    _add(uow, [Location(**values) for values in plan.created])
    for location_id, values in plan.changed.items():
        if values:
            _set(uow, Location, location_id, **values)
    for standing_id, day in plan.ended_standings.items():
        _set(uow, LocationStanding, standing_id, valid_until=day)
    for standing_id, count in plan.corrected_standings.items():
        _set(uow, LocationStanding, standing_id, licensed_places=count)
    _add(uow, [LocationStanding(**values) for values in plan.new_standings])


def _add(uow: UnitOfWork, things: Sequence[Organisation | Location | LocationStanding]) -> None:
    uow.session.add_all(things)
    uow.session.flush()


def _set(
    uow: UnitOfWork, table: type[Location | LocationStanding], row_id: UUID, **values: Any
) -> None:
    uow.session.execute(
        update(table)
        .where(table.id == row_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


refuse_by("uq_location_register_number", Conflict, columns="location.register_number")
refuse_by("uq_organisation_kind_name", Conflict, columns="organisation.kind, organisation.name")
