"""Somebody looks after their own account: who does their work, which letters come, which phones."""

from dataclasses import dataclass
from datetime import datetime

from marshmallow import Schema, fields
from sqlalchemy import delete, select

from kernel.access import PEOPLE, allowed
from kernel.accounts import Account, WebSession
from kernel.identity import hashed_secret
from kernel.own_account_events import DeviceSignedOut, LettersChosen
from kernel.unit_of_work import UnitOfWork

_HANDLE = 16  # signs of a session's hash: enough to point at one of one's own


class LetterChoices(Schema):
    """Which letters somebody wants: a tick that is not there says no."""

    tasks = fields.Boolean(data_key="mailsTasks", load_default=False)
    good_news = fields.Boolean(data_key="mailsGoodNews", load_default=False)


class DeviceChosen(Schema):
    """One of one's own devices, by its handle."""

    device = fields.String(load_default="")


@dataclass(frozen=True, kw_only=True)
class Device:
    """A browser in which somebody is signed in."""

    handle: str
    device: str  # in a few words; '' where it did not say
    since: datetime
    seen: datetime
    stays: bool  # for ninety days
    is_here: bool


@allowed(*PEOPLE)
def own_devices(uow: UnitOfWork, *, secret: str) -> list[Device]:
    """Give where the actor is signed in: here first (the session of `secret`), then the latest."""
    here = hashed_secret(secret)
    rows = uow.session.scalars(
        select(WebSession)
        .where(WebSession.account_id == uow.actor.account_id, WebSession.expires_at > uow.now)
        .order_by(WebSession.token_hash != here, WebSession.last_seen_at.desc())
    )
    return [
        Device(
            handle=row.token_hash[:_HANDLE],
            device=row.device,
            since=row.created_at,
            seen=row.last_seen_at,
            stays=row.stays,
            is_here=row.token_hash == here,
        )
        for row in rows
    ]


@allowed(*PEOPLE)
def sign_out_device(uow: UnitOfWork, *, device: str) -> None:
    """End one of the actor's own sessions, by its handle; one that is not there ended already."""
    if len(device) != _HANDLE:
        return
    ended = uow.session.execute(
        delete(WebSession)
        .where(
            WebSession.account_id == uow.actor.account_id,
            WebSession.token_hash.startswith(device, autoescape=True),
        )
        .returning(WebSession.token_hash)
        .execution_options(synchronize_session=False)
    )
    if ended.first() is not None:
        uow.record(DeviceSignedOut(account_id=uow.actor.account_id))


@allowed(*PEOPLE)
def own_account(uow: UnitOfWork) -> Account:
    """Give the actor's own account."""
    return uow.session.get_one(Account, uow.actor.account_id)


@allowed(*PEOPLE)
def choose_letters(
    uow: UnitOfWork, *, tasks: bool | None = None, good_news: bool | None = None
) -> None:
    """Keep which letters the actor wants; None leaves a choice as it is."""
    account = own_account(uow)
    chosen = (
        account.mails_tasks if tasks is None else tasks,
        account.mails_good_news if good_news is None else good_news,
    )
    if chosen == (account.mails_tasks, account.mails_good_news):
        return
    account.mails_tasks, account.mails_good_news = chosen
    uow.record(LettersChosen(account_id=account.id, tasks=chosen[0], good_news=chosen[1]))
