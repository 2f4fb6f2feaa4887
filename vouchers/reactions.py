"""What follows from what happened with cheques. Runs after the commit, from the event's row."""

from sqlalchemy import select

from kernel.events import Subscriptions
from kernel.tasks import close_tasks_about, open_task, reopen_tasks_about
from kernel.unit_of_work import UnitOfWork
from vouchers.calls import OVERTAKEN
from vouchers.events import BookletBlocked, ChequeRedeemed, DropOffFlagged, RedemptionAnnulled
from vouchers.models import Booklet, BookletState

FIRST_USE = "first-use"
BLOCKED = "blocked"


def ask_to_call(uow: UnitOfWork, event: DropOffFlagged) -> None:
    """Give whoever handed the booklet out a task to call, unless it was used meanwhile.

    It takes the place of an older call about the same booklet: one family is one card.
    """
    booklet = uow.session.scalar(select(Booklet).where(Booklet.id == event.booklet_id))
    if booklet is None or booklet.state != BookletState.HANDED_OUT or booklet.used_count:
        return
    assert booklet.organisation_id is not None
    close_tasks_about(uow, subject_id=booklet.id, outcome=OVERTAKEN)
    open_task(
        uow,
        rule=event.rule,
        subject_id=booklet.id,
        period=event.period,
        organisation_id=booklet.organisation_id,
        account_id=booklet.handed_out_by,
        due_on=event.flagged_on,
    )


def close_call(uow: UnitOfWork, event: ChequeRedeemed) -> None:
    """Close the call that a first use answered by itself, unless it was undone meanwhile."""
    used = uow.session.scalar(select(Booklet.used_count).where(Booklet.id == event.booklet_id))
    if not used:
        return
    close_tasks_about(uow, subject_id=event.booklet_id, outcome=FIRST_USE)


def ask_again(uow: UnitOfWork, event: RedemptionAnnulled) -> None:
    """Open the call again when the one use that closed it was undone."""
    used = uow.session.scalar(select(Booklet.used_count).where(Booklet.id == event.booklet_id))
    if not used:
        reopen_tasks_about(uow, subject_id=event.booklet_id, outcome=FIRST_USE)


def forget_call(uow: UnitOfWork, event: BookletBlocked) -> None:
    """Close the call about a booklet that nobody can use any more."""
    close_tasks_about(uow, subject_id=event.booklet_id, outcome=BLOCKED)


INSIDE: Subscriptions = {
    DropOffFlagged: [ask_to_call],
    ChequeRedeemed: [close_call],
    RedemptionAnnulled: [ask_again],
    BookletBlocked: [forget_call],
}
OUTSIDE: Subscriptions = {}
