"""Whoever scans or brings families signs in with six digits by mail: no password to remember."""

import hashlib
import hmac
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from kernel.access import CLOCK, Role
from kernel.accounts import Account, AccountRole, SignInCode
from kernel.cities import City
from kernel.errors import Invalid, TooMany
from kernel.guessing import Patience, count_try
from kernel.letter_text import letter_text
from kernel.letters import LetterKind, write_letter
from kernel.sessions import open_session
from kernel.six_digits import SAID, six_digits
from kernel.strangers import do_alike
from kernel.text import sought
from kernel.tickets import seal, unseal
from kernel.unit_of_work import UnitOfWork, unit_of_work

CODE_LASTS = timedelta(minutes=10)
TRIES = 5
LONGEST_ADDRESS = 254  # signs: RFC 5321
NO_ADDRESS = "Typ je e-mailadres, zoals naam@voorbeeld.be."
_PURPOSE = "sign-in code"
_BY_CODE = (str(Role.REFERRER), str(Role.PROVIDER))


class WrongCode(Invalid):
    """Not the digits of the newest code, or it is over; which of both is not told."""

    code = "wrong-sign-in-code"
    sentence = "Deze code klopt niet of werkt niet meer."


class TooManyWrongCodes(TooMany):
    """Five tries are enough for one code."""

    code = "too-many-wrong-sign-in-codes"
    sentence = "Dat waren te veel pogingen met deze code. Vraag een nieuwe."


class TooManyCodesAsked(TooMany):
    """So many letters to one address that asking must wait."""

    code = "too-many-sign-in-codes"
    sentence = (
        "Er zijn al veel codes gevraagd voor dit adres. Typ de code uit de laatste mail, of wacht "
        "een uur en probeer opnieuw."
    )


_ASKING = Patience(tries=5, within=timedelta(hours=1), refusal=TooManyCodesAsked)
_TYPING = Patience(tries=TRIES, within=CODE_LASTS, refusal=TooManyWrongCodes)


def ask_code(city: City, *, email: str, now: datetime) -> str:
    """Mail six digits to whoever has this address, and give the ticket to the page that asks them.

    Only referrers and providers get them; whoever works for the city, is disabled or unknown gets
    nothing, with the same answer after as long a time. Refuses what is no address, and a sixth
    code in an hour.
    """
    address = address_in(email)
    count_try(city, f"{_PURPOSE} to {address}", patience=_ASKING, now=now)
    code_id = uuid4()
    with unit_of_work(city, CLOCK, writes=True, now=now) as uow:
        known = _who_may(uow.session, Account.email == address)
        do_alike(uow, known, partial(_write, uow, code_id))
    return seal(city, _PURPOSE, code_id.hex, address, now=now)


def asked_at(city: City, *, ticket: str, now: datetime) -> str:
    """Give the address to which a code was asked for, or '' when that is over."""
    opened = unseal(city, _PURPOSE, ticket, count=2, lasts=CODE_LASTS, now=now)
    return opened[1] if opened else ""


def enter_with_code(
    city: City, *, ticket: str, digits: str, now: datetime, stays: bool = False, device: str = ""
) -> str:
    """Give the secret of a new session to whoever has the ticket and the digits of the letter.

    Refuses the wrong ones, those of an older letter, used ones, those of over ten minutes ago, and
    a sixth try. An unknown address is refused in the same words.
    """
    typed = six_digits(digits)
    if not typed:
        raise Invalid(fields={"digits": [SAID]})
    opened = unseal(city, _PURPOSE, ticket, count=2, lasts=CODE_LASTS, now=now)
    if opened is None:
        raise _wrong()
    code_id = UUID(hex=opened[0])
    count_try(city, f"{_PURPOSE} {code_id}", patience=_TYPING, now=now)
    with city.database.transaction(writes=True) as session:
        account_id = _use(city, session, code_id, typed, now)
        secret = (
            open_session(session, account_id=account_id, now=now, stays=stays, device=device)
            if account_id
            else None
        )
    if secret is None:  # only now: the try stays counted
        raise _wrong()
    return secret


def digits_of(city: City, code_id: UUID) -> str:
    """Give the six digits of a code that was asked for; they are kept nowhere."""
    made = hmac.new(city.secret_key.encode(), f"sign-in {code_id}".encode(), hashlib.sha256)
    return f"{int.from_bytes(made.digest()[:8], 'big') % 1_000_000:06}"


def address_in(typed: str) -> str:
    """Give the address that was typed, as it is kept; refuse what is none."""
    address = sought(typed, at_most=LONGEST_ADDRESS).lower()
    if "@" not in address.strip("@"):
        raise Invalid(fields={"email": [NO_ADDRESS]})
    return address


def _who_may(session: Session, which: object) -> UUID | None:
    """Give the account that may sign in by letter: no role of the city, no second factor."""
    roles = select(AccountRole.role).where(AccountRole.account_id == Account.id)
    return session.scalar(
        select(Account.id).where(
            which,  # type: ignore[arg-type]
            Account.disabled_at.is_(None),
            Account.totp_since.is_(None),
            exists(roles),
            ~exists(roles.where(AccountRole.role.not_in(_BY_CODE))),
        )
    )


def _write(uow: UnitOfWork, code_id: UUID, account_id: UUID) -> None:
    city, until = uow.city, uow.now + CODE_LASTS
    uow.session.add(
        SignInCode(id=code_id, account_id=account_id, asked_at=uow.now, expires_at=until)
    )
    uow.session.flush()
    write_letter(
        uow,
        account_id=account_id,
        kind=LetterKind.SIGN_IN_CODE,
        about_id=code_id,
        period="",
        subject=f"Je code voor Opstap {city.name}",
        body=letter_text(
            city,
            "Dit is je code om je aan te melden:",
            "{code}",
            "Ze werkt één keer, tien minuten lang. Geef ze aan niemand door. "
            "Niemand van de stad vraagt ernaar.",
            "Vroeg je geen code? Dan hoef je niets te doen.",
        ),
    )


def _use(city: City, session: Session, code_id: UUID, typed: str, now: datetime) -> UUID | None:
    """Give whose code this is, used up now; None for wrong digits, which count as a try."""
    newer, fits = aliased(SignInCode), hmac.compare_digest(digits_of(city, code_id), typed)
    counted = session.execute(
        update(SignInCode)
        .where(
            SignInCode.id == code_id,
            SignInCode.used_at.is_(None),
            SignInCode.tries < TRIES,
            SignInCode.expires_at >= now,
            ~exists().where(
                newer.account_id == SignInCode.account_id, newer.asked_at > SignInCode.asked_at
            ),
        )
        .values(tries=SignInCode.tries + 1, used_at=now if fits else None)
        .returning(SignInCode.account_id)
        .execution_options(synchronize_session=False)
    ).first()
    if counted is None or not fits:
        return None
    return _who_may(session, Account.id == counted.account_id)


def _wrong() -> WrongCode:
    return WrongCode(fields={"digits": ["Typ de code uit je laatste mail, of vraag een nieuwe."]})
