"""A place is written down by hand, where no list of places is imported."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy import exists, select

from kernel.access import Role, allowed
from kernel.approving import approve_location
from kernel.errors import Invalid
from kernel.letting_in import invite_person
from kernel.location_events import LocationRegistered
from kernel.organisations import District, Location, LocationKind, Organisation, OrganisationKind
from kernel.text import EmailAddress, Line, Phone
from kernel.unit_of_work import UnitOfWork

_MISSING: dict[str, Any] = {
    "required": "Vul dit in.",
    "null": "Vul dit in.",
    "invalid": "Kies er een uit de lijst.",
    "invalid_uuid": "Kies er een uit de lijst.",
}


class PlaceRequest(Schema):
    """A place where children are cared for."""

    name = Line(at_most=100, required=True, error_messages=_MISSING)
    kind = fields.String(
        required=True,
        validate=validate.OneOf(list(LocationKind), error="Kies groepsopvang of gezinsopvang."),
        error_messages=_MISSING | {"required": "Kies groepsopvang of gezinsopvang."},
    )
    address = Line(at_most=120, required=True, error_messages=_MISSING)
    postcode = fields.String(
        required=True,
        validate=validate.Regexp(
            r"\s*[1-9]\d{3}\s*\Z", error="Een postcode heeft vier cijfers, zoals 3600."
        ),
        error_messages=_MISSING,
    )
    municipality = Line(at_most=60, required=True, error_messages=_MISSING)
    phone = Phone(at_most=25, load_default="")
    register_number = fields.String(
        data_key="registerNumber",
        load_default=None,
        validate=validate.Regexp(
            r"\s*\d{9,10}\s*\Z", error="Een dossiernummer heeft negen of tien cijfers."
        ),
    )


class LocationRequest(PlaceRequest):
    """A place, and who runs it: an organisation that is known, or the name of a new one.

    With `person` and `email` somebody of it is invited at once.
    """

    district_id = fields.UUID(data_key="district", load_default=None, error_messages=_MISSING)
    organisation_id = fields.UUID(
        data_key="organisation", load_default=None, error_messages=_MISSING
    )
    new_organisation = Line(at_most=100, data_key="newOrganisation", load_default=None)
    approved = fields.Boolean(load_default=False)
    person = Line(at_most=100, load_default=None)
    email = EmailAddress(load_default=None)


@allowed(Role.REGIE, Role.ADMINISTRATOR)
def register_location(
    uow: UnitOfWork,
    *,
    name: str,
    kind: str,
    address: str,
    postcode: str,
    municipality: str,
    phone: str = "",
    register_number: str | None = None,
    district_id: UUID | None = None,
    organisation_id: UUID | None = None,
    new_organisation: str | None = None,
    approved: bool = False,
    person: str | None = None,
    email: str | None = None,
) -> Location:
    """Write down one place.

    Takes the loaded `LocationRequest`. A new organisation whose name is known is the known one.
    `approved` lets it redeem cheques from today on; `person` and `email` invite somebody of it.
    Refuses a place without an organisation, one that its organisation has already by that name, a
    register number that another has, and an address that has an account.
    """
    if bool(person) != bool(email):
        missing = "email" if person else "person"
        raise Invalid(fields={missing: ["Vul dit ook in, of laat allebei leeg."]})
    if district_id is not None and uow.session.get(District, district_id) is None:
        raise Invalid(fields={"district": ["Kies een wijk uit de lijst."]})
    owner = _organisation(uow, organisation_id, new_organisation)
    number = register_number.strip() if register_number else None
    _check_new(uow, owner, name, number)
    location = Location(
        organisation_id=owner,
        name=name,
        kind=kind,
        address=address,
        postcode=postcode.strip(),
        municipality=municipality,
        phone=phone,
        register_number=number,
        district_id=district_id,
    )
    uow.session.add(location)
    uow.session.flush()
    uow.record(LocationRegistered(location_id=location.id, organisation_id=owner))
    if approved:
        approve_location(uow, location_id=location.id)
    if person and email:
        invite_person(uow, email=email, name=person, roles=[Role.PROVIDER], organisation_id=owner)
    return location


@allowed(Role.REGIE, Role.ADMINISTRATOR)
def provider_organisations(uow: UnitOfWork) -> list[tuple[UUID, str]]:
    """Give the organisations that care for children, by name."""
    rows = uow.session.execute(
        select(Organisation.id, Organisation.name)
        .where(Organisation.kind == OrganisationKind.PROVIDER)
        .order_by(Organisation.name)
    )
    return [(row[0], row[1]) for row in rows]


def _organisation(uow: UnitOfWork, known: UUID | None, name: str | None) -> UUID:
    """Give the organisation, locked, so that a second click finds what the first one wrote."""
    if known is None and not name:
        said = "Kies een organisatie, of typ de naam van een nieuwe."
        raise Invalid(fields={"organisation": [said]})
    which = Organisation.name == name if name else Organisation.id == known
    provides = Organisation.kind == OrganisationKind.PROVIDER
    found = uow.session.scalar(select(Organisation).where(which, provides).with_for_update())
    if found is None and not name:
        raise Invalid(fields={"organisation": ["Kies een organisatie uit de lijst."]})
    if found is None:
        found = Organisation(name=name or "", kind=OrganisationKind.PROVIDER)
        uow.session.add(found)
        uow.session.flush()
    return found.id


def _check_new(uow: UnitOfWork, owner: UUID, name: str, number: str | None) -> None:
    same = exists().where(Location.organisation_id == owner, Location.name == name)
    if uow.session.scalar(select(same)):
        said = "Deze organisatie heeft al een opvang met die naam. Zoek haar op in de lijst."
        raise Invalid(fields={"name": [said]})
    if number and uow.session.scalar(select(exists().where(Location.register_number == number))):
        said = "Een andere opvang heeft dit dossiernummer al. Kijk het nummer na."
        raise Invalid(fields={"registerNumber": [said]})
