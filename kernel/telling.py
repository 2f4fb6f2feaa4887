"""A family asks what is kept of it, and hears everything, in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from kernel.access import Role, allowed
from kernel.accounts import Account
from kernel.audit import AuditRow
from kernel.errors import NotFound
from kernel.family_files import FamilyFile, Told
from kernel.organisations import District, Organisation
from kernel.people import Child, Family
from kernel.unit_of_work import UnitOfWork


def _family(family_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Organisation.name.label("Ingeschreven door"),
            Family.reference.label("Kenmerk"),
            Family.created_at.label("Ingeschreven op"),
            Family.name.label("Naam"),
            Family.phone.label("Telefoon"),
            Family.phone_hash.is_not(None).label("Onleesbare afdruk van de telefoon"),
            Family.language.label("Taal"),
            District.name.label("Wijk"),
            Family.number_of_children.label("Aantal kinderen"),
            Family.removed_at.label("Gewist op"),
        )
        .join(Organisation, Organisation.id == Family.organisation_id)
        .outerjoin(District, District.id == Family.district_id)
        .where(Family.id == family_id)
    )


def _children(family_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Child.first_name.label("Voornaam"),
            Child.birth_month.label("Geboren in de maand van"),
        )
        .where(Child.family_id == family_id)
        .order_by(Child.birth_month, Child.id)
    )


def _looks(family_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            AuditRow.at.label("Wanneer"),
            Organisation.name.label("Wie"),
            AuditRow.what.label("Welke pagina"),
        )
        .outerjoin(Account, Account.id == AuditRow.account_id)
        .outerjoin(Organisation, Organisation.id == Account.organisation_id)
        .where(AuditRow.subject_id == family_id)
        .order_by(AuditRow.number)
    )


TOLD_FIRST = (Told(title="Gezin", rows=_family), Told(title="Kinderen", rows=_children))
TOLD_LAST = (Told(title="Wie deze gegevens opende", rows=_looks),)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of what is kept of a family: its title, its labels, and a row for each thing."""

    title: str
    labels: Sequence[str]
    rows: Sequence[Sequence[Any]]


@allowed(Role.REGIE)
def tell_family(uow: UnitOfWork, *, family_id: UUID, files: Sequence[FamilyFile]) -> list[Part]:
    """Give everything that is kept of a family (GDPR art. 15), part by part.

    Takes the programmes' files; refuses an unknown family. Who reads this reads a family's file.
    """
    if uow.session.get(Family, family_id) is None:
        raise NotFound
    return [_part(uow, each, family_id) for each in everything(files)]


def everything(files: Sequence[FamilyFile]) -> Sequence[Told]:
    """Give every part that is told, in the order in which it is told."""
    return (*TOLD_FIRST, *(told for each in files for told in each.told), *TOLD_LAST)


def _part(uow: UnitOfWork, told: Told, family_id: UUID) -> Part:
    found = uow.session.execute(told.rows(family_id))
    return Part(title=told.title, labels=tuple(found.keys()), rows=[tuple(row) for row in found])
