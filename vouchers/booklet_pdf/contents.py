"""What stands on the paper, and nothing more: a booklet carries no family's name."""

from dataclasses import dataclass
from datetime import date

from vouchers.codes import CODE, TYPED_CODE

FULL = 10
"""Cheques in a whole booklet; a replacement holds the rest."""

EVERY_LANGUAGE = "mul"
"""The language of a booklet from stock: nobody knows yet which family gets it."""


@dataclass(frozen=True, kw_only=True)
class PrintedCheque:
    """One cheque: its place in the booklet (1 to 10), its scanned and its typed code."""

    number: int
    code: str
    typed_code: str

    def __post_init__(self) -> None:
        """Refuse, with ValueError, what could never be a cheque."""
        if (len(self.code), len(self.typed_code)) != (CODE, TYPED_CODE):
            raise ValueError("a cheque has a code of 16 and a typed code of 12 signs")


@dataclass(frozen=True, kw_only=True)
class FirstVisit:
    """The appointment that the family takes home: where, when, who comes along ("" = nobody)."""

    location: str
    on: date
    companion: str = ""


@dataclass(frozen=True, kw_only=True)
class PrintedBooklet:
    """One booklet as it is printed.

    `number` has 8 signs. `valid_until` is the last day that counts; None leaves it to be filled in
    by hand (stock), and `outer_limit` then says the latest day it can be. `language` is the
    family's, beside Dutch: one of `languages()`, or EVERY_LANGUAGE; "nl" gives Dutch alone.
    """

    number: str
    cheques: tuple[PrintedCheque, ...]
    valid_until: date | None
    outer_limit: date | None
    language: str
    first_visit: FirstVisit | None

    def __post_init__(self) -> None:
        """Refuse, with ValueError, a booklet without cheques or with more than ten."""
        if not 1 <= len(self.cheques) <= FULL:
            raise ValueError("a booklet has 1 to 10 cheques")

    @property
    def size(self) -> int:
        """The number behind the stroke in "3 / 10"; a replacement may hold only the last few."""
        return max(len(self.cheques), *(cheque.number for cheque in self.cheques))


@dataclass(frozen=True, kw_only=True)
class Sender:
    """The city as it signs the paper: its desk, its web address, and who answers for data."""

    city: str
    base_url: str
    desk_phone: str
    desk_address: str
    desk_hours: str
    controller: str
    privacy_contact: str
