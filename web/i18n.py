"""Words on screen: Dutch in the source, other languages from their catalogues, dates as said."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from functools import cache
from gettext import NullTranslations
from pathlib import Path

from babel.dates import format_date
from babel.support import Translations
from flask import Flask, g, has_request_context

from kernel.calendar import BRUSSELS
from kernel.languages import BY_CODE, Language
from kernel.money import euro

FOLDER = Path(__file__).parent / "translations"


@cache
def _catalogue(language: str) -> NullTranslations:
    found: NullTranslations = Translations.load(str(FOLDER), [language.replace("-", "_")])
    return found


def language() -> str:
    """Give the language of the page being made; Dutch unless it chose another."""
    chosen: str = g.get("language", "nl") if has_request_context() else "nl"
    return chosen


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Let what is made inside be in another language."""
    before = g.get("language", "nl")
    g.language = code
    try:
        yield
    finally:
        g.language = before


def N_(text: str) -> str:  # noqa: N802 — gettext's own name for it
    """Mark a source text that is translated where it is shown."""
    return text


def gettext(text: str) -> str:
    """Give a Dutch source text in the language of the page."""
    return _catalogue(language()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Give a Dutch source text, one or many, in the language of the page."""
    return _catalogue(language()).ngettext(one, many, count)


def translated_languages() -> tuple[Language, ...]:
    """Give the languages that family pages can speak: Dutch, and those with a catalogue."""
    return tuple(
        known
        for known in BY_CODE.values()
        if known.code == "nl" or isinstance(_catalogue(known.code), Translations)
    )


def long_day(day: date) -> str:
    """Give a day as people plan it: maandag 17 januari 2028 (western digits everywhere)."""
    return format_date(day, "EEEE d MMMM y", locale=_locale())


def words_day(day: date) -> str:
    """Give a day without its weekday: 17 januari 2028."""
    return format_date(day, "d MMMM y", locale=_locale())


def short_day(day: date) -> str:
    """Give a day for a table: 17/01/2028."""
    return f"{day:%d/%m/%Y}"


def month_name(day: date) -> str:
    """Give a month: januari 2028."""
    return format_date(day, "MMMM y", locale=_locale())


def clock(moment: datetime | time) -> str:
    """Give the hour in Brussels, on 24 hours: 07:30."""
    local = moment.astimezone(BRUSSELS) if isinstance(moment, datetime) else moment
    return f"{local:%H:%M}"


def _locale() -> str:
    code = language()
    return (
        {"nl": "nl_BE", "ar": "ar_MA@numbers=latn"}.get(code, code).split("@")[0].replace("-", "_")
    )


def mount_translations(app: Flask) -> None:
    """Give every template the words and the ways of writing a day, an hour and an amount."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.filters.update(
        long_day=long_day,
        words_day=words_day,
        short_day=short_day,
        month_name=month_name,
        clock=clock,
        euro=euro,
    )
