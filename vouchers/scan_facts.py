"""Everything one scan depends on, read in one statement and judged without a database."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Integer,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from kernel.access import Role
from kernel.money import CareMomentPrice
from kernel.organisations import Location
from kernel.people import Family
from kernel.unit_of_work import UnitOfWork
from vouchers import codes
from vouchers.errors import (
    AlreadyUsed,
    Blocked,
    Expired,
    LocationNeeded,
    NotHandedOut,
    ProviderNotApproved,
    SameDayQuestion,
    TooManyWrongCodes,
    UnknownCode,
)
from vouchers.models import (
    Booklet,
    BookletState,
    CareMoment,
    Cheque,
    ChequeState,
    Redemption,
    ScanAttempt,
)

UNKNOWN_IN_A_MINUTE = 10


@dataclass(frozen=True, kw_only=True)
class ScanFacts:
    """What is so at the moment of a scan; `check` is the rules, in their order."""

    replay_id: UUID | None = None
    unknown_lately: int = 0
    cheque_id: UUID | None = None
    cheque_number: int | None = None
    cheque_state: str | None = None
    booklet_id: UUID | None = None
    booklet_state: str | None = None
    size: int | None = None
    used_count: int | None = None
    valid_until: date | None = None
    booklet_training: bool | None = None
    location_id: UUID | None = None
    location_name: str | None = None
    approved_on: date | None = None
    ended_on: date | None = None
    location_training: bool | None = None
    used_on: date | None = None
    used_at_location: UUID | None = None
    used_here: bool | None = None
    same_day: int = 0
    number_of_children: int | None = None
    price_cents: int | None = None
    locations: int = 1

    @property
    def known_cheque(self) -> UUID:
        """The cheque's id, once `check` found that there is one."""
        assert self.cheque_id is not None
        return self.cheque_id

    @property
    def known_booklet(self) -> UUID:
        """The booklet's id, once `check` found that there is one."""
        assert self.booklet_id is not None
        return self.booklet_id

    @property
    def known_location(self) -> UUID:
        """The location's id, once `check` found that it may redeem."""
        assert self.location_id is not None
        return self.location_id

    def check(self, on: date, *, answered: bool) -> None:
        """Refuse what cannot be redeemed for care on `on`, the first reason first.

        `answered` says that the same-day question was answered.
        """
        self._check_cheque_is_known()
        self._check_provider(on)
        self._check_booklet(on)
        if self.cheque_state == ChequeState.USED:
            raise self._already_used()
        explained = answered or (self.number_of_children or 1) > self.same_day
        if self.same_day and not explained:
            raise SameDayQuestion(cheque_id=self.cheque_id)

    def _check_cheque_is_known(self) -> None:
        if self.cheque_id is None:
            if self.unknown_lately >= UNKNOWN_IN_A_MINUTE:
                raise TooManyWrongCodes(retry_after=60)
            raise UnknownCode

    def _check_provider(self, on: date) -> None:
        if self.locations > 1:
            raise LocationNeeded(
                fields={"locationId": [LocationNeeded.sentence]}, cheque_id=self.cheque_id
            )
        began = self.approved_on is not None and self.approved_on <= on
        if not began or (self.ended_on is not None and self.ended_on < on):
            raise ProviderNotApproved(cheque_id=self.cheque_id)

    def _check_booklet(self, on: date) -> None:
        if self.booklet_state in {BookletState.BLOCKED_LOST, BookletState.BLOCKED_ERROR}:
            raise Blocked(cheque_id=self.cheque_id)
        if self.booklet_state != BookletState.HANDED_OUT:
            raise NotHandedOut(cheque_id=self.cheque_id)
        if self.valid_until is not None and self.valid_until < on:
            raise Expired(cheque_id=self.cheque_id, valid_until=self.valid_until)

    def _already_used(self) -> AlreadyUsed:
        """Tell the date to anybody, the place only to the provider that used it."""
        place = self.used_at_location if self.used_here else None
        return AlreadyUsed(cheque_id=self.cheque_id, used_on=self.used_on, used_at=place)


def read_scan_facts(
    uow: UnitOfWork,
    *,
    signs: str,
    location_id: UUID | None,
    on: date,
    moment: CareMoment,
    key: str | None,
) -> ScanFacts:
    """Read in one statement what a scan of these normalised signs depends on."""
    statement = _STATEMENTS[len(signs) == codes.TYPED_CODE, location_id is not None]
    rows = uow.connection.execute(
        statement,
        {
            "signs": signs if codes.may_be(signs) else "",
            "account": uow.actor.account_id,
            "organisation": uow.actor.organisation_id,
            "any_place": uow.actor.is_any(Role.REGIE),
            "place": location_id,
            "day": on,
            "moment": str(moment),
            "key": key or "",
            "minute_ago": uow.now - timedelta(minutes=1),
        },
    ).all()
    return ScanFacts(**rows[0]._mapping, locations=len(rows))  # noqa: SLF001 — SQLAlchemy's public name


def _statement(*, typed: bool, at_location: bool) -> Select[Any]:
    """Build the statement once: a scan then only binds its values."""
    code = Cheque.typed_code if typed else Cheque.code
    live = aliased(Redemption)
    replay = aliased(Redemption)
    used_at = aliased(Location)
    anchor = select(literal_column("1", Integer).label("one")).subquery("scan")
    place = or_(
        Location.organisation_id == bindparam("organisation"), bindparam("any_place") == true()
    )
    going_on = or_(Location.ended_on.is_(None), Location.ended_on >= bindparam("day"))
    only = and_(Location.approved_on.is_not(None), going_on)  # where the account has but one
    chosen = Location.id == bindparam("place") if at_location else only
    same_day = (
        select(func.count())
        .select_from(Redemption)
        .where(
            Redemption.booklet_id == Booklet.id,
            Redemption.care_date == bindparam("day"),
            Redemption.annulled_at.is_(None),
        )
        .scalar_subquery()
    )
    unknown_lately = (
        select(func.count())
        .select_from(ScanAttempt)
        .where(
            ScanAttempt.account_id == bindparam("account"),
            ScanAttempt.refusal == UnknownCode.code,
            ScanAttempt.at > bindparam("minute_ago"),
        )
        .scalar_subquery()
    )
    price = (
        select(CareMomentPrice.cents)
        .where(
            CareMomentPrice.care_moment == bindparam("moment"),
            CareMomentPrice.valid_from <= bindparam("day"),
            or_(
                CareMomentPrice.valid_until.is_(None),
                CareMomentPrice.valid_until >= bindparam("day"),
            ),
        )
        .scalar_subquery()
    )
    answered = and_(
        replay.account_id == bindparam("account"), replay.idempotency_key == bindparam("key")
    )
    return (
        select(
            replay.id.label("replay_id"),
            unknown_lately.label("unknown_lately"),
            Cheque.id.label("cheque_id"),
            Cheque.number.label("cheque_number"),
            Cheque.state.label("cheque_state"),
            Booklet.id.label("booklet_id"),
            Booklet.state.label("booklet_state"),
            Booklet.size.label("size"),
            Booklet.used_count.label("used_count"),
            Booklet.valid_until.label("valid_until"),
            Booklet.training.label("booklet_training"),
            Location.id.label("location_id"),
            Location.name.label("location_name"),
            Location.approved_on.label("approved_on"),
            Location.ended_on.label("ended_on"),
            Location.training.label("location_training"),
            live.care_date.label("used_on"),
            live.location_id.label("used_at_location"),
            (used_at.organisation_id == bindparam("organisation")).label("used_here"),
            same_day.label("same_day"),
            Family.number_of_children.label("number_of_children"),
            price.label("price_cents"),
        )
        .select_from(anchor)
        .outerjoin(Cheque, code == bindparam("signs"))
        .outerjoin(Booklet, Booklet.id == Cheque.booklet_id)
        .outerjoin(Family, Family.id == Booklet.family_id)
        .outerjoin(live, and_(live.cheque_id == Cheque.id, live.annulled_at.is_(None)))
        .outerjoin(used_at, used_at.id == live.location_id)
        .outerjoin(Location, and_(place, chosen))
        .outerjoin(replay, answered)
        .limit(2)
    )


_STATEMENTS = {
    (typed, at_location): _statement(typed=typed, at_location=at_location)
    for typed in (False, True)
    for at_location in (False, True)
}
