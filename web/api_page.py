"""Anybody who writes a program for Opstap reads here what can be asked, and tries it."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from web.page import public_page

desk = Blueprint("api_page", __name__)


@desk.get("/api")
@public_page
def show() -> ResponseReturnValue:
    """Give the page that shows the OpenAPI document and sends requests from it."""
    return render_template("api_page/page.html", document="/api/v1/openapi.json")
