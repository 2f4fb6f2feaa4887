"""The OpenAPI document tells every address, every refusal and nothing that is not so."""

from flask import Flask
from flask.testing import FlaskClient

from kernel.cities import City
from tests import build


def test_the_document_names_every_address_of_the_api(app: Flask, client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document is not None
    assert document["openapi"] == "3.1.0"
    told = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    built = {
        (method, rule.rule.replace("<uuid:", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.endpoint != "api-docs.openapi_json"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {pair for pair in told if pair[0] in {"GET", "POST", "PUT", "DELETE"}} == built


def test_every_refusal_of_a_redemption_is_in_it(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document is not None
    answers = document["paths"]["/api/v1/redemptions"]["post"]["responses"]
    said = {status: answer.get("description", "") for status, answer in answers.items()}
    for status, code in (
        ("404", "unknown-code"),
        ("403", "provider-not-approved"),
        ("409", "blocked"),
        ("409", "not-handed-out"),
        ("409", "expired"),
        ("409", "already-used"),
        ("409", "same-day-question"),
        ("422", "idempotency-mismatch"),
        ("429", "too-many-wrong-codes"),
        ("503", "unavailable"),
    ):
        assert code in said[status]
        assert "application/problem+json" in answers[status]["content"]


def test_figures_are_the_regies(city: City, client: FlaskClient) -> None:
    regie, referrer = build.regie(city), build.referrer(city)
    build.handed_out(city, referrer)
    address = "/api/v1/statistics/uptake?from=2026-09-01&until=2026-09-30"
    figure = client.get(address, headers=build.token(city, regie)).json
    assert figure is not None
    assert figure["total"]["handedOut"] == 1
    assert figure["cohorts"][0]["month"] == "2026-09"
    assert client.get(address, headers=build.token(city, referrer)).status_code == 403
    wrong = client.get("/api/v1/statistics/uptake?from=x", headers=build.token(city, regie))
    assert wrong.status_code == 422
