"""A referrer and a family agree on a first visit."""

from datetime import date
from uuid import UUID

from sqlalchemy import select, update

from kernel.access import Role, allowed
from kernel.errors import Invalid, NotFound
from kernel.organisations import Location
from kernel.unit_of_work import UnitOfWork
from vouchers.errors import IllegalMove
from vouchers.events import FirstVisitAgreed
from vouchers.models import Appointment, Booklet, BookletState, Company


@allowed(Role.REFERRER, Role.REGIE)
def agree_first_visit(
    uow: UnitOfWork,
    *,
    booklet_id: UUID,
    location_id: UUID,
    day: date,
    company: str = Company.ALONE,
) -> Appointment:
    """Write down where and when a family goes first; a new agreement replaces the one before.

    Refuses another organisation's booklet, one that is used or not in a family's hands, a day
    that is past or after the booklet's last, and a location that takes no cheques that day.
    """
    # The booklet's row is kept until the end: of two agreements at once, one replaces the other.
    booklet = uow.session.get(Booklet, booklet_id, with_for_update=True)
    own = booklet is not None and booklet.organisation_id == uow.actor.organisation_id
    if booklet is None or not (own or uow.actor.is_any(Role.REGIE)):
        raise NotFound
    if booklet.state != BookletState.HANDED_OUT or booklet.used_count:
        raise IllegalMove("Dit boekje is al gebruikt: een eerste bezoek is niet meer nodig.")
    if day < uow.today or booklet.is_expired(day):
        raise Invalid(
            fields={"appointment.on": ["Kies een dag vanaf vandaag, zolang het boekje geldig is."]}
        )
    location = uow.session.get(Location, location_id)
    if location is None or not location.is_approved(day):
        raise Invalid(fields={"appointment.locationId": ["Kies een opvang uit de lijst."]})
    uow.session.execute(
        update(Appointment)
        .where(Appointment.booklet_id == booklet_id, Appointment.replaced_at.is_(None))
        .values(replaced_at=uow.now)
    )
    appointment = Appointment(
        booklet_id=booklet_id, location_id=location_id, day=day, company=company, made_at=uow.now
    )
    uow.session.add(appointment)
    uow.record(FirstVisitAgreed(booklet_id=booklet_id, location_id=location_id, day=day))
    return appointment


def appointment_of(uow: UnitOfWork, booklet_id: UUID) -> Appointment | None:
    """Give the first visit that holds for a booklet, or None."""
    return uow.session.scalar(
        select(Appointment).where(
            Appointment.booklet_id == booklet_id, Appointment.replaced_at.is_(None)
        )
    )
