"""A person is signed in by a cookie that only this host can set."""

from datetime import UTC, datetime

from flask import Response, g, request

from kernel.errors import Unidentified
from kernel.signing_in import SESSION_LASTS, SignedIn, signed_in_by_cookie

COOKIE = "__Host-opstap"


class NotSignedIn(Unidentified):
    """Nobody is signed in in this browser, or not any more."""

    code = "not-signed-in"


def identify() -> SignedIn:
    """Give who is signed in; refuse nobody. One statement a request."""
    signed_in = who()
    if signed_in is None:
        raise NotSignedIn
    return signed_in


def who() -> SignedIn | None:
    """Give who is signed in in this browser, or None."""
    if "signed_in" not in g:
        secret = request.cookies.get(COOKIE, "")
        g.signed_in = (
            signed_in_by_cookie(g.city, secret=secret, now=datetime.now(UTC)) if secret else None
        )
    signed_in: SignedIn | None = g.signed_in
    return signed_in


def remember(response: Response, secret: str) -> None:
    """Put a session's secret in the browser, out of reach of scripts and of other hosts."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(SESSION_LASTS.total_seconds()),
        secure=True,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def forget(response: Response) -> None:
    """Take the session's secret out of the browser."""
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax", path="/")
