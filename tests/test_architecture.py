"""The house rules that no linter knows."""

import importlib
import inspect
import pkgutil
import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest
from flask import Flask
from sqlalchemy import DateTime, create_engine
from sqlalchemy import inspect as look_into
from sqlalchemy.orm import configure_mappers
from werkzeug.routing import Rule

import api
import jobs
import kernel
import occasioneel
import vouchers
import web
from app import HOUSE, ROOMS, create_app, migrate
from jobs.dispatch import HANDLERS
from kernel.cities import City
from kernel.database import Base, UtcDateTime
from kernel.events import Event
from kernel.overlap import APPEND_ONLY, PERIODS
from kernel.unit_of_work import UnitOfWork
from tests.conftest import city_at, settings_for
from web.rooms import OF_PROGRAMME

PACKAGES = (kernel, vouchers, occasioneel, api, web, jobs)
PERSONAL = {  # the register of columns that hold something of a person (docs/privacy.md)
    "account": {"email", "name"},
    "booklet": {"body_hash", "hand_out_hash"},
    "child": {"birth_month", "first_name"},
    "family": {"language", "name", "number_of_children", "phone", "phone_hash", "reference"},
    "follow_up": {"line"},
    "location": {"address", "name", "phone"},
    "organisation": {"name"},
    "sign_in_attempt": {"address_hash"},
    "web_session": {"device"},
}
SOUNDS_PERSONAL = re.compile(
    r"name|phone|mail|birth|address|reference|language|children|^line$|device|(body|out)_hash"
)
NOT_OF_PERSONS = {
    ("account", "mails_good_news"),
    ("account", "mails_tasks"),
    ("dated_rule", "name"),
    ("district", "name"),
    ("event", "name"),
    ("forgotten", "name"),
    ("redemption", "body_hash"),
}


def test_only_the_database_commits() -> None:
    offenders = [
        str(file.relative_to(HOUSE))
        for package in PACKAGES
        for file in Path(package.__path__[0]).rglob("*.py")
        if re.search(r"\.(commit|rollback)\(", file.read_text())
    ]
    assert offenders == []


def test_every_deed_says_who_may() -> None:
    silent = [
        f"{module.__name__}.{name}"
        for package in (kernel, vouchers, occasioneel)
        for module in modules_of(package)
        if not module.__name__.endswith(".reactions")
        for name, deed in inspect.getmembers(module, inspect.isfunction)
        if deed.__module__ == module.__name__
        and not name.startswith("_")
        and takes_a_unit_of_work(deed)
        and not hasattr(deed, "allowed")
        and name not in STEPS
    ]
    assert silent == []


# Steps that deeds share; each is reached only through a deed, which says who may.
STEPS = {
    "agree_amounts",
    "appointment_of",
    "ask_anew",
    "block_at_desk",
    "booklets_by_id",
    "check_all",
    "check_ceilings",
    "check_moved",
    "child_of",
    "choose_place",
    "day_of_hand_out",
    "do_alike",
    "family_by_reference",
    "family_known_as",
    "give",
    "hand_over",
    "last_extension",
    "last_ordinal",
    "locked",
    "made_before",
    "meant_booklets",
    "new_booklet",
    "own_booklet",
    "read_scan_facts",
    "recognised_booklet",
    "refuse",
    "refused_taking",
    "running",
    "take_from_stock",
    "task_of",
    "warnings_about",
    "why_not",
    "write_answer",
    "write_invitation",
    "write_known",
    "write_letter",
    "write_welcome",
}


def test_event_names_are_unique_and_carry_their_packages_name() -> None:
    load_everything()
    kinds = Event.__subclasses__()
    names = [kind.name for kind in kinds if hasattr(kind, "name")]
    assert len(set(names)) == len(names)
    for kind in kinds:
        if kind.__module__.split(".")[0] in {"kernel", "vouchers", "occasioneel"}:
            assert kind.name.split(".")[0] == kind.__module__.split(".")[0]
            assert kind.subject in kind.__dataclass_fields__


def test_no_event_can_carry_a_person() -> None:
    load_everything()
    for kind in Event.__subclasses__():
        for field in fields(kind):
            assert not SOUNDS_PERSONAL.search(field.name), f"{kind.__name__}.{field.name}"


def test_every_handler_is_known_by_one_name() -> None:
    assert all(known.name == name for name, known in HANDLERS.items())


def test_no_table_of_one_programme_points_to_the_others() -> None:
    load_everything()
    configure_mappers()
    home = {
        mapper.local_table.name: mapper.class_.__module__.split(".")[0]  # type: ignore[attr-defined]
        for mapper in Base.registry.mappers
    }
    for table in Base.metadata.tables.values():
        for key in table.foreign_keys:
            target = home[key.column.table.name]
            assert target in {"kernel", home[table.name]}, f"{table.name} reaches into {target}"


def test_every_instant_is_kept_with_its_zone() -> None:
    load_everything()
    for table in Base.metadata.tables.values():
        for column in table.columns:
            assert not isinstance(column.type, DateTime), f"{table.name}.{column.name}"
            if column.name.endswith("_at"):
                assert isinstance(column.type, UtcDateTime), f"{table.name}.{column.name}"


def test_every_column_that_sounds_like_a_person_is_in_the_register() -> None:
    load_everything()
    found: dict[str, set[str]] = {}
    for table in Base.metadata.tables.values():
        for column in table.columns:
            personal = SOUNDS_PERSONAL.search(column.name) and not column.name.endswith("_id")
            if personal and (table.name, column.name) not in NOT_OF_PERSONS:
                found.setdefault(table.name, set()).add(column.name)
    assert found == PERSONAL


def test_every_period_that_must_not_overlap_is_guarded() -> None:
    load_everything()
    guarded = {period.table for period in PERIODS}
    with_periods = {
        table.name
        for table in Base.metadata.tables.values()
        if {"valid_from", "valid_until"} <= set(table.columns.keys())
    }
    # Opening hours may overlap: a location may open twice on one day.
    assert with_periods - guarded == {"opening_hours"}
    assert set(APPEND_ONLY) <= set(Base.metadata.tables)


def test_every_route_has_an_identity(app: Flask) -> None:
    unknown = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in {"static", "api-docs.openapi_json"}
        and not hasattr(app.view_functions[rule.endpoint], "identity")
    ]
    assert unknown == []


def test_only_what_must_be_public_is_public(app: Flask) -> None:
    public = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "identity", "") == "public"
    }
    assert {name.split(".")[0] for name in public} <= {
        "about",
        "api_page",
        "cheque",
        "health",
        "home",
        "joining",
        "password",
        "second_step",
        "sign_in",
        "sign_in_code",
    }


def test_migrations_have_one_head_and_give_what_the_models_say(city: City) -> None:
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415

    with city.database.transaction(writes=False) as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_twice_changes_nothing_and_keeps_the_triggers(city: City) -> None:
    before = triggers(city)
    assert before
    migrate(city)
    assert triggers(city) == before


def test_each_programme_boots_alone(tmp_path: Path) -> None:
    """What a programme has of its own is there with it and nowhere without it: pages and API."""
    for programme in OF_PROGRAMME:
        alone = city_at(f"sqlite:///{tmp_path}/{programme}.db", programmes=frozenset({programme}))
        migrate(alone)
        app = create_app(settings_for(alone, tmp_path))
        client = app.test_client()
        assert client.get("/health").json == {"status": "UP"}
        assert client.get("/aanmelden").status_code == 200
        for rule in app.url_map.iter_rules():
            owners = [name for name, rooms in ROOMS.items() if blueprint_of(rule) in rooms]
            if owners and "GET" in (rule.methods or ()) and not rule.arguments:
                is_lost = client.get(rule.rule).status_code == 404
                assert is_lost == (programme not in owners), f"{rule.rule} with {programme}"
        alone.database.dispose()


def blueprint_of(rule: Rule) -> str:
    return str(rule.endpoint).partition(".")[0]


@pytest.mark.parametrize("word", ["manager", "helper", "utils", "service", "info"])
def test_no_file_has_a_name_that_says_nothing(word: str) -> None:
    offenders = [
        str(file)
        for package in PACKAGES
        for file in Path(package.__path__[0]).rglob("*.py")
        if word in file.stem
    ]
    assert offenders == []


def modules_of(package: ModuleType) -> list[ModuleType]:
    names = [info.name for info in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
    return [importlib.import_module(name) for name in names if not name.endswith("__main__")]


def load_everything() -> None:
    for package in PACKAGES:
        modules_of(package)


def takes_a_unit_of_work(deed: object) -> bool:
    parameters = iter(inspect.signature(deed).parameters.values())  # type: ignore[arg-type]
    first = next(parameters, None)
    return first is not None and first.annotation in {UnitOfWork, "UnitOfWork"}


def triggers(city: City) -> list[tuple[str, ...]]:
    engine = create_engine(city.database.url)
    sqlite = look_into(engine).dialect.name == "sqlite"
    table = (
        "sqlite_master WHERE type = 'trigger'" if sqlite else "pg_trigger WHERE NOT tgisinternal"
    )
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            f"SELECT {'name' if sqlite else 'tgname'} FROM {table} ORDER BY 1"  # noqa: S608
        ).all()
    engine.dispose()
    return [tuple(str(cell) for cell in row) for row in rows]


def test_every_table_and_every_event_is_in_the_glossary() -> None:
    load_everything()
    glossary = (HOUSE / "docs" / "glossary.md").read_text()
    tables = {mapper.class_.__name__ for mapper in Base.registry.mappers}
    ours = [k for k in Event.__subclasses__() if k.__module__.split(".")[0] != "tests"]
    missing = {name for name in tables if f"`{name}`" not in glossary}
    missing |= {k.name for k in ours if f"| `{k.name}` | `{k.__name__}` |" not in glossary}
    assert missing == set()
