"""A browser stays signed in for a working day; a childminder's own phone for ninety days."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from kernel.access import CITY_ROLES, Role
from kernel.accounts import AccessToken, Account, AccountRole, WebSession
from kernel.calendar import day_of
from kernel.cities import City
from kernel.identity import SignedIn, hashed_secret, identity, signed_in_of
from kernel.rules import DatedRule, Rule

SESSION_LASTS = timedelta(hours=14)  # a working day; an open form never times out under somebody
STAYS_FOR = timedelta(days=90)  # counted from the last day on which the phone was used
SEEN_EVERY = timedelta(hours=1)
STAY_SEEN_EVERY = timedelta(days=1)
SECOND_FACTOR_REQUIRED = Rule("accounts.second_factor_required", default=False)
_STAYING = frozenset({Role.PROVIDER})
_DEVICE = 60  # signs

_required = (
    select(DatedRule.value)
    .where(
        DatedRule.name == SECOND_FACTOR_REQUIRED.name,
        DatedRule.valid_from <= bindparam("today"),
        or_(DatedRule.valid_until.is_(None), DatedRule.valid_until >= bindparam("today")),
    )
    .limit(1)
    .scalar_subquery()
)
_BY_COOKIE = (
    identity(
        WebSession.last_seen_at,
        WebSession.stays,
        Account.totp_due,
        Account.totp_since,
        _required.label("required"),
    )
    .join(WebSession, WebSession.account_id == Account.id)
    .where(WebSession.token_hash == bindparam("hashed"), WebSession.expires_at > bindparam("now"))
)


def open_session(
    session: Session, *, account_id: UUID, now: datetime, stays: bool = False, device: str = ""
) -> str:
    """Give the secret of a new session, for the cookie; the database keeps its hash only.

    `stays` asks for ninety days, which only somebody who is a provider and nothing else gets.
    `device` says where this is, in a few words.
    """
    secret = secrets.token_urlsafe(32)
    roles = session.scalars(select(AccountRole.role).where(AccountRole.account_id == account_id))
    stays = stays and set(roles) == _STAYING
    session.execute(delete(WebSession).where(WebSession.expires_at < now))
    session.execute(update(Account).where(Account.id == account_id).values(seen_at=now))
    session.add(
        WebSession(
            token_hash=hashed_secret(secret),
            account_id=account_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + (STAYS_FOR if stays else SESSION_LASTS),
            stays=stays,
            device=device[:_DEVICE],
        )
    )
    return secret


def sign_out(city: City, *, secret: str, everywhere: bool = False) -> None:
    """End a session, or with it every other one of its account; an unknown one is ended already."""
    mine = WebSession.token_hash == hashed_secret(secret)
    if everywhere:
        mine = WebSession.account_id == select(WebSession.account_id).where(mine).scalar_subquery()
    with city.database.transaction(writes=True) as session:
        session.execute(delete(WebSession).where(mine).execution_options(synchronize_session=False))


def end_sessions(session: Session, *, account_id: UUID, but: str = "") -> None:
    """End every session and token of an account: disabled, a role lost, a new password.

    Only the session with the secret `but` goes on: that of whoever chose the new password in it.
    """
    session.execute(
        delete(WebSession).where(
            WebSession.account_id == account_id, WebSession.token_hash != hashed_secret(but)
        )
    )
    session.execute(delete(AccessToken).where(AccessToken.account_id == account_id))


def signed_in_by_cookie(city: City, *, secret: str, now: datetime) -> SignedIn | None:
    """Give whom a session's secret stands for, or None. One statement.

    Writes down that it was seen, at most hourly, and then lets it last anew; a phone that stays
    signed in at most daily. Such a phone is out as soon as its account has another role too.
    """
    hashed = hashed_secret(secret)
    rows = city.database.ask(_BY_COOKIE, {"hashed": hashed, "now": now, "today": day_of(now)})
    if not rows:
        return None
    first, roles = rows[0], {row.role for row in rows}
    if first.stays and roles != _STAYING:
        return None
    wanted = first.totp_due or bool(first.required)
    is_renewed = first.last_seen_at < now - (STAY_SEEN_EVERY if first.stays else SEEN_EVERY)
    if is_renewed:
        _see(city, hashed, now, STAYS_FOR if first.stays else SESSION_LASTS)
    return signed_in_of(
        rows,
        stays=first.stays,
        is_renewed=is_renewed,
        factor_due=wanted and first.totp_since is None and not roles.isdisjoint(CITY_ROLES),
    )


def _see(city: City, hashed: str, now: datetime, lasts: timedelta) -> None:
    with city.database.transaction(writes=True) as session:
        session.execute(
            update(WebSession)
            .where(WebSession.token_hash == hashed)
            .values(last_seen_at=now, expires_at=now + lasts)
        )
