"""One clock leads a city: a second one waits, and takes over when the first is gone."""

import fcntl
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, make_url, text

from kernel.cities import City

_KEY = 0x0F57A9  # names the clock's lock among a PostgreSQL database's advisory locks


class Leader:
    """The lock of one city, held on a connection or a file of its own for as long as it lives."""

    def __init__(self, city: City) -> None:
        """Take the city to lead; nothing is held yet."""
        self._city = city
        self._connection: Connection | None = None
        self._file: Any = None

    def leads(self) -> bool:
        """Say whether this clock leads now; try to when it does not."""
        if self._city.database.dialect == "sqlite":
            return self._holds_file()
        return self._holds_connection()

    def step_down(self) -> None:
        """Let another clock lead."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _holds_file(self) -> bool:
        if self._file is not None:
            return True
        path = Path(str(make_url(self._city.database.url).database) + ".clock")
        file = path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def _holds_connection(self) -> bool:
        if self._connection is not None:
            self._connection.execute(text("SELECT 1"))  # raises when the lock went with it
            return True
        connection = self._city.database.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        )
        connection.detach()  # never back to the pool: there it would go on holding the lock
        got = False
        try:
            asked = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _KEY})
            got = bool(asked.scalar_one())
        finally:
            if not got:
                connection.close()
        if got:
            self._connection = connection
        return got
