"""The administrator says who may still sign in, as what, and what an organisation is called."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select

from kernel.access import Role, allowed
from kernel.account_events import (
    AccountDisabled,
    AccountEnabled,
    OrganisationRenamed,
    RolesChanged,
)
from kernel.accounts import Account, AccountRole
from kernel.errors import Conflict, Invalid, NotFound
from kernel.newcomers import FITTING
from kernel.organisations import Organisation, OrganisationKind
from kernel.people_at_work import account_of
from kernel.signing_in import end_sessions
from kernel.unit_of_work import UnitOfWork


class LastAdministrator(Conflict):
    """A city without an administrator cannot let anybody in."""

    code = "last-administrator"
    sentence = "Dit is de laatste beheerder van je stad. Maak eerst iemand anders beheerder."


class OneselfDisabled(Conflict):
    """Nobody locks themselves out."""

    code = "oneself"
    sentence = "Je kan jezelf niet uitschakelen. Vraag het aan een collega of aan de stad."


@allowed(Role.ADMINISTRATOR, Role.PROVIDER)
def disable_account(uow: UnitOfWork, *, account_id: UUID) -> Account:
    """Let somebody sign in no more: every session and token ends at once.

    Open tasks stay and are the organisation's until the account works again. A provider does this
    for its own organisation. Refuses oneself and the last active administrator.
    """
    _lock_administrators(uow)
    account = account_of(uow, account_id=account_id)
    if account.disabled_at is not None:
        return account
    _check_administrator_is_left(uow, but=account.id)
    if account.id == uow.actor.account_id:
        raise OneselfDisabled
    account.disabled_at = uow.now
    end_sessions(uow.session, account_id=account.id)
    uow.record(AccountDisabled(account_id=account.id))
    return account


@allowed(Role.ADMINISTRATOR, Role.PROVIDER)
def enable_account(uow: UnitOfWork, *, account_id: UUID) -> Account:
    """Let somebody sign in again, with the roles and the tasks that they had."""
    account = account_of(uow, account_id=account_id)
    if account.disabled_at is not None:
        account.disabled_at = None
        uow.record(AccountEnabled(account_id=account.id))
    return account


@allowed(Role.ADMINISTRATOR)
def change_roles(uow: UnitOfWork, *, account_id: UUID, roles: Collection[Role]) -> Account:
    """Give somebody exactly these roles; whoever loses one signs in anew.

    Refuses none, a role that does not fit the organisation, and the loss of the last active
    administrator.
    """
    _lock_administrators(uow)
    account = account_of(uow, account_id=account_id)
    had = {Role(role) for role in uow.session.scalars(_roles_of(account.id))}
    wanted = set(roles)
    _check_fitting(uow, account, wanted)
    if had == wanted:
        return account
    if Role.ADMINISTRATOR in had - wanted:
        _check_administrator_is_left(uow, but=account.id)
    if had - wanted:
        uow.session.execute(
            delete(AccountRole).where(
                AccountRole.account_id == account.id, AccountRole.role.in_(had - wanted)
            )
        )
        end_sessions(uow.session, account_id=account.id)
    uow.session.add_all(
        AccountRole(account_id=account.id, role=role) for role in sorted(wanted - had)
    )
    uow.record(RolesChanged(account_id=account.id, roles=" ".join(sorted(wanted))))
    return account


@allowed(Role.ADMINISTRATOR)
def rename_organisation(
    uow: UnitOfWork, *, organisation_id: UUID, name: str, sort: str | None = None, prefix: str = ""
) -> Organisation:
    """Call an organisation otherwise; for a referrer's also its sort and its references' start.

    References that exist keep theirs. Refuses a name that another of its kind has.
    """
    found = uow.session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound
    same = select(Organisation.id).where(
        Organisation.kind == found.kind, Organisation.name == name, Organisation.id != found.id
    )
    if uow.session.scalar(same) is not None:
        raise Invalid(fields={"name": ["Een andere organisatie heet al zo."]})
    found.name = name
    if found.kind == OrganisationKind.REFERRER:
        found.sort, found.prefix = sort, prefix.strip().upper()
    uow.record(OrganisationRenamed(organisation_id=found.id))
    return found


def _roles_of(account_id: UUID) -> Any:
    return select(AccountRole.role).where(AccountRole.account_id == account_id)


def _check_fitting(uow: UnitOfWork, account: Account, wanted: set[Role]) -> None:
    home = uow.session.get_one(Organisation, account.organisation_id)
    if not wanted:
        raise Invalid(fields={"roles": ["Kies minstens één rol."]})
    if not FITTING[OrganisationKind(home.kind)].issuperset(wanted):
        said = "Deze rol past niet bij de organisatie. Nodig de persoon uit bij een andere."
        raise Invalid(fields={"roles": [said]})


def _check_administrator_is_left(uow: UnitOfWork, *, but: UUID) -> None:
    """Refuse when an administrator goes and nobody else who can sign in administers."""
    known = set(uow.session.scalars(select(Account.id).where(*_ADMINISTERS)))
    mine = select(AccountRole.role).where(AccountRole.account_id == but)
    if Role.ADMINISTRATOR in set(uow.session.scalars(mine)) and not known - {but}:
        raise LastAdministrator


def _lock_administrators(uow: UnitOfWork) -> None:
    """Let two who disable each other at once take turns; first of all, so that nobody waits."""
    uow.session.execute(
        select(Account.id).where(*_ADMINISTERS).order_by(Account.id).with_for_update()
    ).all()


_ADMINISTERS = (
    Account.disabled_at.is_(None),
    Account.password_hash.is_not(None),
    exists().where(
        AccountRole.account_id == Account.id, AccountRole.role == str(Role.ADMINISTRATOR)
    ),
)
