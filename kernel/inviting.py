"""An administrator lets somebody in: an account, and a link with which they choose a password."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kernel.access import Role
from kernel.accounts import Account, AccountRole
from kernel.cities import City
from kernel.errors import Conflict, Invalid, NotFound
from kernel.organisations import Organisation, OrganisationKind
from kernel.signing_in import end_sessions, hashed_password

LINK_LASTS = 7 * 24 * 3600  # seconds
_SHORTEST, _LONGEST = 10, 1000

_KIND = {Role.REFERRER: OrganisationKind.REFERRER, Role.PROVIDER: OrganisationKind.PROVIDER}


class AddressKnown(Conflict):
    """Somebody with this address has an account here."""

    code = "address-known"
    sentence = "Dit adres heeft hier al een account."


class LinkOver(NotFound):
    """The link was used, is too old, or is none of ours."""

    code = "link-over"
    sentence = (
        "Deze link werkt niet meer: hij is gebruikt of ouder dan een week. "
        "Vraag een nieuwe aan wie je uitnodigde."
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
    """Give the account that a link is for; refuse one that is over."""
    try:
        account_id, fingerprint = _signer(city, key).loads(token, max_age=LINK_LASTS)
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
    return account


def choose_password(city: City, *, token: str, password: str, key: str) -> str:
    """Set the password of the account that a link is for, and give its address to sign in with.

    Ends every session and token of the account, and the link. Refuses a link that is over and a
    password of fewer than ten characters.
    """
    account = whose_link(city, token=token, key=key)
    if not _SHORTEST <= len(password) <= _LONGEST:
        said = f"Kies een wachtwoord van minstens {_SHORTEST} tekens. Een korte zin is prima."
        raise Invalid(said, fields={"password": [said]})
    hashed = hashed_password(password)
    with city.database.transaction(writes=True) as session:
        session.execute(
            update(Account).where(Account.id == account.id).values(password_hash=hashed)
        )
        end_sessions(session, account_id=account.id)
    return account.email


def _new_account(
    session: Session, address: str, name: str, roles: Iterable[Role], organisation: str
) -> UUID:
    chosen = list(roles)
    kind = next((_KIND[role] for role in chosen if role in _KIND), OrganisationKind.CITY)
    home = session.scalar(
        select(Organisation).where(Organisation.name == organisation, Organisation.kind == kind)
    )
    if home is None:
        home = Organisation(name=organisation, kind=kind)
        session.add(home)
        session.flush()
    account = Account(organisation_id=home.id, email=address, name=name)
    session.add(account)
    session.flush()
    session.add_all(AccountRole(account_id=account.id, role=role) for role in chosen)
    return account.id


def _signer(city: City, key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt=f"password of {city.host}")


def _fingerprint(password_hash: str | None) -> str:
    """Changes with the password, so that a link works once."""
    return hashlib.sha256((password_hash or "").encode()).hexdigest()[:16]
