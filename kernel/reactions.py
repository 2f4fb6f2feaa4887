"""What follows from what happened in the house itself: letters leave, after the commit."""

from collections.abc import Callable
from functools import partial

from kernel.accounts import Account
from kernel.events import Subscriptions
from kernel.inviting import link_of
from kernel.letters import Letter, LetterKind, LetterWritten
from kernel.mail import message_of
from kernel.signing_in import digits_of
from kernel.unit_of_work import UnitOfWork


def send_letter(uow: UnitOfWork, event: LetterWritten) -> Callable[[], None] | None:
    """Give the call that hands a letter to the mail server; none for an account that is closed."""
    letter = uow.session.get(Letter, event.letter_id)
    account = uow.session.get(Account, event.account_id)
    if letter is None or account is None or account.disabled_at is not None:
        return None
    filled = letter.body
    if letter.kind == LetterKind.INVITATION:
        filled = filled.replace("{link}", link_of(uow.city, account))
    if letter.kind == LetterKind.SIGN_IN_CODE:
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


INSIDE: Subscriptions = {}
OUTSIDE: Subscriptions = {LetterWritten: [send_letter]}
