"""The paper: right in every language, on three sheets, and the same each time."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.vouchers.paper import (
    SENDER,
    VISIT,
    addresses,
    booklet,
    decoded_by_zxing,
    facts_of,
    fonts_of,
    metadata_of,
    render,
    words_in,
    words_with_places_in,
)
from vouchers.booklet_pdf import (
    EVERY_LANGUAGE,
    BatchNotPrintedError,
    FontsMissingError,
    booklet_pdf,
    booklet_pdfs,
    languages,
)
from vouchers.booklet_pdf.layout import laid_out
from vouchers.booklet_pdf.phrases import phrases
from vouchers.booklet_pdf.typesetting import fonts_in, typeset, typeset_apart
from vouchers.codes import grouped

EVERY = [*(language.code for language in languages()), EVERY_LANGUAGE]
LONG = "Kinderdagverblijf De Wonderlijke Reis van het Muisje naar de Overkant van het Water in Zuid"


@pytest.mark.parametrize("language", EVERY)
def test_a_booklet_is_three_sheets_of_a4_that_a_screen_reader_can_read(language: str) -> None:
    printed = booklet(1, language=language)
    pdf = booklet_pdf([printed], SENDER)
    facts = facts_of(pdf)
    assert facts["Pages"] == "3"
    assert "(A4)" in facts["Page size"]
    assert facts["Tagged"] == "yes"
    assert facts["Title"] == f"Boekje {printed.number[:4]}-{printed.number[4:]}, Opstap Genk"
    metadata = metadata_of(pdf)
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert "<rdf:li>nl-BE</rdf:li>" in metadata


def test_each_cheque_carries_its_number_its_typed_code_in_groups_and_its_last_day() -> None:
    printed = booklet(2)
    words = words_in(booklet_pdf([printed], SENDER))
    for cheque in printed.cheques:
        assert re.search(rf"\b{cheque.number} ?/ 10 ", words)
        assert grouped(cheque.typed_code) in words
        assert cheque.code not in words
    assert words.count("Tot en met 17 januari 2028") == 10


def test_the_cover_says_whose_it_is_until_when_whom_to_call_and_what_is_kept() -> None:
    words = words_in(booklet_pdf([booklet(3)], SENDER, only_page=1))
    for sentence in (
        "Dit boekje is van jou",
        "10 keer kinderopvang. Gratis.",
        "17 januari 2028",
        "089 00 00 01",
        "Voorbeeldplein 1, 3600 Genk",
        "De stad Genk bewaart je taal",
        "Vraag het aan privacy@genk.example of 089 00 00 01",
        "gegevensbeschermingsautoriteit.be",
        "25 januari 2027 Kinderdagverblijf De Zonnebloem",
        "Nadia",
    ):
        assert sentence in words


def test_stock_leaves_the_last_day_open_and_tells_the_outer_limit() -> None:
    limit = date(2028, 11, 30)
    printed = booklet(
        4, language=EVERY_LANGUAGE, valid_until=None, outer_limit=limit, first_visit=None
    )
    words = words_in(booklet_pdf([printed], SENDER))
    assert words.count("Tot en met ___ / ___ / ______") == 10
    assert "Nooit later dan 30 november 2028." in words
    for sentence in ("This booklet is yours", "Ce carnet est à vous"):
        assert sentence in words


def test_arabic_is_set_in_its_own_font_and_nothing_else_stands_in() -> None:
    assert fonts_of(booklet_pdf([booklet(5, language="ar")], SENDER)) == {
        "NotoSans-Regular",
        "NotoSans-Bold",
        "NotoSansArabic-Regular",
        "NotoSansArabic-Bold",
    }
    assert fonts_of(booklet_pdf([booklet(5)], SENDER)) == {"NotoSans-Regular", "NotoSans-Bold"}


def test_what_is_filled_in_keeps_its_own_direction_within_arabic() -> None:
    sender = replace(SENDER, privacy_contact="089 00 00 01 of privacy@genk.example")
    printed = booklet(6, language="ar", first_visit=None)
    places = words_with_places_in(booklet_pdf([printed], sender, only_page=1))
    # It stands twice: in the Dutch column at the left, in the Arabic one at the right.
    mail = max(place for word, place in places if word == "privacy@genk.example")
    line = sorted((place[0], word) for word, place in places if place[1] == mail[1])
    words = [word for right, word in line if right <= mail[0]]
    assert words[-6:] == ["089", "00", "00", "01", "of", "privacy@genk.example"]


@pytest.mark.parametrize("folder_name", ["nowhere", ""])
def test_without_its_fonts_nothing_is_printed_and_the_way_out_is_told(
    tmp_path: Path, folder_name: str
) -> None:
    with pytest.raises(FontsMissingError, match="run make setup"):
        fonts_in(tmp_path / folder_name)


def test_the_same_booklet_gives_the_same_bytes_however_many_print_at_once() -> None:
    printed = [booklet(seed, language="ar") for seed in range(4)]
    alone = [booklet_pdf([one], SENDER) for one in printed]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda one: booklet_pdf([one], SENDER), printed))
    assert together == alone


def test_one_sheet_can_be_printed_again() -> None:
    printed = booklet(7)
    pdf = booklet_pdf([printed], SENDER, only_page=3)
    (sheet,) = render(pdf, dpi=100)
    assert decoded_by_zxing(sheet) == sorted(addresses(printed)[5:])


@pytest.mark.parametrize("page", [-1, 0, 4])
def test_a_sheet_that_does_not_exist_is_refused(page: int) -> None:
    with pytest.raises(ValueError, match=f"no booklet has a page {page}"):
        booklet_pdf([booklet(8)], SENDER, only_page=page)


def test_a_replacement_holds_the_rest_only() -> None:
    pdf = booklet_pdf([booklet(9, numbers=range(8, 11))], SENDER)
    words = words_in(pdf)
    assert facts_of(pdf)["Pages"] == "2"
    assert "3 keer kinderopvang. Gratis." in words
    assert re.findall(r"(\d+) ?/ (\d+) ", words) == [("8", "10"), ("9", "10"), ("10", "10")]


def test_one_cheque_is_said_in_the_singular() -> None:
    words = words_in(booklet_pdf([booklet(10, numbers=range(1, 2))], SENDER))
    assert "1 keer kinderopvang. Gratis." in words
    assert "Cheque 1 · boekje" in words


@pytest.mark.parametrize("language", EVERY)
def test_the_longest_names_still_fit_on_their_sheet(language: str) -> None:
    visit = replace(
        VISIT, location=f"{LONG:x<100}", companion="Fatima Zahra van het Huis van het Kind"
    )
    sender = replace(
        SENDER,
        controller="Het intergemeentelijk samenwerkingsverband kinderopvang Noord-Limburg van de "
        "steden en gemeenten Bree, Bocholt, Hamont-Achel, Hechtel-Eksel, Lommel, Oudsbergen, "
        "Peer en Pelt",
        privacy_contact="gegevensbescherming@kinderopvang-noord-limburg.example of 089 00 00 01",
        desk_address="Huis van het Kind, Burgemeester Voorbeeldstraat 123 bus 4, 3990 Peer-Wauberg",
        desk_hours="Op maandag, dinsdag en donderdag van 9 tot 12 en van 13 tot 16 uur",
    )
    handed_out = booklet(11, language=language, first_visit=visit)
    stock = replace(handed_out, valid_until=None, outer_limit=date(2028, 11, 30))
    for printed in (handed_out, stock):
        pdf = booklet_pdf([printed], sender)
        assert facts_of(pdf)["Pages"] == "3"
        assert "Overkant van het Water" in words_in(pdf, page=1)


def test_a_sign_that_no_font_has_costs_the_mark_and_not_the_booklet() -> None:
    visit = replace(VISIT, location="日本 Zonnetje 😀")
    pdf = booklet_pdf([booklet(12, first_visit=visit)], SENDER)
    assert facts_of(pdf)["Pages"] == "3"
    assert facts_of(pdf)["Tagged"] == "yes"
    assert "Zonnetje" in words_in(pdf, page=1)
    assert "pdfuaid:part" not in metadata_of(pdf)


@pytest.mark.parametrize("location", ["*vet* #panic() $x$", "Ҷалила Ștefănescu", "’t Ëiland & <b>"])
def test_a_name_is_printed_as_it_is_written(location: str) -> None:
    pdf = booklet_pdf([booklet(13, first_visit=replace(VISIT, location=location))], SENDER)
    assert location in words_in(pdf, page=1)


def test_a_name_from_right_to_left_finds_its_font_on_a_dutch_booklet() -> None:
    visit = replace(VISIT, location="می\u200cنا مركز")  # with a joiner, as Persian names have
    pdf = booklet_pdf([booklet(13, first_visit=visit)], SENDER)
    assert "NotoSansArabic-Bold" in fonts_of(pdf)
    assert "pdfuaid:part" in metadata_of(pdf)


def test_a_batch_is_set_in_a_process_of_its_own_and_looks_the_same() -> None:
    content = laid_out([booklet(seed) for seed in range(11)], SENDER, None)
    assert typeset_apart(content) == typeset(content)


def test_a_batch_that_fails_says_so() -> None:
    with pytest.raises(BatchNotPrintedError, match="TypstError"):
        typeset_apart({"pages": []})


def test_more_than_fifty_come_as_documents_of_fifty() -> None:
    printed = [booklet(seed, numbers=range(1, 2)) for seed in range(53)]
    first, second = booklet_pdfs(printed, SENDER)
    assert [facts_of(pdf)["Pages"] for pdf in (first, second)] == ["100", "6"]
    assert facts_of(first)["Title"] == "50 boekjes, Opstap Genk"
    with pytest.raises(ValueError, match="1 to 50"):
        booklet_pdf(printed, SENDER)
    with pytest.raises(ValueError, match="1 to 50"):
        booklet_pdf([], SENDER)


def test_what_could_not_be_a_booklet_is_refused() -> None:
    whole = booklet(14)
    with pytest.raises(ValueError, match="1 to 10 cheques"):
        replace(whole, cheques=())
    with pytest.raises(ValueError, match="1 to 10 cheques"):
        replace(whole, cheques=whole.cheques + whole.cheques[:1])
    with pytest.raises(ValueError, match="16 and a typed code of 12"):
        replace(whole.cheques[0], code="TEKORT")
    with pytest.raises(ValueError, match="language 'xx'"):
        booklet_pdf([replace(whole, language="xx")], SENDER)
    with pytest.raises(ValueError, match="address is too long"):
        booklet_pdf([whole], replace(SENDER, base_url=f"https://{'a' * 300}.example"))


def test_dutch_comes_first_and_what_no_person_confirmed_is_marked() -> None:
    known = {language.code: language for language in languages()}
    assert next(iter(known)) == "nl"
    assert {code for code, language in known.items() if language.reviewed} == {"nl"}
    assert (known["ar"].own_name, known["ar"].dutch_name) == ("العربية", "Arabisch")
    assert {code for code, language in known.items() if language.direction == "rtl"} == {"ar"}


@pytest.mark.parametrize("code", [code for code in EVERY if code not in {"nl", EVERY_LANGUAGE}])
def test_a_language_says_all_that_dutch_says_with_the_same_gaps(code: str) -> None:
    sections = dict(phrases("nl").sections)
    del sections["provider"]
    assert gaps(phrases(code).sections) == gaps(sections)
    assert len(phrases(code).months) == 12


def gaps(text: object) -> object:
    """Replace each sentence by the names in its gaps."""
    if isinstance(text, dict):
        return {key: gaps(part) for key, part in text.items()}
    if isinstance(text, list):
        return [gaps(part) for part in text]
    return sorted(re.findall(r"{\w+}", str(text)))
