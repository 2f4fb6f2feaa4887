"""The demo's people: each organisation with its accounts, all with one password."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kernel.access import Actor, Role
from kernel.accounts import Account, AccountRole
from kernel.organisations import Organisation, OrganisationKind
from kernel.unit_of_work import UnitOfWork

PASSWORD = "opstap-demo"  # noqa: S105 — the demo's, printed on its sign-in page
CITY_PEOPLE = {
    "regie": ("Joris Demo", Role.REGIE),
    "financien": ("Els Demo", Role.FINANCE),
    "evaluator": ("Noor Demo", Role.EVALUATOR),
    "beheer": ("Bram Demo", Role.ADMINISTRATOR),
}


@dataclass(frozen=True)
class Crew:
    """Makes accounts, all with the demo's one password."""

    uow: UnitOfWork
    domain: str
    password_hash: str

    def staff(self, name: str) -> None:
        """Make the city's own people: regie, finance, evaluator, administrator."""
        home = self._home(name, OrganisationKind.CITY)
        for local, (person, role) in CITY_PEOPLE.items():
            self._account(home, local, person, role)

    def referrers(self, written: list[dict[str, Any]]) -> Iterator[tuple[Actor, int]]:
        """Make the organisations that hand out booklets, with their people."""
        for told in written:
            home = self._home(told["name"], OrganisationKind.REFERRER, told["sort"], told["prefix"])
            for person in told["people"]:
                actor = self._account(home, person["email"], person["name"], Role.REFERRER)
                yield actor, told["weight"]

    def providers(self, written: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], Actor]]:
        """Make the organisations that care for children, each with one account."""
        for number, told in enumerate(written, 1):
            home = self._home(told["name"], OrganisationKind.PROVIDER)
            local = told.get("email", f"opvang{number}")
            yield told, self._account(home, local, told.get("person", "Robin Demo"), Role.PROVIDER)

    def _home(self, name: str, kind: OrganisationKind, sort: str = "", prefix: str = "") -> UUID:
        made = Organisation(name=name, kind=kind, sort=sort or None, prefix=prefix)
        self.uow.session.add(made)
        self.uow.session.flush()
        return made.id

    def _account(self, home: UUID, local: str, name: str, role: Role) -> Actor:
        account = Account(
            organisation_id=home,
            email=f"{local}@{self.domain}.example",
            name=name,
            password_hash=self.password_hash,
        )
        self.uow.session.add(account)
        self.uow.session.flush()
        self.uow.session.add(AccountRole(account_id=account.id, role=role))
        return Actor(account_id=account.id, organisation_id=home, roles=frozenset({role}))
