"""A family that has a booklet already is written down afterwards, from the day it got it."""

from datetime import date, timedelta

from kernel.access import Role
from kernel.calendar import day_of
from kernel.errors import Forbidden, Invalid
from kernel.rules import rules_on
from kernel.unit_of_work import UnitOfWork
from vouchers.choices import HAND_OUT_BACK_DAYS
from vouchers.models import Booklet


def day_of_hand_out(
    uow: UnitOfWork, stock: Booklet | None, *, retroactive: bool, on: date | None
) -> date:
    """Give the day from which a family has its booklet: today, or an earlier one, told afterwards.

    Only the regie writes down afterwards, only of a booklet from stock, at most 90 days back (a
    rule) and not before it was printed. Such a hand-out counts in the funnel, not in the time to
    the first use (product/cheques.md 2).
    """
    if not retroactive:
        if on not in {None, uow.today}:
            raise _wrong("Een vroegere dag kan alleen als het gezin het boekje al heeft.")
        return uow.today
    if not uow.actor.is_any(Role.REGIE):
        raise Forbidden("Alleen de regie kan achteraf melden dat een gezin een boekje heeft.")
    if stock is None:
        raise Invalid(fields={"booklet": ["Typ het nummer van het boekje dat het gezin heeft."]})
    back = rules_on(uow.session, uow.today)[HAND_OUT_BACK_DAYS]
    since = on or uow.today
    if not uow.today - timedelta(days=back) <= since <= uow.today:
        raise _wrong(f"Kies vandaag of een dag die hoogstens {back} dagen voorbij is.")
    if since < day_of(stock.printed_at):
        raise _wrong(f"Dit boekje is pas gemaakt op {day_of(stock.printed_at):%d/%m/%Y}.")
    return since


def _wrong(sentence: str) -> Invalid:
    return Invalid(fields={"handedOutOn": [sentence]})
