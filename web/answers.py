"""How each refusal of a scan looks: a colour, a drawing, a word, and whom to call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kernel.errors import Forbidden, Invalid, NotFound, Refusal, Unavailable
from vouchers.errors import (
    AlreadyAnnulled,
    AlreadyUsed,
    Blocked,
    Expired,
    IdempotencyMismatch,
    LocationNeeded,
    NotHandedOut,
    ProviderNotApproved,
    SameDayQuestion,
    TooManyWrongCodes,
    UndoTooLate,
    UnknownCode,
    WrongCareDate,
)
from web.i18n import N_

Call = Literal["", "too", "first"]  # first where nothing else helps now


@dataclass(frozen=True)
class Look:
    """Red stops, yellow asks or waits; never a colour without its outline and its word."""

    tone: str
    icon: str
    word: str
    calls: Call = ""


_STOP, _WAIT = "answer-stop", "answer-wait"

LOOKS: Mapping[type[Refusal], Look] = {
    UnknownCode: Look(_STOP, "search", N_("Onbekende code"), "too"),
    ProviderNotApproved: Look(_STOP, "lock", N_("Nog niet toegelaten"), "first"),
    Blocked: Look(_STOP, "close", N_("Geblokkeerd"), "too"),
    NotHandedOut: Look(_WAIT, "booklet", N_("Nog niet uitgedeeld"), "first"),
    Expired: Look(_STOP, "calendar", N_("Niet meer geldig"), "too"),
    AlreadyUsed: Look(_STOP, "stop", N_("Al gebruikt"), "too"),
    SameDayQuestion: Look(_WAIT, "unknown", N_("Nog een cheque?")),
    LocationNeeded: Look(_WAIT, "house", N_("Waar ben je?")),
    TooManyWrongCodes: Look(_WAIT, "clock", N_("Even wachten"), "too"),
    WrongCareDate: Look(_WAIT, "calendar", N_("Deze dag kan niet")),
    IdempotencyMismatch: Look(_WAIT, "warn", N_("Begin opnieuw")),
    UndoTooLate: Look(_WAIT, "clock", N_("Te laat"), "first"),
    AlreadyAnnulled: Look(_WAIT, "undo", N_("Al ongedaan gemaakt")),
    Unavailable: Look(_WAIT, "offline", N_("Niet opgeslagen")),
    Invalid: Look(_WAIT, "warn", N_("Er klopt iets niet")),
    NotFound: Look(_WAIT, "search", N_("Niet gevonden"), "too"),
    Forbidden: Look(_STOP, "lock", N_("Dit mag je niet"), "too"),
}
_OTHER = Look(_WAIT, "warn", N_("Dit lukte niet"), "too")


def look_of(refusal: Refusal) -> Look:
    """Give how a refusal looks: its own, else that of what it is a kind of."""
    return next((LOOKS[kind] for kind in type(refusal).__mro__ if kind in LOOKS), _OTHER)
