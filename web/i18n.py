"""Words on screen: Dutch in the source, other languages from their catalogues, dates as said."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from functools import cache
from gettext import NullTranslations
from pathlib import Path

from babel.dates import format_date
from babel.numbers import format_decimal
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


def spoken(code: str | None) -> str:
    """Give the language when family pages speak it, else '' (whatever was asked)."""
    return code if code and code in {known.code for known in translated_languages()} else ""


def long_day(day: date) -> str:
    """Give a day as people plan it: maandag 17 januari 2028 (western digits everywhere)."""
    return f"{format_date(day, 'EEEE', locale=_locale())} {words_day(day)}"


def words_day(day: date) -> str:
    """Give a day without its weekday: 17 januari 2028."""
    return f"{day.day} {month_name(day)}"


def short_day(day: date) -> str:
    """Give a day for a table: 17/01/2028."""
    return f"{day:%d/%m/%Y}"


def month_name(day: date) -> str:
    """Give a month: januari 2028."""
    return f"{_named_month(day)} {day.year}"


def clock(moment: datetime | time) -> str:
    """Give the hour in Brussels, on 24 hours: 07:30."""
    local = moment.astimezone(BRUSSELS) if isinstance(moment, datetime) else moment
    return f"{local:%H:%M}"


def decimal(number: float) -> str:
    """Give a number with at most one decimal, as it is written in the page's language: 1,4."""
    written: str = format_decimal(number, format="0.#", locale=_locale())
    return written


def in_dutch(said: Callable[[], str]) -> str:
    """Give in Dutch what the page says in another language, for whoever reads along."""
    with speaking("nl"):
        return said()


def _named_month(day: date) -> str:
    """Give a month's name; in Arabic both names, as on the booklet's paper.

    The eastern one is read in Syria and Iraq, the other in Egypt and the Maghreb.
    """
    name = format_date(day, "MMMM", locale=_locale())
    return f"{format_date(day, 'MMMM', locale='ar_SY')}/{name}" if language() == "ar" else name


def _locale() -> str:
    """Give the locale of dates and numbers; `ar` and not `ar_MA`: its August is known to all."""
    code = language()
    return {"nl": "nl_BE", "fr": "fr_BE", "en": "en_GB"}.get(code, code).replace("-", "_")


def mount_translations(app: Flask) -> None:
    """Give every template the words and the ways of writing a day, an hour and an amount."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.filters.update(
        in_dutch=in_dutch,
        long_day=long_day,
        words_day=words_day,
        short_day=short_day,
        month_name=month_name,
        clock=clock,
        euro=euro,
    )
