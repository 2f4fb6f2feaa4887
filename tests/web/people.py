"""People at a browser: signed in through the real page, sending forms as their pages hold them."""

from html.parser import HTMLParser
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.build import PASSWORD, Person


def signed_in(app: Flask | FlaskClient, person: Person) -> FlaskClient:
    """Give a browser in which a person has signed in: a new one, or the one that is given."""
    client = app.test_client() if isinstance(app, Flask) else app
    given = {"email": person.email, "password": PASSWORD}
    answer = client.post("/aanmelden", data=form(client, "/aanmelden") | given)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return client


def form(client: FlaskClient, path: str, *, action: str = "") -> dict[str, str]:
    """Give the hidden fields of a page's first form that posts, or of the one with this action."""
    answer = client.get(path)
    assert answer.status_code == 200, f"{path} answered {answer.status_code}"
    found = _Forms.of(answer.get_data(as_text=True))
    assert action in found, f"{path} has no form for {action!r}: {sorted(found)}"
    return found[action]


def hidden_in(html: str) -> dict[str, str]:
    """Give the hidden fields of the first form that posts, of a page that was answered."""
    return _Forms.of(html)[""]


def forms_of(html: str) -> dict[str, dict[str, str]]:
    """Give the hidden fields of each form that posts, of a page that was answered."""
    return _Forms.of(html)


def said(client: FlaskClient, path: str) -> str:
    """Give what a page says, without its marks, on one line."""
    return words(client.get(path).get_data(as_text=True))


def words(html: str) -> str:
    """Give the text of a page, without its marks, on one line."""
    reader = _Words()
    reader.feed(html)
    return " ".join(" ".join(reader.heard).split())


class _Forms(HTMLParser):
    """Every form that posts, with its hidden fields, by its action; the first one also by ''."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self.now: dict[str, str] | None = None

    @classmethod
    def of(cls, html: str) -> dict[str, dict[str, str]]:
        reader = cls()
        reader.feed(html)
        return reader.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post":
            self.now = self.found.setdefault(given.get("action", ""), {})
            self.found.setdefault("", self.now)
        elif tag == "input" and given.get("type") == "hidden" and self.now is not None:
            self.now[given.get("name", "")] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.now = None


class _Words(HTMLParser):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heard: list[str] = []

    def handle_data(self, data: str) -> None:
        self.heard.append(data)
