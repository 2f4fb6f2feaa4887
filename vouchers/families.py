"""A family is found by what stands on paper: its reference, or the number of its booklet."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select

from kernel.access import Role, allowed
from kernel.errors import Invalid
from kernel.organisations import Organisation
from kernel.people import Family
from kernel.text import sought
from kernel.unit_of_work import UnitOfWork
from vouchers import codes
from vouchers.models import Booklet

_LONGEST = 40  # signs of a reference
_MOST = 20


@dataclass(frozen=True, kw_only=True)
class Found:
    """A family that was found: by its reference, never by a name."""

    id: UUID
    reference: str
    organisation: str


@allowed(Role.ADMINISTRATOR, Role.REGIE)
def find_families(uow: UnitOfWork, *, text: str) -> list[Found]:
    """Give the families with this reference (in any organisation) or with this booklet's number.

    Takes the text however it was typed. Refuses one by which nobody is found.
    """
    asked = sought(text, at_most=_LONGEST)
    numbered = select(Booklet.family_id).where(Booklet.number == codes.normalised(asked))
    rows = uow.session.execute(
        select(Family.id, Family.reference, Organisation.name)
        .join(Organisation, Organisation.id == Family.organisation_id)
        .where(
            or_(func.lower(Family.reference) == func.lower(asked), Family.id.in_(numbered)),
        )
        .order_by(Organisation.name, Family.reference)
        .limit(_MOST)
    )
    found = [Found(id=row[0], reference=row[1], organisation=row[2]) for row in rows]
    if not asked or not found:
        said = "Geen gezin met dit kenmerk of dit nummer. Kijk het na op het boekje."
        raise Invalid(fields={"gezin": [said]})
    return found
