"""Three ways in, one threshold: whoever proved who they are goes on where they were."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Response, g, redirect, request, url_for

from kernel.sessions import signed_in_by_cookie
from web.identity import let_go, remember


def come_in(secret: str) -> Response:
    """Put a new session in the browser, and lead to where somebody wanted to go."""
    g.signed_in = signed_in_by_cookie(g.city, secret=secret, now=datetime.now(UTC))
    response = led_to(target())
    let_go(response)
    remember(response, secret, stays=g.signed_in is not None and g.signed_in.stays)
    return response


def wants_to_stay() -> bool:
    """Say whether the tick “Blijf aangemeld” was put."""
    return bool(request.form.get("blijf"))


def target() -> str:
    """Give where to go after signing in: a page of this site only."""
    wanted = request.values.get("verder", "")
    return wanted if _is_ours(wanted) else url_for("home.show")


def further() -> str | None:
    """Give where to go after signing in, for the next step's address; None is the start page."""
    wanted = request.values.get("verder", "")
    return wanted if wanted and _is_ours(wanted) else None


def led_to(address: str, status: int = 302) -> Response:
    """Lead to an address, as a response that can carry a cookie."""
    response = redirect(address, status)
    assert isinstance(response, Response)
    return response


def _is_ours(wanted: str) -> bool:
    if not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return False
    try:
        parts = urlsplit(wanted)
    except ValueError:  # no address at all, such as /\t/[
        return False
    return not parts.netloc and not parts.scheme
