"""What is kept of people stands in the register, in docs/privacy.md, and is told to a family."""

import re
from collections.abc import Iterator
from uuid import uuid4

from sqlalchemy import Column
from sqlalchemy.sql import visitors

from app import HOUSE
from jobs.schedule import FAMILY_FILES, KEPT_OF_PEOPLE
from kernel.database import Base
from kernel.telling import everything
from tests.figures import Say
from tests.test_architecture import PERSONAL, load_everything
from web.keeping import REGISTER
from web.saying import lasting as term_in_words

# Columns that hang on a family and are not told to it, each with the reason.
NOT_TOLD = re.compile(
    r"""
    \.id$ | _id$ | ^account\. | ^organisation\. | ^location\. | ^district\.   # keys, other things
    | _by$                                # who of the staff: their own data
    | idempotency_key | hand_out_key    # a retry's key
    | body_hash | hand_out_hash           # what a retry is compared with
    | ^cheque\.                           # the codes are on the family's paper only
    | ^booklet\.(ordinal|printed_at|outer_limit|delivered_on|training)$   # the paper before it
    | ^redemption\.used_after$            # a count
    | ^drop_off\.period$ | ^task\.(period|subject_id|opened_at)$
    | ^task\.(first_shown_at|came_back_at|not_before)$   # when it was on a screen
    | ^limit_signal\.placement            # where it hangs
    """,
    re.VERBOSE,
)
ROOTS = {"family", "child", "booklet", "placement", "redemption"}


def test_every_column_that_holds_a_person_has_a_class(figure: Say) -> None:
    answered = KEPT_OF_PEOPLE.columns()
    missing = {
        f"{table}.{column}"
        for table, columns in PERSONAL.items()
        for column in columns - answered.get(table, set())
    }
    assert missing == set()
    columns = sum(len(each) for each in PERSONAL.values())
    figure("R1 register", f"{columns} columns that hold a person, each with a term or a reason")


def test_no_class_answers_for_a_column_that_is_not_there() -> None:
    load_everything()
    for table, columns in KEPT_OF_PEOPLE.columns().items():
        assert columns <= set(Base.metadata.tables[table].columns.keys()), table


def test_every_class_has_a_name_of_its_own_and_stands_in_the_privacy_document() -> None:
    names = [kept.name for kept in KEPT_OF_PEOPLE.kept]
    assert len(set(names)) == len(names)
    told = (HOUSE / "docs" / "privacy.md").read_text()
    for kept in KEPT_OF_PEOPLE.kept:
        term = kept.term
        row = re.search(rf"^\| `{kept.name}` \|.*$", told, re.MULTILINE)
        assert row, kept.name
        default = term_in_words(term.count, term.unit)
        bounds = f"{term.least} to {term.most} {term.unit}"
        assert default in row[0], f"{kept.name}: {default}"
        assert f"`{term.rule}`" in row[0], kept.name
        assert bounds in row[0] or term.least == term.most, f"{kept.name}: {bounds}"
    for stays in KEPT_OF_PEOPLE.lasting:
        assert f"| `{stays.name}` |" in told


def test_no_term_is_longer_than_five_years_but_that_of_an_account() -> None:
    for kept in KEPT_OF_PEOPLE.kept:
        term = kept.term
        assert 0 < term.least <= term.count <= term.most, kept.name
        days = term.most * (1 if term.unit == "days" else 31)
        assert days <= 60 * 31 or kept.name == "accounts", kept.name


def test_the_page_shows_the_register_that_the_clock_keeps() -> None:
    assert [k.name for k in REGISTER.kept] == [k.name for k in KEPT_OF_PEOPLE.kept]
    assert [k.term for k in REGISTER.kept] == [k.term for k in KEPT_OF_PEOPLE.kept]


def test_a_family_that_asks_is_told_every_column(figure: Say) -> None:
    """R2: a new column that hangs on a family fails here until it is told, or a reason is given."""
    load_everything()
    told = {f"{column.table.name}.{column.name}" for column in columns_told()}
    there = {f"{c.table.name}.{c.name}" for c in columns_of_families()}
    untold = {name for name in there - told if not NOT_TOLD.search(name)}
    assert untold == set()
    personal = {f"{table}.{column}" for table in ("family", "child") for column in PERSONAL[table]}
    assert personal <= told
    figure("R2", f"{len(there & told)} columns of a family told to it; the others have a reason")


def columns_told() -> set[Column[object]]:
    return {
        each
        for part in everything(FAMILY_FILES)
        for chosen in part.rows(uuid4()).selected_columns
        for each in visitors.iterate(chosen)
        if isinstance(each, Column)
    }


def columns_of_families() -> Iterator[Column[object]]:
    """Every column of the tables that point to a family, directly or by its booklet or child."""
    hanging = {name for name in ROOTS if name in Base.metadata.tables}
    for table in Base.metadata.tables.values():
        if any(key.column.table.name in ROOTS for key in table.foreign_keys):
            hanging.add(table.name)
    for name in sorted(hanging - {"cheque"} | {"task"}):
        yield from Base.metadata.tables[name].columns
