"""Distances, hours and phone numbers, as one says them to a family."""

from datetime import time

from flask import Flask

from web.i18n import decimal, language, ngettext
from web.i18n import gettext as _

_KM = 1000  # metres
_YEAR = 12  # months
_PRECISE = 100  # metres: nearer than that, a line through the air says nothing


def distance(km: float) -> str:
    """Give a distance in km as people say it: 600 meter, 1,4 kilometer."""
    metres = max(_PRECISE, round(km * _KM / _PRECISE) * _PRECISE)
    if metres < _KM:
        return _("%(count)s meter") % {"count": metres}
    return _("%(count)s kilometer") % {"count": decimal(metres / _KM)}


def hour(moment: time) -> str:
    """Give an hour as it is said: 7 and 7.30 in Dutch, 7:00 and 7:30 elsewhere."""
    if language() != "nl":
        return f"{moment.hour}:{moment.minute:02}"
    return f"{moment.hour}.{moment.minute:02}" if moment.minute else str(moment.hour)


def opening(opens: time, closes: time) -> str:
    """Give when a place is open: open van 7 tot 18 uur."""
    hours = {"opens": hour(opens), "closes": hour(closes)}
    return _("open van %(opens)s tot %(closes)s uur") % hours


def lasting(count: int, unit: str) -> str:
    """Give how long something is kept: 90 dagen, 6 maanden, 5 jaar. `unit` is days or months."""
    if unit == "days":
        text = ngettext("%(num)s dag", "%(num)s dagen", count)
    elif count % _YEAR == 0:
        count //= _YEAR
        text = ngettext("%(num)s jaar", "%(num)s jaar", count)
    else:
        text = ngettext("%(num)s maand", "%(num)s maanden", count)
    return text % {"num": count}


def dialled(phone: str) -> str:
    """Give a Belgian phone number as a phone dials it, from anywhere: +3289000112."""
    signs = "".join(sign for sign in phone if sign.isdecimal())
    if phone.strip().startswith("+"):
        return f"+{signs}"
    if signs.startswith("00"):
        return f"+{signs[2:]}"
    return f"+32{signs[1:]}" if signs.startswith("0") else signs


def mount_sayings(app: Flask) -> None:
    """Give every template these ways of saying."""
    app.jinja_env.filters.update(
        distance=distance, hour=hour, opening=opening, dialled=dialled, decimal=decimal
    )
