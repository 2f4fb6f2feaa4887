"""A city to measure in: one provider with a token, and as many cheques as are asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from app import migrate
from bench.booklet_rows import Known, hand_out
from kernel.access import Role
from kernel.accounts import Account, AccountRole
from kernel.cities import PROGRAMMES, City
from kernel.database import Database
from kernel.money import CareMomentPrice
from kernel.organisations import Location, LocationKind, Organisation, OrganisationKind
from kernel.signing_in import create_token
from tests.postgres import running_server

_PROVIDER = "opvang@bench.example"
_LONG_AGO = date(2020, 1, 1)


@dataclass(kw_only=True)
class BenchCity:
    """A migrated city on one kind of database, with a stock of cheques nobody used yet."""

    kind: str
    city: City
    token: str
    account_id: UUID
    location_id: UUID
    stock: list[Known] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The database's address."""
        return self.city.database.url

    def take(self, wanted: int) -> list[Known]:
        """Give this many unused cheques, of as many booklets as can be, and make what lacks."""
        if len(self.stock) < wanted:
            with self.city.database.transaction(writes=True) as session:
                self.stock += hand_out(session, by=self.account_id, wanted=wanted)
        taken, self.stock = self.stock[:wanted], self.stock[wanted:]
        return taken

    def give_back(self, cheques: list[Known]) -> None:
        """Take back what was not used."""
        self.stock = cheques + self.stock


@contextmanager
def cities(folder: Path) -> Iterator[list[BenchCity]]:
    """Give a city on SQLite and one on PostgreSQL, until the block ends."""
    with running_server() as server:
        made = [
            founded("SQLite", f"sqlite:///{folder / 'bench.db'}"),
            founded("PostgreSQL", server.fresh_database()),
        ]
        try:
            yield made
        finally:
            for one in made:
                one.city.database.dispose()
            server.drop(made[-1].url)


def founded(kind: str, url: str) -> BenchCity:
    """Give a city on an empty database: migrated, with a provider that may redeem."""
    city = City(
        host="localhost", base_url="http://localhost", database=Database(url), programmes=PROGRAMMES
    )
    migrate(city)
    account_id, location_id = uuid4(), uuid4()
    with city.database.transaction(writes=True) as session:
        _settle(session, account_id, location_id)
    token = create_token(city, email=_PROVIDER, now=datetime.now(UTC))
    return BenchCity(
        kind=kind, city=city, token=token, account_id=account_id, location_id=location_id
    )


def _settle(session: Session, account_id: UUID, location_id: UUID) -> None:
    home = Organisation(name="Opvang", kind=OrganisationKind.PROVIDER)
    session.add(home)
    session.flush()
    session.add(Account(id=account_id, organisation_id=home.id, email=_PROVIDER, name="Een opvang"))
    session.flush()
    session.add_all(
        [
            AccountRole(account_id=account_id, role=Role.PROVIDER),
            CareMomentPrice(care_moment="fullDay", cents=2000, valid_from=_LONG_AGO),
            Location(
                id=location_id,
                organisation_id=home.id,
                name="Opvang",
                kind=LocationKind.GROUP,
                approved_on=_LONG_AGO,
            ),
        ]
    )
