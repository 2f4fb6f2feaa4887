"""Whoever gave a family its booklet hears that it works, where the family agreed to that."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, exists, select, tuple_
from sqlalchemy.orm import aliased

from kernel.access import Role, allowed
from kernel.accounts import Account
from kernel.letter_text import day_in_words, letter_text
from kernel.letters import LetterKind, stands_in_for, write_letter
from kernel.organisations import Location
from kernel.people import Family
from kernel.unit_of_work import UnitOfWork
from vouchers.models import Booklet, Redemption


class GoodNews(StrEnum):
    """What is worth telling of a family's cheques."""

    FIRST_USE = "first-use"
    USED_UP = "used-up"


@dataclass(frozen=True, kw_only=True)
class _Use:
    """One cheque that was used: of whose booklet, when, and whether it was the first."""

    booklet_id: UUID
    origin_id: UUID
    given_by: UUID
    given_on: date
    used_on: date
    is_first: bool
    is_last: bool

    @property
    def news(self) -> list[GoodNews]:
        """What this use is, besides a use."""
        both = ((GoodNews.FIRST_USE, self.is_first), (GoodNews.USED_UP, self.is_last))
        return [news for news, is_so in both if is_so]


@allowed(Role.CLOCK)
def tell_good_news(uow: UnitOfWork, *, redemption_id: UUID) -> list[GoodNews]:
    """Write a letter where this was a family's first use, or the one that used its booklet up.

    It goes to the account that handed out the family's first booklet, while that is away to its
    stand-in, once for each of both whatever is undone and done again; only with the family's
    consent, and to who wants such mail. Gives what was written: nothing for a scan that was
    undone meanwhile, nor for practice (product/cheques.md 5).
    """
    use = _read_use(uow, redemption_id)
    to = _reader(uow, use.given_by) if use and use.news else None
    if use is None or to is None:
        return []
    return [news for news in use.news if _write(uow, use, news, to)]


def _used_before() -> ColumnElement[bool]:
    """Say whether the family used a cheque before this one, whichever of its booklets it was of."""
    other, of = aliased(Redemption), aliased(Booklet)
    # Several papers that are entered together have one moment: then the counting tells.
    mine, others = (tuple_(use.redeemed_at, use.used_after, use.id) for use in (Redemption, other))
    return exists().where(
        of.origin_id == Booklet.origin_id,
        other.booklet_id == of.id,
        other.annulled_at.is_(None),
        others < mine,
    )


_ORIGIN = aliased(Booklet)
_LAST = and_(Booklet.used_count == Booklet.size, Redemption.used_after == Booklet.size)
_USE = (  # built once: it runs after every redemption
    select(
        Booklet.id.label("booklet_id"),
        Booklet.origin_id,
        _ORIGIN.handed_out_by.label("given_by"),
        _ORIGIN.handed_out_on.label("given_on"),
        Redemption.care_date.label("used_on"),
        (~_used_before()).label("is_first"),
        _LAST.label("is_last"),
    )
    .join(Booklet, Booklet.id == Redemption.booklet_id)
    .join(_ORIGIN, _ORIGIN.id == Booklet.origin_id)
    .join(Family, Family.id == Booklet.family_id)
    .join(Location, Location.id == Redemption.location_id)
    .where(
        Redemption.id == bindparam("redemption_id"),
        Redemption.annulled_at.is_(None),
        Booklet.good_news_consent.is_(True),
        Booklet.training.is_(False),
        Location.training.is_(False),
        Family.removed_at.is_(None),
        _ORIGIN.handed_out_by.is_not(None),
    )
)


def _read_use(uow: UnitOfWork, redemption_id: UUID) -> _Use | None:
    """Read in one statement what there is to tell, if it may be told."""
    row = uow.session.execute(_USE, {"redemption_id": redemption_id}).one_or_none()
    return _Use(**row._mapping) if row else None  # noqa: SLF001 — SQLAlchemy's public name for it


def _reader(uow: UnitOfWork, given_by: UUID) -> Account | None:
    """Give who hears of it. Nobody stands in? Then it waits in the mailbox: there is no hurry."""
    id_ = stands_in_for(uow.session, given_by, uow.today) or given_by
    account = uow.session.get(Account, id_)
    wants = account is not None and account.disabled_at is None and account.mails_good_news
    return account if wants else None


def _write(uow: UnitOfWork, use: _Use, news: GoodNews, to: Account) -> bool:
    return write_letter(
        uow,
        account_id=to.id,
        kind=LetterKind.GOOD_NEWS,
        about_id=use.origin_id,
        period=news,
        subject=_SUBJECTS[news],
        body=letter_text(uow.city, *_paragraphs(uow, use, news, to)),
    )


_SUBJECTS = {
    GoodNews.FIRST_USE: "Goed nieuws: een eerste cheque is gebruikt",
    GoodNews.USED_UP: "Goed nieuws: een boekje is helemaal gebruikt",
}


def _paragraphs(uow: UnitOfWork, use: _Use, news: GoodNews, to: Account) -> list[str]:
    """Say what happened and when; never which family: who gave the booklet can look it up."""
    by = "jou" if to.id == use.given_by else "je collega"
    given = day_in_words(use.given_on, uow.today)
    which = "eerste" if news == GoodNews.FIRST_USE else "laatste"
    told = (
        f"Goed nieuws: een gezin dat van {by} {given} een boekje kreeg, gebruikte "
        f"{_when(use.used_on, uow.today)} de {which} cheque."
    )
    if news == GoodNews.USED_UP:
        told += " Het boekje is op. Bel het gezin gerust: gaat het kind verder naar de opvang?"
    base = uow.city.base_url
    return [
        told,
        f"Bekijk het boekje:\n{base}/boekjes/{use.booklet_id}",
        f"Wil je geen goed nieuws meer per mail? Kies dat bij je account:\n{base}/account",
    ]


def _when(day: date, today: date) -> str:
    """Say when, so that it is still true when the letter is read a day later."""
    near = {today: "vandaag", today - timedelta(days=1): "gisteren"}.get(day)
    said = day_in_words(day, today)
    return f"{near} ({said.removeprefix('op ')})" if near else said
