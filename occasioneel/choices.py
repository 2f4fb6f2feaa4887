"""What a city chooses for its bought places, with what holds where it chose nothing."""

from kernel.rules import Rule

PLACES_CAP = Rule("occasioneel.places_cap", 4)  # bought places at one location, never more than 4
LIMIT_MONTHS = Rule("occasioneel.limit_months", 6)  # of a child on a bought place
FIRST_SIGNAL_MONTHS = Rule("occasioneel.first_signal_months", 4)
LAST_SIGNAL_MONTHS = Rule("occasioneel.last_signal_months", 5)
TOO_OLD_MONTHS = 36  # of age: from then on a child goes to school, and somebody is told
STEPS_ALLOWED = ("T0", "T1")  # the scheme is for starters without income-tariff places
