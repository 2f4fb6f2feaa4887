"""An invitation's letter is written, and followed until the post took it or could not."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from kernel.access import Role, allowed
from kernel.accounts import Account
from kernel.events import Delivery, PendingEvent, RecordedEvent
from kernel.letters import Letter, LetterKind, LetterWritten, write_letter
from kernel.unit_of_work import UnitOfWork


class LetterState(StrEnum):
    """Where a letter is."""

    ON_ITS_WAY = "on-its-way"
    LEFT = "left"  # the mail server took it
    PARKED = "parked"  # tried often enough: somebody must look


def write_invitation(uow: UnitOfWork, account: Account) -> bool:
    """Write the letter that holds somebody's link; at most one a minute, so no click doubles it."""
    city = uow.city
    call = f" of bel {city.desk_phone}" if city.desk_phone else ""
    return write_letter(
        uow,
        account_id=account.id,
        kind=LetterKind.INVITATION,
        about_id=account.id,
        period=f"{uow.now:%Y-%m-%dT%H:%M}",
        subject=f"Je krijgt toegang tot Opstap van stad {city.name}",
        body=(
            "Hallo,\n\n"
            f"Je krijgt toegang tot Opstap van stad {city.name}. Met Opstap krijgen gezinnen "
            "een boekje met cheques voor kinderopvang.\n\n"
            "Kies je wachtwoord met deze link. Hij werkt één keer, een week lang:\n"
            "{link}\n\n"
            f"Verwachtte je deze mail niet? Dan hoef je niets te doen{call}.\n\n"
            f"Opstap {city.name}\n"
        ),
    )


@allowed(Role.ADMINISTRATOR, Role.REGIE, Role.PROVIDER)
def letter_state(uow: UnitOfWork, *, account_id: UUID) -> LetterState | None:
    """Give where somebody's last invitation is, or None when there was none."""
    letter_id = uow.session.scalar(
        select(Letter.id)
        .where(Letter.account_id == account_id, Letter.kind == LetterKind.INVITATION)
        .order_by(Letter.written_at.desc())
        .limit(1)
    )
    if letter_id is None:
        return None
    told = uow.session.execute(
        select(RecordedEvent.number, RecordedEvent.payload)
        .where(RecordedEvent.subject_id == letter_id, RecordedEvent.name == LetterWritten.name)
        .order_by(RecordedEvent.number.desc())
    )
    number = next((n for n, said in told if said["letter_id"] == str(letter_id)), None)
    if number is None:
        return LetterState.LEFT  # a demo's letter was never on its way
    if uow.session.get(PendingEvent, number) is not None:
        return LetterState.ON_ITS_WAY
    return _brought(uow, number)


def _brought(uow: UnitOfWork, number: int) -> LetterState:
    delivery = uow.session.execute(
        select(Delivery.done_at, Delivery.parked_at).where(Delivery.event_number == number)
    ).first()
    if delivery is None or delivery.done_at is not None:
        return LetterState.LEFT  # a delivery that was done long ago may be tidied away
    return LetterState.ON_ITS_WAY if delivery.parked_at is None else LetterState.PARKED
