"""Each look into a family's file leaves one row, through whichever door (FIGURES P4)."""

import re
from collections import Counter
from datetime import date
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from kernel.audit import AuditRow
from kernel.cities import City
from kernel.people import Child, Family
from occasioneel.models import Placement
from tests.access.test_matrix import SIGNED_IN, Visitor
from tests.access.world import World, build_world
from tests.build import at_work
from tests.figures import Say
from tests.test_keeping_term import readable, said
from vouchers.models import Booklet
from web.audit_words import is_said

NAME, PHONE, CHILD = "Kanarie Vogelaar", "0470 99 88 77", "Pieperke"
# A page of one family, one booklet, one child: it is a file even where it shows no name.
OF_ONE = re.compile(r"<uuid:(family|booklet|placement)_id>")
# The cheque holder, whoever scans it, and who looks where blank paper lies see no family.
NOT_OF_STAFF = re.compile(r"^GET /(c|scan|opvang|voorraad)\b")


def test_each_page_file_and_answer_of_a_familys_file_leaves_one_row(
    city: City, app: Flask, figure: Say
) -> None:
    world = build_world(city)
    named = name_everybody(city)
    looked, unsaid = Counter[str](), set[str]()
    for role in sorted(SIGNED_IN):
        visitor = Visitor(app, city, world.people[role])
        for door in readable(app, role, world):
            before = last_number(city)
            answer = visitor.tries(door, world)
            told = said(answer.get_data(), answer.mimetype or "")
            rows = rows_after(city, before)
            shown = {
                family for family, canaries in named.items() if any(c in told for c in canaries)
            }
            one = one_family(city, door, world) if answer.status_code == 200 else None
            expected = shown | ({one} if one else set())
            subjects = [subject for subject, _, _ in rows]
            assert len(subjects) == len(set(subjects)), f"{door} as {role}: twice"
            assert expected <= set(subjects), f"{door} as {role}: shown without a row"
            assert {account for _, account, _ in rows} <= {world.people[role].actor.account_id}
            unsaid |= {what for _, _, what in rows if not is_said(what)}
            looked[door] += len(rows)
    assert unsaid == set(), "web/audit_words.py says each page in words"
    pages = [door for door, count in looked.items() if count]
    assert len(pages) > 8
    figure(
        "P4 routes", f"{len(looked)} doors opened by 6 roles, {len(pages)} of a file: a row each"
    )


def test_whoever_is_refused_leaves_no_row(city: City, app: Flask) -> None:
    world = build_world(city)
    before = last_number(city)
    other = Visitor(app, city, world.people["other referrer"])
    for door in ("GET /boekjes/<uuid:booklet_id>", "GET /api/v1/booklets/<uuid:booklet_id>"):
        assert other.tries(door, world).status_code == 404
    assert rows_after(city, before) == []


def test_without_a_row_there_is_no_answer(city: City, app: Flask) -> None:
    world = build_world(city)
    visitor = Visitor(app, city, world.people["referrer"])
    with at_work(city) as uow:
        uow.connection.exec_driver_sql("ALTER TABLE audit RENAME TO audit_away")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    for door in (
        "GET /boekjes/<uuid:booklet_id>",
        "GET /api/v1/booklets/<uuid:booklet_id>",
        "GET /api/v1/booklets/<uuid:booklet_id>/print",
    ):
        assert visitor.tries(door, world).status_code in {500, 503}, door


def name_everybody(city: City) -> dict[UUID, tuple[str, ...]]:
    """Give every family a name, a phone and a child of its own."""
    named: dict[UUID, tuple[str, ...]] = {}
    with at_work(city) as uow:
        for number, family in enumerate(uow.session.scalars(select(Family)), 11):
            family.name, family.phone = f"{NAME} {number}", f"{PHONE} {number}"
            children = list(uow.session.scalars(select(Child).where(Child.family_id == family.id)))
            if not children:
                children = [Child(family_id=family.id, birth_month=date(2025, 3, 1))]
                uow.session.add_all(children)
            for child in children:
                child.first_name = f"{CHILD} {number}"
            named[family.id] = (family.name, family.phone, f"{CHILD} {number}")
    return named


def one_family(city: City, door: str, world: World) -> UUID | None:
    """Give the family whose file a door is by its address, or None."""
    found = OF_ONE.search(door)
    if found is None or NOT_OF_STAFF.search(door):
        return None
    with at_work(city) as uow:
        if found[1] == "booklet":
            return uow.session.get_one(Booklet, world.paper.id).family_id
        if found[1] == "placement":
            return uow.session.get_one(Placement, world.placement_id).family_id
    return world.family_id


def last_number(city: City) -> int:
    with at_work(city) as uow:
        return uow.session.scalar(select(func.max(AuditRow.number))) or 0


def rows_after(city: City, number: int) -> list[tuple[UUID, UUID, str]]:
    with at_work(city) as uow:
        rows = uow.session.execute(
            select(AuditRow.subject_id, AuditRow.account_id, AuditRow.what).where(
                AuditRow.number > number
            )
        )
        return [(row[0], row[1], row[2]) for row in rows]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: which page writes a row is decided before any database is asked."""
    return sqlite_url
