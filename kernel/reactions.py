"""What follows from what happened in the house itself: letters leave, after the commit."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import update

from kernel.accounts import Account, SignInCode
from kernel.calendar import is_working_day, working_day_after
from kernel.events import Subscriptions
from kernel.inviting import link_of
from kernel.letters import Letter, LetterKind, LetterWritten
from kernel.location_events import (
    ApprovalTakenBack,
    LocationApproved,
    LocationAsked,
    LocationDeclined,
    LocationJoined,
    RequestReopened,
)
from kernel.mail import message_of
from kernel.sign_in_codes import digits_of
from kernel.tasks import Task, close_tasks_about, open_task
from kernel.unit_of_work import UnitOfWork
from kernel.waiting import city_desk

PROVIDER_ASKED = "provider-asked"
ANSWERED = "answered"


def send_letter(uow: UnitOfWork, event: LetterWritten) -> Callable[[], None] | None:
    """Give the call that hands a letter to the mail server.

    None for an account that is closed, nor for a code that opens nothing any more.
    """
    letter = uow.session.get(Letter, event.letter_id)
    account = uow.session.get(Account, event.account_id)
    if letter is None or not letter.body or account is None or account.disabled_at is not None:
        return None
    filled = letter.body
    if letter.kind == LetterKind.INVITATION:
        filled = filled.replace("{link}", link_of(uow.city, account))
    if letter.kind == LetterKind.SIGN_IN_CODE:
        if _is_over(uow.session.get(SignInCode, letter.about_id), uow.now):
            return None
        filled = filled.replace("{code}", digits_of(uow.city, letter.about_id))
    message = message_of(
        sender=uow.city.mail_from,
        to=account.email,
        subject=letter.subject,
        body=filled,
        letter_id=letter.id,
        host=uow.city.host,
        written=letter.written_at,
    )
    return partial(uow.city.post.send, message)


def _is_over(code: SignInCode | None, now: datetime) -> bool:
    return code is None or code.used_at is not None or code.expires_at <= now


def ask_the_city(uow: UnitOfWork, event: LocationAsked) -> None:
    """Give the city's desk a task to answer a place that asks to take part."""
    home = city_desk(uow.session)
    if home is not None:
        open_task(
            uow,
            rule=PROVIDER_ASKED,
            subject_id=event.location_id,
            period=str(uow.today),
            organisation_id=home,
            account_id=None,
            due_on=uow.today if is_working_day(uow.today) else working_day_after(uow.today),
        )


def close_asked_approved(uow: UnitOfWork, event: LocationApproved) -> None:
    """The city said yes: nothing is left to answer."""
    close_tasks_about(uow, subject_id=event.location_id, outcome=ANSWERED)


def close_asked_joined(uow: UnitOfWork, event: LocationJoined) -> None:
    """The city said yes to a place that it knew: nothing is left to answer."""
    close_tasks_about(uow, subject_id=event.location_id, outcome=ANSWERED)


def close_asked_declined(uow: UnitOfWork, event: LocationDeclined) -> None:
    """The city said no: nothing is left to answer."""
    close_tasks_about(uow, subject_id=event.location_id, outcome=ANSWERED)


def ask_the_city_again(uow: UnitOfWork, event: RequestReopened) -> None:
    """An answer was a mistake: the city still has to give one."""
    _ask_again(uow, event.location_id)


def ask_the_city_anew(uow: UnitOfWork, event: ApprovalTakenBack) -> None:
    """A yes was a mistake: the city still has to answer."""
    _ask_again(uow, event.location_id)


def _ask_again(uow: UnitOfWork, location_id: UUID) -> None:
    uow.session.execute(
        update(Task)
        .where(
            Task.subject_id == location_id,
            Task.rule == PROVIDER_ASKED,
            Task.outcome == ANSWERED,
        )
        .values(closed_at=None, outcome=None, came_back_at=uow.now)
    )


INSIDE: Subscriptions = {
    LocationAsked: [ask_the_city],
    LocationApproved: [close_asked_approved],
    LocationJoined: [close_asked_joined],
    LocationDeclined: [close_asked_declined],
    RequestReopened: [ask_the_city_again],
    ApprovalTakenBack: [ask_the_city_anew],
}
OUTSIDE: Subscriptions = {LetterWritten: [send_letter]}
