"""A city to measure in: one provider with a token, and as many cheques as are asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app import migrate
from kernel.access import Role
from kernel.accounts import Account, AccountRole
from kernel.cities import PROGRAMMES, City
from kernel.database import Database, table_of
from kernel.money import CareMomentPrice
from kernel.organisations import Location, LocationKind, Organisation, OrganisationKind
from kernel.people import Family
from kernel.signing_in import create_token
from tests.postgres import running_server
from vouchers.codes import CODE, TYPED_CODE
from vouchers.models import Booklet, BookletState, Cheque, ChequeState

CHEQUES_A_BOOKLET = 10
_PROVIDER = "opvang@bench.example"
_LONG_AGO = date(2020, 1, 1)
_numbers = count(1)


class Known(NamedTuple):
    """A cheque by what a scan shows and by what its rows are called."""

    code: str
    cheque_id: UUID
    booklet_id: UUID


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
            self.stock += hand_out(self, wanted)
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


def hand_out(bench: BenchCity, wanted: int, *, used: bool = False) -> list[Known]:
    """Put at least `wanted` cheques in the hands of families, a table at a time.

    `used` writes them as if each was redeemed already; their redemptions are the caller's.
    First every booklet's first cheque, then every second one: neighbours share no booklet.
    """
    booklets = [uuid4() for _ in range(-(-wanted // CHEQUES_A_BOOKLET))]
    known = [
        Known(uuid4().hex[:CODE].upper(), uuid4(), booklet)
        for _ in range(CHEQUES_A_BOOKLET)
        for booklet in booklets
    ]
    families = {booklet: uuid4() for booklet in booklets}
    with bench.city.database.transaction(writes=True) as session:
        home, made_at = _home(session, bench), datetime.now(UTC)
        state = ChequeState.USED if used else ChequeState.OPEN
        used_up = {"used_count": CHEQUES_A_BOOKLET if used else 0}
        session.execute(
            insert(table_of(Family)),
            [_family(one, home, made_at) for one in families.values()],
        )
        session.execute(
            insert(table_of(Booklet)),
            [_booklet(one, families[one], bench.account_id, made_at) | used_up for one in booklets],
        )
        session.execute(
            insert(table_of(Cheque)),
            [_cheque(one, nth // len(booklets), state) for nth, one in enumerate(known)],
        )
    return known


def _home(session: Session, bench: BenchCity) -> UUID:
    return session.get_one(Account, bench.account_id).organisation_id


def _family(family_id: UUID, home: UUID, made_at: datetime) -> dict[str, Any]:
    return {
        "id": family_id,
        "organisation_id": home,
        "reference": family_id.hex,
        "language": "nl",
        "created_at": made_at,
        "number_of_children": CHEQUES_A_BOOKLET,  # all its cheques may be used on one day
    }


def _booklet(booklet_id: UUID, family_id: UUID, by: UUID, made_at: datetime) -> dict[str, Any]:
    day = made_at.date()
    return {
        "id": booklet_id,
        "number": f"{next(_numbers):08}",
        "size": CHEQUES_A_BOOKLET,
        "state": BookletState.HANDED_OUT,
        "origin_id": booklet_id,
        "printed_at": made_at,
        "printed_by": by,
        "family_id": family_id,
        "ordinal": 1,
        "handed_out_on": day,
        "handed_out_by": by,
        "valid_until": day + timedelta(days=364),
        "retroactive": False,
        "good_news_consent": False,
        "training": False,
    }


def _cheque(known: Known, nth: int, state: ChequeState) -> dict[str, Any]:
    return {
        "id": known.cheque_id,
        "number": nth + 1,
        "code": known.code,
        "typed_code": uuid4().hex[:TYPED_CODE].upper(),
        "state": state,
        "booklet_id": known.booklet_id,
    }
