"""How many booklets a city and each organisation may give in a year."""

from datetime import date

from sqlalchemy import func, select

from kernel.access import Role
from kernel.rules import DatedRule, Rules
from kernel.unit_of_work import UnitOfWork
from vouchers.choices import CITY_CEILING, ORGANISATION_CEILING
from vouchers.errors import CeilingReached
from vouchers.models import Booklet, BookletState

_WARN_AT = 0.8  # of a ceiling


def check_ceilings(uow: UnitOfWork, rules: Rules) -> list[str]:
    """Warn at four fifths of a year's booklets, and refuse beyond them (not the regie)."""
    year = uow.today.year
    this_year = (
        Booklet.handed_out_on.between(date(year, 1, 1), date(year, 12, 31)),
        Booklet.family_id.is_not(None),
        Booklet.replaces_id.is_(None),
        Booklet.training.is_(False),
        Booklet.state != BookletState.BLOCKED_ERROR,
    )
    own = Booklet.organisation_id == uow.actor.organisation_id
    warnings = []
    for rule, scope in ((CITY_CEILING, ()), (ORGANISATION_CEILING, (own,))):
        ceiling = rules[rule]
        if ceiling is None or uow.actor.is_any(Role.REGIE):
            continue
        if rule is CITY_CEILING:
            _take_turns_in_city(uow)
        given = uow.session.scalar(
            select(func.count()).select_from(Booklet).where(*this_year, *scope)
        )
        if (given or 0) >= ceiling:
            raise CeilingReached
        if (given or 0) + 1 >= _WARN_AT * ceiling:
            warnings.append("ceiling-near")
    return warnings


def _take_turns_in_city(uow: UnitOfWork) -> None:
    """Let the hand-outs of all organisations follow each other, where they share a ceiling."""
    shared = DatedRule.name == CITY_CEILING.name
    uow.session.execute(select(DatedRule.id).where(shared).order_by(DatedRule.id).with_for_update())
