"""Whoever changes their own keys shows first that they know the password, also when signed in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from kernel.access import Actor
from kernel.accounts import Account
from kernel.cities import City
from kernel.errors import Invalid
from kernel.guessing import count_try, forget_tries
from kernel.own_account_events import PasswordChanged
from kernel.passwords import check_length, fits, hashed_password
from kernel.sessions import end_sessions
from kernel.signing_in import PATIENCE
from kernel.unit_of_work import unit_of_work


class OldPasswordWrong(Invalid):
    """The password that somebody has now is another one."""

    code = "old-password-wrong"
    sentence = "Je wachtwoord klopt niet."


def change_password(
    city: City, actor: Actor, *, old: str, new: str, secret: str, now: datetime
) -> None:
    """Give the actor another password; ends every other session and every token of the account.

    `secret` is that of the session in which this is done: it goes on. Refuses a wrong old password
    (five in a quarter of an hour) and a new one of fewer than ten signs. Opens its own
    transactions: a password takes long.
    """
    check_length(new, field="newPassword")
    proven = _prove(city, actor.account_id, old, "oldPassword", now)
    hashed = hashed_password(new)
    with unit_of_work(city, actor, writes=True, now=now) as uow:
        changed = uow.session.execute(
            update(Account)
            .where(Account.id == actor.account_id, Account.password_hash == proven)
            .values(password_hash=hashed)
            .returning(Account.id)
        )
        if changed.first() is None:  # changed in another window just now
            raise _wrong("oldPassword")
        end_sessions(uow.session, account_id=actor.account_id, but=secret)
        uow.record(PasswordChanged(account_id=actor.account_id))


def renew_second_factor(
    city: City, actor: Actor, *, password: str, secret: str, now: datetime
) -> None:
    """Let the actor set up the second step anew, on another phone; ends every other session.

    Until that is done no page opens. Refuses a wrong password.
    """
    _prove(city, actor.account_id, password, "factorPassword", now)
    with unit_of_work(city, actor, writes=True, now=now) as uow:
        uow.session.execute(
            update(Account)
            .where(Account.id == actor.account_id, Account.totp_since.is_not(None))
            .values(totp_seed=None, totp_since=None, totp_step=None, totp_due=True)
        )
        end_sessions(uow.session, account_id=actor.account_id, but=secret)


def _prove(city: City, account_id: UUID, password: str, field: str, now: datetime) -> str:
    """Give the hash that the password fits; refuse one that fits not, and too many tries."""
    subject = f"own password {account_id}"
    count_try(city, subject, patience=PATIENCE, now=now)
    with city.database.transaction(writes=False) as session:
        kept = session.scalar(select(Account.password_hash).where(Account.id == account_id))
    if not fits(password, kept) or kept is None:
        raise _wrong(field)
    with city.database.transaction(writes=True) as session:
        forget_tries(session, subject)
    return kept


def _wrong(field: str) -> OldPasswordWrong:
    said = "Kijk of hoofdletters aan staan. Vergeten? Vraag een link op de aanmeldpagina."
    return OldPasswordWrong(fields={field: [said]})
