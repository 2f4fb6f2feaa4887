"""A provider with several places chooses one; the browser remembers which, and nothing else."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from flask import Response, request

from kernel.organisations import Location

COOKIE = "__Host-plaats"
_KEPT = timedelta(days=90)


def chosen_place(places: Iterable[Location], asked: str = "") -> Location | None:
    """Give the place that was asked for by its id, else the remembered one, else the only one."""
    by_id = {str(place.id): place for place in places}
    only = next(iter(by_id.values())) if len(by_id) == 1 else None
    return by_id.get(asked) or by_id.get(request.cookies.get(COOKIE, "")) or only


def remember_place(response: Response, location_id: UUID) -> None:
    """Let the next scan in this browser start at the same place."""
    response.set_cookie(
        COOKIE,
        str(location_id),
        max_age=int(_KEPT.total_seconds()),
        secure=True,
        httponly=True,
        samesite="Lax",
        path="/",
    )
