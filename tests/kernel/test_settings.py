"""The house starts with right settings, or says everything that is wrong with them."""

from email.policy import default
from pathlib import Path

import pytest

from kernel.cities import UnknownCity
from kernel.colours import Theme, contrast
from kernel.mail import ConsolePost, SmtpPost
from kernel.settings import WrongSettings, read_settings


def test_the_demo_has_two_cities_on_their_own_hosts(here: pytest.MonkeyPatch) -> None:
    here.setenv("OPSTAP_DEMO", "1")
    here.setenv("PORT", "8123")
    settings = read_settings()
    genk = settings.cities.by_host("genk.localhost:8123")
    assert (genk.name, genk.base_url) == ("Genk", "http://genk.localhost:8123")
    assert settings.cities.by_host("ANTWERPEN.localhost.").name == "Antwerpen"
    with pytest.raises(UnknownCity):
        settings.cities.by_host("gent.localhost")


def test_one_database_is_one_city_on_any_host(here: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/one.db")
    settings = read_settings()
    assert settings.cities.by_host("whatever.example") is settings.cities.by_host("127.0.0.1")


def test_with_the_demo_one_database_is_genk(here: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here.setenv("OPSTAP_DEMO", "1")
    here.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/one.db")
    assert [city.name for city in read_settings().cities] == ["Genk"]


def test_programmes_can_be_limited(here: pytest.MonkeyPatch) -> None:
    here.setenv("OPSTAP_DEMO", "1")
    here.setenv("PROGRAMMES", "occasioneel")
    assert [city.programmes for city in read_settings().cities] == [
        frozenset(),
        frozenset({"occasioneel"}),
    ]


def test_every_fault_is_told_at_once(here: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "cities.toml"
    file.write_text(
        """
        [[city]]
        host = "a.example"
        base_url = "https://a.example"
        database = "a.db"
        programmes = ["vouchers", "lottery"]
        theme = { accent = "#ffff00" }
        [[city]]
        host = "b.example"
        """
    )
    here.setenv("OPSTAP_CITIES", str(file))
    with pytest.raises(WrongSettings) as wrong:
        read_settings()
    said = str(wrong.value)
    for fault in ("lottery", "accent on white has contrast 1.1", "base_url", "city 2"):
        assert fault in said


def test_a_wrong_mail_server_and_a_wrong_sender_are_told_with_the_rest(
    here: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "cities.toml"
    file.write_text(
        """
        [[city]]
        host = "a.example"
        base_url = "https://a.example"
        database = "a.db"
        mail_from = "Opstap"
        """
    )
    here.setenv("OPSTAP_CITIES", str(file))
    here.setenv("SMTP_URL", "smtp://opstap:geheim@mail.example:veel")
    with pytest.raises(WrongSettings) as wrong:
        read_settings()
    said = str(wrong.value)
    assert "a.example: mail_from must be like" in said
    assert "SMTP_URL must be like smtp://host:587" in said
    assert "geheim" not in said


def test_letters_are_printed_until_there_is_a_mail_server(here: pytest.MonkeyPatch) -> None:
    here.setenv("OPSTAP_DEMO", "1")
    assert {type(city.post) for city in read_settings().cities} == {ConsolePost}
    here.setenv("SMTP_URL", "smtps://opstap:geheim@mail.example")
    settings = read_settings()
    assert {type(city.post) for city in settings.cities} == {SmtpPost}
    assert "geheim" not in repr(settings)


def test_a_city_that_says_nothing_of_it_writes_from_its_own_host(
    here: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "cities.toml"
    lines = (
        'host = "opstap.stad.example"',
        'base_url = "https://opstap.stad.example"',
        'database = "a.db"',
        'name = "Luik (Liège)"',
    )
    file.write_text("[[city]]\n" + "\n".join(lines))
    here.setenv("OPSTAP_CITIES", str(file))
    [city] = read_settings().cities
    assert city.mail_from.endswith("<opstap@opstap.stad.example>")
    assert str(default.header_factory("From", city.mail_from)).startswith('"Opstap Luik (Liège)"')


@pytest.mark.parametrize("text", ["", "city = 3", "[[city", "\x00"])
def test_a_file_that_says_no_city_is_told(
    here: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "cities.toml"
    file.write_text(text)
    here.setenv("OPSTAP_CITIES", str(file))
    with pytest.raises(WrongSettings):
        read_settings()


def test_a_port_that_is_no_number_is_told(here: pytest.MonkeyPatch) -> None:
    here.setenv("PORT", "eighty")
    with pytest.raises(WrongSettings, match="PORT"):
        read_settings()


def test_no_city_at_all_is_told(here: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongSettings, match="OPSTAP_DEMO=1"):
        read_settings()


def test_the_key_is_made_once_and_is_its_owners(here: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here.setenv("OPSTAP_DEMO", "1")
    assert read_settings().secret_key == read_settings().secret_key
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_the_themes_of_the_design_can_be_read() -> None:
    assert Theme().faults() == []
    assert round(contrast("#1f2421", "#f5f3ee"), 1) == 14.2
    assert Theme(accent="blue").faults() == ["accent is not a colour like #0b5563"]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in (
        "OPSTAP_CITIES",
        "DATABASE_URL",
        "OPSTAP_DEMO",
        "PROGRAMMES",
        "SECRET_KEY",
        "PORT",
        "SMTP_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPSTAP_DATA", str(tmp_path / "data"))
    return monkeypatch
