"""Every form of every page, found as a crawler would, with the fields that it holds."""

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http import HTTPStatus
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from kernel.cities import City
from kernel.inviting import link
from tests.access.world import World
from tests.build import Person
from tests.web.people import signed_in

ROLES = ("nobody", "referrer", "provider", "regie", "finance", "evaluator", "administrator")
_TEXTS = {"", "text", "tel", "email", "search", "date", "number", "month", "textarea"}
_ASKED = re.compile(r"""(?:request\.(?:args|values)\.get(?:list)?|_sent|_day)\(\s*"(\w+)\"""")


@dataclass
class Form:
    """A form that posts: who sees it where, and its fields with what they start with."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)  # the fields in which anything can be typed
    rule: str = ""
    role: str = ""

    @property
    def can_be_typed_in(self) -> list[str]:
        """Every field but the token, also those that a page offers a choice for."""
        return [name for name in self.fields if name != "csrf_token"]


@dataclass(frozen=True)
class Site:
    """The application with one browser for each role."""

    app: Flask
    people: Mapping[str, Person]
    browsers: dict[str, FlaskClient]
    paths: Mapping[str, object]  # what stands for each `<value>` of a rule

    def pages(self) -> Iterator[Rule]:
        """Give the rule of every page that can be opened."""
        for rule in self.app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and not _is_not_ours(rule):
                yield rule

    def address(self, rule: Rule) -> str:
        """Give a rule's address with what is really there."""
        values = {name: self.paths[name] for name in rule.arguments}
        with self.app.test_request_context():
            return self.app.url_map.bind("localhost").build(rule.endpoint, values)

    def may_open(self, rule: Rule) -> list[str]:
        """Give the roles for which a page is, or `nobody` for a public one."""
        roles: frozenset[str] = getattr(
            self.app.view_functions[rule.endpoint], "roles", frozenset()
        )
        return [role for role in ROLES if role in roles] or ["nobody", "referrer"]

    def forms(self) -> list[Form]:
        """Give one form for each rule that takes one: found on a page, else its token alone."""
        found: dict[str, Form] = {}
        for rule in self.pages():
            for role in self.may_open(rule):
                for form in forms_in(self.browsers[role].get(self.address(rule))):
                    form.rule, form.role = self.rule_of(form.action or self.address(rule)), role
                    known = found.setdefault(form.rule, form)
                    if form.texts <= known.texts:
                        known.fields = form.fields | known.fields
                    else:  # who sees most of it sends it, with a token of their own
                        known.role, known.action = role, form.action
                        known.fields = known.fields | form.fields
                    known.texts |= form.texts
        for rule in self.app.url_map.iter_rules():
            if "POST" in (rule.methods or ()) and not _is_not_ours(rule):
                found.setdefault(rule.rule, self._behind_a_click(rule))
        return [found[rule] for rule in sorted(found)]

    def sends(self, form: Form, body: bytes, content_type: str) -> TestResponse:
        """Send a form's body as its role; who signs out by it comes back."""
        answer = self.browsers[form.role].post(form.action, data=body, content_type=content_type)
        browser = self.browsers[form.role]
        if form.rule == "/afmelden" and browser.get("/account").status_code != HTTPStatus.OK:
            signed_in(browser, self.people[form.role])
        return answer

    def rule_of(self, path: str) -> str:
        """Give the rule that answers a form's address."""
        adapter = self.app.url_map.bind("localhost")
        rule, _ = adapter.match(path.partition("?")[0], method="POST", return_rule=True)
        return rule.rule

    def _behind_a_click(self, rule: Rule) -> Form:
        role = self.may_open(rule)[0]
        page = "/aanmelden" if role == "nobody" else "/account"
        token = forms_in(self.browsers[role].get(page))[0].fields["csrf_token"]
        return Form(self.address(rule), {"csrf_token": token}, rule=rule.rule, role=role)

    def asks(self, rule: Rule) -> list[str]:
        """Give the names that a page reads from its address."""
        view = inspect.unwrap(self.app.view_functions[rule.endpoint])
        source = Path(inspect.getfile(view)).read_text(encoding="utf-8")
        return sorted(set(_ASKED.findall(source)))


def site(app: Flask, city: City, world: World) -> Site:
    """Let one person of each role sign in, and one visitor not."""
    browsers = {
        role: app.test_client() if role == "nobody" else signed_in(app, world.people[role])
        for role in ROLES
    }
    invited = world.people["finance"].actor.account_id
    token = link(city, account_id=invited, key="a key for tests").rpartition("/")[2]
    return Site(app, world.people, browsers, {**world.ids(), "token": token})


def forms_in(page: TestResponse) -> list[Form]:
    """Give the forms of a page that post."""
    reader = _Forms()
    reader.feed(page.get_data(as_text=True) if page.mimetype == "text/html" else "")
    return reader.found


def _is_not_ours(rule: Rule) -> bool:
    return rule.rule.startswith(("/api/", "/static/", "/health"))


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.now: Form | None = None
        self.names: str = ""
        self.area: str = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post":
            self.now = Form(given.get("action", ""))
            self.found.append(self.now)
        elif self.now is not None and tag in {"input", "select", "textarea", "button"}:
            self._field(self.now, tag, given)
        elif tag == "option" and self.now is not None and self.names:
            kept = self.now.fields[self.names]
            chosen = "selected" in given or not kept
            self.now.fields[self.names] = given.get("value", "") if chosen else kept

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "" if tag != "textarea" else tag)
        self.names = name if tag == "select" else ""
        self.area = name if tag == "textarea" else ""
        if not name:
            return
        if kind in {"radio", "checkbox"} and "checked" not in given and form.fields.get(name):
            return
        form.fields[name] = given.get("value", "")
        if tag in {"input", "textarea"} and kind in _TEXTS:
            form.texts.add(name)

    def handle_data(self, data: str) -> None:
        if self.now is not None and self.area:
            self.now.fields[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.now = None
        if tag == "textarea":
            self.area = ""
        if tag == "select":
            self.names = ""
