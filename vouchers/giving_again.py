"""The regie gives a family a second booklet."""

from uuid import UUID

from sqlalchemy import select

from kernel.access import Role, allowed
from kernel.people import Family
from kernel.rules import rules_on
from kernel.unit_of_work import UnitOfWork
from vouchers.choices import BOOKLET_SIZE, VALID_MONTHS
from vouchers.errors import IllegalMove
from vouchers.issuing import HandedOut, give, made_before, new_booklet
from vouchers.models import BookletState
from vouchers.replacing import last_ordinal, own_booklet


@allowed(Role.REGIE)
def give_second_booklet(
    uow: UnitOfWork, *, booklet_id: UUID, idempotency_key: str | None = None
) -> HandedOut:
    """Give the family of this booklet a whole new one, from today.

    One booklet a family is the rule, and a second is the regie's to give (product/cheques.md 1);
    no ceiling stops the regie. In the funnel the family stays one, from its first booklet. The
    same `idempotency_key` gives the first answer again. Refuses a booklet that no family has.
    """
    first = own_booklet(uow, booklet_id)
    if first.family_id is None or first.state == BookletState.BLOCKED_ERROR:
        raise IllegalMove("Dit boekje is van geen gezin. Geef een nieuw boekje mee.")
    # The family's row first: two sendings of one form take turns, and the second finds the first.
    family = uow.session.scalars(
        select(Family).where(Family.id == first.family_id).with_for_update()
    ).one()
    if again := made_before(uow, idempotency_key, str(booklet_id)):
        return again
    rules = rules_on(uow.session, uow.today)
    booklet = new_booklet(uow, size=rules[BOOKLET_SIZE])
    ordinal = last_ordinal(uow, first) + 1
    give(uow, booklet, family=family, ordinal=ordinal, months=rules[VALID_MONTHS])
    booklet.origin_id, booklet.training = first.origin_id, first.training
    booklet.good_news_consent = first.good_news_consent
    booklet.idempotency_key, booklet.body_hash = idempotency_key, str(booklet_id)
    return HandedOut(booklet)
