"""A person is signed in by a cookie that only this host can set."""

from datetime import UTC, datetime, timedelta

from flask import Response, g, request

from kernel.errors import Unidentified
from kernel.identity import SignedIn
from kernel.sessions import SESSION_LASTS, STAYS_FOR, signed_in_by_cookie

COOKIE = "__Host-opstap"
STEP = "__Host-stap"  # what holds between two steps of signing in


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
        secret = here()
        g.signed_in = (
            signed_in_by_cookie(g.city, secret=secret, now=datetime.now(UTC)) if secret else None
        )
    signed_in: SignedIn | None = g.signed_in
    return signed_in


def here() -> str:
    """Give the secret of the session in this browser, or ''."""
    return request.cookies.get(COOKIE, "")


def remember(response: Response, secret: str, *, stays: bool = False) -> None:
    """Put a session's secret in the browser, out of reach of scripts and of other hosts.

    Where the phone `stays` signed in, for as long as that lasts; else for a working day.
    """
    _put(response, COOKIE, secret, STAYS_FOR if stays else SESSION_LASTS)


def forget(response: Response) -> None:
    """Take the session's secret out of the browser."""
    _take(response, COOKIE)


def hold(response: Response, ticket: str, lasts: timedelta) -> None:
    """Put the ticket to the next step of signing in in the browser, for a few minutes."""
    _put(response, STEP, ticket, lasts)


def let_go(response: Response) -> None:
    """Take the ticket to the next step out of the browser."""
    if STEP in request.cookies:
        _take(response, STEP)


def keep_remembering(response: Response) -> Response:
    """Let a phone that stays signed in know the cookie for ninety days more, at most daily."""
    signed_in: SignedIn | None = g.get("signed_in")
    if signed_in is not None and signed_in.stays and signed_in.is_renewed:
        given = response.headers.getlist("Set-Cookie")
        if not any(cookie.startswith(f"{COOKIE}=") for cookie in given):
            remember(response, here(), stays=True)
    return response


def _put(response: Response, name: str, value: str, lasts: timedelta) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(lasts.total_seconds()),
        secure=True,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def _take(response: Response, name: str) -> None:
    response.delete_cookie(name, secure=True, httponly=True, samesite="Lax", path="/")
