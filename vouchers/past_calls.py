"""What was written down of earlier calls about a booklet, for whoever calls next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, true

from kernel.access import Role, allowed
from kernel.accounts import Account
from kernel.unit_of_work import UnitOfWork
from vouchers.models import Booklet, FollowUp


@dataclass(frozen=True, kw_only=True)
class PastFollowUp:
    """What somebody wrote down of an earlier call about the same booklet."""

    id: UUID
    task_id: UUID
    made_at: datetime
    made_by: UUID
    person: str
    outcome: str
    barrier: str | None
    next_on: date | None
    line: str | None


@allowed(Role.REFERRER, Role.REGIE)
def read_follow_ups(
    uow: UnitOfWork, *, booklet_ids: Sequence[UUID]
) -> Mapping[UUID, list[PastFollowUp]]:
    """Give for each booklet what was written down of calls about it, the latest first.

    What was taken back is left out; so is another organisation's booklet.
    """
    rows = uow.session.execute(
        select(
            FollowUp.booklet_id,
            FollowUp.id,
            FollowUp.task_id,
            FollowUp.made_at,
            FollowUp.made_by,
            Account.name.label("person"),
            FollowUp.outcome,
            FollowUp.barrier,
            FollowUp.next_on,
            FollowUp.line,
        )
        .join(Account, Account.id == FollowUp.made_by)
        .join(Booklet, Booklet.id == FollowUp.booklet_id)
        .where(
            FollowUp.booklet_id.in_(booklet_ids),
            FollowUp.taken_back_at.is_(None),
            of_own(uow, Booklet.organisation_id),
        )
        .order_by(FollowUp.made_at.desc())
    )
    told: dict[UUID, list[PastFollowUp]] = {}
    for row in rows.mappings():
        said = dict(row)
        told.setdefault(said.pop("booklet_id"), []).append(PastFollowUp(**said))
    return told


@allowed(Role.REFERRER, Role.REGIE)
def of_own(uow: UnitOfWork, organisation_id: Any) -> ColumnElement[bool]:
    """Say of a column of organisations that it is the actor's own; the regie has every one."""
    if uow.actor.is_any(Role.REGIE):
        return true()
    own: ColumnElement[bool] = organisation_id == uow.actor.organisation_id
    return own
