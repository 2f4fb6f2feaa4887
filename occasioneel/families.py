"""The families whose children the regie places, by a reference of the city's own."""

from datetime import date
from typing import Any

from sqlalchemy import func, select

from kernel.access import Role, allowed
from kernel.errors import Invalid
from kernel.organisations import District, Organisation
from kernel.people import Child, Family, phone_hash
from kernel.unit_of_work import UnitOfWork


@allowed(Role.REGIE)
def propose_reference(uow: UnitOfWork) -> str:
    """Propose a reference for a new family: the organisation's letters, the year, a number."""
    own = uow.actor.organisation_id
    prefix = uow.session.scalar(select(Organisation.prefix).where(Organisation.id == own))
    start = f"{prefix or 'OK'}-{uow.today.year}-"
    taken = uow.session.scalars(
        select(Family.reference).where(
            Family.organisation_id == own, Family.reference.startswith(start)
        )
    )
    numbers = [int(rest) for rest in (ref.removeprefix(start) for ref in taken) if rest.isdecimal()]
    return f"{start}{max(numbers, default=0) + 1:03}"


def family_by_reference(uow: UnitOfWork, given: dict[str, Any], phone_key: str) -> Family:
    """Give the family that this organisation knows by the reference, or a new one.

    Takes the loaded `FamilyFields`. What was left empty stays as it was; `phone_key` is the
    installation's key for the hash of a phone number.
    """
    district_id = given.get("district")
    if district_id and uow.session.get(District, district_id) is None:
        raise Invalid(fields={"family.district": ["Kies een wijk uit de lijst."]})
    family = uow.session.scalar(
        select(Family).where(
            Family.organisation_id == uow.actor.organisation_id,
            func.lower(Family.reference) == func.lower(given["reference"]),
        )
    )
    if family is None:
        family = Family(
            organisation_id=uow.actor.organisation_id,
            reference=given["reference"],
            language=given["language"],
            created_at=uow.now,
        )
        uow.session.add(family)
    family.language = given["language"]
    family.district_id = district_id or family.district_id
    if phone := given.get("phone"):
        family.phone, family.phone_hash = phone, phone_hash(phone, phone_key)
    uow.session.flush()
    return family


def child_of(uow: UnitOfWork, family: Family, *, first_name: str, birth_month: date) -> Child:
    """Give the family's child of this name and birth month, or a new one."""
    known = uow.session.scalars(
        select(Child)
        .where(Child.family_id == family.id, Child.birth_month == birth_month)
        .order_by(Child.id)
    )
    for child in known:
        if (child.first_name or "").casefold() == first_name.casefold():
            return child
    child = Child(family_id=family.id, first_name=first_name, birth_month=birth_month)
    uow.session.add(child)
    uow.session.flush()
    return child
