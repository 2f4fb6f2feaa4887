"""What families read is whole in every language that the page offers."""

import re
from collections.abc import Iterator
from datetime import date, time
from functools import cache
from io import BytesIO
from pathlib import Path
from subprocess import run
from tempfile import TemporaryDirectory

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import Flask

from tools.commands import ROOT
from tools.setup import VENV
from vouchers.booklet_pdf.phrases import phrases
from web.i18n import in_dutch, long_day, month_name, speaking, spoken, translated_languages
from web.saying import dialled, distance, opening

FOLDER = ROOT / "web" / "translations"
LANGUAGES = sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir())
MONDAY = date(2028, 1, 17)
BLANKS = re.compile(r"%\(\w+\)s")


def test_arabic_is_spoken() -> None:
    assert "ar" in LANGUAGES


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_sentence_that_families_read_is_translated(code: str) -> None:
    catalogue = _source(code)
    known = {_key(message): message for message in catalogue if message.id}
    wanted = _family_sentences()
    assert len(wanted) > 60
    assert {text for text in wanted if not _whole(known.get(text), catalogue)} == set()


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_is_filled_in_stays_in_every_sentence(code: str) -> None:
    for message in _source(code):
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        first = message.id if isinstance(message.id, str) else message.id[0]
        for text in texts:
            assert sorted(BLANKS.findall(str(text))) == sorted(BLANKS.findall(first)), message.id


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_catalogue_holds_what_nobody_says(code: str) -> None:
    assert {_key(message) for message in _source(code) if message.id} <= _family_sentences()


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_catalogue_says_whether_a_person_confirmed_it(code: str) -> None:
    text = (FOLDER / code / "LC_MESSAGES" / "messages.po").read_text("utf-8")
    assert re.search(r'^"X-Reviewed: (yes|no)\\n"$', text, re.MULTILINE)


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_pages_read_is_what_people_wrote(code: str) -> None:
    """`make setup` compiles the catalogues: run it after a change."""
    with (FOLDER / code / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        assert _texts(read_mo(file)) == _texts(_source(code))


def test_the_page_offers_each_language_that_has_a_catalogue() -> None:
    assert {each.code for each in translated_languages()} == {"nl", *LANGUAGES}
    assert [spoken(code) for code in ("nl", "ar")] == ["nl", "ar"]
    assert [spoken(code) for code in ("ti", "AR", "", None, "../ar")] == [""] * 5


@pytest.mark.usefixtures("_page")
@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("nl", "maandag 17 januari 2028"),
        ("fr", "lundi 17 janvier 2028"),
        ("en", "Monday 17 January 2028"),
        ("ar", "الاثنين 17 كانون الثاني/يناير 2028"),
    ],
)
def test_a_day_is_in_words_with_western_digits(code: str, day: str) -> None:
    with speaking(code):
        assert long_day(MONDAY) == day


@pytest.mark.usefixtures("_page")
def test_arabic_months_are_those_of_the_paper() -> None:
    days = [date(2027, month, 1) for month in range(1, 13)]
    with speaking("ar"):
        assert [month_name(day) for day in days] == [
            f"{name} 2027" for name in phrases("ar").months
        ]


@pytest.mark.usefixtures("_page")
@pytest.mark.parametrize(
    ("km", "nl", "ar"),
    [
        (0.0, "100 meter", "100 متر"),
        (0.62, "600 meter", "600 متر"),
        (0.949, "900 meter", "900 متر"),
        (0.951, "1 kilometer", "1 كيلومتر"),
        (1.44, "1,4 kilometer", "1.4 كيلومتر"),
        (12.0, "12 kilometer", "12 كيلومتر"),
    ],
)
def test_a_distance_is_said_as_people_say_it(km: float, nl: str, ar: str) -> None:
    assert distance(km) == nl
    with speaking("ar"):
        assert distance(km) == ar


@pytest.mark.usefixtures("_page")
def test_hours_are_said_as_people_say_them() -> None:
    assert opening(time(7), time(17, 30)) == "open van 7 tot 17.30 uur"
    with speaking("en"):
        assert opening(time(7), time(17, 30)) == "open from 7:00 to 17:30"
        assert in_dutch(lambda: opening(time(7, 5), time(18))) == "open van 7.05 tot 18 uur"


@pytest.mark.parametrize(
    ("written", "dials"),
    [
        ("089 00 00 01", "+3289000001"),
        ("+32 470 12 34 56", "+32470123456"),
        ("0032 89/00.00.01", "+3289000001"),
        ("1700", "1700"),
    ],
)
def test_a_phone_number_can_be_dialled_from_anywhere(written: str, dials: str) -> None:
    assert dialled(written) == dials


@pytest.fixture
def _page() -> Iterator[None]:
    """A page is being made, in Dutch."""
    with Flask("opstap").test_request_context():
        yield


@cache
def _family_sentences() -> frozenset[str | tuple[str, ...]]:
    with TemporaryDirectory() as folder:
        template = Path(folder, "messages.pot")
        extract = (VENV / "bin" / "pybabel", "-q", "extract", "-F", "babel.cfg", "-o", template)
        run([*extract, "."], cwd=ROOT, check=True)
        found = read_po(BytesIO(template.read_bytes()))
    return frozenset(_key(message) for message in found if message.id)


def _key(message: Message) -> str | tuple[str, ...]:
    return message.id if isinstance(message.id, str) else tuple(message.id)


def _whole(message: Message | None, catalogue: Catalog) -> bool:
    if message is None:
        return False
    texts = message.string if isinstance(message.string, tuple) else (message.string,)
    plural = isinstance(message.id, tuple)
    return all(texts) and len(texts) == (catalogue.num_plurals if plural else 1)


def _texts(catalogue: Catalog) -> list[tuple[str, str]]:
    return sorted((str(list(m.id)), str(list(m.string))) for m in catalogue if m.id)


def _source(code: str) -> Catalog:
    with (FOLDER / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=code)
