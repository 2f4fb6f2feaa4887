"""A booklet goes to paper: the first time, and again when a page got lost in the printer."""

from dataclasses import dataclass
from uuid import UUID

from kernel.access import Role, allowed
from kernel.organisations import Location
from kernel.people import Family
from kernel.unit_of_work import UnitOfWork
from vouchers.booklet_pdf import (
    EVERY_LANGUAGE,
    FirstVisit,
    PrintedBooklet,
    PrintedCheque,
    Sender,
    languages,
)
from vouchers.booklet_pdf.layout import CHEQUES_A_SHEET
from vouchers.errors import IllegalMove
from vouchers.models import Booklet, BookletState, Company
from vouchers.replacing import own_booklet
from vouchers.visiting import appointment_of

_COMPANY = {
    Company.ALONE: "",
    Company.REFERRER: "je begeleider gaat mee",
    Company.SOMEONE: "er gaat iemand mee",
}


@dataclass(frozen=True)
class Sheet:
    """A page of a booklet's paper: the cover, or the cheques `first` to `last`."""

    page: int
    first: int = 0
    last: int = 0


def sheets_of(size: int) -> list[Sheet]:
    """Give the pages of a booklet of 1 to 10 cheques, as they come from the printer."""
    starts = range(1, size + 1, CHEQUES_A_SHEET)
    cheques = [
        Sheet(page, first, min(first + CHEQUES_A_SHEET - 1, size))
        for page, first in enumerate(starts, 2)
    ]
    return [Sheet(1), *cheques]


@allowed(Role.REFERRER, Role.REGIE)
def booklet_for_print(uow: UnitOfWork, *, booklet_id: UUID) -> tuple[PrintedBooklet, Sender]:
    """Give what a booklet's paper shows, and which desk it comes from.

    Refuses another organisation's booklet, and a blocked one: its cheques are worth nothing.
    """
    booklet = own_booklet(uow, booklet_id)
    if booklet.state in {BookletState.BLOCKED_LOST, BookletState.BLOCKED_ERROR}:
        raise IllegalMove("Dit boekje is geblokkeerd. Druk het nieuwe boekje van dit gezin.")
    family = uow.session.get(Family, booklet.family_id) if booklet.family_id else None
    printed = PrintedBooklet(
        number=booklet.number,
        cheques=tuple(
            PrintedCheque(number=c.number, code=c.code, typed_code=c.typed_code)
            for c in booklet.cheques
        ),
        valid_until=booklet.valid_until,
        outer_limit=booklet.outer_limit,
        language=_printed_language(family.language if family else None),
        first_visit=_first_visit(uow, booklet),
    )
    return printed, _sender(uow)


def _printed_language(language: str | None) -> str:
    """A language without sentences of its own, or nobody's yet, gets a line in every language."""
    known = {each.code for each in languages()}
    return language if language in known else EVERY_LANGUAGE


def _first_visit(uow: UnitOfWork, booklet: Booklet) -> FirstVisit | None:
    appointment = appointment_of(uow, booklet.id)
    if appointment is None or appointment.day < uow.today:
        return None
    location = uow.session.get_one(Location, appointment.location_id)
    return FirstVisit(
        location=location.name,
        on=appointment.day,
        companion=_COMPANY[Company(appointment.company)],
    )


def _sender(uow: UnitOfWork) -> Sender:
    city = uow.city
    return Sender(
        city=city.name,
        base_url=city.base_url,
        desk_phone=city.desk_phone,
        desk_address=city.desk_address,
        desk_hours=city.desk_hours,
        controller=f"Stad {city.name}",
        privacy_contact=city.privacy_contact,
    )
