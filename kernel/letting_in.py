"""Somebody is invited by mail, reminded, or not welcome after all."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, exists, or_, select

from kernel.access import CITY_ROLES, Role, allowed
from kernel.account_events import AccountInvited, InvitationShown, InvitationWithdrawn
from kernel.accounts import Account, AccountRole, SignInCode, WebSession
from kernel.errors import Conflict, Forbidden
from kernel.invitation_letters import write_invitation
from kernel.inviting import AddressKnown, link_of
from kernel.letters import Letter
from kernel.newcomers import home_of, kind_of, new_account
from kernel.organisations import Location
from kernel.people_at_work import account_of, is_looked_after
from kernel.unit_of_work import UnitOfWork


class InvitationUsed(Conflict):
    """Whoever was invited is here already."""

    code = "invitation-used"
    sentence = "Deze persoon was hier al. Schakel het account uit als het niet meer mag werken."


class AccountOff(Conflict):
    """Nobody gets a link to an account that is disabled."""

    code = "account-off"
    sentence = "Dit account is uitgeschakeld. Schakel het eerst weer in."


class RequestWaits(Conflict):
    """Somebody asked to take part: the city answers that first."""

    code = "request-waits"
    sentence = "Deze persoon vroeg om mee te doen. Beslis eerst over die aanvraag, bij ‘Opvang’."


@allowed(Role.ADMINISTRATOR, Role.REGIE)
def invite_person(
    uow: UnitOfWork,
    *,
    email: str,
    name: str,
    roles: Collection[Role],
    organisation_id: UUID | None = None,
    new_organisation: str | None = None,
    sort: str | None = None,
    prefix: str = "",
) -> Account:
    """Let somebody in: an account, and a letter with a link that works for a week.

    Takes the loaded `Invitation`. Refuses an address that is known (`about["account_id"]` where
    the actor looks after it), roles that no one organisation has, and from the regie a role of
    the city: those are the administrator's to give.
    """
    kind = kind_of(roles)
    if not uow.actor.is_any(Role.ADMINISTRATOR) and not CITY_ROLES.isdisjoint(roles):
        raise Forbidden("Alleen een beheerder geeft iemand een rol van de stad.")
    _check_new(uow, email)
    home = home_of(
        uow.session,
        kind=kind,
        organisation_id=organisation_id,
        new_organisation=new_organisation,
        sort=sort,
        prefix=prefix,
    )
    return _invited(uow, email, name, roles, home)


@allowed(Role.PROVIDER)
def invite_colleague(uow: UnitOfWork, *, email: str, name: str) -> Account:
    """Let a colleague in at the actor's own organisation, once the city approved a place of it.

    Before that nobody can make Opstap send mail to others.
    """
    home = uow.actor.organisation_id
    approved = exists().where(
        Location.organisation_id == home,
        Location.approved_on <= uow.today,
        or_(Location.ended_on.is_(None), Location.ended_on >= uow.today),
    )
    if not uow.session.scalar(select(approved)):
        raise Conflict("Je kan collega’s uitnodigen zodra je stad je opvang goedkeurt.")
    _check_new(uow, email)
    return _invited(uow, email, name, [Role.PROVIDER], home)


@allowed(Role.ADMINISTRATOR, Role.REGIE, Role.PROVIDER)
def invite_again(uow: UnitOfWork, *, account_id: UUID) -> Account:
    """Send somebody who was not here yet a new link; a second click in a minute sends nothing."""
    account = _unused(uow, account_id)
    if write_invitation(uow, account):
        account.invited_at = uow.now
        _record(uow, account)
    return account


@allowed(Role.ADMINISTRATOR)
def show_invitation(uow: UnitOfWork, *, account_id: UUID) -> str:
    """Give the link of somebody who was not here yet, to hand over without mail; it is noted."""
    account = _unused(uow, account_id)
    uow.record(InvitationShown(account_id=account.id))
    return link_of(uow.city, account)


@allowed(Role.ADMINISTRATOR, Role.REGIE, Role.PROVIDER)
def withdraw_invitation(uow: UnitOfWork, *, account_id: UUID) -> None:
    """Take back an invitation that nobody used: its link is over, its address is free again.

    Refuses one that was used, and somebody whose request to take part waits for an answer.
    """
    account = _unused(uow, account_id)
    waits = exists().where(
        Location.asked_by == account.id,
        Location.approved_on.is_(None),
        Location.declined_at.is_(None),
        Location.joined_at.is_(None),
    )
    if uow.session.scalar(select(waits)):
        raise RequestWaits
    uow.record(InvitationWithdrawn(account_id=account.id))
    for kept in (Letter, SignInCode, AccountRole):
        uow.session.execute(delete(kept).where(kept.account_id == account.id))
    uow.session.delete(account)


def _check_new(uow: UnitOfWork, email: str) -> None:
    known = uow.session.scalar(select(Account).where(Account.email == email))
    if known is None:
        return
    if is_looked_after(uow, account_id=known.id):
        raise AddressKnown(account_id=known.id)
    raise AddressKnown


def _invited(
    uow: UnitOfWork, email: str, name: str, roles: Collection[Role], home: UUID
) -> Account:
    account = new_account(
        uow.session, email=email, name=name, roles=roles, organisation_id=home, now=uow.now
    )
    write_invitation(uow, account)
    _record(uow, account)
    return account


def _record(uow: UnitOfWork, account: Account) -> None:
    uow.record(AccountInvited(account_id=account.id, organisation_id=account.organisation_id))


def _unused(uow: UnitOfWork, account_id: UUID) -> Account:
    """Give an account whose owner was never here; refuse any other."""
    account = account_of(uow, account_id=account_id)
    if account.disabled_at is not None:
        raise AccountOff
    in_session = exists().where(WebSession.account_id == account.id)
    was_here = account.password_hash is not None or account.seen_at is not None
    if was_here or uow.session.scalar(select(in_session)):
        raise InvitationUsed
    return account
