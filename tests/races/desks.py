"""People at their desks who send a form of the site to a real server, all at the same moment."""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from threading import Barrier
from urllib.parse import urlencode

from kernel.cities import City
from kernel.signing_in import sign_in
from tests.build import PASSWORD, Person
from tests.races.clients import PATIENCE
from web.identity import COOKIE


class Browser:
    """A signed-in regie worker's connection, with the cookies and the token of its forms."""

    def __init__(self, city: City, port: int, person: Person) -> None:
        """Sign in once, and read the form's token from a page that has one."""
        secret = sign_in(city, email=person.email, password=PASSWORD, now=datetime.now(UTC))
        self.port, self.cookies = port, {COOKIE: secret}
        status, page = self.gets("/account")
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found, f"{status}: {page[:500]}"
        self.token = found[1]

    def gets(self, path: str) -> tuple[int, str]:
        """Open a page, keep its cookies; gives its status and its text, or where it leads."""
        return self._asks("GET", path, "")

    def posts(self, path: str, **given: str) -> tuple[int, str]:
        """Send a form; gives the status and the page, or where it leads."""
        return self._asks("POST", path, urlencode(given | {"csrf_token": self.token}))

    def _asks(self, method: str, path: str, body: str) -> tuple[int, str]:
        with closing(self.connected()) as connection:
            connection.request(method, path, body or None, self.headers)
            answer = connection.getresponse()
            page = answer.read().decode()
        for said in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = said.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer.status, answer.headers.get("Location") or page

    def connected(self) -> HTTPConnection:
        """Give a connection to the server."""
        return HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}


def at_once(
    clients: Sequence[Browser], paths: str | Sequence[str], forms: Sequence[Mapping[str, str]]
) -> list[int]:
    """Let every client send its form at the same moment; gives the statuses."""
    together = Barrier(len(clients), timeout=PATIENCE)

    def one(number: int) -> int:
        client = clients[number]
        with closing(client.connected()) as connection:
            connection.connect()
            body = urlencode(forms[number] | {"csrf_token": client.token})  # type: ignore[operator]
            path = paths if isinstance(paths, str) else paths[number]
            together.wait()
            connection.request("POST", path, body, client.headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(one, range(len(clients))))
