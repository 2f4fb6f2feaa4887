"""A device by the words its owner would use: “Chrome op Android”, and nothing finer."""

from collections.abc import Sequence

from flask import request

_BROWSERS: Sequence[tuple[str, str]] = (  # the first that is named; most call themselves Safari too
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Sequence[tuple[str, str]] = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "Chromebook"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def device_here() -> str:
    """Give the device from which this request comes, or '' when it says nothing that we know."""
    return device_of(request.headers.get("User-Agent", ""))


def device_of(user_agent: str) -> str:
    """Give a browser and a system without any version, or what is known of the two."""
    named = (_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent))
    return " op ".join(name for name in named if name)


def _first(known: Sequence[tuple[str, str]], said: str) -> str:
    return next((name for sign, name in known if sign in said), "")
