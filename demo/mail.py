"""What the demo's letters told was told long ago: nobody gets them now."""

from dataclasses import replace
from datetime import time
from email.message import EmailMessage

from demo.calendar import WorkingDays, at
from kernel.access import CLOCK
from kernel.cities import City
from kernel.morning import send_morning_mail
from kernel.unit_of_work import unit_of_work

_MORNING, _NIGHT = time(8), time(23)


class LongAgo:
    """A post that has nothing to do: every letter left in the past."""

    def send(self, message: EmailMessage) -> None:
        """Let the letter be."""


def in_the_past(city: City) -> City:
    """Give the city as it was while the demo happened: its letters reach nobody now."""
    return replace(city, post=LongAgo())


def tell_mornings(city: City, days: WorkingDays) -> None:
    """Let everybody have heard of the tasks that there are, on the last morning of work."""
    last = [day for day in days.days if at(day, _MORNING) <= days.now][-1]
    moment = min(days.now, at(last, _NIGHT))
    with unit_of_work(city, CLOCK, writes=True, now=moment) as uow:
        send_morning_mail(uow)
