"""The demo's eighteen months, day by day, through the same deeds that people and the clock use."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID

from demo import following_up
from demo.calendar import FLAG_AT, WorkingDays, at
from demo.households import Household
from demo.settling import Spot
from kernel.access import CLOCK, Actor
from kernel.cities import City
from kernel.unit_of_work import UnitOfWork, unit_of_work
from vouchers.booklets import propose_reference
from vouchers.drop_off import SilenceRule, Silent, flag_drop_offs
from vouchers.issuing import hand_out_booklet
from vouchers.models import CareMoment
from vouchers.redeeming import redeem_cheque
from vouchers.replacing import replace_lost_booklet, withdraw_booklet

_NOON = 12

Dispatch = Callable[[City, datetime], object]
Deed = Callable[[UnitOfWork], None]


@dataclass(frozen=True, kw_only=True)
class Step:
    """What somebody does at a moment, about a family."""

    moment: datetime
    actor: Actor
    deed: Deed
    household: Household


class Life:
    """Goes through the days of a city, and does each morning what the clock does."""

    def __init__(self, city: City, days: WorkingDays, rng: Random, dispatch: Dispatch) -> None:
        """Take the city, its days, chance, and who brings events to those who wait for them."""
        self.city, self.days, self.rng, self.dispatch = city, days, rng, dispatch
        self.luck = Random("who is reached, and what is heard")  # leaves the families' days alone
        self.steps: dict[int, list[Step]] = defaultdict(list)
        self.households: dict[UUID, Household] = {}

    def live(self, households: list[Household]) -> None:
        """Let everything happen, in order, as far as `now`."""
        for household in households:
            self._plan(household)
        for number in range(min(self.steps), len(self.days.days)):
            self._morning(number)
            self._day(number)
        self.dispatch(self.city, self.days.now)

    def _morning(self, number: int) -> None:
        """Flag the silent booklets, as the clock does before anybody is at work."""
        if number > self.days.last_flagged:
            return
        moment = at(self.days.days[number], FLAG_AT)
        with unit_of_work(self.city, CLOCK, writes=True, now=moment) as uow:
            found = flag_drop_offs(uow)
        for silent in found:
            self._plan_call(silent, number)
        if found:
            self.dispatch(self.city, moment)

    def _day(self, number: int) -> None:
        """Do what is planned; where a call waited for it, tell at once that it happened."""
        steps = sorted(self.steps.pop(number, []), key=lambda step: step.moment)
        for step in (step for step in steps if step.moment <= self.days.now):
            with unit_of_work(self.city, step.actor, writes=True, now=step.moment) as uow:
                step.deed(uow)
            if step.household.call_planned:
                step.household.call_planned = False
                self.dispatch(self.city, step.moment)

    def _plan(self, household: Household) -> None:
        story = household.story
        self._at(story.handed_out, 9, household.referrer, household, self._hands_out(household))
        for use, number in enumerate(story.uses):
            elsewhere = use % 5 == 4  # noqa: PLR2004 — now and then another place
            spot = household.other_spot if elsewhere else household.spot
            self._at(number, 7, spot.actor, household, self._redeems(household, spot, use))
        if story.lost_after is not None:
            number = story.uses[story.lost_after - 1] if story.lost_after else story.handed_out + 1
            self._at(number, 15, household.referrer, household, self._loses(household))
        if story.withdrawn:
            self._at(
                story.handed_out, 15, household.referrer, household, self._withdraws(household)
            )

    def _plan_call(self, silent: Silent, number: int) -> None:
        """Let the referrer call: the same day before a visit, else a day or two later."""
        household = self.households[silent.booklet_id]
        last_word = silent.rule != SilenceRule.VISIT_NEAR or number == self.days.last_flagged
        if household.story.call_waits and last_word:
            self._plan_in_vain(silent, number, household)
            return
        later = 0 if silent.rule == SilenceRule.VISIT_NEAR else self.luck.randint(1, 2)
        self._call_at(number + later, household, silent.booklet_id)

    def _plan_in_vain(self, silent: Silent, number: int, household: Household) -> None:
        """Let the card be seen, or the family be called in vain: the call is still to be made."""
        story = household.story

        def looks(uow: UnitOfWork) -> None:
            following_up.look(uow, silent.booklet_id)

        def calls(uow: UnitOfWork) -> None:
            following_up.not_reach(uow, silent.booklet_id)

        if story.shown and silent.rule == SilenceRule.NO_FIRST_USE:
            self._at(number, 9, household.referrer, household, looks)
        for tried in range(story.tried):
            self._at(number + 1 + tried, 13, household.referrer, household, calls)

    def _call_at(self, number: int, household: Household, booklet_id: UUID) -> None:
        waits = household.story.call_waits  # for the call that is still to be made
        comes = waits or any(use >= number for use in household.story.uses)

        def deed(uow: UnitOfWork) -> None:
            again_on = following_up.call(uow, booklet_id, self.luck, comes=comes)
            if again_on is not None and not waits:
                self._call_at(self.days.days.index(again_on), household, booklet_id)

        household.call_planned = True
        self._at(number, 11, household.referrer, household, deed)

    def _hands_out(self, household: Household) -> Deed:
        visit = household.story.visit

        def deed(uow: UnitOfWork) -> None:
            appointment = visit and {
                "location_id": household.spot.id,
                "day": self.days.days[visit],
                "company": self.rng.choice(["alone", "referrer", "someone"]),
            }
            handed_out = hand_out_booklet(
                uow,
                family=household.given | {"reference": propose_reference(uow)},
                child=household.child,
                appointment=appointment or None,
                meets_criteria=True,
                good_news_consent=self.rng.random() < 0.7,  # noqa: PLR2004
            )
            household.hold(handed_out.booklet)
            self.households[handed_out.booklet.id] = household

        return deed

    def _redeems(self, household: Household, spot: Spot, use: int) -> Deed:
        half = self.rng.random() < 0.3  # noqa: PLR2004

        def deed(uow: UnitOfWork) -> None:
            scan = redeem_cheque(
                uow,
                code=household.codes.pop(),
                idempotency_key=f"demo-{household.booklet_id}-{use}",
                location_id=spot.id,
                care_moment=CareMoment.HALF_DAY if half else CareMoment.FULL_DAY,
            ).redemption
            if not household.story.shown:  # the demo's own provider may still tell
                following_up.tell_going(uow, scan.id, scan.used_after, self.luck)

        return deed

    def _loses(self, household: Household) -> Deed:
        def deed(uow: UnitOfWork) -> None:
            assert household.booklet_id is not None
            household.hold(replace_lost_booklet(uow, booklet_id=household.booklet_id))
            self.households[household.booklet_id] = household

        return deed

    def _withdraws(self, household: Household) -> Deed:
        def deed(uow: UnitOfWork) -> None:
            assert household.booklet_id is not None
            withdraw_booklet(uow, booklet_id=household.booklet_id)

        return deed

    def _at(self, number: int, hour: int, actor: Actor, household: Household, deed: Deed) -> None:
        """Plan a deed on a working day, in the four hours (two, after noon) from `hour` on."""
        minutes = self.rng.randrange(120 if hour > _NOON else 239)
        moment = at(self.days.days[number], time(hour)) + timedelta(minutes=minutes)
        step = Step(moment=moment, actor=actor, deed=deed, household=household)
        self.steps[number].append(step)
