"""Somebody new gets an account in the organisation where they work."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, post_load, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.access import CITY_ROLES, PEOPLE, Role
from kernel.accounts import Account, AccountRole
from kernel.errors import Invalid
from kernel.organisations import Organisation, OrganisationKind
from kernel.text import EmailAddress, Line

FITTING: Mapping[OrganisationKind, frozenset[Role]] = {
    OrganisationKind.REFERRER: frozenset({Role.REFERRER}),
    OrganisationKind.PROVIDER: frozenset({Role.PROVIDER}),
    OrganisationKind.CITY: CITY_ROLES | {Role.REFERRER},
}
_PREFIX = r"\s*[A-Za-z]{0,6}\s*\Z"


class RolesChosen(Schema):
    """Roles as ticks: each by its name, true where it is ticked."""

    roles = fields.Dict(
        keys=fields.String(validate=validate.OneOf([str(role) for role in sorted(PEOPLE)])),
        values=fields.Boolean(),
        load_default=dict,
        error_messages={"invalid": "Kies minstens één rol."},
    )

    @post_load
    def _as_roles(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        ticked = frozenset(Role(name) for name, on in loaded["roles"].items() if on)
        return loaded | {"roles": ticked}


class OrganisationNamed(Schema):
    """What an organisation is called, and for a referrer's its sort and its references' start."""

    name = Line(at_most=100, required=True)
    sort = Line(at_most=40, load_default=None)
    prefix = fields.String(
        load_default="",
        validate=validate.Regexp(_PREFIX, error="Gebruik hoogstens zes letters, zoals OC."),
    )


class Colleague(Schema):
    """Whom to let in at one's own organisation."""

    name = Line(at_most=100, required=True)
    email = EmailAddress(required=True)


class Invitation(RolesChosen):
    """Whom to let in, as what, and where they work: a known organisation or a new one's name."""

    name = Line(at_most=100, required=True)
    email = EmailAddress(required=True)
    organisation_id = fields.UUID(data_key="organisation", load_default=None)
    new_organisation = Line(at_most=100, data_key="newOrganisation", load_default=None)
    sort = Line(at_most=40, load_default=None)
    prefix = fields.String(
        load_default="",
        validate=validate.Regexp(_PREFIX, error="Gebruik hoogstens zes letters, zoals OC."),
    )


def kind_of(roles: Collection[Role]) -> OrganisationKind:
    """Give where somebody with these roles works; refuse roles that no one place has."""
    if not roles:
        raise Invalid(fields={"roles": ["Kies minstens één rol."]})
    for kind, fitting in FITTING.items():
        if fitting.issuperset(roles):
            return kind
    said = "Opvang gaat niet samen met een andere rol: nodig iemand dan twee keer uit."
    raise Invalid(fields={"roles": [said]})


def home_of(
    session: Session,
    *,
    kind: OrganisationKind,
    organisation_id: UUID | None = None,
    new_organisation: str | None = None,
    sort: str | None = None,
    prefix: str = "",
) -> UUID:
    """Give the organisation where somebody will work.

    A new name that is known is the known organisation. Refuses none, and one of another kind.
    """
    if organisation_id is None and not new_organisation:
        said = "Kies een organisatie, of typ de naam van een nieuwe."
        raise Invalid(fields={"organisation": [said]})
    which = (
        Organisation.name == new_organisation
        if new_organisation
        else Organisation.id == organisation_id
    )
    known = session.scalar(select(Organisation).where(which, Organisation.kind == kind))
    if known is None and not new_organisation:
        said = "Deze organisatie past niet bij de rol. Kies een andere, of typ een nieuwe naam."
        raise Invalid(fields={"organisation": [said]})
    if known is None:
        referrer = kind == OrganisationKind.REFERRER
        known = Organisation(
            name=new_organisation or "",
            kind=kind,
            sort=sort if referrer else None,
            prefix=prefix.strip().upper() if referrer else "",
        )
        session.add(known)
        session.flush()
    return known.id


def new_account(
    session: Session,
    *,
    email: str,
    name: str,
    roles: Collection[Role],
    organisation_id: UUID,
    now: datetime | None,
) -> Account:
    """Make an account without a password, with its roles. The address must be new."""
    account = Account(organisation_id=organisation_id, email=email, name=name, invited_at=now)
    session.add(account)
    session.flush()
    session.add_all(AccountRole(account_id=account.id, role=role) for role in sorted(roles))
    session.flush()
    return account
