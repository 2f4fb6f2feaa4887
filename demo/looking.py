"""The demo's looks: who opened whose file in the last weeks, so that the search finds something."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select

from demo.calendar import at
from kernel.access import Role
from kernel.accounts import AccountRole
from kernel.audit import AuditRow
from kernel.cities import City
from vouchers.models import Booklet

_BOOKLETS = 30


def look_around(city: City, now: datetime) -> None:
    """Let whoever gave one of the newest booklets open it, and the regie every third of them."""
    with city.database.transaction(writes=True) as session:
        given = session.execute(
            select(Booklet.family_id, Booklet.handed_out_by, Booklet.handed_out_on)
            .where(Booklet.family_id.is_not(None))
            .order_by(Booklet.handed_out_on.desc(), Booklet.printed_at.desc())
            .limit(_BOOKLETS)
        ).all()
        regie = session.scalars(
            select(AccountRole.account_id).where(AccountRole.role == Role.REGIE).limit(1)
        ).one_or_none()
        looks = [look for n, row in enumerate(given) for look in _looks(row, n, regie)]
        past = sorted((look for look in looks if look["at"] <= now), key=lambda look: look["at"])
        if past:
            session.execute(insert(AuditRow), past)


def _looks(given: Row[*tuple[Any, ...]], number: int, regie: UUID | None) -> list[dict[str, Any]]:
    family_id, by, on = given
    minutes = timedelta(minutes=7 * number)
    days_later = timedelta(days=2 + number % 5)
    looks = [
        _look(at(on, time(9)) + minutes, by, family_id, "booklet.along"),
        _look(at(on + days_later, time(11)) + minutes, by, family_id, "calls.show"),
    ]
    if regie is not None and number % 3 == 0:
        later = at(on + days_later, time(14)) + minutes
        looks.append(_look(later, regie, family_id, "booklet.show"))
    return looks


def _look(moment: datetime, by: UUID, family_id: UUID, what: str) -> dict[str, Any]:
    return {"at": moment, "account_id": by, "what": what, "subject_id": family_id}
