"""The city decides which places take cheques, and until when."""

from uuid import UUID

from sqlalchemy import select

from kernel.access import Role, allowed
from kernel.errors import Conflict, NotFound
from kernel.location_events import ApprovalTakenBack, LocationApproved, LocationEnded
from kernel.organisations import Location
from kernel.unit_of_work import UnitOfWork


class NotApprovedNow(Conflict):
    """A place that takes no cheques cannot stop taking them."""

    code = "location-not-approved"
    sentence = "Deze opvang neemt nu geen cheques aan. Je hoeft niets meer te doen."


class TooLateToTakeBack(Conflict):
    """An approval of another day stands: cheques may have been redeemed by it."""

    code = "too-late-to-take-back"
    sentence = "Deze goedkeuring is niet van vandaag. Kies ‘Stop met cheques’."


@allowed(Role.REGIE, Role.ADMINISTRATOR)
def approve_location(uow: UnitOfWork, *, location_id: UUID) -> Location:
    """Let a place redeem cheques from today on, until further notice.

    One that was to end today or later simply goes on; one that ended before begins anew today, so
    that the days between stay closed. A second click changes nothing.
    """
    location = _found(uow, location_id)
    goes_on = location.is_approved(uow.today)
    if goes_on and location.ended_on is None:
        return location
    if not goes_on:
        location.approved_on = uow.today
    location.ended_on = None
    uow.record(LocationApproved(location_id=location.id, since=location.approved_on or uow.today))
    return location


@allowed(Role.REGIE, Role.ADMINISTRATOR)
def take_back_approval(uow: UnitOfWork, *, location_id: UUID) -> Location:
    """Undo an approval of today: the place waits for one again.

    What it redeemed meanwhile stays. Refuses an approval of another day: that is ended instead.
    """
    location = _found(uow, location_id)
    if location.approved_on is None:
        return location
    if location.approved_on != uow.today:
        raise TooLateToTakeBack
    location.approved_on = location.ended_on = None
    uow.record(ApprovalTakenBack(location_id=location.id))
    return location


@allowed(Role.REGIE, Role.ADMINISTRATOR)
def end_location(uow: UnitOfWork, *, location_id: UUID) -> Location:
    """Let today be the last day on which a place redeems cheques.

    Its name stays in every figure. A second click changes nothing; a place that is not approved
    today is refused.
    """
    location = _found(uow, location_id)
    if not location.is_approved(uow.today):
        raise NotApprovedNow
    if location.ended_on != uow.today:
        location.ended_on = uow.today
        uow.record(LocationEnded(location_id=location.id, last_day=uow.today))
    return location


def _found(uow: UnitOfWork, location_id: UUID) -> Location:
    location = uow.session.scalar(
        select(Location).where(Location.id == location_id).with_for_update()
    )
    if location is None:
        raise NotFound
    return location
