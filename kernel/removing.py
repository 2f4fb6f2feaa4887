"""A family asks to be forgotten: at once, for good, and without a trace of who it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import func, or_, select, update

from kernel.access import CLOCK, Role, allowed
from kernel.cities import City
from kernel.constraints import refuse_by
from kernel.errors import Conflict, NotFound
from kernel.events import Event
from kernel.family_files import FamilyFile, forget_families, forget_references
from kernel.people import Child, Family
from kernel.unit_of_work import UnitOfWork, unit_of_work


@dataclass(frozen=True, kw_only=True)
class FamilyRemoved(Event):
    """A family was removed on request: nobody can find it any more, and nobody calls it."""

    name: ClassVar[str] = "kernel.family_removed"
    subject: ClassVar[str] = "family_id"
    family_id: UUID


class AlreadyRemoved(Conflict):
    """The family was removed before."""

    code = "already-removed"
    sentence = "Dit gezin is al gewist. Je hoeft niets meer te doen."


refuse_by("removed_family", AlreadyRemoved)


class StillInCare(Conflict):
    """A child of the family is cared for now: its name is needed until that ends."""

    code = "still-in-care"
    sentence = (
        "Een kind van dit gezin zit nu in de opvang. Daarvoor is de naam nodig. "
        "Beëindig eerst de plaatsing, wis daarna het gezin."
    )


@dataclass(frozen=True, kw_only=True)
class Removal:
    """What goes and what stays when a family is removed: numbers and what they count."""

    family_id: UUID
    reference: str
    removed_at: datetime | None
    runs: bool
    has_name: bool
    has_phone: bool
    children: int
    goes: Mapping[str, int] = field(default_factory=dict)
    stays: Mapping[str, int] = field(default_factory=dict)


@allowed(Role.REGIE, Role.ADMINISTRATOR)
def read_removal(uow: UnitOfWork, *, family_id: UUID, files: Sequence[FamilyFile]) -> Removal:
    """Say what a removal would take away and what it would leave; refuses an unknown family."""
    family = _family(uow, family_id)
    told = or_(Child.first_name.is_not(None), Child.birth_month.is_not(None))
    children = uow.session.scalar(
        select(func.count(Child.id)).where(Child.family_id == family_id, told)
    )
    return Removal(
        family_id=family.id,
        reference=family.reference,
        removed_at=family.removed_at,
        runs=_runs(uow, family_id, files),
        has_name=family.name is not None,
        has_phone=family.phone is not None,
        children=children or 0,
        goes={k: n for each in files for k, n in each.goes(uow.session, family_id).items()},
        stays={k: n for each in files for k, n in each.stays(uow.session, family_id).items()},
    )


@allowed(Role.REGIE, Role.ADMINISTRATOR, Role.CLOCK)
def remove_family(uow: UnitOfWork, *, family_id: UUID, files: Sequence[FamilyFile]) -> None:
    """Remove a family on request (GDPR art. 17). It cannot be undone.

    Names, phone and what is known of the children go, in the same transaction as the calls that
    are planned; the reference becomes a mark that tells nothing. Booklets go on working: the paper
    is the family's. Days, amounts and counts stay, of nobody. Refuses a family that is removed
    already, and one whose child is in care now. A trigger keeps the family empty ever after. By
    command it is done again for whoever a restored backup still knew.
    """
    family = _family(uow, family_id)
    if family.removed_at is not None:
        raise AlreadyRemoved
    if _runs(uow, family_id, files):
        raise StillInCare
    # The row first and conditionally: of two who remove at once, one hears that it is done.
    removed = uow.session.execute(
        update(Family)
        .where(Family.id == family_id, Family.removed_at.is_(None))
        .values(removed_at=uow.now, name=None, phone=None, phone_hash=None, number_of_children=None)
    )
    if removed.rowcount != 1:  # type: ignore[attr-defined]
        raise AlreadyRemoved
    for each in files:
        each.close(uow, family_id)
    forget_families(uow.session, [family_id], files)
    forget_references(uow.session, [family_id])
    uow.record(FamilyRemoved(family_id=family_id))


def removed_families(city: City) -> list[tuple[UUID, datetime]]:
    """Give which families were removed, and when: ids, to remove them again after a restore."""
    with city.database.transaction(writes=False) as session:
        rows = session.execute(
            select(Family.id, Family.removed_at)
            .where(Family.removed_at.is_not(None))
            .order_by(Family.removed_at, Family.id)
        )
        return [(family_id, at) for family_id, at in rows if at is not None]


def remove_again(city: City, ids: Sequence[UUID], files: Sequence[FamilyFile]) -> int:
    """Remove families that were removed before, where this database still knows them."""
    known = {family_id for family_id, _ in removed_families(city)}
    done = 0
    for family_id in ids:
        if family_id in known:
            continue
        try:
            with unit_of_work(city, CLOCK, writes=True) as uow:
                remove_family(uow, family_id=family_id, files=files)
        except NotFound:  # written down in another city, or after the backup
            continue
        done += 1
    return done


def _family(uow: UnitOfWork, family_id: UUID) -> Family:
    family = uow.session.get(Family, family_id)
    if family is None:
        raise NotFound
    return family


def _runs(uow: UnitOfWork, family_id: UUID, files: Sequence[FamilyFile]) -> bool:
    running = [each.runs(uow.today) for each in files if each.runs is not None]
    if not running:
        return False
    found = select(Family.id).where(Family.id == family_id, or_(*running))
    return uow.session.scalar(found) is not None
