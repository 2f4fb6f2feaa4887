"""Fills an empty city with the demo: invented families whose booklets fare as the field knows."""

from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import func, select

from demo.calendar import WorkingDays
from demo.care import seed_care
from demo.crew import PASSWORD
from demo.households import household
from demo.living import Dispatch, Life
from demo.looking import look_around
from demo.mail import in_the_past, tell_mornings
from demo.newcomers import arrive
from demo.settling import read_town, settle
from demo.stocking import stock_up
from demo.stories import stories
from kernel.accounts import Account
from kernel.calendar import BRUSSELS, day_of
from kernel.cities import City
from vouchers.models import Booklet


def seed_demo(city: City, *, now: datetime | None = None, dispatch: Dispatch | None = None) -> str:
    """Fill a city that has no account yet; gives what was done in a sentence.

    Takes the moment up to which eighteen months of demo happened (now, unless given), and who
    brings events to those who wait for them; without one they wait for the clock.
    """
    if accounts := _count(city, Account):
        return f"{city.host}: er zijn al {accounts} accounts, er is niets gedaan."
    moment = now or datetime.now(BRUSSELS)
    city = in_the_past(city)
    written = read_town(city)
    rng = Random(written["town"])
    days = WorkingDays(moment)
    town = settle(city, written, moment)
    told = stories(written["plan"], days, rng)
    households = [household(story, town, day_of(moment), rng) for story in told]
    bring = dispatch or (lambda _city, _moment: None)
    Life(city, days, rng, bring).live(households)
    stock_up(city, written, town, days)
    arrive(city, moment)
    seed_care(city, days, bring)
    bring(city, moment)
    tell_mornings(city, days)
    look_around(city, moment)
    bring(city, moment)
    return (
        f"{city.host}: {len(town.spots)} opvangplaatsen en {_count(city, Booklet)} boekjes in "
        f"achttien maanden, alles verzonnen. Meld je aan als toeleider@, opvang@ of regie@"
        f"{city.host.split('.')[0]}.example met {PASSWORD}."
    )


def _count(city: City, kind: type[Any]) -> int:
    with city.database.transaction(writes=False) as session:
        return session.scalar(select(func.count()).select_from(kind)) or 0
