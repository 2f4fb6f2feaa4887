"""What the cheque programme tells a family that asks what is kept of it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from kernel.family_files import Told
from kernel.organisations import Location, Organisation
from kernel.tasks import Task
from vouchers.models import (
    Appointment,
    Booklet,
    BookletExtension,
    Continuation,
    DropOff,
    FollowUp,
    Redemption,
)


def _booklets(family_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Booklet.number.label("Nummer"),
            Booklet.state.label("Staat"),
            Organisation.name.label("Gegeven door"),
            Booklet.handed_out_on.label("Gegeven op"),
            Booklet.valid_until.label("Te gebruiken tot en met"),
            Booklet.size.label("Cheques"),
            Booklet.used_count.label("Gebruikt"),
            Booklet.first_used_on.label("Eerste gebruik"),
            Booklet.last_used_on.label("Laatste gebruik"),
            Booklet.good_news_consent.label("Goed nieuws mag verteld worden"),
            Booklet.retroactive.label("Achteraf opgeschreven"),
        )
        .outerjoin(Organisation, Organisation.id == Booklet.organisation_id)
        .where(Booklet.family_id == family_id)
        .order_by(Booklet.handed_out_on, Booklet.number)
    )


def _uses(family_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Booklet.number.label("Boekje"),
            Redemption.cheque_number.label("Cheque"),
            Redemption.care_date.label("Dag van de opvang"),
            Redemption.care_moment.label("Hoelang"),
            Location.name.label("Waar"),
            Redemption.redeemed_at.label("Gescand op"),
            Redemption.price_cents.label("Bedrag in cent"),
            Redemption.same_day_reason.label("Waarom twee op een dag"),
            Redemption.annulled_at.label("Ongedaan gemaakt op"),
        )
        .join(Booklet, Booklet.id == Redemption.booklet_id)
        .join(Location, Location.id == Redemption.location_id)
        .where(Booklet.family_id == family_id)
        .order_by(Redemption.redeemed_at)
    )


def _extensions(family_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Booklet.number.label("Boekje"),
            BookletExtension.was.label("Was geldig tot en met"),
            BookletExtension.until.label("Is geldig tot en met"),
            BookletExtension.reason.label("Reden"),
            BookletExtension.made_at.label("Verlengd op"),
            BookletExtension.taken_back_at.label("Teruggenomen op"),
        )
        .join(Booklet, Booklet.id == BookletExtension.booklet_id)
        .where(Booklet.family_id == family_id)
        .order_by(BookletExtension.made_at)
    )


def _visits(family_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Appointment.day.label("Dag"),
            Location.name.label("Waar"),
            Appointment.company.label("Wie gaat mee"),
            Appointment.made_at.label("Afgesproken op"),
            Appointment.replaced_at.label("Vervangen op"),
        )
        .join(Booklet, Booklet.id == Appointment.booklet_id)
        .join(Location, Location.id == Appointment.location_id)
        .where(Booklet.family_id == family_id)
        .order_by(Appointment.day)
    )


def _calls(family_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Task.rule.label("Waarom bellen"),
            Organisation.name.label("Wie belt"),
            Task.due_on.label("Vanaf"),
            Task.tries.label("Keren geprobeerd"),
            Task.closed_at.label("Afgerond op"),
            Task.outcome.label("Wat eruit kwam"),
        )
        .join(Booklet, Booklet.id == Task.subject_id)
        .join(Organisation, Organisation.id == Task.organisation_id)
        .where(Booklet.family_id == family_id)
        .order_by(Task.opened_at)
    )


def _talks(family_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            FollowUp.made_at.label("Wanneer"),
            FollowUp.reached.label("Bereikt"),
            FollowUp.outcome.label("Wat eruit kwam"),
            FollowUp.barrier.label("Wat hield tegen"),
            FollowUp.next_on.label("Opnieuw op"),
            FollowUp.line.label("Notitie"),
            FollowUp.taken_back_at.label("Teruggenomen op"),
        )
        .join(Booklet, Booklet.id == FollowUp.booklet_id)
        .where(Booklet.family_id == family_id)
        .order_by(FollowUp.made_at)
    )


def _goings_on(family_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Continuation.moment.label("Wanneer gevraagd"),
            Continuation.side.label("Aan wie"),
            Continuation.answer.label("Antwoord"),
            Continuation.answered_at.label("Geantwoord op"),
        )
        .join(Booklet, Booklet.id == Continuation.booklet_id)
        .where(Booklet.family_id == family_id)
        .order_by(Continuation.answered_at)
    )


def _silences(family_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(DropOff.rule.label("Waarom"), DropOff.flagged_on.label("Opgemerkt op"))
        .join(Booklet, Booklet.id == DropOff.booklet_id)
        .where(Booklet.family_id == family_id)
        .order_by(DropOff.flagged_on)
    )


TOLD = (
    Told(title="Boekjes", rows=_booklets),
    Told(title="Gebruikte cheques", rows=_uses),
    Told(title="Verlengingen", rows=_extensions),
    Told(title="Afgesproken bezoeken", rows=_visits),
    Told(title="Oproepen die gepland werden", rows=_calls),
    Told(title="Gesprekken", rows=_talks),
    Told(title="Of het kind verder gaat", rows=_goings_on),
    Told(title="Wanneer een boekje stil bleef", rows=_silences),
)
