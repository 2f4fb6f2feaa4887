"""The city decides which places take cheques, and until when."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, post_load, validate
from sqlalchemy import exists, select, update

from kernel.access import Role, allowed
from kernel.accounts import Account
from kernel.calendar import day_of
from kernel.errors import Conflict, NotFound
from kernel.joining_letters import write_answer
from kernel.location_events import (
    ApprovalTakenBack,
    LocationApproved,
    LocationDeclined,
    LocationEnded,
    LocationJoined,
    RequestReopened,
)
from kernel.organisations import ClosingDay, Location, OpeningHours
from kernel.text import Line
from kernel.unit_of_work import UnitOfWork

_YES, _NO, _AGAIN = "Goedgekeurd", "Niet goedgekeurd", "We kijken opnieuw"


class NotApprovedNow(Conflict):
    """A place that takes no cheques cannot stop taking them."""

    code = "location-not-approved"
    sentence = "Deze opvang neemt nu geen cheques aan. Je hoeft niets meer te doen."


class TooLateToTakeBack(Conflict):
    """An approval of another day stands: cheques may have been redeemed by it."""

    code = "too-late-to-take-back"
    sentence = "Deze goedkeuring is niet van vandaag. Kies ‘Stop met cheques’."


class NothingAsked(Conflict):
    """Only who asked can hear no."""

    code = "nothing-asked"
    sentence = "Deze opvang wacht niet op een antwoord. Kijk in de lijst hoe het nu staat."


class KnownPlaceInUse(Conflict):
    """The place that somebody says to be is looked after by people of its own."""

    code = "known-place-in-use"
    sentence = (
        "Bij die plaats werken al mensen met een account. Bel hen. Klopt het dat deze persoon er "
        "ook werkt, weiger dan deze aanvraag: een collega nodigt de persoon daar zelf uit."
    )


REASONS = {
    "licence": "We vinden geen vergunning van Opgroeien voor deze plaats.",
    "outside": "De plaats ligt buiten het gebied waar onze cheques gelden.",
    "known": "Deze plaats doet al mee. Vraag een collega om je uit te nodigen.",
    "not-now": "We nemen nu geen nieuwe opvang aan.",
}
OTHERWISE = "other"  # a reason in the city's own words


class Declining(Schema):
    """Why a place that asked may not take part: one of the reasons, or one's own line."""

    reason = fields.String(
        required=True,
        validate=validate.OneOf([*REASONS, OTHERWISE], error="Kies een reden."),
        error_messages={"required": "Kies een reden."},
    )
    because = Line(at_most=200, load_default=None)

    @post_load
    def _said(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        said = REASONS.get(given["reason"]) or given["because"]
        if not said:
            raise ValidationError({"because": ["Schrijf de reden, of kies er een hierboven."]})
        return {"because": said}


@allowed(Role.REGIE, Role.ADMINISTRATOR)
def approve_location(uow: UnitOfWork, *, location_id: UUID) -> Location:
    """Let a place redeem cheques from today on, until further notice.

    One that was to end today or later simply goes on; one that ended before begins anew today, so
    that the days between stay closed. Who asked for a place that the register knew looks after
    that one from now on; refuses that while others do. A second click changes nothing.
    """
    location = _found(uow, location_id)
    if location.joined_at is not None:
        return location
    if location.same_as_id is not None and location.approved_on is None:
        return _join(uow, location, location.same_as_id)
    goes_on = location.is_approved(uow.today)
    if goes_on and location.ended_on is None:
        return location
    if not goes_on:
        location.approved_on = uow.today
    location.ended_on = location.declined_at = location.declined_because = None
    uow.record(LocationApproved(location_id=location.id, since=location.approved_on or uow.today))
    if not goes_on:
        _tell_yes(uow, location)
    return location


@allowed(Role.REGIE, Role.ADMINISTRATOR)
def decline_location(uow: UnitOfWork, *, location_id: UUID, because: str) -> Location:
    """Say no to a place that asked, with a reason that its people read.

    A second no changes nothing. Refuses a place that does not wait for an answer.
    """
    location = _found(uow, location_id)
    if location.declined_at is not None:
        return location
    if location.asked_at is None or location.approved_on or location.joined_at:
        raise NothingAsked
    location.declined_at, location.declined_because = uow.now, because
    uow.record(LocationDeclined(location_id=location.id))
    said = (
        "De stad bekeek je aanvraag om opvangcheques in te ruilen. Het antwoord is nee.\n\n"
        f"De reden: {because}"
    )
    write_answer(uow, location, _NO, said)
    return location


@allowed(Role.REGIE, Role.ADMINISTRATOR)
def take_back_approval(uow: UnitOfWork, *, location_id: UUID) -> Location:
    """Undo a yes or a no of today: the place waits for an answer again.

    What it redeemed meanwhile stays. Refuses an answer of another day: that is ended instead.
    """
    location = _found(uow, location_id)
    if location.joined_at is not None or location.declined_at is not None:
        return _reopen(uow, location)
    if location.approved_on is None:
        return location
    if location.approved_on != uow.today:
        raise TooLateToTakeBack
    location.approved_on = location.ended_on = None
    uow.record(ApprovalTakenBack(location_id=location.id))
    _tell_again(uow, location)
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


def _join(uow: UnitOfWork, asked: Location, known_id: UUID) -> Location:
    """Give the known place to who asked; the request keeps whose it was, so that it can go back."""
    known = _found(uow, known_id)
    others = exists().where(
        Account.organisation_id == known.organisation_id, Account.disabled_at.is_(None)
    )
    if known.organisation_id != asked.organisation_id and uow.session.scalar(select(others)):
        raise KnownPlaceInUse
    _swap(asked, known)
    asked.joined_at = uow.now
    asked.declined_at = asked.declined_because = None
    known.phone = known.phone or asked.phone
    for kept in (OpeningHours, ClosingDay):
        if uow.session.scalar(select(kept.id).where(kept.location_id == known.id)) is None:
            uow.session.execute(
                update(kept).where(kept.location_id == asked.id).values(location_id=known.id)
            )
    uow.record(LocationJoined(location_id=asked.id, known_id=known.id))
    approve_location(uow, location_id=known.id)
    _tell_yes(uow, asked)
    return known


def _reopen(uow: UnitOfWork, location: Location) -> Location:
    answered = location.joined_at or location.declined_at
    if answered is None or day_of(answered) != uow.today:
        raise TooLateToTakeBack
    if location.joined_at is not None and location.same_as_id is not None:
        known = _found(uow, location.same_as_id)
        _swap(location, known)
        if known.approved_on == uow.today:
            take_back_approval(uow, location_id=known.id)
    location.joined_at = location.declined_at = location.declined_because = None
    uow.record(RequestReopened(location_id=location.id))
    _tell_again(uow, location)
    return location


def _swap(asked: Location, known: Location) -> None:
    asked.organisation_id, known.organisation_id = known.organisation_id, asked.organisation_id


def _tell_yes(uow: UnitOfWork, location: Location) -> None:
    said = (
        "Je opvang is goedgekeurd: je kan cheques inruilen. Meld je aan op je gsm en scan de "
        f"eerste cheque:\n{uow.city.base_url}/scan"
    )
    write_answer(uow, location, _YES, said)


def _tell_again(uow: UnitOfWork, location: Location) -> None:
    said = "De stad bekijkt je aanvraag opnieuw. Ruil nog geen cheques in. Je krijgt weer een mail."
    write_answer(uow, location, _AGAIN, said)


def _found(uow: UnitOfWork, location_id: UUID) -> Location:
    location = uow.session.scalar(
        select(Location).where(Location.id == location_id).with_for_update()
    )
    if location is None:
        raise NotFound
    return location
