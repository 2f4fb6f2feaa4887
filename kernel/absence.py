"""“Ik ben er niet tot …”: a colleague does the work meanwhile, or the organisation does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from kernel.access import PEOPLE, allowed
from kernel.accounts import Account, AccountRole
from kernel.calendar import add_months, last_day
from kernel.errors import Conflict, Invalid
from kernel.own_account_events import AbsenceEnded, AbsenceSaid
from kernel.unit_of_work import UnitOfWork

_YEAR = 12  # months
_DAY: dict[str, Any] = {
    "required": "Kies een dag.",
    "null": "Kies een dag.",
    "invalid": "Dit is geen dag. Kies hem in de kalender, of schrijf hem zoals 2027-01-18.",
}


class AbsenceRequest(Schema):
    """From which day until which day, both included, and who does the work meanwhile."""

    since = fields.Date(data_key="from", required=True, error_messages=_DAY)
    until = fields.Date(required=True, error_messages=_DAY)
    stand_in_id = fields.UUID(
        data_key="standIn",
        load_default=None,
        error_messages={"invalid_uuid": "Kies een collega uit de lijst."},
    )


class StandInAway(Conflict):
    """Whoever would do the work is away in that time too."""

    code = "stand-in-away"
    sentence = "Deze collega is er in die periode zelf niet. Kies iemand anders, of niemand."


@dataclass(frozen=True, kw_only=True)
class Absence:
    """That somebody is away: from and until which day, and who does the work, if anybody can."""

    since: date
    until: date
    stand_in_id: UUID | None
    stand_in: str  # a name; '' is the organisation
    is_now: bool


@allowed(*PEOPLE)
def read_absence(uow: UnitOfWork) -> Absence | None:
    """Give the actor's own absence, of now or to come; None when there is none or it is over.

    A stand-in who left, or who is away too by now, is told as none: then the work is the
    organisation's.
    """
    account = uow.session.get_one(Account, uow.actor.account_id)
    since, until = account.away_from, account.away_until
    if since is None or until is None or until < uow.today:
        return None
    colleagues = {one.id: one for one in possible_stand_ins(uow)}
    chosen = colleagues.get(account.stand_in_id) if account.stand_in_id else None
    if chosen is not None and _is_away(chosen, since, until):
        chosen = None
    return Absence(
        since=since,
        until=until,
        stand_in_id=chosen.id if chosen else None,
        stand_in=chosen.name if chosen else "",
        is_now=account.is_away(uow.today),
    )


@allowed(*PEOPLE)
def possible_stand_ins(uow: UnitOfWork) -> Sequence[Account]:
    """Give the colleagues who could do the actor's work: of the same place, with a role alike."""
    mine, theirs = aliased(AccountRole), aliased(AccountRole)
    alike = exists().where(
        mine.account_id == uow.actor.account_id,
        theirs.account_id == Account.id,
        mine.role == theirs.role,
    )
    return uow.session.scalars(
        select(Account)
        .where(
            Account.organisation_id == uow.actor.organisation_id,
            Account.id != uow.actor.account_id,
            Account.disabled_at.is_(None),
            alike,
        )
        .order_by(func.lower(Account.name), Account.id)
    ).all()


@allowed(*PEOPLE)
def say_absence(
    uow: UnitOfWork, *, since: date, until: date, stand_in_id: UUID | None = None
) -> None:
    """Keep that the actor is away from a day to a day, both included; it replaces what was said.

    Without `stand_in_id` the work is the organisation's meanwhile. Refuses days that are over, an
    end before the beginning, more than a year, a stand-in who is no colleague with a role alike
    or is away in that time.
    """
    account = uow.session.get_one(Account, uow.actor.account_id)
    _check_days(uow.today, since, until, already=account.away_from)
    _check_stand_in(uow, stand_in_id, since, until)
    said = (since, until, stand_in_id)
    if said == (account.away_from, account.away_until, account.stand_in_id):
        return
    account.away_from, account.away_until, account.stand_in_id = said
    uow.record(
        AbsenceSaid(account_id=account.id, since=since, until=until, stand_in_id=stand_in_id)
    )


@allowed(*PEOPLE)
def end_absence(uow: UnitOfWork) -> None:
    """Forget that the actor is away; a second click changes nothing."""
    account = uow.session.get_one(Account, uow.actor.account_id)
    if account.away_from is None:
        return
    account.away_from = account.away_until = account.stand_in_id = None
    uow.record(AbsenceEnded(account_id=account.id))


def _check_days(today: date, since: date, until: date, *, already: date | None) -> None:
    wrong: dict[str, list[str]] = {}
    if since < today and since != already:
        wrong["from"] = ["Deze dag is voorbij. Kies vandaag of later."]
    elif since > add_months(today, _YEAR):
        wrong["from"] = ["Dat is nog meer dan een jaar ver. Kies een vroegere dag."]
    if until < today:
        wrong["until"] = ["Deze dag is voorbij. Kies vandaag of later."]
    elif until < since:
        wrong["until"] = ["Deze dag is vroeger dan de eerste dag."]
    elif "from" not in wrong and until > last_day(since, _YEAR):
        wrong["until"] = ["Dat is meer dan een jaar. Kies een vroegere dag."]
    if wrong:
        raise Invalid(fields=wrong)


def _check_stand_in(uow: UnitOfWork, stand_in_id: UUID | None, since: date, until: date) -> None:
    if stand_in_id is None:
        return
    chosen = next((one for one in possible_stand_ins(uow) if one.id == stand_in_id), None)
    if chosen is None:
        said = "Kies een collega uit de lijst."
        raise Invalid(fields={"standIn": [said]})
    if _is_away(chosen, since, until):
        raise StandInAway


def _is_away(colleague: Account, since: date, until: date) -> bool:
    """Say whether a colleague is away on any of these days."""
    began, ends = colleague.away_from, colleague.away_until
    return began is not None and ends is not None and began <= until and since <= ends
