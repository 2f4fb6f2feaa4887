"""A booklet that nobody knows is remembered, without its signs: it slows guessing."""

from datetime import UTC, datetime

from flask import current_app, g

from kernel.access import Actor
from kernel.errors import Refusal
from vouchers.attempts import remember_attempt
from vouchers.errors import UnknownBooklet


def remember_unknown(actor: Actor, refusal: Refusal, *_: object) -> None:
    """Keep that an account asked for a booklet in vain, once its own transaction is rolled back."""
    if isinstance(refusal, UnknownBooklet):
        remember_attempt(
            g.city,
            actor,
            refusal,
            code="",
            location_id=None,
            now=datetime.now(UTC),
            key=current_app.config["SECRET_KEY"],
        )
