"""What must always hold of the stock, as questions to the database."""

from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select

from kernel.checking import Check, Moment
from vouchers.models import Batch, BatchState, Booklet, BookletState


def _miscounted_batches(_: Moment) -> Select[Any]:
    """Find a batch that counts other booklets than there are, or is ready before its time."""
    there = select(func.count()).where(Booklet.batch_id == Batch.id).scalar_subquery()
    early = and_(Batch.state == BatchState.READY, Batch.made != Batch.wanted)
    return select(Batch.id).where(or_(Batch.made != there, early))


def _left_of_a_cancelled_batch(_: Moment) -> Select[Any]:
    return select(Booklet.id).where(
        Booklet.batch_id == Batch.id,
        Batch.state == BatchState.CANCELLED,
        Booklet.state.in_((BookletState.PRINTED, BookletState.DELIVERED)),
    )


def _ill_held(_: Moment) -> Select[Any]:
    """Find a delivered booklet that nobody holds, and one at the desk that somebody does."""
    held = (Booklet.holder_id, Booklet.organisation_id, Booklet.delivered_on)
    nobody_s = or_(*(column.is_(None) for column in held))
    somebody_s = or_(*(column.is_not(None) for column in held))
    return select(Booklet.id).where(
        case(
            (Booklet.state == BookletState.DELIVERED, nobody_s),
            (Booklet.state == BookletState.PRINTED, somebody_s),
            else_=False,
        )
    )


CHECKS = (
    Check(
        name="batch-whole",
        sentence="Elke reeks telt zoveel boekjes als er van zijn; een klare reeks heeft ze alle.",
        offending=_miscounted_batches,
    ),
    Check(
        name="cancelled-blocked",
        sentence="Van een geannuleerde reeks is geen boekje nog te gebruiken.",
        offending=_left_of_a_cancelled_batch,
    ),
    Check(
        name="stock-held",
        sentence="Elk geleverd boekje ligt bij iemand, en geen boekje op het bureau doet dat.",
        offending=_ill_held,
    ),
)
