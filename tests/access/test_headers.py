"""Every answer carries the headers that protect it (FIGURES Z5)."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kernel.cities import City
from tests import build
from tests.access.test_matrix import DECLARED, Visitor, doors
from tests.access.world import build_world
from tests.figures import Say
from tests.web.people import form, signed_in


def test_every_answer_is_protected(city: City, app: Flask, figure: Say) -> None:
    world, answers = build_world(city), 0
    for role in ("regie", "referrer", "provider", "evaluator"):
        visitor = Visitor(app, city, world.people[role])
        for door in doors(app):
            if not door.startswith("GET /static"):
                protected(visitor.tries(door, world), door)
                answers += 1
    figure("Z5", f"{answers} answers, each with its headers; no inline script or style allowed")


@pytest.mark.parametrize(
    "path", ["/static/opstap.css", "/static/none.css", "/nope", "/api/v1/nope"]
)
def test_so_are_static_files_and_errors(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_personal_pages_are_kept_by_nobody(city: City, app: Flask) -> None:
    world = build_world(city)
    visitor = Visitor(app, city, world.people["regie"])
    for door in doors(app):
        if "anybody" not in DECLARED[door]:
            kept = visitor.tries(door, world).headers["Cache-Control"]
            assert kept in {"no-store", "private, no-store", "no-cache, no-store"}, (
                f"{door}: {kept}"
            )


def test_cookies_are_this_hosts_alone_and_out_of_reach_of_scripts(city: City, app: Flask) -> None:
    person = build.referrer(city)
    client = app.test_client()
    entered = client.post(
        "/aanmelden",
        data=form(client, "/aanmelden") | {"email": person.email, "password": build.PASSWORD},
    )
    cookies = entered.headers.getlist("Set-Cookie")
    cookies += app.test_client().get("/aanmelden").headers.getlist("Set-Cookie")
    assert len(cookies) >= 2
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


def test_no_page_has_an_inline_script_or_style(city: City, app: Flask) -> None:
    world = build_world(city)
    for role in ("regie", "referrer", "provider", "finance", "evaluator", "administrator"):
        visitor = Visitor(app, city, world.people[role])
        for door in doors(app):
            answer = visitor.tries(door, world) if door.startswith("GET /") else None
            if answer is None or answer.mimetype != "text/html":
                continue
            page = answer.get_data(as_text=True)
            inline = re.findall(r"<style|\sstyle=|<script(?![^>]*\ssrc=)[^>]*>|\son[a-z]+=", page)
            assert inline == [], f"{door}: {inline}"


@pytest.mark.parametrize("path", ["/aanmelden", "/afmelden", "/c"])
def test_a_form_from_another_site_is_refused(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data={"code": "x"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code in {400, 403}


def test_signing_in_leads_to_no_other_site(city: City, app: Flask) -> None:
    person = build.referrer(city)
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:1"):
        client = app.test_client()
        given = {"email": person.email, "password": build.PASSWORD, "verder": target}
        answer = client.post("/aanmelden", data=form(client, "/aanmelden") | given)
        assert answer.headers["Location"] == "/"


def test_signing_out_ends_it_here_and_there(city: City, app: Flask) -> None:
    client = signed_in(app, build.referrer(city))
    client.post("/afmelden", data=form(client, "/account"))
    assert client.get("/account").status_code == 302


def protected(answer: TestResponse, door: str) -> None:
    headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy, door
    assert "unsafe-inline" not in policy, door
    assert "'unsafe-eval'" not in policy.replace("'wasm-unsafe-eval'", ""), door
    if "wasm-unsafe-eval" in policy:
        assert "/scan" in door or door.endswith("/meegeven"), door  # both read a cheque
    assert "frame-ancestors 'none'" in policy, door
    assert headers["Strict-Transport-Security"].startswith("max-age="), door
    assert headers["X-Content-Type-Options"] == "nosniff", door
    assert headers["Referrer-Policy"] == "same-origin", door
    assert "Server" not in headers or "Werkzeug" not in headers["Server"], door


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: who may come in is decided before any database is asked."""
    return sqlite_url
