"""What is said on the telephone, as it stands on the chips and in the history of a card."""

from datetime import date

from vouchers.call_reasons import SilenceRule
from vouchers.following_up import working_day_in
from vouchers.models import Barrier
from vouchers.outcomes import (
    ALL_USED,
    CONTINUES,
    EXPIRED,
    EXTENDED,
    STOPPED,
    UNREACHABLE,
    USED_AGAIN,
    VISIT_AGREED,
    CallOutcome,
)
from web.i18n import gettext as _
from web.i18n import long_day

_PROPOSED = (3, 7, 14)  # days


def outcomes() -> dict[str, str]:
    """Give what somebody can hear on the telephone; not reached has a button of its own."""
    return {
        CallOutcome.WILL_GO: _("Gaat binnenkort"),
        CallOutcome.NEEDS_HELP: _("Hulp nodig"),
        CallOutcome.DOES_NOT_WANT: _("Wil niet"),
        CallOutcome.IN_CARE: _("Al in de opvang"),
        CallOutcome.MOVED: _("Verhuisd"),
    }


def outcomes_of(rule: str) -> dict[str, str]:
    """Give the chips of a card: whether a used-up booklet's child goes on is asked apart."""
    apart = {CallOutcome.WILL_GO, CallOutcome.IN_CARE} if rule == SilenceRule.USED_UP else set()
    return {code: word for code, word in outcomes().items() if code not in apart}


def happenings() -> dict[str, str]:
    """Give a word for everything that a call can come to, also by itself."""
    return outcomes() | {
        CallOutcome.NOT_REACHED: _("Niet bereikt"),
        UNREACHABLE: _("Niet te bereiken"),
        VISIT_AGREED: _("Bezoek afgesproken"),
        USED_AGAIN: _("Opnieuw een cheque gebruikt"),
        ALL_USED: _("Alle cheques gebruikt"),
        CONTINUES: _("Het kind gaat verder in de opvang"),
        STOPPED: _("Het kind gaat niet verder"),
        EXTENDED: _("Het boekje kreeg meer tijd"),
        EXPIRED: _("De tijd van het boekje is om"),
    }


def barriers() -> dict[str, str]:
    """Give what can hold a family back."""
    return {
        Barrier.NO_PLACE: _("Geen plaats gevonden"),
        Barrier.HOURS: _("De uren passen niet"),
        Barrier.TRANSPORT: _("Vervoer"),
        Barrier.TRUST: _("Vertrouwen"),
        Barrier.LANGUAGE: _("Taal"),
        Barrier.TRAJECTORY: _("Traject of werk gestopt"),
        Barrier.NOT_FOR_A_WHILE: _("Kon even niet"),
        Barrier.IN_CARE: _("Heeft al opvang"),
        Barrier.MOVED: _("Verhuisd"),
        Barrier.UNREACHABLE: _("Niet te bereiken"),
        Barrier.OTHER: _("Iets anders"),
    }


def proposed_days(today: date) -> list[tuple[date, str]]:
    """Give the working days that the chips propose to call again, with how one says them."""
    said = (_("Over 3 dagen"), _("Over een week"), _("Over 2 weken"))
    days = [working_day_in(today, ahead) for ahead in _PROPOSED]
    return [(day, f"{word}: {this_year(day)}") for day, word in zip(days, said, strict=True)]


def this_year(day: date) -> str:
    """Give a day near enough to need no year: maandag 14 september."""
    return long_day(day).rsplit(" ", 1)[0]


def near(day: date, today: date) -> str:
    """Give a day as one says it: vandaag, morgen, a weekday of this week, else the date."""
    away = (day - today).days
    if abs(away) > 6:  # noqa: PLR2004 — the same weekday is a week away
        return this_year(day)
    return {0: _("vandaag"), 1: _("morgen")}.get(away, long_day(day).split()[0])
