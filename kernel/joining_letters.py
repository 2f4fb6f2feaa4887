"""What is written to whoever asks to take part: how to go on, and what the city answered."""

from uuid import UUID

from sqlalchemy import func, select

from kernel.accounts import Account
from kernel.letters import Letter, LetterKind, write_letter
from kernel.organisations import Location
from kernel.unit_of_work import UnitOfWork

ABOUT = UUID("6f707374-6170-4000-8000-6d6565646f65")  # what letters about asking are about


def write_welcome(uow: UnitOfWork, account: Account) -> None:
    """Write to an address that is not proved yet: choose a password, and the city looks."""
    _write(
        uow,
        account,
        LetterKind.INVITATION,
        f"Je vroeg om mee te doen met de opvangcheques van {uow.city.name}",
        (
            "Je vroeg om opvangcheques te mogen inruilen. De stad bekijkt je aanvraag.\n\n"
            "Kies alvast je wachtwoord. Zo weten we ook dat dit adres van jou is. De link werkt "
            "één keer, een week lang:\n{link}\n\n"
            "Daarna kan je je openingsuren invullen en zien hoe het met je aanvraag staat."
        ),
    )


def write_known(uow: UnitOfWork, account: Account) -> None:
    """Write to an address that has an account: sign in, and add a place there."""
    _write(
        uow,
        account,
        LetterKind.NOTICE,
        f"Je hebt al een account bij Opstap {uow.city.name}",
        (
            "Iemand vroeg met dit adres om mee te doen met de opvangcheques. Je hebt al een "
            f"account. Meld je aan:\n{uow.city.base_url}/aanmelden\n\n"
            "Ben je van een opvang? Bij ‘Onze opvang’ voeg je een plaats toe. "
            "Lukt aanmelden niet? Bel de stad."
        ),
    )


def write_answer(uow: UnitOfWork, location: Location, subject: str, said: str) -> None:
    """Write to who asked for a place what the city answered; each answer once a day."""
    if location.asked_by is None or uow.session.get(Account, location.asked_by) is None:
        return
    write_letter(
        uow,
        account_id=location.asked_by,
        kind=LetterKind.NOTICE,
        about_id=location.id,
        period=f"{uow.today} {subject}",
        subject=f"{subject}: opvangcheques {uow.city.name}",
        body=_letter(uow, said),
    )


def _write(uow: UnitOfWork, account: Account, kind: LetterKind, subject: str, said: str) -> None:
    before = uow.session.scalar(
        select(func.count(Letter.id)).where(
            Letter.account_id == account.id, Letter.about_id == ABOUT
        )
    )
    write_letter(
        uow,
        account_id=account.id,
        kind=kind,
        about_id=ABOUT,
        period=f"{uow.today} {before}",
        subject=subject,
        body=_letter(uow, said),
    )


def _letter(uow: UnitOfWork, said: str) -> str:
    city = uow.city
    phone = f"Vragen? Bel {city.desk_phone}.\n\n" if city.desk_phone else ""
    return f"Hallo,\n\n{said}\n\n{phone}Opstap {city.name}\n"
