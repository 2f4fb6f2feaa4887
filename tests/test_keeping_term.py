"""Past the term the people are gone everywhere, and no figure and no cent moved (FIGURES R1)."""

import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from jobs.schedule import KEPT_OF_PEOPLE
from kernel.cities import City
from kernel.database import Base
from kernel.forgetting import forget
from kernel.people import Child, Family
from kernel.removing import AlreadyRemoved, remove_family
from occasioneel.models import Outcome, Placement, PlacementState
from tests.access.test_matrix import SIGNED_IN, Visitor
from tests.access.world import World, build_world
from tests.build import at_work
from tests.figures import Say
from vouchers.cohorts import freeze_cohorts
from vouchers.issuing import hand_out_booklet
from vouchers.models import Booklet
from web.keeping import FAMILY_FILES

NOW = datetime.now(UTC)
CANARIES = ("Kanarie Vogelaar", "0470 99 88 77", "470998877", "Pieperke")
# What tells of a family by itself: there the people are gone, and the rest may say so.
ABOUT_FAMILIES = re.compile(r"gezinnen|boekjes|beheer|vandaag|kinderen|opvolging|voorraad|account")
TELLS_OF_NOW = re.compile(
    r'(csrf_token" value|name="_?key" value|nonce)="[^"]*"|W/"[^"]*"|If-None-Match": "[^}]*"'
)
# A removed family is called by nobody any more: that number moves, and no other.
CALLS = re.compile(r"(Niemand|\d+ gezin|(<b>)?\d+(</b>)?gezin(nen)?)(nen)? om te bellen")


def test_after_the_term_the_people_are_gone_and_nothing_else_moved(
    city: City, app: Flask, figure: Say
) -> None:
    world = lively(city)
    before = everything_read(city, app, world)
    assert any(canary in said for said in before.values() for canary in CANARIES)
    figures = not_of_people(city)
    assert forget(city, KEPT_OF_PEOPLE, NOW + timedelta(days=10 * 366)) > 0
    assert not_of_people(city) == figures
    compare(before, everything_read(city, app, world), figure, "R1 term")
    assert canaries_kept(city) == []


def test_after_a_removal_the_family_is_gone_and_nothing_else_moved(
    city: City, app: Flask, figure: Say
) -> None:
    world = lively(city)
    before = everything_read(city, app, world)
    figures = not_of_people(city)
    for family_id in families(city):
        with at_work(city, world.people["regie"].actor, NOW) as uow:
            remove_family(uow, family_id=family_id, files=FAMILY_FILES)
    assert not_of_people(city) == figures
    compare(before, everything_read(city, app, world), figure, "R1 removal")
    assert canaries_kept(city) == []


def test_who_was_removed_is_removed_once_and_never_named_again(city: City) -> None:
    world = lively(city)
    regie = world.people["regie"].actor
    with at_work(city, regie, NOW) as uow:
        remove_family(uow, family_id=world.family_id, files=FAMILY_FILES)
    with pytest.raises(AlreadyRemoved), at_work(city, regie, NOW) as uow:
        remove_family(uow, family_id=world.family_id, files=FAMILY_FILES)
    for named in (
        update(Family).where(Family.id == world.family_id).values(name="Kanarie Vogelaar"),
        update(Family).where(Family.id == world.family_id).values(phone="0470 99 88 77"),
        update(Child).where(Child.family_id == world.family_id).values(first_name="Pieperke"),
    ):
        with pytest.raises(AlreadyRemoved), at_work(city) as uow:
            uow.session.execute(named)
    with pytest.raises(AlreadyRemoved), at_work(city) as uow:
        uow.session.add(Child(family_id=world.family_id, birth_month=date(2025, 1, 1)))


def test_the_old_reference_makes_a_new_family(city: City) -> None:
    world = lively(city)
    with at_work(city, world.people["regie"].actor, NOW) as uow:
        remove_family(uow, family_id=world.family_id, files=FAMILY_FILES)
    with at_work(city, world.people["referrer"].actor, NOW) as uow:
        family = {"reference": "KAN-1", "language": "nl", "name": "Iemand Anders"}
        again = hand_out_booklet(uow, family=family, meets_criteria=True).booklet
        assert again.family_id != world.family_id


def lively(city: City) -> World:
    """A city in which everything happened, to families that are canaries in every field."""
    world = build_world(city)
    with at_work(city, now=NOW) as uow:
        freeze_cohorts(uow)
    today = NOW.date()
    ended = {
        "state": PlacementState.ENDED,
        "outcome": Outcome.SCHOOL,
        "valid_from": today - timedelta(days=40),
        "valid_until": today - timedelta(days=2),
    }
    with at_work(city) as uow:
        uow.session.execute(update(Placement).values(**ended))
        for number, family in enumerate(uow.session.scalars(select(Family))):
            family.reference = f"KAN-{number}"
            family.name, family.phone = "Kanarie Vogelaar", "0470 99 88 77"
            family.phone_hash, family.number_of_children = "0470998877", 2
            child = Child(family_id=family.id, first_name="Pieperke", birth_month=date(2025, 3, 1))
            uow.session.add(child)
        uow.session.flush()
        first = uow.session.get_one(Booklet, world.paper.id)
        family = uow.session.get_one(Family, first.family_id)
        family.reference = "KAN-1"
    return world


def everything_read(city: City, app: Flask, world: World) -> Mapping[str, str]:
    """Open every page, file and answer that there is, as everybody who may."""
    read: dict[str, str] = {}
    for role in sorted(SIGNED_IN):
        visitor = Visitor(app, city, world.people[role])
        for door in readable(app, role, world):
            answer = visitor.tries(door, world)
            assert answer.status_code in {200, 302, 404}, f"{door} as {role}: {answer.status_code}"
            told = said(answer.get_data(), answer.mimetype or "")
            read[f"{role} {door}"] = f"{answer.status_code} {told}"
    return read


def readable(app: Flask, role: str, world: World) -> list[str]:
    """Give every door that a role may look through."""
    known = set(world.ids())
    return sorted(
        f"GET {rule.rule}"
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and rule.arguments <= known
        and role in (getattr(app.view_functions[rule.endpoint], "roles", frozenset()) or {role})
    )


def said(body: bytes, kind: str) -> str:
    if kind == "application/pdf":
        made = subprocess.run(["pdftotext", "-", "-"], input=body, capture_output=True, check=True)
        return made.stdout.decode()
    return CALLS.sub("", TELLS_OF_NOW.sub("", body.decode()))


def compare(before: Mapping[str, str], after: Mapping[str, str], figure: Say, name: str) -> None:
    """See no canary afterwards, and every page that is not about families as it was."""
    leaks = [(door, c) for door, text in after.items() for c in (*CANARIES, "KAN-") if c in text]
    assert leaks == []
    moved = [
        door
        for door, text in before.items()
        if not ABOUT_FAMILIES.search(door) and text != after[door]
    ]
    assert moved == []
    papers = [door for door in before if door.endswith((".pdf", "/print"))]
    assert papers
    assert all(before[door] == after[door] for door in papers), "a reprint is the same"
    figure(name, f"{len(before)} pages, files and answers read before and after: no person left")


def not_of_people(city: City) -> dict[str, list[str]]:
    """Give what figures and money are made of: every row, without what is a person's."""
    tables = ("cheque", "redemption", "event", "appointment", "care_moment_price", "placement")
    with at_work(city) as uow:
        rows = {
            name: [str(tuple(r)) for r in uow.session.execute(select(Base.metadata.tables[name]))]
            for name in tables
        }
        columns = [c for c in Booklet.__table__.columns if c.name not in _OF_PEOPLE]
        rows["booklet"] = [str(tuple(r)) for r in uow.session.execute(select(*columns))]
    rows["event"] = [row for row in rows["event"] if "'kernel." not in row]  # signing in, removing
    return {name: sorted(each) for name, each in rows.items()}


_OF_PEOPLE = {"body_hash", "hand_out_hash", "good_news_consent"}


def canaries_kept(city: City) -> list[str]:
    with at_work(city) as uow:
        return [
            f"{table.name}: {canary}"
            for table in Base.metadata.sorted_tables
            for row in uow.session.execute(select(table))
            for canary in (*CANARIES, "KAN-")
            if canary in str(tuple(row))
        ]


def families(city: City) -> list[UUID]:
    with at_work(city) as uow:
        return list(uow.session.scalars(select(Family.id)))
