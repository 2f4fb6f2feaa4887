"""The uptake funnel in words: each step by its name, what it counts, and what it found."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise

from vouchers.uptake import Steps, Uptake
from web.i18n import N_, ngettext, words_day
from web.i18n import gettext as _


@dataclass(frozen=True)
class Step:
    """A step of the funnel: its field in `Steps`, its name, and its definition in Dutch.

    docs/figures.md says the same.
    """

    field: str
    label: str
    definition: str


HANDED_OUT = Step(
    "handed_out",
    N_("Boekje gekregen"),
    N_(
        "Gezinnen die in deze periode hun eerste boekje kregen. Een boekje dat kwijt was en "
        "vervangen werd, telt één keer. Oefenboekjes en boekjes die teruggenomen werden voor ze "
        "gebruikt waren, tellen niet mee."
    ),
)
VISIT = Step(
    "visit_agreed",
    N_("Eerste bezoek afgesproken"),
    N_(
        "Van die gezinnen: voor wie een dag en een opvang voor het eerste bezoek genoteerd zijn. "
        "Ook wie geen afspraak had, kan cheques gebruiken: dit is een stap ernaast."
    ),
)
FIRST_USE = Step(
    "first_use",
    N_("Eerste cheque gebruikt"),
    N_("Van die gezinnen: wie minstens één cheque gebruikte. Een scan die ongedaan is, telt niet."),
)
THREE = Step(
    "three_or_more",
    N_("Drie of meer cheques"),
    N_("Van die gezinnen: wie minstens drie cheques gebruikte, over al hun boekjes samen."),
)
ALL = Step(
    "all_used",
    N_("Boekje op"),
    N_("Van die gezinnen: wie alle cheques van het boekje gebruikte."),
)
NO_APPOINTMENT = Step(
    "no_appointment",
    N_("Geen afspraak"),
    N_("Van wie nog geen cheque gebruikte: voor wie geen dag voor het eerste bezoek genoteerd is."),
)
NO_SHOW = Step(
    "no_show",
    N_("Afspraak voorbij"),
    N_(
        "Van wie nog geen cheque gebruikte: de dag van het eerste bezoek is voorbij, en er is geen "
        "cheque gescand."
    ),
)
TO_COME = Step(
    "visit_to_come",
    N_("Bezoek komt nog"),
    N_("Van wie nog geen cheque gebruikte: het eerste bezoek is vandaag of later."),
)
SPLIT = (NO_APPOINTMENT, NO_SHOW, TO_COME)  # together: who used nothing yet
NESTED = (HANDED_OUT, FIRST_USE, THREE, ALL)  # each is part of the one before
STEPS = (HANDED_OUT, VISIT, FIRST_USE, THREE, ALL)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar of the chart, and its row in the table."""

    step: Step
    count: int
    of_all: float  # per cent of the families that got a booklet
    of_previous: float | None  # per cent of the step before

    @property
    def width(self) -> str:
        """The bar's length, as an attribute of its SVG."""
        return f"{self.of_all:.2f}%"


def bars(total: Steps) -> list[Bar]:
    """Give the nested steps as bars."""
    counts = counts_of(total)
    drawn, previous = [], None
    for step in NESTED:
        count = counts[step.field]
        drawn.append(
            Bar(
                step=step,
                count=count,
                of_all=share(count, total.handed_out),
                of_previous=None if previous is None else share(count, previous),
            )
        )
        previous = count
    return drawn


def counts_of(steps: Steps) -> Mapping[str, int]:
    """Give a count for each step's field."""
    return asdict(steps)


def share(part: int, whole: int) -> float:
    """Give a part of a whole in per cent; 0 of nothing is 0."""
    return 100 * part / whole if whole else 0.0


def finding(total: Steps) -> str:
    """Give the first thing to know: how many families used a cheque."""
    used, every = total.first_use, total.handed_out
    if not every:
        return _("In deze periode kreeg geen gezin een boekje")
    if every == 1:
        return (
            _("Het ene gezin met een boekje gebruikte een cheque")
            if used
            else _("Het ene gezin met een boekje gebruikte nog geen cheque")
        )
    if not used:
        return _("Geen van de %(all)s gezinnen gebruikte al een cheque") % {"all": every}
    if used == every:
        return _("Alle %(all)s gezinnen gebruikten een cheque") % {"all": every}
    return ngettext(
        "%(used)s van de %(all)s gezinnen gebruikte een cheque",
        "%(used)s van de %(all)s gezinnen gebruikten een cheque",
        used,
    ) % {"used": used, "all": every}


def where_lost(total: Steps) -> str:
    """Give the step at which most families stop; '' when none does."""
    counts = [counts_of(total)[step.field] for step in NESTED]
    losses = [before - after for before, after in pairwise(counts)]
    if not any(losses):
        return ""
    said = (
        ngettext(
            "De meesten verliezen we voor de eerste keer: %(num)s gezin gebruikte nog geen cheque.",
            "De meesten verliezen we voor de eerste keer: %(num)s gezinnen gebruikten nog geen "
            "cheque.",
            total.not_used,
        )
        % {"num": total.not_used},
        _("De meesten stoppen na één of twee keer, of zijn nog bezig."),
        _("Wie begint, gaat meestal door. Niet iedereen heeft het hele boekje al gebruikt."),
    )
    return said[losses.index(max(losses))]


def sentence(figure: Uptake, *, on: str) -> str:
    """Give the figure as one sentence to paste in an internal text."""
    total = figure.total
    return _(
        "Werkcijfers van %(on)s: van de %(all)s gezinnen die van %(since)s tot en met %(until)s "
        "een boekje kregen, gebruikten er %(used)s minstens één cheque (%(share)s %%), %(three)s "
        "drie of meer, en %(whole)s het hele boekje."
    ) % {
        "on": on,
        "all": total.handed_out,
        "since": words_day(figure.since),
        "until": words_day(figure.until),
        "used": total.first_use,
        "share": round(share(total.first_use, total.handed_out)),
        "three": total.three_or_more,
        "whole": total.all_used,
    }
