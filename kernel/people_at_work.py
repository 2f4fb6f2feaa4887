"""Who works with Opstap in a city: found, with their organisation, roles and last visit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true

from kernel.access import Role, allowed
from kernel.accounts import Account, AccountRole, WebSession
from kernel.errors import NotFound
from kernel.newcomers import FITTING
from kernel.organisations import Organisation, OrganisationKind
from kernel.tasks import Task
from kernel.text import sought
from kernel.unit_of_work import UnitOfWork

PAGE = 50
_LAST_PAGE = 100_000
_LONGEST = 60  # signs of a search
_OFFICE = (Role.ADMINISTRATOR, Role.REGIE)


class AccountState(StrEnum):
    """How far somebody is in: read, never stored."""

    INVITED = "invited"  # has a letter, and was not here yet
    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    """Somebody with an account, as the city looks after it."""

    id: UUID
    name: str
    email: str
    organisation_id: UUID
    organisation: str
    kind: str
    roles: tuple[Role, ...]
    invited_at: datetime | None
    seen_at: datetime | None
    disabled_at: datetime | None
    has_password: bool
    has_factor: bool

    @property
    def state(self) -> AccountState:
        """Say whether somebody was invited, works here, or may not sign in."""
        if self.disabled_at is not None:
            return AccountState.DISABLED
        came = self.has_password or self.seen_at is not None
        return AccountState.ACTIVE if came else AccountState.INVITED


@allowed(*_OFFICE)
def read_people(
    uow: UnitOfWork,
    *,
    search: str = "",
    role: Role | None = None,
    state: AccountState | None = None,
    organisation_id: UUID | None = None,
    page: int = 1,
) -> tuple[list[PersonRow], int]:
    """Give a page of 50 people by name, and how many there are.

    `search` finds part of a name, an address or an organisation. The regie sees the people of
    referrers and providers only.
    """
    found = and_(
        _seen_by(uow),
        _matches(sought(search, at_most=_LONGEST)),
        _has_role(role),
        _in_state(state),
        Account.organisation_id == organisation_id if organisation_id else true(),
    )
    rows = _read(
        uow,
        _joined(select(*_ROW))
        .where(found)
        .order_by(func.lower(Account.name), Account.id)
        .limit(PAGE)
        .offset((min(max(page, 1), _LAST_PAGE) - 1) * PAGE),
    )
    return rows, uow.session.scalar(_joined(select(func.count(Account.id))).where(found)) or 0


@allowed(*_OFFICE)
def read_person(uow: UnitOfWork, *, account_id: UUID) -> PersonRow:
    """Give one person; the regie is refused a colleague of the city as if there was none."""
    rows = _read(uow, _joined(select(*_ROW)).where(Account.id == account_id, _seen_by(uow)))
    if not rows:
        raise NotFound
    return rows[0]


@allowed(Role.PROVIDER)
def own_colleagues(uow: UnitOfWork) -> list[PersonRow]:
    """Give everybody of the actor's own organisation by name; those disabled come last."""
    own = Account.organisation_id == uow.actor.organisation_id
    rows = _read(
        uow, _joined(select(*_ROW)).where(own).order_by(func.lower(Account.name), Account.id)
    )
    return sorted(rows, key=lambda row: row.disabled_at is not None)


@allowed(*_OFFICE, Role.PROVIDER)
def account_of(uow: UnitOfWork, *, account_id: UUID) -> Account:
    """Give an account that the actor looks after, locked; refuse any other as if it was not there.

    The administrator looks after everybody, the regie after referrers and providers, a provider
    after its own organisation.
    """
    found = _joined(select(Account)).where(Account.id == account_id, _looked_after(uow))
    account = uow.session.scalar(found.with_for_update(of=Account))
    if not isinstance(account, Account):
        raise NotFound
    return account


@allowed(*_OFFICE, Role.PROVIDER)
def is_looked_after(uow: UnitOfWork, *, account_id: UUID) -> bool:
    """Say whether the actor may see this account at all."""
    seen = _joined(select(Account.id)).where(Account.id == account_id, _looked_after(uow))
    return uow.session.scalar(seen) is not None


@allowed(*_OFFICE)
def open_tasks_of(uow: UnitOfWork, *, account_id: UUID) -> int:
    """Give how many open tasks are somebody's own; without them they are the organisation's."""
    return uow.session.scalar(select(func.count(Task.id)).where(*_open_tasks(account_id))) or 0


@allowed(*_OFFICE)
def organisations_by_kind(
    uow: UnitOfWork,
) -> list[tuple[OrganisationKind, list[tuple[UUID, str]]]]:
    """Give the organisations where the actor may let somebody in, by kind and name."""
    rows = uow.session.execute(
        select(Organisation.kind, Organisation.id, Organisation.name)
        .where(Organisation.kind.in_(kinds_of(uow)))
        .order_by(func.lower(Organisation.name))
    ).all()
    return [
        (kind, [(key, name) for its_kind, key, name in rows if its_kind == kind])
        for kind in kinds_of(uow)
    ]


@allowed(*_OFFICE)
def read_organisation(uow: UnitOfWork, *, organisation_id: UUID) -> Organisation:
    """Give an organisation; refuse one that is not known."""
    found = uow.session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound
    return found


@allowed(*_OFFICE)
def kinds_of(uow: UnitOfWork) -> Sequence[OrganisationKind]:
    """Give the kinds of organisation that the actor may let people in at."""
    all_kinds = tuple(FITTING)
    if uow.actor.is_any(Role.ADMINISTRATOR):
        return all_kinds
    return tuple(kind for kind in all_kinds if kind != OrganisationKind.CITY)


def _open_tasks(account_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return Task.account_id == account_id, Task.closed_at.is_(None)


_LAST_SESSION = (
    select(func.max(WebSession.last_seen_at))
    .where(WebSession.account_id == Account.id)
    .correlate(Account)
    .scalar_subquery()
)
_ROW: tuple[Any, ...] = (
    Account.id,
    Account.name,
    Account.email,
    Account.organisation_id,
    Organisation.name.label("organisation"),
    Organisation.kind,
    Account.invited_at,
    Account.seen_at,
    _LAST_SESSION.label("in_session"),
    Account.disabled_at,
    Account.password_hash.is_not(None).label("has_password"),
    Account.totp_since.is_not(None).label("has_factor"),
)


def _joined(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return statement.select_from(Account).join(
        Organisation, Organisation.id == Account.organisation_id
    )


def _read(uow: UnitOfWork, statement: Select[*tuple[Any, ...]]) -> list[PersonRow]:
    rows = [dict(row) for row in uow.session.execute(statement).mappings()]
    roles: dict[UUID, list[Role]] = {row["id"]: [] for row in rows}
    for account_id, role in uow.session.execute(
        select(AccountRole.account_id, AccountRole.role).where(AccountRole.account_id.in_(roles))
    ):
        roles[account_id].append(Role(role))
    order = list(Role)
    return [_row(row, tuple(sorted(roles[row["id"]], key=order.index))) for row in rows]


def _row(row: dict[str, Any], roles: tuple[Role, ...]) -> PersonRow:
    seen = [moment for moment in (row.pop("seen_at"), row.pop("in_session")) if moment]
    return PersonRow(roles=roles, seen_at=max(seen, default=None), **row)


def _seen_by(uow: UnitOfWork) -> ColumnElement[bool]:
    if uow.actor.is_any(Role.ADMINISTRATOR):
        return true()
    return and_(Organisation.kind != OrganisationKind.CITY, ~_is_citys())


def _looked_after(uow: UnitOfWork) -> ColumnElement[bool]:
    if uow.actor.is_any(*_OFFICE):
        return _seen_by(uow)
    return Account.organisation_id == uow.actor.organisation_id


def _is_citys() -> ColumnElement[bool]:
    """Somebody with a role of the city, wherever they work."""
    citys = FITTING[OrganisationKind.CITY] - FITTING[OrganisationKind.REFERRER]
    return exists().where(
        AccountRole.account_id == Account.id, AccountRole.role.in_([str(role) for role in citys])
    )


def _matches(search: str) -> ColumnElement[bool]:
    if not search:
        return true()
    columns = (Account.name, Account.email, Organisation.name, Organisation.sort)
    return or_(*(column.icontains(search, autoescape=True) for column in columns))


def _has_role(role: Role | None) -> ColumnElement[bool]:
    if role is None:
        return true()
    return exists().where(AccountRole.account_id == Account.id, AccountRole.role == str(role))


def _in_state(state: AccountState | None) -> ColumnElement[bool]:
    came = or_(
        Account.password_hash.is_not(None),
        Account.seen_at.is_not(None),
        exists().where(WebSession.account_id == Account.id),
    )
    enabled = Account.disabled_at.is_(None)
    match state:
        case AccountState.INVITED:
            return and_(enabled, ~came)
        case AccountState.ACTIVE:
            return and_(enabled, came)
        case AccountState.DISABLED:
            return Account.disabled_at.is_not(None)
        case _:
            return true()
