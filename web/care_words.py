"""How occasional care is said on screen: states, reasons, outcomes, days left, amounts."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from kernel.calendar import day_of as brussels_day
from occasioneel.children import PlacedChild
from occasioneel.limits import Standing
from occasioneel.models import (
    Outcome,
    ParentsShare,
    PlaceDay,
    PurchaseState,
    Reason,
    RestartReason,
    WindingDown,
)
from occasioneel.stepping import NextStep
from web.i18n import N_, ngettext
from web.i18n import gettext as _


class Look(NamedTuple):
    """A state as a word, a drawing and a colour: never a colour alone."""

    word: str
    icon: str
    kind: str = ""


REASONS: Mapping[str, str] = {
    Reason.SUDDEN_JOB: N_("Plots werk"),
    Reason.INTERVIEW: N_("Sollicitatie"),
    Reason.TRAINING: N_("Opleiding start"),
    Reason.INTERNSHIP: N_("Stage"),
    Reason.COURSE: N_("Inburgering of les Nederlands"),
}
OUTCOMES: Mapping[str, str] = {
    Outcome.REGULAR_ELSEWHERE: N_("Vaste plek, elders"),
    Outcome.REGULAR_HERE: N_("Vaste plek, bij dezelfde opvang"),
    Outcome.SCHOOL: N_("Naar school"),
    Outcome.TRAJECTORY_STOPPED: N_("Traject van de ouder stopt"),
    Outcome.MOVED: N_("Gezin verhuisde"),
    Outcome.PARENT_STOPS: N_("Ouder stopt ermee"),
    Outcome.OTHER: N_("Iets anders"),
}
RESTARTS: Mapping[str, str] = {
    RestartReason.NEW_ROUTE: N_("Nieuw werk of nieuwe opleiding"),
    RestartReason.LONG_BREAK: N_("Lang geen opvang gehad"),
    RestartReason.WRONG_DAY: N_("De begindag was fout"),
    RestartReason.OTHER: N_("Iets anders"),
}
STEPS: Mapping[str, str] = {
    NextStep.SEARCH: N_("We zoeken een vaste plek"),
    NextStep.CONTACT: N_("Contact met een opvang"),
    NextStep.ENROL: N_("Ingeschreven, startdag bekend"),
    NextStep.SCHOOL: N_("Gaat naar school"),
    NextStep.STAYS: N_("Blijft voorlopig, in het belang van het kind"),
}
SHARES: Mapping[str, str] = {
    ParentsShare.PROVIDER_KEEPS: N_("De opvang houdt het"),
    ParentsShare.DEDUCTED: N_("De stad trekt het af"),
    ParentsShare.CITY_INVOICES: N_("De stad stuurt de factuur"),
}
WHY_DOWN: Mapping[str, str] = {
    WindingDown.VIABLE: N_("De opvang is leefbaar zonder hulp"),
    WindingDown.NOTICE: N_("Opgezegd"),
    WindingDown.STEP_CHANGED: N_("De trap veranderde"),
    WindingDown.LICENCE: N_("De vergunning veranderde of verviel"),
}
DAYS: Mapping[str, str] = {
    PlaceDay.OCCUPIED: N_("Bezet"),
    PlaceDay.ABSENT: N_("Kind afwezig"),
    PlaceDay.EMPTY: N_("Leeg"),
    PlaceDay.CLOSED: N_("Opvang dicht"),
}
STATES: Mapping[str, Look] = {
    PurchaseState.DRAFT: Look(N_("Ontwerp"), "file"),
    PurchaseState.ACTIVE: Look(N_("Loopt"), "ok", "ok"),
    PurchaseState.SUSPENDED: Look(N_("Gepauzeerd"), "clock", "wait"),
    PurchaseState.WINDING_DOWN: Look(N_("Wordt afgebouwd"), "clock", "wait"),
    PurchaseState.ENDED: Look(N_("Beëindigd"), "close"),
    PurchaseState.CANCELLED: Look(N_("Geannuleerd"), "close"),
}
HAPPENED: Mapping[str, str] = {
    "purchase_drafted": N_("Ontwerp gemaakt"),
    "day_amount_set": N_("Dagbedrag afgesproken"),
    "purchase_activated": N_("Aankoop gestart"),
    "purchase_suspended": N_("Gepauzeerd: geen nieuwe kinderen"),
    "purchase_resumed": N_("Hervat: nieuwe kinderen kunnen"),
    "purchase_winding_down": N_("Afbouw begonnen"),
    "purchase_ended": N_("Beëindigd"),
    "purchase_cancelled": N_("Geannuleerd"),
    "child_placed": N_("Geplaatst"),
    "child_moved": N_("Verplaatst"),
    "clock_restarted": N_("De maanden tellen van een andere dag"),
    "placement_ended": N_("Gestopt"),
    "end_taken_back": N_("Stoppen teruggenomen: het kind blijft"),
    "limit_neared": N_("Signaal: de grens komt dichter"),
    "step": N_("Volgende stap gekozen"),
}
STANDS: Mapping[str, Look] = {
    Standing.OVER: Look(N_("Voorbij de grens"), "warn", "stop"),
    Standing.LAST: Look(N_("Nog 1 maand"), "clock", "wait"),
    Standing.FIRST: Look(N_("Nog 2 maanden"), "calendar"),
    Standing.AMPLE: Look(N_("Ruim"), "ok", "ok"),
}


def stand(child: PlacedChild, today: date) -> Look:
    """Give how near its limit a child is, with as many months as are left at that signal."""
    limit = child.limit
    standing = limit.standing(today)
    look = STANDS[standing]
    if standing in {Standing.FIRST, Standing.LAST}:
        left = limit.months - (limit.first if standing == Standing.FIRST else limit.last)
        word = ngettext("Nog %(num)s maand", "Nog %(num)s maanden", left) % {"num": left}
        return look._replace(word=word)
    return look._replace(word=_(look.word))


def days(child: PlacedChild, today: date) -> tuple[int, str]:
    """Give the big numeral, and what it counts: days left, or days beyond the limit."""
    left = child.limit.days_left(today)
    if left == 0:
        return 0, _("dagen over, vandaag is de laatste")
    if left > 0:
        return left, ngettext("dag over", "dagen over", left)
    return -left, ngettext("dag voorbij", "dagen voorbij", -left)


def age(born: date | None, today: date) -> str:
    """Give a child's age as one says it of babies and toddlers: in months, until three years."""
    if born is None:
        return ""
    months = (today.year - born.year) * 12 + today.month - born.month
    return ngettext("%(num)s maand", "%(num)s maanden", months) % {"num": months}


def amount(cents: int) -> str:
    """Give an amount as it is typed: 32,50."""
    return f"{cents // 100},{cents % 100:02}"


def day_of(moment: datetime) -> date:
    """Give the day of an instant, as people here count days."""
    return brussels_day(moment)
