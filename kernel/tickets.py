"""What holds between two steps of signing in: signed, short-lived, of use to nobody else."""

from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from kernel.cities import City


def seal(city: City, purpose: str, *values: str, now: datetime) -> str:
    """Give a ticket that carries a few values to the next step."""
    return _signer(city, purpose).dumps([int(now.timestamp()), *values])


def unseal(
    city: City, purpose: str, ticket: str, *, count: int, lasts: timedelta, now: datetime
) -> list[str] | None:
    """Give the values that a ticket carries, `count` of them; None when it is over or not ours."""
    values: list[str]
    try:
        at, *values = _signer(city, purpose).loads(ticket)
    except (BadData, ValueError, TypeError):
        return None
    if len(values) != count or not 0 <= now.timestamp() - at <= lasts.total_seconds():
        return None
    return values


def _signer(city: City, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(city.secret_key, salt=f"{purpose} at {city.host}")
