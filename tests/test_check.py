"""`opstap check` sees each invariant when it is broken: broken here one by one, by direct SQL."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from jobs.dispatch import dispatch_events
from kernel.checking import run_checks
from kernel.cities import City
from kernel.events import Delivery, PendingEvent, RecordedEvent
from kernel.organisations import LocationStanding
from kernel.overlap import trigger_names
from kernel.rules import DatedRule
from kernel.tasks import Task
from occasioneel.ending import end_placement
from occasioneel.models import (
    BoughtPlace,
    DayAmount,
    LimitSignal,
    Outcome,
    Placement,
    Purchase,
)
from occasioneel.signalling import signal_limits
from terminal import command
from terminal.looking import CHECKS
from tests import build, build_care
from tests.build import MONDAY, Paper, Person, at_work
from tests.build_care import Bought
from vouchers.annulling import annul_redemption
from vouchers.drop_off import SilenceRule, flag_drop_offs
from vouchers.models import Batch, Booklet, Cheque, Redemption
from vouchers.redeeming import redeem_cheque
from vouchers.replacing import replace_lost_booklet

LATER = MONDAY + timedelta(days=21)
EVENING = LATER + timedelta(hours=9)
NAMES = [each.name for each in CHECKS]


def test_a_city_in_which_everything_happened_has_every_invariant(city: City, town: "Town") -> None:
    assert failing(city) == {}


def test_an_empty_city_has_every_invariant(city: City) -> None:
    assert failing(city) == {}


def test_every_check_has_a_name_of_its_own_and_is_broken_below() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert set(NAMES) == {each for each, _ in BREAKS}


@dataclass(frozen=True, kw_only=True)
class Town:
    """A city in which booklets were used, annulled, lost and replaced, and calls asked for."""

    used: Paper
    lost: Paper
    new_id: Any
    silent: Paper
    blank: Paper
    held: Paper
    referrer: Person
    provider: Person
    bought: Bought
    draft_id: Any
    placed: Placement
    left: Placement


Break = Callable[[Session, Town], object]


def counts_one_too_many(session: Session, town: Town) -> None:
    session.execute(of(town.used).values(used_count=Booklet.used_count + 1))


def counts_one_too_few(session: Session, town: Town) -> None:
    session.execute(of(town.used).values(used_count=Booklet.used_count - 1))


def forgets_the_first_day(session: Session, town: Town) -> None:
    session.execute(of(town.used).values(first_used_on=None))


def dates_the_last_use_earlier(session: Session, town: Town) -> None:
    session.execute(of(town.used).values(last_used_on=MONDAY.date()))


def dates_a_use_that_never_was(session: Session, town: Town) -> None:
    session.execute(of(town.silent).values(first_used_on=MONDAY.date()))


def opens_a_used_cheque(session: Session, town: Town) -> None:
    session.execute(cheque(town.used, 0).values(state="open"))


def uses_an_open_cheque(session: Session, town: Town) -> None:
    session.execute(cheque(town.used, 9).values(state="used"))


def scans_a_cheque_twice(session: Session, town: Town) -> None:
    session.execute(text("DROP INDEX ux_redemption_live"))
    row = session.execute(select(Redemption.__table__).where(live(town.used))).mappings().first()
    assert row is not None
    again = dict(row) | {"id": town.new_id, "idempotency_key": "again"}
    session.execute(insert(Redemption), again)


def moves_a_scan_to_another_booklet(session: Session, town: Town) -> None:
    session.execute(update(Redemption).where(live(town.used)).values(booklet_id=town.silent.id))


def renumbers_a_scan(session: Session, town: Town) -> None:
    session.execute(update(Redemption).where(live(town.used)).values(cheque_number=7))


def tears_a_cheque_out(session: Session, town: Town) -> None:
    session.delete(session.get_one(Cheque, town.silent.cheque_ids[4]))


def enlarges_a_booklet(session: Session, town: Town) -> None:
    session.execute(of(town.lost).values(size=9))


def takes_a_booklet_back(session: Session, town: Town) -> None:
    session.execute(of(town.used).values(state="printed"))


def forgets_the_hand_out(session: Session, town: Town) -> None:
    session.execute(of(town.used).values(handed_out_on=None))


def skips_a_number(session: Session, town: Town) -> None:
    session.execute(of(town.silent).values(ordinal=2))


def forgets_a_number(session: Session, town: Town) -> None:
    session.execute(of(town.silent).values(ordinal=None))


def unblocks_a_lost_booklet(session: Session, town: Town) -> None:
    session.execute(of(town.lost).values(state="handed_out"))


def reprints_a_used_cheque(session: Session, town: Town) -> None:
    session.execute(of(town.lost).values(used_count=3))


def gives_a_replacement_to_another_family(session: Session, town: Town) -> None:
    other = session.get_one(Booklet, town.silent.id).family_id
    session.execute(of(town.lost).values(family_id=other, ordinal=9))


def forgets_where_a_booklet_came_from(session: Session, town: Town) -> None:
    new = update(Booklet).where(Booklet.id == town.new_id)
    session.execute(new.values(origin_id=town.new_id))


def leaves_a_call_open(session: Session, town: Town) -> None:
    session.execute(update(Task).where(Task.subject_id == town.used.id).values(closed_at=None))


def leaves_a_call_about_a_blocked_booklet(session: Session, town: Town) -> None:
    session.execute(of(town.silent).values(state="blocked_error"))


def counts_a_booklet_that_was_not_made(session: Session, town: Town) -> None:
    session.execute(update(Batch).values(made=1))


def loses_a_booklet_of_a_batch(session: Session, town: Town) -> None:
    session.execute(of(town.held).values(batch_id=None))


def is_ready_too_early(session: Session, town: Town) -> None:
    session.execute(of(town.held).values(batch_id=None))
    session.execute(update(Batch).values(made=1))


def cancels_and_leaves_the_booklets(session: Session, town: Town) -> None:
    session.execute(update(Batch).values(state="cancelled"))


def delivers_to_nobody(session: Session, town: Town) -> None:
    session.execute(of(town.held).values(holder_id=None))


def lets_somebody_hold_what_lies_at_the_desk(session: Session, town: Town) -> None:
    session.execute(of(town.blank).values(holder_id=town.referrer.actor.account_id))


def changes_a_rule_twice(session: Session, town: Town) -> None:
    drop_trigger(session, "dated_rule")
    session.add_all(
        DatedRule(name="same", valid_from=MONDAY.date(), value=n, valid_until=None)
        for n in range(2)
    )


def pays_two_prices(session: Session, town: Town) -> None:
    drop_trigger(session, "care_moment_price")
    session.execute(
        text(
            "INSERT INTO care_moment_price (id, care_moment, cents, valid_from)"
            " SELECT :id, care_moment, cents + 1, valid_from FROM care_moment_price"
        ),
        {"id": town.new_id.hex if session.get_bind().dialect.name == "sqlite" else town.new_id},
    )


def licenses_twice(session: Session, town: Town) -> None:
    drop_trigger(session, "location_standing")
    location_id = town.provider.location_id
    assert location_id is not None
    for since, until in ((MONDAY.date(), LATER.date()), (LATER.date(), None)):
        session.add(
            LocationStanding(
                location_id=location_id, licensed_places=8, valid_from=since, valid_until=until
            )
        )


def pays_two_amounts_a_day(session: Session, town: Town) -> None:
    drop_trigger(session, "day_amount")
    twice = {"purchase_id": town.bought.id, "kind": "empty", "cents": 1, "valid_from": LATER.date()}
    session.execute(insert(DayAmount), twice | {"id": town.new_id})


def buys_a_number_twice(session: Session, town: Town) -> None:
    drop_trigger(session, "bought_place")
    session.execute(update(BoughtPlace).where(on_place(town, 2)).values(number=1))


def puts_two_children_on_a_place(session: Session, town: Town) -> None:
    drop_trigger(session, "placement", "placement_place")
    session.execute(child_of(town).values(bought_place_id=town.left.bought_place_id))
    session.execute(
        update(Placement).values(valid_from=MONDAY.date(), valid_until=None, state="running")
    )


def gives_a_child_two_places(session: Session, town: Town) -> None:
    drop_trigger(session, "placement", "placement_child")
    same = {"child_id": town.left.child_id, "valid_from": town.left.valid_from}
    session.execute(child_of(town).values(**same))


def buys_a_place_too_few(session: Session, town: Town) -> None:
    session.execute(update(Purchase).where(Purchase.id == town.bought.id).values(places=3))


def buys_a_place_too_late(session: Session, town: Town) -> None:
    session.execute(update(BoughtPlace).where(on_place(town, 4)).values(valid_from=LATER.date()))


def buys_places_of_a_draft(session: Session, town: Town) -> None:
    moved = update(BoughtPlace).where(on_place(town, 4)).values(purchase_id=town.draft_id)
    session.execute(moved)


def buys_a_fifth_place(session: Session, town: Town) -> None:
    drop_trigger(session, "bought_place")
    location_id = session.get_one(Purchase, town.draft_id).location_id
    session.execute(update(BoughtPlace).values(location_id=location_id))
    fifth = {"purchase_id": town.draft_id, "location_id": location_id, "number": 4}
    session.execute(
        insert(BoughtPlace), fifth | {"id": town.new_id, "valid_from": build_care.BEGAN}
    )


def forgets_what_a_closed_day_costs(session: Session, town: Town) -> None:
    session.execute(text("DELETE FROM day_amount WHERE kind = 'closed'"))


def places_a_child_before_its_place(session: Session, town: Town) -> None:
    session.execute(child_of(town).values(valid_from=date(2024, 1, 1)))


def ends_a_place_under_a_child(session: Session, town: Town) -> None:
    session.execute(update(BoughtPlace).values(valid_until=LATER.date()))


def places_a_child_elsewhere(session: Session, town: Town) -> None:
    session.execute(child_of(town).values(location_id=town.provider.location_id))


def ends_a_placement_by_nobody(session: Session, town: Town) -> None:
    ended = update(Placement).where(Placement.id == town.left.id)
    session.execute(ended.values(ended_by=None))


def ends_a_running_placement_half(session: Session, town: Town) -> None:
    session.execute(child_of(town).values(valid_until=LATER.date()))


def begins_the_months_after_the_first_day(session: Session, town: Town) -> None:
    session.execute(child_of(town).values(clock_from=LATER.date()))


def mixes_two_children(session: Session, town: Town) -> None:
    session.execute(child_of(town).values(episode_id=town.left.episode_id))


def gives_a_child_another_family(session: Session, town: Town) -> None:
    session.execute(child_of(town).values(family_id=town.left.family_id))


def signals_another_child(session: Session, town: Town) -> None:
    session.execute(update(LimitSignal).values(placement_id=town.left.id))


def leaves_a_card_open(session: Session, town: Town) -> None:
    session.execute(
        update(Task).where(Task.subject_id == town.left.episode_id).values(closed_at=None)
    )


def leaves_an_older_card_open(session: Session, town: Town) -> None:
    row = session.scalars(select(Task).where(Task.subject_id == town.placed.episode_id)).first()
    assert row is not None
    session.add(
        Task(
            rule="limit-four",
            period="older",
            subject_id=town.placed.episode_id,
            organisation_id=row.organisation_id,
            account_id=None,
            due_on=row.due_on,
            opened_at=row.opened_at,
        )
    )


def hands_nothing_on(session: Session, town: Town) -> None:
    number = session.scalar(select(func.min(RecordedEvent.number)))
    session.execute(insert(PendingEvent), {"event_number": number})


def forgets_a_delivery(session: Session, town: Town) -> None:
    session.execute(update(Delivery).values(done_at=None))


def gives_a_delivery_up(session: Session, town: Town) -> None:
    session.execute(update(Delivery).values(done_at=None, parked_at=LATER))


def loses_a_trigger(session: Session, town: Town) -> None:
    names = trigger_names(session.get_bind().dialect.name)
    name = next(name for name in names if name.startswith("append_only_audit"))
    on = " ON audit" if session.get_bind().dialect.name == "postgresql" else ""
    session.execute(text(f"DROP TRIGGER {name}{on}"))


BREAKS: list[tuple[str, Break]] = [
    ("booklet-count", counts_one_too_many),
    ("booklet-count", counts_one_too_few),
    ("booklet-days", forgets_the_first_day),
    ("booklet-days", dates_the_last_use_earlier),
    ("booklet-days", dates_a_use_that_never_was),
    ("cheque-used-once", opens_a_used_cheque),
    ("cheque-used-once", uses_an_open_cheque),
    ("cheque-used-once", scans_a_cheque_twice),
    ("scan-of-own-booklet", moves_a_scan_to_another_booklet),
    ("scan-of-own-booklet", renumbers_a_scan),
    ("booklet-size", tears_a_cheque_out),
    ("booklet-size", enlarges_a_booklet),
    ("scan-after-hand-out", takes_a_booklet_back),
    ("scan-after-hand-out", forgets_the_hand_out),
    ("family-chain", skips_a_number),
    ("family-chain", forgets_a_number),
    ("replaced-whole", unblocks_a_lost_booklet),
    ("replaced-whole", reprints_a_used_cheque),
    ("replaced-whole", gives_a_replacement_to_another_family),
    ("replaced-whole", forgets_where_a_booklet_came_from),
    ("no-idle-calls", leaves_a_call_open),
    ("no-idle-calls", leaves_a_call_about_a_blocked_booklet),
    ("batch-whole", counts_a_booklet_that_was_not_made),
    ("batch-whole", loses_a_booklet_of_a_batch),
    ("batch-whole", is_ready_too_early),
    ("cancelled-blocked", cancels_and_leaves_the_booklets),
    ("stock-held", delivers_to_nobody),
    ("stock-held", lets_somebody_hold_what_lies_at_the_desk),
    ("no-overlap-dated_rule", changes_a_rule_twice),
    ("no-overlap-care_moment_price", pays_two_prices),
    ("no-overlap-location_standing", licenses_twice),
    ("no-overlap-day_amount", pays_two_amounts_a_day),
    ("no-overlap-bought_place", buys_a_number_twice),
    ("no-overlap-placement_place", puts_two_children_on_a_place),
    ("no-overlap-placement_child", gives_a_child_two_places),
    ("purchase-places", buys_a_place_too_few),
    ("purchase-places", buys_a_place_too_late),
    ("purchase-places", buys_places_of_a_draft),
    ("at-most-four-places", buys_a_fifth_place),
    ("purchase-amounts", forgets_what_a_closed_day_costs),
    ("placement-on-its-place", places_a_child_before_its_place),
    ("placement-on-its-place", ends_a_place_under_a_child),
    ("placement-on-its-place", places_a_child_elsewhere),
    ("placement-ended-whole", ends_a_placement_by_nobody),
    ("placement-ended-whole", ends_a_running_placement_half),
    ("clock-before-place", begins_the_months_after_the_first_day),
    ("episode-of-one-child", mixes_two_children),
    ("episode-of-one-child", gives_a_child_another_family),
    ("signal-of-its-child", signals_another_child),
    ("no-idle-cards", leaves_a_card_open),
    ("one-card-a-child", leaves_an_older_card_open),
    ("events-handed-on", hands_nothing_on),
    ("deliveries-brought", forgets_a_delivery),
    ("deliveries-brought", gives_a_delivery_up),
    ("triggers-in-place", loses_a_trigger),
]


def test_each_invariant_is_seen_to_fail_when_it_is_broken(city: City, town: Town) -> None:
    for name, breaks in BREAKS:
        seen = failing_after(city, breaks, town)
        assert seen.get(name, 0) > 0, breaks.__name__
    assert failing(city) == {}


def test_a_call_is_not_idle_while_its_event_is_on_its_way(city: City, town: Town) -> None:
    with at_work(city, town.provider.actor, EVENING) as uow:
        redeem_cheque(uow, code=town.silent.codes[0], idempotency_key="late")
    assert failing(city) == {}
    with at_work(city) as uow:
        number = uow.session.scalars(select(PendingEvent.event_number)).one()
        uow.session.execute(text("DELETE FROM event_pending"))
        on_its_way = Delivery(
            event_number=number, handler="x", subject_id=town.silent.id, next_try_at=EVENING
        )
        uow.session.add(on_its_way)
    assert failing(city) == {}
    with at_work(city) as uow:
        uow.session.execute(update(Delivery).values(done_at=EVENING))
    assert failing(city) == {"no-idle-calls": 1}


def test_the_command_says_each_check_on_a_line_and_ends_with_one_when_one_fails(
    city: City, town: Town, opstap_check: Callable[[], Result]
) -> None:
    with at_work(city) as uow:
        uow.session.execute(text("DELETE FROM event_pending"))
    told = opstap_check()
    assert told.exit_code == 0, told.output
    lines = [line.split()[:4] for line in told.output.splitlines()]
    assert lines == [["localhost", "ok", "0", name] for name in NAMES]
    with at_work(city) as uow:
        counts_one_too_many(uow.session, town)
    told = opstap_check()
    assert told.exit_code == 1
    assert [line.split()[1:4] for line in told.output.splitlines() if " FAILED " in line] == [
        ["FAILED", "1", "booklet-count"]
    ]


def failing(city: City) -> dict[str, int]:
    with city.database.transaction(writes=False) as session:
        return failing_in(session)


def failing_after(city: City, breaks: Break, town: Town) -> dict[str, int]:
    """Break something, ask every check, and let it be as it was."""
    with suppress(Undone), at_work(city) as uow:
        breaks(uow.session, town)
        uow.session.flush()
        seen = failing_in(uow.session)
        raise Undone
    return seen


class Undone(Exception):
    """What was broken is whole again."""


def failing_in(session: Session) -> dict[str, int]:
    done = run_checks(session, CHECKS, now=EVENING)
    return {each.check.name: each.count for each in done if not each.holds}


def of(paper: Paper) -> Any:
    return update(Booklet).where(Booklet.id == paper.id)


def cheque(paper: Paper, place: int) -> Any:
    return update(Cheque).where(Cheque.id == paper.cheque_ids[place])


def child_of(town: Town) -> Any:
    return update(Placement).where(Placement.id == town.placed.id)


def on_place(town: Town, number: int) -> Any:
    return BoughtPlace.id == town.bought.places[number]


def live(paper: Paper) -> Any:
    return (Redemption.cheque_id == paper.cheque_ids[0]) & Redemption.annulled_at.is_(None)


def drop_trigger(session: Session, table: str, called: str = "") -> None:
    """Let two periods overlap, whether a row is added or changed."""
    on = f" ON {table}" if session.get_bind().dialect.name == "postgresql" else ""
    for moment in ("insert",) if on else ("insert", "update"):
        session.execute(text(f"DROP TRIGGER overlap_{called or table}_{moment}{on}"))


@pytest.fixture
def town(city: City) -> Town:
    referrer, provider = build.referrer(city), build.provider(city)
    build.price(city)
    used, lost, silent = (build.handed_out(city, referrer) for _ in range(3))
    blank = build.blank(city, desk := build.regie(city))
    held = build.lying(city, build.batch(city, desk, 2))[0]
    build.delivered(city, desk, referrer, held.number)
    with at_work(city, now=LATER) as uow:
        assert len(flag_drop_offs(uow)) == 3
    dispatch_events(city, LATER)
    for number, paper in enumerate([used, used, used, lost, lost]):
        with at_work(city, provider.actor, LATER + timedelta(minutes=number)) as uow:
            done = redeem_cheque(
                uow,
                code=paper.codes[number],
                idempotency_key=f"k{number}",
                same_day_reason="secondChild",
            )
            if number == 2:
                annul_redemption(uow, redemption_id=done.redemption.id)
    with at_work(city, referrer.actor, LATER) as uow:
        new_id = replace_lost_booklet(uow, booklet_id=lost.id).id
    dispatch_events(city, LATER)
    with at_work(city) as uow:
        rules = set(uow.session.scalars(select(Task.rule).where(Task.closed_at.is_not(None))))
        assert rules == {SilenceRule.NO_FIRST_USE}
    bought = build_care.bought(city, regie := build.regie(city))
    draft_id = build_care.draft(city, regie)
    since = MONDAY.date() - timedelta(days=110)
    placed, left = (
        build_care.placed(city, regie, on=bought.places[n], since=since) for n in (1, 2)
    )
    with at_work(city, now=LATER) as uow:
        assert len(signal_limits(uow)) == 2
    dispatch_events(city, LATER)
    with at_work(city, regie.actor, LATER) as uow:
        end_placement(uow, placement_id=left.id, outcome=Outcome.SCHOOL, last_day=LATER.date())
    dispatch_events(city, LATER)
    return Town(
        bought=bought,
        draft_id=draft_id,
        placed=placed,
        left=left,
        used=used,
        lost=lost,
        new_id=new_id,
        silent=silent,
        blank=blank,
        held=held,
        referrer=referrer,
        provider=provider,
    )


@pytest.fixture
def opstap_check(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Result]:
    monkeypatch.delenv("OPSTAP_CITIES", raising=False)
    monkeypatch.delenv("OPSTAP_DEMO", raising=False)
    monkeypatch.setenv("DATABASE_URL", city.database.url)
    monkeypatch.setenv("OPSTAP_DATA", str(tmp_path / "data"))
    return lambda: CliRunner().invoke(command, ["check"])
