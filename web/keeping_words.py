"""The codes that are kept of a family, in the words in which it is told of them."""

from collections.abc import Mapping

from web.i18n import N_

WORDS: Mapping[str, str] = {
    # a booklet's state
    "printed": N_("gedrukt"),
    "delivered": N_("geleverd"),
    "handed_out": N_("meegegeven"),
    "blocked_lost": N_("geblokkeerd: kwijt"),
    "blocked_error": N_("teruggenomen"),
    # a care moment, and why two on a day
    "fullDay": N_("een hele dag"),
    "halfDay": N_("een halve dag"),
    "secondHalfDay": N_("een tweede halve dag"),
    "secondChild": N_("een tweede kind"),
    # who comes along
    "alone": N_("niemand"),
    "referrer": N_("de toeleider"),
    "someone": N_("iemand anders"),
    "provider": N_("de opvang"),
    # why somebody calls
    "visit-near": N_("het eerste bezoek is dichtbij"),
    "visit-missed": N_("het eerste bezoek ging niet door"),
    "no-first-use": N_("het boekje was niet gebruikt"),
    "silence": N_("het boekje werd niet meer gebruikt"),
    "expiring": N_("de laatste dag komt dichtbij"),
    "used-up": N_("het boekje was op"),
    # what came of it
    "will-go": N_("gaat binnenkort"),
    "not-reached": N_("niet bereikt"),
    "needs-help": N_("heeft hulp nodig"),
    "does-not-want": N_("wil niet"),
    "first-use": N_("de eerste cheque is gebruikt"),
    "used-again": N_("er is weer een cheque gebruikt"),
    "all-used": N_("alle cheques zijn gebruikt"),
    "use-undone": N_("het boekje is toch niet op"),
    "continues": N_("het kind gaat verder in de opvang"),
    "stopped": N_("het kind gaat niet verder"),
    "blocked": N_("het boekje werkt niet meer"),
    "extended": N_("het boekje kreeg meer tijd"),
    "expired": N_("de tijd was om"),
    "visit-agreed": N_("er is een bezoek afgesproken"),
    "overtaken": N_("bellen hoeft niet meer"),
    # what somebody does next for a child in care
    "search": N_("een plaats zoeken"),
    "contact": N_("contact opnemen"),
    "enrol": N_("inschrijven"),
    "stays": N_("blijft voorlopig"),
    "family-removed": N_("het gezin is gewist"),
    # what stood in the way
    "no-place": N_("geen plaats gevonden"),
    "hours": N_("de uren"),
    "transport": N_("het vervoer"),
    "trust": N_("het vertrouwen"),
    "language": N_("de taal"),
    "trajectory": N_("het traject of het werk stopte"),
    "not-for-a-while": N_("kon een tijdje niet"),
    "in-care": N_("al in de opvang"),
    "moved": N_("verhuisd"),
    "unreachable": N_("niet bereikbaar"),
    "other": N_("iets anders"),
    # whether the child goes on, and when that was asked
    "here": N_("ja, hier"),
    "elsewhere": N_("ja, elders"),
    "no": N_("nee"),
    "unknown": N_("weet niet"),
    "eighth": N_("bij de achtste cheque"),
    "tenth": N_("bij de tiende cheque"),
    "one-month": N_("een maand na de laatste cheque"),
    "three-months": N_("drie maanden na de laatste cheque"),
    # a placement
    "running": N_("loopt"),
    "ended": N_("beëindigd"),
    "sudden-job": N_("plots werk"),
    "interview": N_("een sollicitatie"),
    "training": N_("een opleiding"),
    "internship": N_("een stage"),
    "course": N_("een cursus"),
    "regular-elsewhere": N_("gewone opvang elders"),
    "regular-here": N_("gewone opvang hier"),
    "school": N_("naar school"),
    "trajectory-stopped": N_("het traject stopte"),
    "parent-stops": N_("de ouder stopt"),
    "transferred": N_("naar een andere plaats"),
    "restarted": N_("de zes maanden begonnen opnieuw"),
    "limit-four": N_("vier maanden"),
    "limit-five": N_("vijf maanden"),
    # why a booklet was extended
    "not-for-a-while": N_("het gezin kon een tijd niet"),
}
