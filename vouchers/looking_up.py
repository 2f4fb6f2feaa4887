"""What a scan would say, changing nothing; and what a family sees of its own booklet."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, select

from kernel.access import Role, allowed
from kernel.people import Family
from kernel.unit_of_work import UnitOfWork
from vouchers import codes
from vouchers.errors import UnknownCode
from vouchers.models import Booklet, BookletState, CareMoment, Cheque, Redemption
from vouchers.scan_facts import ScanFacts, read_scan_facts


@allowed(Role.PROVIDER, Role.REGIE)
def look_up_cheque(uow: UnitOfWork, *, code: str, location_id: UUID | None = None) -> ScanFacts:
    """Give what is known of a cheque that could be redeemed now; refuse as a scan would."""
    facts = read_scan_facts(
        uow,
        signs=codes.normalised(code),
        location_id=location_id,
        on=uow.today,
        moment=CareMoment.FULL_DAY,
        key=None,
    )
    facts.check(uow.today, answered=True)
    return facts


@dataclass(frozen=True, kw_only=True)
class OwnBooklet:
    """A booklet as whoever holds it may see it: no name, no organisation."""

    size: int
    used_count: int
    valid_until: date | None
    state: str
    cheque_number: int
    used_on: date | None
    language: str | None
    district_id: UUID | None

    @property
    def left(self) -> int:
        """How many cheques are still open."""
        return self.size - self.used_count

    def is_expired(self, on: date) -> bool:
        """Whether its last day lies before `on`."""
        return self.valid_until is not None and self.valid_until < on

    @property
    def is_blocked(self) -> bool:
        """Whether another booklet took its place."""
        return self.state in {BookletState.BLOCKED_LOST, BookletState.BLOCKED_ERROR}

    @property
    def is_handed_out(self) -> bool:
        """Whether a family has it."""
        return self.state == BookletState.HANDED_OUT


@allowed(Role.FAMILY)
def read_own_booklet(uow: UnitOfWork, *, code: str) -> OwnBooklet:
    """Give what a family sees behind any of its cheques' codes; refuse an unknown code."""
    signs = codes.normalised(code)
    if not codes.may_be(signs):
        raise UnknownCode
    column = Cheque.typed_code if len(signs) == codes.TYPED_CODE else Cheque.code
    row = uow.session.execute(
        select(
            Booklet.size,
            Booklet.used_count,
            Booklet.valid_until,
            Booklet.state,
            Cheque.number.label("cheque_number"),
            Redemption.care_date.label("used_on"),
            Family.language.label("language"),
            Family.district_id.label("district_id"),
        )
        .join(Cheque, Cheque.booklet_id == Booklet.id)
        .outerjoin(Family, Family.id == Booklet.family_id)
        .outerjoin(
            Redemption, and_(Redemption.cheque_id == Cheque.id, Redemption.annulled_at.is_(None))
        )
        .where(column == signs)
    ).one_or_none()
    if row is None:
        raise UnknownCode
    return OwnBooklet(**row._mapping)  # noqa: SLF001 — SQLAlchemy's public name
