"""What follows from what happened with bought places. The programme has no deeds yet."""

from kernel.events import Subscriptions

INSIDE: Subscriptions = {}
OUTSIDE: Subscriptions = {}
