"""An administrator lets somebody in: an account, and a link with which they choose a password."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from kernel.access import CITY_ROLES, Role
from kernel.accounts import Account, AccountRole
from kernel.cities import City
from kernel.constraints import refuse_by
from kernel.errors import Conflict, NotFound
from kernel.newcomers import home_of, new_account
from kernel.organisations import OrganisationKind
from kernel.passwords import check_length, hashed_password
from kernel.sessions import end_sessions

LINK_LASTS = 7 * 24 * 3600  # seconds
NEW_LINK_LASTS = 24 * 3600  # seconds: for somebody who had a password, and forgot it

_KIND = {Role.REFERRER: OrganisationKind.REFERRER, Role.PROVIDER: OrganisationKind.PROVIDER}


class AddressKnown(Conflict):
    """Somebody with this address has an account here."""

    code = "address-known"
    sentence = "Dit adres heeft hier al een account."


refuse_by("uq_account_email", AddressKnown, columns="account.email")


class LinkOver(NotFound):
    """The link was used, is too old, or is none of ours."""

    code = "link-over"
    sentence = (
        "Deze link werkt niet meer: hij is gebruikt of te oud. Had je al een wachtwoord? Kies op "
        "de aanmeldpagina ‘Wachtwoord vergeten?’. Zo niet, vraag een nieuwe link aan wie je "
        "uitnodigde."
    )


def invite(
    city: City, *, email: str, name: str, roles: Iterable[Role], organisation: str, key: str
) -> str:
    """Make an account and give the link with which its owner chooses a password.

    Takes the organisation by its name; a new name makes one, of the kind that the role works in.
    `key` signs the link, which works once and for a week. Refuses an address that is known here
    and signed in once; one that never chose a password gets a new link.
    """
    address = email.strip().lower()
    with city.database.transaction(writes=True) as session:
        known = session.scalar(select(Account).where(Account.email == address))
        if known is not None and known.password_hash is not None:
            raise AddressKnown
        account_id = (
            known.id if known else _new_account(session, address, name, roles, organisation)
        )
    return link(city, account_id=account_id, key=key)


def link(city: City, *, account_id: UUID, key: str) -> str:
    """Give the address at which this account chooses a password, once, within a week."""
    with city.database.transaction(writes=False) as session:
        account = session.get_one(Account, account_id)
        return link_of(city, account, key=key)


def link_of(city: City, account: Account, *, key: str = "") -> str:
    """Give the address at which an account chooses a password; left out, `key` is the city's."""
    signer = _signer(city, key or city.secret_key)
    token = signer.dumps([account.id.hex, _fingerprint(account.password_hash)])
    return f"{city.base_url}/wachtwoord/{token}"


def whose_link(city: City, *, token: str, key: str) -> Account:
    """Give the account that a link is for; refuse one that is over.

    An invitation lasts a week; a link for somebody who forgot a password lasts a day.
    """
    signer = _signer(city, key)
    try:
        account_id, fingerprint = signer.loads(token, max_age=LINK_LASTS)
        known = UUID(hex=account_id)
    except (BadData, ValueError, TypeError) as error:
        raise LinkOver from error
    with city.database.transaction(writes=False) as session:
        account = session.scalar(
            select(Account).where(Account.id == known, Account.disabled_at.is_(None))
        )
        if account is None or _fingerprint(account.password_hash) != fingerprint:
            raise LinkOver
        session.expunge(account)
    if account.password_hash is not None:
        try:
            signer.loads(token, max_age=NEW_LINK_LASTS)
        except BadData as error:
            raise LinkOver from error
    return account


def choose_password(city: City, *, token: str, password: str, key: str) -> str:
    """Set the password of the account that a link is for, and give its address to sign in with.

    Ends every session and token of the account, and the link. Whoever works for the city and
    chooses a first password must set up a second step at the first sign-in. Refuses a link that is
    over and a password of fewer than ten characters.
    """
    account = whose_link(city, token=token, key=key)
    check_length(password)
    hashed = hashed_password(password)
    is_first = account.password_hash is None
    with city.database.transaction(writes=True) as session:
        changed = session.execute(
            update(Account)
            .where(
                Account.id == account.id,
                Account.password_hash.is_not_distinct_from(account.password_hash),
                Account.disabled_at.is_(None),
            )
            .values(password_hash=hashed)
            .returning(Account.id)
        )
        if changed.first() is None:  # by the same link, at the very same time
            raise LinkOver
        if is_first:
            _ask_second_step(session, account.id)
        end_sessions(session, account_id=account.id)
    return account.email


def _ask_second_step(session: Session, account_id: UUID) -> None:
    citys = exists().where(
        AccountRole.account_id == Account.id, AccountRole.role.in_([str(r) for r in CITY_ROLES])
    )
    session.execute(
        update(Account)
        .where(Account.id == account_id, Account.totp_since.is_(None), citys)
        .values(totp_due=True)
        .execution_options(synchronize_session=False)
    )


def _new_account(
    session: Session, address: str, name: str, roles: Iterable[Role], organisation: str
) -> UUID:
    chosen = list(roles)
    kind = next((_KIND[role] for role in chosen if role in _KIND), OrganisationKind.CITY)
    home = home_of(session, kind=kind, new_organisation=organisation)
    made = new_account(
        session, email=address, name=name, roles=chosen, organisation_id=home, now=None
    )
    return made.id


def _signer(city: City, key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt=f"password of {city.host}")


def _fingerprint(password_hash: str | None) -> str:
    """Changes with the password, so that a link works once."""
    return hashlib.sha256((password_hash or "").encode()).hexdigest()[:16]
