"""A referrer hands a family a booklet."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from kernel.access import Role, allowed
from kernel.calendar import add_months, last_day
from kernel.errors import Invalid
from kernel.organisations import District, Organisation
from kernel.people import Child, Family, known_elsewhere, phone_hash
from kernel.rules import DatedRule, Rules, rules_on
from kernel.unit_of_work import UnitOfWork
from vouchers import codes
from vouchers.choices import (
    BOOKLET_SIZE,
    CITY_CEILING,
    ORGANISATION_CEILING,
    STOCK_MONTHS,
    VALID_MONTHS,
)
from vouchers.errors import CeilingReached, CriteriaNotMet, FamilyHasBooklet, IdempotencyMismatch
from vouchers.events import BookletHandedOut, BookletPrinted
from vouchers.models import Booklet, BookletState, Cheque
from vouchers.visiting import agree_first_visit

_WARN_AT = 0.8  # of a ceiling
_TRIES = 5
_BLANK = "blank"  # what the key of a booklet without a family was for
_THREE_YEARS = 36  # months; from then on a child goes to school


@dataclass(frozen=True)
class HandedOut:
    """The booklet that the family got, what the referrer should know, and whether it is a retry."""

    booklet: Booklet
    warnings: tuple[str, ...] = ()
    replayed: bool = False


@allowed(Role.REFERRER, Role.REGIE)
def hand_out_booklet(
    uow: UnitOfWork,
    *,
    family: dict[str, Any],
    meets_criteria: bool,
    child: dict[str, Any] | None = None,
    appointment: dict[str, Any] | None = None,
    good_news_consent: bool = False,
    idempotency_key: str | None = None,
    phone_key: str = "",
) -> HandedOut:
    """Make a booklet and give it to a family, on the spot.

    Takes the loaded parts of `BookletRequest`. `idempotency_key` makes a retry give the first
    booklet; `phone_key` is the installation's key for the hash of a phone number. Gives the
    booklet in state handed_out with all its cheques. Refuses a family that does not meet the
    criteria, that has a booklet (unless the regie gives it), and a year that is given away.
    Rules: product/cheques.md 1 and 2.
    """
    body_hash = _hash_of(family, child, appointment, meets_criteria, good_news_consent)
    _take_turns(uow)
    if first := made_before(uow, idempotency_key, body_hash):
        return first
    if not meets_criteria:
        raise CriteriaNotMet(fields={"meetsCriteria": [CriteriaNotMet.sentence]})
    rules = rules_on(uow.session, uow.today)
    warnings = _check_ceilings(uow, rules)
    known = _family(uow, family, phone_key)
    before = list(uow.session.scalars(select(Booklet.state).where(Booklet.family_id == known.id)))
    has_one = any(state != BookletState.BLOCKED_ERROR for state in before)
    if has_one and not uow.actor.is_any(Role.REGIE):
        raise FamilyHasBooklet(fields={"family.reference": [FamilyHasBooklet.sentence]})
    if child and any(child.values()):
        uow.session.add(Child(family_id=known.id, **child))
    booklet = new_booklet(uow, size=rules[BOOKLET_SIZE])
    give(uow, booklet, family=known, ordinal=len(before) + 1, months=rules[VALID_MONTHS])
    booklet.good_news_consent = good_news_consent
    booklet.idempotency_key, booklet.body_hash = idempotency_key, body_hash
    uow.session.flush()
    if appointment:
        agree_first_visit(uow, booklet_id=booklet.id, **appointment)
    return HandedOut(booklet, (*warnings, *_warnings_about(uow, known.id)))


@allowed(Role.REGIE)
def print_blank_booklet(uow: UnitOfWork, *, idempotency_key: str | None = None) -> HandedOut:
    """Make one blank booklet for stock: printed, of no family, not to be redeemed yet.

    The same `idempotency_key` gives the first booklet again; refuses a key of something else.
    """
    _take_turns(uow)
    if first := made_before(uow, idempotency_key, _BLANK):
        return first
    rules = rules_on(uow.session, uow.today)
    booklet = new_booklet(uow, size=rules[BOOKLET_SIZE])
    booklet.outer_limit = add_months(uow.today, rules[STOCK_MONTHS])
    booklet.idempotency_key, booklet.body_hash = idempotency_key, _BLANK
    uow.record(BookletPrinted(booklet_id=booklet.id, cheques=booklet.size))
    return HandedOut(booklet)


def new_booklet(
    uow: UnitOfWork,
    *,
    size: int,
    new_number: Callable[[], str] = codes.new_number,
    new_code: Callable[[], str] = codes.new_code,
    new_typed_code: Callable[[], str] = codes.new_typed_code,
) -> Booklet:
    """Make a booklet with exactly its `size` cheques (1 to 10), or none.

    A code that exists already is drawn again, a few times; then nothing is made.
    """
    number = _unused(uow, Booklet.number, new_number, 1)[0]
    qr_codes = _unused(uow, Cheque.code, new_code, size)
    typed_codes = _unused(uow, Cheque.typed_code, new_typed_code, size)
    booklet = Booklet(
        number=number,
        size=size,
        state=BookletState.PRINTED,
        origin_id=UUID(int=0),
        printed_at=uow.now,
        printed_by=uow.actor.account_id,
    )
    booklet.origin_id = booklet.id
    booklet.cheques = [
        Cheque(number=n, code=code, typed_code=typed_code)
        for n, (code, typed_code) in enumerate(zip(qr_codes, typed_codes, strict=True), 1)
    ]
    uow.session.add(booklet)
    uow.session.flush()
    return booklet


def give(uow: UnitOfWork, booklet: Booklet, *, family: Family, ordinal: int, months: int) -> None:
    """Turn a booklet into this family's, from today for `months` months, and write that down."""
    booklet.state = BookletState.HANDED_OUT
    booklet.organisation_id = family.organisation_id
    booklet.family_id, booklet.ordinal = family.id, ordinal
    booklet.handed_out_on, booklet.handed_out_by = uow.today, uow.actor.account_id
    booklet.valid_until = last_day(uow.today, months)
    uow.session.flush()
    uow.record(
        BookletHandedOut(
            booklet_id=booklet.id,
            family_id=family.id,
            organisation_id=family.organisation_id,
            cheques=booklet.size,
            valid_until=booklet.valid_until,
        )
    )


def _hash_of(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _take_turns(uow: UnitOfWork) -> None:
    """Let the hand-outs of one organisation follow each other: the checks below then hold."""
    mine = Organisation.id == uow.actor.organisation_id
    uow.session.execute(select(Organisation.id).where(mine).with_for_update())


def _take_turns_in_city(uow: UnitOfWork) -> None:
    """Let the hand-outs of all organisations follow each other, where they share a ceiling."""
    shared = DatedRule.name == CITY_CEILING.name
    uow.session.execute(select(DatedRule.id).where(shared).order_by(DatedRule.id).with_for_update())


def made_before(uow: UnitOfWork, key: str | None, body_hash: str) -> HandedOut | None:
    """Give what the same key made before, or None; refuse a key of something else."""
    if key is None:
        return None
    booklet = uow.session.scalar(
        select(Booklet).where(
            Booklet.printed_by == uow.actor.account_id, Booklet.idempotency_key == key
        )
    )
    if booklet is not None and booklet.body_hash != body_hash:
        raise IdempotencyMismatch
    if booklet is None:
        return None
    warnings = _warnings_about(uow, booklet.family_id) if booklet.family_id else ()
    return HandedOut(booklet, warnings, replayed=True)


def _check_ceilings(uow: UnitOfWork, rules: Rules) -> list[str]:
    """Warn at four fifths of a year's booklets, and refuse beyond them."""
    year = uow.today.year
    this_year = (
        Booklet.handed_out_on.between(date(year, 1, 1), date(year, 12, 31)),
        Booklet.replaces_id.is_(None),
        Booklet.training.is_(False),
        Booklet.state != BookletState.BLOCKED_ERROR,
    )
    own = Booklet.organisation_id == uow.actor.organisation_id
    warnings = []
    for rule, scope in ((CITY_CEILING, ()), (ORGANISATION_CEILING, (own,))):
        ceiling = rules[rule]
        if ceiling is None or uow.actor.is_any(Role.REGIE):
            continue
        if rule is CITY_CEILING:
            _take_turns_in_city(uow)
        given = uow.session.scalar(
            select(func.count()).select_from(Booklet).where(*this_year, *scope)
        )
        if (given or 0) >= ceiling:
            raise CeilingReached
        if (given or 0) + 1 >= _WARN_AT * ceiling:
            warnings.append("ceiling-near")
    return warnings


def _family(uow: UnitOfWork, given: dict[str, Any], phone_key: str) -> Family:
    """Give the family that this organisation knows by the reference, or a new one.

    `oc-7` is `OC-7`: whoever types it again on a phone must not make a second family.
    """
    district_id = given.get("district")
    if district_id and uow.session.get(District, district_id) is None:
        raise Invalid(fields={"family.district": ["Kies een wijk uit de lijst."]})
    organisation_id = uow.actor.organisation_id
    family = uow.session.scalar(
        select(Family).where(
            Family.organisation_id == organisation_id,
            func.lower(Family.reference) == func.lower(given["reference"]),
        )
    )
    if family is None:
        family = Family(
            organisation_id=organisation_id,
            reference=given["reference"],
            language=given["language"],
            created_at=uow.now,
        )
        uow.session.add(family)
    family.language = given["language"]
    family.district_id = district_id or family.district_id
    family.name = given.get("name") or family.name
    family.number_of_children = given.get("number_of_children") or family.number_of_children
    if phone := given.get("phone"):
        family.phone, family.phone_hash = phone, phone_hash(phone, phone_key)
    uow.session.flush()
    return family


def _warnings_about(uow: UnitOfWork, family_id: UUID) -> tuple[str, ...]:
    """Say what a referrer should know of a family; a retry hears the same as the first time."""
    family = uow.session.get_one(Family, family_id)
    organisation_id, hashed = family.organisation_id, family.phone_hash
    warnings = []
    if hashed and known_elsewhere(uow.session, hashed=hashed, organisation_id=organisation_id):
        warnings.append("known-elsewhere")
    births = uow.session.scalars(select(Child.birth_month).where(Child.family_id == family_id))
    if any(birth and add_months(birth, _THREE_YEARS) <= uow.today for birth in births):
        warnings.append("child-over-three")
    return tuple(warnings)


def _unused(uow: UnitOfWork, column: Any, draw: Callable[[], str], count: int) -> list[str]:
    for _ in range(_TRIES):
        drawn = [draw() for _ in range(count)]
        taken = uow.session.scalar(select(func.count()).where(column.in_(drawn)))
        if not taken and len(set(drawn)) == count:
            return drawn
    raise RuntimeError("the generator gives nothing but codes that exist already")
