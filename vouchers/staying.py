"""Why a blank booklet cannot go where it was meant to go, said for each booklet by its number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import select

from kernel.accounts import Account
from kernel.organisations import Organisation
from kernel.unit_of_work import UnitOfWork
from vouchers import codes
from vouchers.errors import BookletsStay
from vouchers.models import MOVES, Batch, BatchState, Booklet, BookletState
from vouchers.typed_numbers import MOST, Meant

_SAID = {
    BookletState.PRINTED: "ligt op het bureau.",
    BookletState.DELIVERED: "ligt bij {holder}.",
    BookletState.HANDED_OUT: "is al meegegeven aan een gezin.",
    BookletState.BLOCKED_LOST: "is geblokkeerd: het was kwijt.",
    BookletState.BLOCKED_ERROR: "is geblokkeerd: het is weggegooid of teruggenomen.",
}
_GO_ON = " Kruis 'doorgeven' aan als het mee verhuist."


@dataclass(frozen=True, kw_only=True)
class Bound:
    """Where booklets are to go: to which state, to whom, and whether out of others' hands too."""

    to: BookletState
    holder: Account | None = None
    from_others: bool = False


def check_all(uow: UnitOfWork, wanted: Sequence[Meant], bound: Bound) -> list[Booklet]:
    """Give the booklets in the order in which their rows are written, when all of them can go.

    Refuses none, too many, and any that cannot go: with a sentence for each of those.
    """
    if not wanted or len(wanted) > MOST:
        few = "Zeg welke boekjes: typ nummers, of kies een reeks en hoeveel."
        many = f"Dat is te veel in één keer: neem er hoogstens {MOST}."
        raise BookletsStay(fields={"numbers": [many if wanted else few]})
    here = [meant.booklet for meant in wanted if meant.booklet is not None]
    about = _About(uow, here, bound)
    stay = [meant for meant in wanted if meant.booklet is None or about.why_not(meant.booklet)]
    if stay:
        refuse(uow, stay, bound)
    return sorted(here, key=lambda booklet: booklet.id.bytes)  # everybody's order: no deadlock


def refuse(uow: UnitOfWork, stay: Sequence[Meant], bound: Bound) -> NoReturn:
    """Say of each booklet why it stays; a program learns the state when there is one."""
    about = _About(uow, [meant.booklet for meant in stay if meant.booklet], bound)
    told: dict[str, Any] = {}
    booklets = [meant.booklet for meant in stay]
    if len(booklets) == 1 and booklets[0] is not None:
        state = BookletState(booklets[0].state)
        told = {"state": state, "allowed": sorted(MOVES[state])}
    raise BookletsStay(fields={"numbers": [about.said(meant) for meant in stay]}, **told)


def check_moved(uow: UnitOfWork, booklet: Booklet, rows: int, bound: Bound) -> None:
    """Refuse when a booklet's row did not move: somebody else moved it just before."""
    uow.session.refresh(booklet)
    if rows != 1:
        refuse(uow, [Meant(booklet.number, booklet)], bound)


class _About:
    """What one must know of some booklets to say why they stay: their holders and batches."""

    def __init__(self, uow: UnitOfWork, booklets: Iterable[Booklet], bound: Bound) -> None:
        some = list(booklets)
        self.bound, self.today = bound, uow.today
        self.holders = _holders(uow, {b.holder_id for b in some if b.holder_id})
        batches = {b.batch_id for b in some if b.batch_id}
        unready = select(Batch.id).where(Batch.id.in_(batches), Batch.state != BatchState.READY)
        self.unready = set(uow.session.scalars(unready))

    def said(self, meant: Meant) -> str:
        """Give the whole sentence: the number, and why it stays."""
        number = codes.grouped(meant.said) if meant.booklet else meant.said
        wrong = self.why_not(meant.booklet) if meant.booklet else meant.wrong
        return f"{number}: {wrong or 'iemand anders was je net voor. Kijk het na.'}"

    def why_not(self, booklet: Booklet) -> str:
        """Give why this booklet cannot go where it is bound, or ''."""
        state = BookletState(booklet.state)
        where = _SAID[state].format(holder=self.holders.get(booklet.holder_id, "iemand anders"))
        if self.bound.to not in MOVES[state]:
            return where
        if self.bound.to != BookletState.DELIVERED:
            return ""
        if booklet.batch_id in self.unready:
            return "de reeks van dit boekje is nog niet klaar."
        if booklet.outer_limit is not None and booklet.outer_limit < self.today:
            return f"mocht blijven liggen tot {booklet.outer_limit:%d/%m/%Y}. Gooi het weg."
        if state == BookletState.DELIVERED:
            return self._already(booklet, where)
        return ""

    def _already(self, booklet: Booklet, where: str) -> str:
        """Say of a booklet that somebody holds whether it may go on."""
        if self.bound.holder is not None and booklet.holder_id == self.bound.holder.id:
            return where.replace("ligt", "ligt al")
        return "" if self.bound.from_others else where + _GO_ON


def _holders(uow: UnitOfWork, ids: set[UUID]) -> dict[UUID | None, str]:
    rows = uow.session.execute(
        select(Account.id, Account.name, Organisation.name)
        .join(Organisation, Organisation.id == Account.organisation_id)
        .where(Account.id.in_(ids))
    )
    return {account_id: f"{name}, {home}" for account_id, name, home in rows}
