"""The HTML door, for people: pages that say one thing, and forms that lose nothing."""

from pathlib import Path

from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import FileSystemLoader

from web import (
    about,
    account,
    api_page,
    audit,
    booklets,
    calls,
    cheque,
    children,
    continuing,
    evaluating,
    extending,
    families,
    figures,
    hand_out,
    home,
    joining,
    keeping,
    locations,
    money,
    overlooked,
    password,
    people,
    purchases,
    reaching,
    scan,
    second_factor,
    second_step,
    sign_in,
    sign_in_code,
    stock,
    team,
    today,
)
from web.i18n import mount_translations
from web.page import mount_pages
from web.saying import mount_sayings

ROOMS = (
    about,
    account,
    api_page,
    audit,
    booklets,
    calls,
    cheque,
    children,
    continuing,
    evaluating,
    extending,
    families,
    figures,
    hand_out,
    home,
    joining,
    keeping,
    locations,
    money,
    overlooked,
    password,
    people,
    purchases,
    reaching,
    scan,
    second_factor,
    second_step,
    sign_in,
    sign_in_code,
    stock,
    team,
    today,
)


def mount_site(app: Flask) -> None:
    """Put every page on the application: its routes, its translations, its form protection."""
    app.config.update(
        SESSION_COOKIE_NAME="__Host-form",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # a form on a social worker's screen does not go stale
        WTF_CSRF_SSL_STRICT=False,  # Origin is checked instead: see web.page
    )
    app.jinja_loader = FileSystemLoader(Path(__file__).parent / "templates")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    protect = CSRFProtect(app)
    for blueprint in app.blueprints.values():
        protect.exempt(blueprint)  # the JSON door takes tokens, not cookies
    mount_translations(app)
    mount_sayings(app)
    mount_pages(app)
    for room in ROOMS:
        app.register_blueprint(room.desk)
    app.context_processor(lambda: {"navigation": home.navigation, "room_here": home.room_here})
