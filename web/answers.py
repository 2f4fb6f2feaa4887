"""How each refusal of a scan looks: a colour, a drawing, a word, and whom to call."""

from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Look:
    """Red stops, yellow asks or waits; never a colour without its outline and its word."""

    tone: str
    icon: str
    word: str
    calls: bool = False
    calls_first: bool = False  # nothing else helps now


_STOP, _WAIT = "answer-stop", "answer-wait"

LOOKS: Mapping[type[Refusal], Look] = {
    UnknownCode: Look(_STOP, "search", N_("Onbekende code"), calls=True),
    ProviderNotApproved: Look(_STOP, "lock", N_("Nog niet toegelaten"), calls=True, calls_first=True),
    Blocked: Look(_STOP, "close", N_("Geblokkeerd"), calls=True),
    NotHandedOut: Look(_WAIT, "booklet", N_("Nog niet uitgedeeld"), calls=True, calls_first=True),
    Expired: Look(_STOP, "calendar", N_("Niet meer geldig"), calls=True),
    AlreadyUsed: Look(_STOP, "stop", N_("Al gebruikt"), calls=True),
    SameDayQuestion: Look(_WAIT, "unknown", N_("Nog een cheque?")),
    LocationNeeded: Look(_WAIT, "house", N_("Waar ben je?")),
    TooManyWrongCodes: Look(_WAIT, "clock", N_("Even wachten"), calls=True),
    WrongCareDate: Look(_WAIT, "calendar", N_("Deze dag kan niet")),
    IdempotencyMismatch: Look(_WAIT, "warn", N_("Begin opnieuw")),
    UndoTooLate: Look(_WAIT, "clock", N_("Te laat"), calls=True, calls_first=True),
    AlreadyAnnulled: Look(_WAIT, "undo", N_("Al ongedaan gemaakt")),
    Unavailable: Look(_WAIT, "offline", N_("Niet opgeslagen")),
    Invalid: Look(_WAIT, "warn", N_("Er klopt iets niet")),
    NotFound: Look(_WAIT, "search", N_("Niet gevonden"), calls=True),
    Forbidden: Look(_STOP, "lock", N_("Dit mag je niet"), calls=True),
}
_OTHER = Look(_WAIT, "warn", N_("Dit lukte niet"), calls=True)


def look_of(refusal: Refusal) -> Look:
    """Give how a refusal looks: its own, else that of what it is a kind of."""
    return next((LOOKS[kind] for kind in type(refusal).__mro__ if kind in LOOKS), _OTHER)
