"""What an administrator sets: read once at start, with every fault told at once."""

import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import formataddr
from pathlib import Path
from typing import Any

from environs import Env, EnvValidationError
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load

from kernel.cities import PROGRAMMES, Cities, City
from kernel.colours import Theme
from kernel.database import Database
from kernel.mail import ConsolePost, SmtpPost
from kernel.mail_server import ServerAddress


class WrongSettings(Exception):
    """The house cannot start with these settings; each line says what to change."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The environment, read and checked (product/README.md 5)."""

    folder: Path
    cities: Cities
    port: int
    demo: bool
    secret_key: str = field(repr=False)


class _ThemeSettings(Schema):
    accent = fields.String()
    accent_strong = fields.String()
    accent_soft = fields.String()
    accent_line = fields.String()
    on_accent = fields.String()

    @post_load
    def _made(self, loaded: dict[str, str], **_: object) -> Theme:
        return Theme(**loaded)


class _CitySettings(Schema):
    host = fields.String(required=True)
    base_url = fields.Url(required=True, require_tld=False)
    database = fields.String(required=True)
    programmes = fields.List(fields.String(), load_default=lambda: sorted(PROGRAMMES))
    name = fields.String(load_default="jouw stad")
    desk_phone = fields.String(load_default="")
    desk_address = fields.String(load_default="")
    desk_hours = fields.String(load_default="")
    privacy_contact = fields.String(load_default="")
    nis = fields.List(fields.String(), load_default=list)
    languages = fields.List(fields.String(), load_default=lambda: ["nl", "ar"])
    mail_from = fields.String()
    theme = fields.Nested(_ThemeSettings, load_default=Theme)


DEMO_CITIES = Path(__file__).parent.parent / "demo" / "cities.toml"


def read_settings() -> Settings:
    """Read the environment; without OPSTAP_CITIES, OPSTAP_DEMO gives the demo's two cities.

    Refuses with WrongSettings, which lists every fault at once.
    """
    env = Env(eager=False)
    folder = Path(env.str("OPSTAP_DATA", "data"))
    port = env.int("PORT", 8000)
    demo = env.bool("OPSTAP_DEMO", default=False)
    url = env.str("DATABASE_URL", "")
    file = env.str("OPSTAP_CITIES", "")
    switched_on = frozenset(env.list("PROGRAMMES", sorted(PROGRAMMES)))
    key = env.str("SECRET_KEY", "")
    smtp_url = env.str("SMTP_URL", "")
    faults: list[str] = []
    try:
        env.seal()
    except EnvValidationError as error:
        said = error.error_messages
        told = said.items() if isinstance(said, Mapping) else [("", said)]
        raise WrongSettings(
            "\n".join(f"{name}: {' '.join(each)}" for name, each in told)
        ) from error
    described = _described(file, DEMO_CITIES if demo else None, url, port, faults)
    cities = _built(described, folder.absolute(), switched_on, faults)
    if smtp_url and (fault := ServerAddress(smtp_url).fault()):
        faults.append(f"SMTP_URL {fault}")
    if faults:
        raise WrongSettings("\n".join(faults))
    folder.mkdir(parents=True, exist_ok=True)
    key = key or _kept_key(folder)
    post = SmtpPost(smtp_url) if smtp_url else ConsolePost()
    cities = [replace(city, post=post, secret_key=key) for city in cities]
    return Settings(
        folder=folder,
        cities=Cities(cities, any_host=len(cities) == 1 and not file),
        port=port,
        demo=demo,
        secret_key=key,
    )


def _described(
    file: str, demo_cities: Path | None, url: str, port: int, faults: list[str]
) -> list[dict[str, Any]]:
    """Give the cities as they are written down: a file, the demo's, or one that has only a URL."""
    if file:
        return _in_file(Path(file), faults)
    if demo_cities is not None:
        cities = _in_file(demo_cities, faults)
        for city in cities:
            city["base_url"] = f"http://{city['host']}:{port}"
        return [cities[0] | {"database": url}] if url else cities
    if url:
        return [{"host": "localhost", "base_url": f"http://localhost:{port}", "database": url}]
    faults.append("Say which cities there are: OPSTAP_CITIES, DATABASE_URL, or OPSTAP_DEMO=1.")
    return []


def _in_file(file: Path, faults: list[str]) -> list[dict[str, Any]]:
    try:
        found = tomllib.loads(file.read_text("utf-8")).get("city")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.append(f"OPSTAP_CITIES {file}: {error}")
        return []
    if not isinstance(found, list) or not found:
        faults.append(f"OPSTAP_CITIES {file}: describe each city under [[city]]")
        return []
    return found


def _built(
    described: list[dict[str, Any]], folder: Path, switched_on: frozenset[str], faults: list[str]
) -> list[City]:
    cities = []
    for number, entry in enumerate(described, 1):
        try:
            loaded = _CitySettings(unknown=EXCLUDE).load(entry)
        except ValidationError as error:
            faults.append(f"OPSTAP_CITIES, city {number}: {error.messages}")
            continue
        sender = (f"Opstap {loaded['name']}", f"opstap@{loaded['host']}")
        loaded.setdefault("mail_from", formataddr(sender))
        url = loaded["database"]
        if "://" not in url:
            url = f"sqlite:///{folder / url}"
        city = City(
            **loaded
            | {key: tuple(loaded[key]) for key in ("nis", "languages")}
            | {"database": Database(url), "programmes": frozenset(loaded["programmes"])}
        )
        faults += city.faults()
        cities.append(replace(city, programmes=city.programmes & switched_on))
    return cities


def _kept_key(folder: Path) -> str:
    """Give the key that signs forms and hashes, made once and readable by its owner only."""
    file = folder / "secret_key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48), "utf-8")
    return file.read_text("utf-8").strip()
