"""Real names are kept as they are and shown as they are, in every script (FIGURES F4, F3)."""

import unicodedata
from functools import partial
from urllib.parse import unquote_plus

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import select

from kernel.cities import City
from kernel.national_number import holds_national_number
from kernel.organisations import Location, Organisation
from kernel.people import Child, Family
from tests import build
from tests.build import at_work
from tests.figures import Say
from tests.fuzz.hostile import VALUES, encoded
from tests.web.people import form, signed_in

NAMES = (
    "N",
    "Ö",
    "李",
    "An",
    "Sint-Job-in-'t-Goor",
    "O'Neill",
    "D’Hondt",
    "van den Broeck-de Smet",
    "Çelik Yılmaz",
    "İpek Şahin",
    "Đặng Thị Ngọc",
    "Łukasz Żółć",
    "Ștefan Țuțea",
    "Zoë Saïd",
    "Hawaiʻi Kānoa",
    "Björk Guðmundsdóttir",
    "نور الهدى",
    "محمّد عبد الرّحمٰن",
    "می‌خواهم",  # with a joiner that keeps apart (U+200C)
    "فاطمه‌زهرا",
    "زرغونه ځاځۍ",
    "Олена Коваль",
    "Володимир-Святослав Об'єднаний",
    "Ђорђе Ћирић",
    "Георги Йорданов",
    "ሰላም ተኽለ",
    "ኃይለ ማርያም",
    "王小明",
    "歐陽 娜娜",
    "김 하늘",
    "さくら",
    "श्रीनिवास क्ष्मा",
    "क‍ष",  # with a joiner that binds (U+200D)
    "தமிழ் செல்வி",
    "ณัฐวุฒิ",
    "ខ្មែរ",
    "שרה כהן",
    "Ḥusayn ibn ʿAlī",
    "Mª José",
    "Jean-François d'Été",
    "Åse Þóra",
    "Ngô Đình",
    "M'Bala N'Diaye",
    "J.",
    "X Æ A-12",
    "Σοφία Παπαδοπούλου",
    "Նարեկ",
    "ნინო",
)
_TYPED = {"family.name": Family.name, "child.firstName": Child.first_name}
_LONGEST = {"family.name": 100, "child.firstName": 25}
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("decomposed", [False, True], ids=["NFC", "NFD"])
def test_no_real_name_is_refused(app: Flask, city: City, figure: Say, *, decomposed: bool) -> None:
    client = signed_in(app, build.referrer(city))
    typed = partial(unicodedata.normalize, "NFD" if decomposed else "NFC")
    for name in NAMES:
        whole = unicodedata.normalize("NFC", name)
        shown = {"family.reference": whole, "family.name": whole}
        shown |= {"child.firstName": whole[: _LONGEST["child.firstName"]].strip()}
        page = handed_out(client, {field: typed(text) for field, text in shown.items()})
        for field in _TYPED:
            assert f"<bdi>{escape(shown[field])}</bdi>" in page, name
            assert kept(city, field, whole) == [shown[field]]
        found = client.get("/boekjes", query_string={"zoek": typed(whole)}).get_data(as_text=True)
        assert escape(whole) in found.partition("<tbody")[2], f"{name} is not found again"
    told = "NFD, kept as NFC" if decomposed else "NFC"
    figure(
        f"F4 typed as {told.partition(',')[0]}",
        f"{len(NAMES)} real names in three fields, {told}: none refused, each equal and found",
    )


def test_no_real_name_is_refused_for_a_place(app: Flask, city: City) -> None:
    client = signed_in(app, build.regie(city))
    for name in NAMES:
        given = {
            "name": name,
            "kind": "family",
            "address": f"{name} 1",
            "postcode": "3600",
            "municipality": name,
            "newOrganisation": name,
        }
        hidden = form(client, "/regie/opvang/nieuw")
        answer = client.post("/regie/opvang/nieuw", data=hidden | given)
        assert answer.status_code == 303, name
        listed = client.get(answer.headers["Location"]).get_data(as_text=True)
        assert f"<b>{escape(name)}</b>" in listed
    with at_work(city) as uow:
        assert {*uow.session.scalars(select(Location.name))} == {
            unicodedata.normalize("NFC", name) for name in NAMES
        }
        assert {*uow.session.scalars(select(Organisation.name))} >= {
            unicodedata.normalize("NFC", name) for name in NAMES
        }


@pytest.mark.parametrize("name", sorted(_TYPED))
def test_what_is_kept_is_what_was_typed(app: Flask, city: City, name: str, figure: Say) -> None:
    client = signed_in(app, build.referrer(city))
    given, stored = right(client), 0
    for number, value in enumerate(VALUES):
        given |= {"family.reference": f"H-{number}", name: value}
        answer = client.post("/meegeven", data=encoded(list(given.items())), content_type=FORM)
        assert answer.status_code == (303 if may_be_kept(value, _LONGEST[name]) else 422)
        assert kept(city, name, f"H-{number}") == (
            [arrived(value) or None] if answer.status_code == 303 else []
        )
        stored += answer.status_code == 303
    assert 15 < stored < len(VALUES)
    figure(f"F3 kept {name}", f"{stored} of {len(VALUES)} hostile texts kept, each as its NFC")


def test_no_phone_number_is_taken_for_a_national_number(app: Flask, city: City) -> None:
    client = signed_in(app, build.referrer(city))
    numbers = (f"+32 470 12 3{last:03}" for last in range(1_000))
    passing = [number for number in numbers if holds_national_number(number)]
    assert passing
    for at, phone in enumerate([*passing, "0470/12.34.56", "00 32 89 12 34 56", "+90 (312) 123"]):
        given = right(client) | {"family.reference": f"P-{at}", "family.phone": phone}
        assert client.post("/meegeven", data=given).status_code == 303, phone
    given = right(client) | {"family.reference": "P", "family.phone": "85.07.30-033.28"}
    assert client.post("/meegeven", data=given).status_code == 422


def handed_out(client: FlaskClient, given: dict[str, str]) -> str:
    """Hand out a booklet and give the page of its file."""
    answer = client.post("/meegeven", data=right(client) | given)
    assert answer.status_code == 303, f"{given}"
    file = answer.headers["Location"].partition("/meekijken")[0]
    return client.get(file).get_data(as_text=True)


def right(client: FlaskClient) -> dict[str, str]:
    """Give what a form to hand out needs, besides a family's reference."""
    return form(client, "/meegeven") | {"family.language": "ar", "meetsCriteria": "true"}


def kept(city: City, name: str, reference: str) -> list[str | None]:
    """Give what is stored of a field for a family, by its reference."""
    with at_work(city) as uow:
        families = select(_TYPED[name]).select_from(Family).where(Family.reference == reference)
        if name == "child.firstName":
            families = families.join(Child, Child.family_id == Family.id, isouter=True)
        return list(uow.session.scalars(families))


def may_be_kept(value: str, longest: int) -> bool:
    """Say whether a text is one line that is not too long, by the rules as people know them."""
    text = arrived(value)
    return len(text) <= longest and not any(
        unicodedata.category(sign) == "Cc" or sign == "\ufffe" for sign in text
    )


def arrived(value: str) -> str:
    """Give the text that a browser's bytes are, without the spaces around it."""
    sent = unquote_plus(encoded([("", value)])[1:]) if "\ud800" not in value else "%ED%A0%80"
    return unicodedata.normalize("NFC", sent.strip())
