"""What a provider may choose before a scan: the place, an earlier day, a whole or a half day."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select

from kernel.access import Role, allowed
from kernel.money import CareMomentPrice
from kernel.organisations import Location
from kernel.places import own_locations
from kernel.rules import rules_on
from kernel.unit_of_work import UnitOfWork
from vouchers.choices import PROVIDER_BACK_DAYS
from vouchers.models import CareMoment


@dataclass(frozen=True, kw_only=True)
class ScanChoices:
    """The choices; where there is only one, nobody is asked."""

    locations: tuple[Location, ...]
    earliest: date
    moments: tuple[CareMoment, ...]


@allowed(Role.PROVIDER)
def read_scan_choices(uow: UnitOfWork) -> ScanChoices:
    """Give the own locations that may redeem today, how far back a day may lie, and the moments.

    A city that pays one price is never asked whether it was a whole or a half day.
    """
    back = rules_on(uow.session, uow.today)[PROVIDER_BACK_DAYS]
    return ScanChoices(
        locations=tuple(place for place in own_locations(uow) if place.is_approved(uow.today)),
        earliest=uow.today - timedelta(days=back),
        moments=_paid_moments(uow),
    )


def _paid_moments(uow: UnitOfWork) -> tuple[CareMoment, ...]:
    paid = set(
        uow.session.scalars(
            select(CareMomentPrice.care_moment).where(
                CareMomentPrice.valid_from <= uow.today,
                or_(
                    CareMomentPrice.valid_until.is_(None),
                    CareMomentPrice.valid_until >= uow.today,
                ),
            )
        )
    )
    return tuple(moment for moment in CareMoment if moment in paid)
