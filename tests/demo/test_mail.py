"""Nobody is mailed what happened in the demo's past, and tomorrow's mail is only of tomorrow."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from demo.seeding import seed_demo
from jobs.dispatch import dispatch_events
from kernel.access import CLOCK
from kernel.calendar import BRUSSELS
from kernel.events import Delivery
from kernel.letters import Letter, LetterKind
from kernel.morning import send_morning_mail
from kernel.unit_of_work import unit_of_work
from tests.conftest import city_at
from tests.mailbox import Pile

THURSDAY = datetime(2026, 11, 26, 14, 0, tzinfo=BRUSSELS)


def test_letters_of_long_ago_are_written_and_leave_no_more(sqlite_url: str) -> None:
    pile = Pile()
    city = city_at(sqlite_url, post=pile)
    seed_demo(city, now=THURSDAY, dispatch=dispatch_events)
    dispatch_events(city, THURSDAY)
    assert pile.letters == []
    with unit_of_work(city, CLOCK, writes=True, now=THURSDAY) as uow:
        kinds = set(uow.session.scalars(select(Letter.kind)))
        owed = uow.session.scalar(select(func.count()).where(Delivery.done_at.is_(None)))
        assert (send_morning_mail(uow), owed) == (0, 0)
    assert {LetterKind.GOOD_NEWS, LetterKind.MORNING} <= kinds
    friday = (THURSDAY + timedelta(days=1)).replace(hour=8)
    with unit_of_work(city, CLOCK, writes=True, now=friday) as uow:
        assert send_morning_mail(uow) <= 2, "what was put off until Friday, and no more"
    city.database.dispose()
