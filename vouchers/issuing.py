"""A referrer hands a family a booklet."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from kernel.access import Role, allowed
from kernel.calendar import add_months, last_day
from kernel.organisations import Organisation
from kernel.people import Child, Family
from kernel.rules import Rules, rules_on
from kernel.unit_of_work import UnitOfWork
from vouchers import codes
from vouchers.afterwards import day_of_hand_out
from vouchers.ceilings import check_ceilings
from vouchers.choices import BOOKLET_SIZE, STOCK_MONTHS, VALID_MONTHS
from vouchers.errors import CriteriaNotMet, FamilyHasBooklet, IdempotencyMismatch
from vouchers.events import BookletHandedOut, BookletPrinted
from vouchers.from_stock import refused_taking, take_from_stock
from vouchers.models import Booklet, BookletState, Cheque
from vouchers.recognising import recognised_booklet, signs_in
from vouchers.visiting import agree_first_visit
from vouchers.writing_down import family_known_as, warnings_about

_TRIES = 5
_BLANK = "blank"  # what the key of a booklet without a family was for
_SHORTER = "valid-shorter"  # a booklet that lay long in stock


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
    booklet: str | None = None,
    retroactive: bool = False,
    handed_out_on: date | None = None,
    child: dict[str, Any] | None = None,
    appointment: dict[str, Any] | None = None,
    good_news_consent: bool = False,
    idempotency_key: str | None = None,
    phone_key: str = "",
) -> HandedOut:
    """Give a family a booklet: one that is made now, on the spot, or one from stock.

    Takes the loaded parts of `BookletRequest`. `booklet` is the number of one from stock or the
    code of any of its cheques; `retroactive` (regie) says that the family has it already,
    since `handed_out_on` (today; at most 90 days back, a rule). `idempotency_key` makes a retry
    give the first booklet; `phone_key` is the installation's key for the hash of a phone number.
    Gives the booklet in state handed_out with all its cheques. Refuses a family that does not meet
    the criteria, that has a booklet (unless the regie gives it), a year that is given away, and a
    booklet from stock that is unknown, handed out, blocked, too old or another organisation's.
    Rules: product/cheques.md 1 and 2.
    """
    asked: list[Any] = [family, child, appointment, meets_criteria, good_news_consent]
    asked += [signs_in(booklet), retroactive, handed_out_on] if booklet else []
    body_hash = _hash_of(*asked)
    stock = recognised_booklet(uow, booklet) if booklet else None
    on = day_of_hand_out(uow, stock, retroactive=retroactive, on=handed_out_on)
    taken = stock is None or take_from_stock(uow, stock, on=on)
    home = _family_s_home(uow, stock)
    _take_turns(uow, home)
    if first := made_before(uow, idempotency_key, body_hash):
        return first
    if stock is not None and not taken:
        raise refused_taking(uow, stock, on)
    if not meets_criteria:
        raise CriteriaNotMet(fields={"meetsCriteria": [CriteriaNotMet.sentence]})
    rules = rules_on(uow.session, uow.today)
    warnings = check_ceilings(uow, rules)
    known = family_known_as(uow, family, organisation_id=home, phone_key=phone_key)
    first_one, ordinal = _own_booklets(uow, known)
    if child and any(child.values()):
        uow.session.add(Child(family_id=known.id, **child))
    given = stock or new_booklet(uow, size=rules[BOOKLET_SIZE])
    given.origin_id = first_one or given.id
    _keep_key(uow, given, idempotency_key, body_hash, from_stock=stock is not None)
    given.good_news_consent, given.retroactive = good_news_consent, retroactive
    give(uow, given, family=known, ordinal=ordinal, months=rules[VALID_MONTHS], on=on)
    if appointment:
        agree_first_visit(uow, booklet_id=given.id, **appointment)
    return HandedOut(given, (*warnings, *_warnings(uow, given, rules)))


@allowed(Role.REGIE)
def print_blank_booklet(uow: UnitOfWork, *, idempotency_key: str | None = None) -> HandedOut:
    """Make one blank booklet for stock: printed, of no family, not to be redeemed yet.

    The same `idempotency_key` gives the first booklet again; refuses a key of something else.
    """
    _take_turns(uow, uow.actor.organisation_id)
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


def give(
    uow: UnitOfWork,
    booklet: Booklet,
    *,
    family: Family,
    ordinal: int,
    months: int,
    on: date | None = None,
) -> None:
    """Turn a booklet into this family's, from a day (today) for `months` months, and record that.

    One from stock ends no later than what is printed on it; one that a referrer holds stays the
    work of that referrer when the regie writes the hand-out down.
    """
    since = on or uow.today
    last = last_day(since, months)
    booklet.state = BookletState.HANDED_OUT
    booklet.organisation_id = family.organisation_id
    booklet.family_id, booklet.ordinal = family.id, ordinal
    booklet.handed_out_on, booklet.handed_out_by = since, _giver(uow, booklet)
    booklet.valid_until = min(last, booklet.outer_limit or last)
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


def _take_turns(uow: UnitOfWork, organisation_id: UUID) -> None:
    """Let the hand-outs of one organisation follow each other: the checks below then hold.

    Others may go on writing rows that point to the organisation, such as deliveries of stock.
    """
    mine = Organisation.id == organisation_id
    uow.session.execute(select(Organisation.id).where(mine).with_for_update(key_share=True))


def _family_s_home(uow: UnitOfWork, stock: Booklet | None) -> UUID:
    """Give the organisation whose family this is: the regie also writes down for a referrer's."""
    for_others = stock is not None and uow.actor.is_any(Role.REGIE)
    home = stock.organisation_id if stock is not None and for_others else None
    return home or uow.actor.organisation_id


def _giver(uow: UnitOfWork, booklet: Booklet) -> UUID:
    """Give who follows the family up: who holds the booklet where the regie writes it down."""
    elsewhere = booklet.organisation_id != uow.actor.organisation_id
    return booklet.holder_id if booklet.holder_id and elsewhere else uow.actor.account_id


def made_before(uow: UnitOfWork, key: str | None, body_hash: str) -> HandedOut | None:
    """Give what the same key made before, or None; refuse a key of something else."""
    if key is None:
        return None
    printed = and_(Booklet.printed_by == uow.actor.account_id, Booklet.idempotency_key == key)
    given = Booklet.hand_out_key == _own_key(uow, key)
    booklet = uow.session.scalar(select(Booklet).where(or_(printed, given)))
    if booklet is None:
        return None
    known_hash = (booklet.body_hash, booklet.hand_out_hash)[booklet.hand_out_key is not None]
    if known_hash != body_hash:
        raise IdempotencyMismatch
    warnings = warnings_about(uow, booklet.family_id) if booklet.family_id else ()
    return HandedOut(booklet, warnings, replayed=True)


def _keep_key(
    uow: UnitOfWork, booklet: Booklet, key: str | None, body_hash: str, *, from_stock: bool
) -> None:
    """Keep by which key this was asked; a booklet from stock has that of its printing already."""
    if not from_stock:
        booklet.idempotency_key, booklet.body_hash = key, body_hash
    elif key is not None:
        booklet.hand_out_key, booklet.hand_out_hash = _own_key(uow, key), body_hash


def _own_key(uow: UnitOfWork, key: str) -> str:
    """Give the key as this account's own: two programs may both count from 1."""
    return _hash_of(str(uow.actor.account_id), key)


def _own_booklets(uow: UnitOfWork, family: Family) -> tuple[UUID | None, int]:
    """Give the family's first booklet, if any, and which number the next one has.

    In the funnel a second booklet is the same family's (product/cheques.md 1). Refuses a second
    one, unless the regie gives it.
    """
    before = uow.session.execute(
        select(Booklet.origin_id, Booklet.state)
        .where(Booklet.family_id == family.id)
        .order_by(Booklet.ordinal)
    ).all()
    held = [row.origin_id for row in before if row.state != BookletState.BLOCKED_ERROR]
    if held and not uow.actor.is_any(Role.REGIE):
        raise FamilyHasBooklet(fields={"family.reference": [FamilyHasBooklet.sentence]})
    return next(iter(held), None), len(before) + 1


def _warnings(uow: UnitOfWork, booklet: Booklet, rules: Rules) -> tuple[str, ...]:
    """Say what the referrer should know of the family, and of a booklet that lay long."""
    assert booklet.family_id is not None
    assert booklet.handed_out_on is not None
    assert booklet.valid_until is not None
    shorter = booklet.valid_until < last_day(booklet.handed_out_on, rules[VALID_MONTHS])
    return (*((_SHORTER,) if shorter else ()), *warnings_about(uow, booklet.family_id))


def _unused(uow: UnitOfWork, column: Any, draw: Callable[[], str], count: int) -> list[str]:
    for _ in range(_TRIES):
        drawn = [draw() for _ in range(count)]
        taken = uow.session.scalar(select(func.count()).where(column.in_(drawn)))
        if not taken and len(set(drawn)) == count:
            return drawn
    raise RuntimeError("the generator gives nothing but codes that exist already")
