"""Who is acting, and whether they may."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar
from uuid import UUID

from kernel.errors import Forbidden

P = ParamSpec("P")
T = TypeVar("T")


class Role(StrEnum):
    """What somebody is to the programmes."""

    REFERRER = "referrer"
    PROVIDER = "provider"
    REGIE = "regie"
    FINANCE = "finance"
    EVALUATOR = "evaluator"
    ADMINISTRATOR = "administrator"
    FAMILY = "family"  # whoever holds a cheque: no account, no name
    CLOCK = "clock"  # the house itself


CITY_ROLES = frozenset({Role.REGIE, Role.FINANCE, Role.EVALUATOR, Role.ADMINISTRATOR})
PEOPLE = CITY_ROLES | {Role.REFERRER, Role.PROVIDER}  # the roles that an account can have


@dataclass(frozen=True, kw_only=True)
class Actor:
    """An account with its roles in one organisation, or the house's own clock."""

    account_id: UUID
    organisation_id: UUID
    roles: frozenset[Role]

    def is_any(self, *roles: Role) -> bool:
        """Say whether the actor has one of these roles."""
        return not self.roles.isdisjoint(roles)


_NOBODY = UUID(int=0)
CLOCK = Actor(account_id=_NOBODY, organisation_id=_NOBODY, roles=frozenset({Role.CLOCK}))
HOLDER = Actor(account_id=_NOBODY, organisation_id=_NOBODY, roles=frozenset({Role.FAMILY}))


class Acting(Protocol):
    """Whatever has an actor: a unit of work."""

    @property
    def actor(self) -> Actor:
        """Who acts."""
        ...


W = TypeVar("W", bound=Acting)


def allowed(
    *roles: Role,
) -> Callable[[Callable[Concatenate[W, P], T]], Callable[Concatenate[W, P], T]]:
    """Say above a deed who may do it, through whichever door; everybody else is refused."""

    def wrap(deed: Callable[Concatenate[W, P], T]) -> Callable[Concatenate[W, P], T]:
        @wraps(deed)
        def guarded(uow: W, /, *args: P.args, **kwargs: P.kwargs) -> T:
            if not uow.actor.is_any(*roles):
                raise Forbidden
            return deed(uow, *args, **kwargs)

        guarded.allowed = frozenset(roles)  # type: ignore[attr-defined]
        return guarded

    return wrap
