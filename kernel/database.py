"""A city's database: its engine, its base class, and the only place that commits."""

import fcntl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from select import POLLIN, poll
from typing import Any, ClassVar, Literal, dataclass_transform
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    DateTime,
    Engine,
    MetaData,
    Row,
    Select,
    Table,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    Session,
    mapped_column,
    relationship,
)
from sqlalchemy.types import TypeDecorator

from kernel.constraints import refusal_of
from kernel.errors import Unavailable

KEPT = 8  # open connections: one for each thread of a web process, once they were busy at once
SPARE = 2  # more, closed after use: to connect takes longer than to redeem a cheque
PATIENCE = 5.0  # seconds that a request waits for its turn before it says "not now"


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware when it goes in, aware and in UTC when it comes out, on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive value: nobody could say later which hour it meant."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a naive datetime is not an instant"
            raise ValueError(msg)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware instant; SQLite stored it without its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")


@dataclass_transform(kw_only_default=True, field_specifiers=(mapped_column, relationship))
class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Every table of the house; its names are predictable, so a violated rule can be named."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: Json,
    }


class Entity(Base):
    """A row whose id the code hands out itself, so that an event can name it before the flush."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=uuid4)


def table_of(model: type[Base]) -> Table:
    """Give the table of a mapped class, for the few paths that write rows by Core."""
    return Base.metadata.tables[model.__tablename__]


class Database:
    """One city's database, opened when first needed."""

    def __init__(self, url: str) -> None:
        """Take an SQLAlchemy URL: `sqlite:///…` or `postgresql+psycopg://…`."""
        self.url = url
        self._turn = threading.Lock()

    @cached_property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """Say which of the two it is."""
        return "sqlite" if make_url(self.url).get_backend_name() == "sqlite" else "postgresql"

    @cached_property
    def engine(self) -> Engine:
        """The connection pool, made at first use."""
        if self.dialect == "sqlite":
            return _sqlite_engine(self.url)
        return _postgresql_engine(self.url)

    @cached_property
    def _writers(self) -> Engine:
        return self.engine.execution_options(writes=True)

    @cached_property
    def _readers(self) -> Engine:
        return self.engine.execution_options(postgresql_readonly=True)

    @cached_property
    def _asking(self) -> Engine:
        """For a single question: on PostgreSQL it goes without BEGIN and COMMIT around it."""
        if self.dialect == "sqlite":
            return self.engine.execution_options(asks=True)
        return self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @cached_property
    def _lock_file(self) -> Any:
        path = Path(str(make_url(self.url).database) + ".lock")
        return path.open("a")

    @contextmanager
    def transaction(self, *, writes: bool) -> Iterator[Session]:
        """Keep everything that is done inside, or nothing.

        Refuses with the refusal that belongs to a violated constraint, and with Unavailable when
        the database cannot answer.
        """
        with (
            _told_as_refusals(),
            self._turn_of(writes=writes),
            (self._writers if writes else self._readers).begin() as connection,
            Session(connection, join_transaction_mode="rollback_only") as session,
        ):
            yield session
            session.flush()

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Read many things of one moment, while others write on."""
        engine = self._readers
        if self.dialect == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with _told_as_refusals(), engine.begin() as connection, Session(connection) as session:
            yield session

    def ask(self, question: Select[Any], values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """Give the rows of one statement that stands alone: it sees one moment by itself.

        Refuses with Unavailable when the database cannot answer.
        """
        with _told_as_refusals(), self._asking.connect() as connection:
            return connection.execute(question, values).all()

    @contextmanager
    def _turn_of(self, *, writes: bool) -> Iterator[None]:
        """Queue the writers of all processes fairly.

        SQLite's own busy handler sleeps and retries, and the unlucky wait for half a second.
        """
        if not writes or self.dialect != "sqlite":
            yield
            return
        if not self._turn.acquire(timeout=PATIENCE):
            raise Unavailable
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._lock_file, fcntl.LOCK_UN)
        finally:
            self._turn.release()

    def dispose(self) -> None:
        """Close every connection; the next use opens them again."""
        for name in ("engine", "_writers", "_readers", "_asking", "_lock_file"):
            thing = self.__dict__.pop(name, None)
            if isinstance(thing, Engine):
                thing.dispose()
            elif thing is not None:
                thing.close()


@contextmanager
def _told_as_refusals() -> Iterator[None]:
    """Say what the database says in the house's own words."""
    try:
        yield
    except IntegrityError as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error
    except (OperationalError, PoolTimeout) as error:
        raise Unavailable from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable from error
        raise


def _postgresql_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=KEPT,
        max_overflow=SPARE,
        pool_timeout=PATIENCE,
        connect_args={"connect_timeout": int(PATIENCE)},
    )

    @event.listens_for(engine, "checkout")
    def _still_there(connection: Any, _record: Any, _proxy: Any) -> None:
        # A server that left said so on the socket. Looking costs nothing; a ping costs a journey.
        heard = poll()
        heard.register(connection.fileno(), POLLIN)
        if heard.poll(0):
            raise DisconnectionError

    return engine


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=KEPT,
        max_overflow=SPARE,
        pool_timeout=PATIENCE,
        connect_args={"timeout": PATIENCE},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver sends no BEGIN of its own; `_begin` does
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("asks", False):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")

    return engine
