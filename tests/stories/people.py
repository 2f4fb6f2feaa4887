"""Somebody at a browser, who reads pages, fills in what stands there, and gets letters."""

import re
from dataclasses import dataclass, field
from email.message import EmailMessage
from html.parser import HTMLParser

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Cookie, TestResponse

from tests.mailbox import Mailbox
from tests.web.people import words

PASSWORD = "een korte zin van vier woorden"


@dataclass
class Form:
    """A form of a page, with what a browser would send of it as it stands."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Somebody:
    """A browser with its cookies, and the letters that came for its owner."""

    def __init__(self, app: Flask, email: str, box: Mailbox) -> None:
        self.app, self.email, self.box = app, email, box
        self.browser: FlaskClient = app.test_client()
        self.secret = ""

    @property
    def letters(self) -> list[EmailMessage]:
        """Every letter that this person got, the oldest first."""
        pairs = zip(self.box.letters, self.box.readers, strict=True)
        return [letter for letter, readers in pairs if readers == [self.email]]

    def reads(self, path: str) -> str:
        """Open a page and give its text."""
        answer = self.browser.get(path, follow_redirects=True)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        assert answer.request.path == path, f"{path} led to {answer.request.path}"
        return words(answer.get_data(as_text=True))

    def form(self, path: str, action: str = "") -> Form:
        """Give the form of a page that leads to an address with `action` in it."""
        answer = self.browser.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        reader = _Forms()
        reader.feed(answer.get_data(as_text=True))
        found = [each for each in reader.found if action in (each.action or path)]
        assert found, f"{path} has no form for {action!r}"
        return found[0]

    def sends(self, path: str, action: str = "", **given: str) -> TestResponse:
        """Fill in a page's form and send it; `family__reference` is the field family.reference."""
        form = self.form(path, action)
        filled = {name.replace("__", "."): value for name, value in given.items()}
        answer = self.browser.post(form.action or path, data=form.fields | filled)
        said = words(answer.get_data(as_text=True))
        assert answer.status_code in {302, 303}, f"{path}: {answer.status_code} {said[:600]}"
        return answer

    def chooses_a_password(self, link: str) -> None:
        """Open the link of an invitation and choose a password."""
        path = link[link.index("/wachtwoord/") :]
        self.sends(path, password=PASSWORD)

    def accepts_the_invitation(self) -> None:
        """Choose a password by the link in the only letter so far."""
        [letter] = self.letters
        links = re.findall(r"https?://\S+/wachtwoord/\S+", letter.get_content())
        assert len(links) == 1
        self.chooses_a_password(links[0])

    def signs_in(self) -> None:
        """Sign in with the password, and with the second step where there is one."""
        led = self.sends("/aanmelden", "/aanmelden", email=self.email, password=PASSWORD)
        if "tweede-stap" in led.headers["Location"] and self.secret:
            digits = pyotp.TOTP(self.secret).now()
            self.sends(led.headers["Location"], digits=digits)

    def sets_up_the_second_step(self) -> None:
        """Follow the page that the city's own people get at their first sign-in."""
        self.sends("/account/tweede-stap", "/begin")
        page = self.browser.get("/account/tweede-stap").get_data(as_text=True)
        shown = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
        assert shown is not None
        self.secret = shown[1].replace(" ", "")
        digits = pyotp.TOTP(self.secret).now()
        self.sends("/account/tweede-stap", "tweede-stap", digits=digits)

    def closes_the_browser(self) -> None:
        """Start a browser anew: only cookies with an end of their own are still there."""
        stays = [c for c in self._cookies() if c.expires is not None or c.max_age is not None]
        self._opens(self.app, stays)

    def goes_to(self, app: Flask) -> None:
        """Open the same address where another server answers; every cookie is still there."""
        self._opens(app, self._cookies())

    def _cookies(self) -> list[Cookie]:
        kept = self.browser._cookies  # noqa: SLF001 — there is no other way to ask for all
        return list(kept.values()) if kept else []

    def _opens(self, app: Flask, cookies: list[Cookie]) -> None:
        self.app, self.browser = app, app.test_client()
        for cookie in cookies:
            self.browser.set_cookie(
                cookie.key,
                cookie.value,
                domain=cookie.domain,
                path=cookie.path,
                secure=bool(cookie.secure),
            )


class _Forms(HTMLParser):
    """The forms that post: an unticked box and a button that nobody pressed send nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.inside = False
        self.list = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("method", "").lower() == "post"
            if self.inside:
                self.found.append(Form(given.get("action", "")))
        elif self.inside and tag in {"input", "textarea", "select"}:
            self._field(tag, given)
        elif self.inside and tag == "option" and self.list:
            fields = self.found[-1].fields
            if "selected" in given or self.list not in fields:
                fields[self.list] = given.get("value", "")

    def _field(self, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        self.list = name if tag == "select" else ""
        can_be_off = given.get("type") in {"checkbox", "radio"}
        if name and tag != "select" and (not can_be_off or "checked" in given):
            self.found[-1].fields[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "select":
            self.list = ""
