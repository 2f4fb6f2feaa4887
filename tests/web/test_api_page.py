"""Anybody may read what programs can ask; the page asks nothing of another site."""

import re

from flask import Flask
from flask.testing import FlaskClient

from kernel.access import Role
from kernel.cities import City
from kernel.organisations import OrganisationKind
from tests import build
from tests.web.people import said, signed_in


def test_anybody_reads_the_page_and_the_document(client: FlaskClient) -> None:
    page = client.get("/api").get_data(as_text=True)
    document = re.search(r'data-document="([^"]+)"', page)
    assert document
    assert f'href="{document[1]}"' in page
    found = client.get(document[1]).get_json()
    assert found["openapi"].startswith("3.1")
    assert "/api/v1/redemptions" in found["paths"]


def test_everything_on_it_is_ours(client: FlaskClient) -> None:
    page = client.get("/api").get_data(as_text=True)
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert [each for each in addresses if not each.startswith(("/", "#", "data:,"))] == []
    for address in addresses:
        if address.startswith("/static/"):
            with client.get(address.partition("#")[0]) as answer:
                assert answer.status_code == 200
    assert "style=" not in page
    assert "<script>" not in page


def test_an_administrator_finds_it_in_the_menu(city: City, app: Flask) -> None:
    admin = build.person(
        city,
        Role.ADMINISTRATOR,
        organisation_id=build.organisation(city, OrganisationKind.CITY),
    )
    assert "API" in said(signed_in(app, admin), "/api")
    assert 'href="/api" aria-current="page"' in signed_in(app, admin).get("/api").text
