"""Somebody who forgot a password gets a link by mail, with which they choose another."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy import select

from kernel.access import CLOCK
from kernel.accounts import Account
from kernel.cities import City
from kernel.errors import TooMany
from kernel.guessing import Patience, count_try
from kernel.letter_text import letter_text
from kernel.letters import LetterKind, write_letter
from kernel.sign_in_codes import address_in
from kernel.strangers import do_alike
from kernel.unit_of_work import UnitOfWork, unit_of_work


class TooManyLinksAsked(TooMany):
    """So many letters to one address that asking must wait."""

    code = "too-many-password-links"
    sentence = (
        "Er zijn al veel links gevraagd voor dit adres. Kijk in je mail, ook bij ongewenste mail, "
        "of wacht een uur en probeer opnieuw."
    )


_ASKING = Patience(tries=3, within=timedelta(hours=1), refusal=TooManyLinksAsked)


def send_new_link(city: City, *, email: str, now: datetime) -> None:
    """Mail a link to whoever has this address; an unknown one gets nothing, in the same words.

    Refuses what is no address, and a fourth letter in an hour.
    """
    address = address_in(email)
    count_try(city, f"new link to {address}", patience=_ASKING, now=now)
    with unit_of_work(city, CLOCK, writes=True, now=now) as uow:
        known = uow.session.scalar(
            select(Account.id).where(Account.email == address, Account.disabled_at.is_(None))
        )
        do_alike(uow, known, partial(_write, uow))


def _write(uow: UnitOfWork, account_id: UUID) -> None:
    write_letter(
        uow,
        account_id=account_id,
        kind=LetterKind.INVITATION,
        about_id=uuid4(),
        period="",
        subject=f"Kies een nieuw wachtwoord voor Opstap {uow.city.name}",
        body=letter_text(
            uow.city,
            "Iemand vroeg een nieuw wachtwoord voor jouw account. "
            "Kies het met deze link. Hij werkt één keer, een dag lang:\n{link}",
            "Vroeg je dit niet? Dan hoef je niets te doen: je wachtwoord blijft zoals het is.",
        ),
    )
