"""A family is written down by its referrer: found again by the reference, never by a name."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from kernel.calendar import add_months
from kernel.errors import Invalid
from kernel.organisations import District
from kernel.people import Child, Family, known_elsewhere, phone_hash
from kernel.unit_of_work import UnitOfWork

_THREE_YEARS = 36  # months; from then on a child goes to school


def family_known_as(
    uow: UnitOfWork, given: dict[str, Any], *, organisation_id: UUID, phone_key: str
) -> Family:
    """Give the family that an organisation knows by the reference, or a new one.

    Takes the loaded `FamilyFields`; what is left empty stays as it was. `oc-7` is `OC-7`: whoever
    types it again on a phone must not make a second family. Refuses an unknown district.
    """
    district_id = given.get("district")
    if district_id and uow.session.get(District, district_id) is None:
        raise Invalid(fields={"family.district": ["Kies een wijk uit de lijst."]})
    family = uow.session.scalar(
        select(Family).where(
            Family.organisation_id == organisation_id,
            func.lower(Family.reference) == func.lower(given["reference"]),
        )
    )
    if family is None:
        family = Family(
            organisation_id=organisation_id,
            reference=given["reference"],
            language=given["language"],
            created_at=uow.now,
        )
        uow.session.add(family)
    family.language = given["language"]
    family.district_id = district_id or family.district_id
    family.number_of_children = given.get("number_of_children") or family.number_of_children
    set_contact(family, given, phone_key=phone_key)
    uow.session.flush()
    return family


def set_contact(family: Family, given: dict[str, Any], *, phone_key: str) -> None:
    """Keep a family's name and phone where they are given, the phone also as a keyed hash."""
    family.name = given.get("name") or family.name
    if phone := given.get("phone"):
        family.phone, family.phone_hash = phone, phone_hash(phone, phone_key)


def warnings_about(uow: UnitOfWork, family_id: UUID) -> tuple[str, ...]:
    """Say what a referrer should know of a family; a retry hears the same as the first time."""
    family = uow.session.get_one(Family, family_id)
    organisation_id, hashed = family.organisation_id, family.phone_hash
    warnings = []
    if hashed and known_elsewhere(uow.session, hashed=hashed, organisation_id=organisation_id):
        warnings.append("known-elsewhere")
    births = uow.session.scalars(select(Child.birth_month).where(Child.family_id == family_id))
    if any(birth and add_months(birth, _THREE_YEARS) <= uow.today for birth in births):
        warnings.append("child-over-three")
    return tuple(warnings)
