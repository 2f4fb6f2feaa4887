"""A booklet is found again, looked at together, printed, replaced, taken back."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from kernel.audit import AuditRow
from kernel.cities import City
from kernel.organisations import Room
from kernel.people import Family
from tests import build
from tests.build import MONDAY, Paper, Person, at_work
from tests.vouchers.paper import decoded_by_zxing, render
from tests.web.people import form, said, signed_in, words
from vouchers.annulling import annul_redemption
from vouchers.models import Booklet
from vouchers.redeeming import redeem_cheque

THURSDAY = "2026-09-10"


def test_a_family_looks_along_in_its_own_language(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer, family={"language": "ar"})
    page = signed_in(app, referrer).get(f"/boekjes/{paper.id}/meekijken").get_data(as_text=True)
    assert '<div lang="ar" dir="rtl"' in page
    assert "هذا الدفتر لكم" in page
    assert '<p class="soft small twin" lang="nl" dir="ltr">Dit boekje is van jou</p>' in page
    assert "Gebruik ze tot en met maandag 6 september 2027" in page


def test_a_language_that_opstap_does_not_speak_is_said(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer, family={"language": "ti"})
    text = said(signed_in(app, referrer), f"/boekjes/{paper.id}/meekijken")
    assert "nog geen Tigrinya" in text
    assert text.count("Dit boekje is van jou") == 1


def test_the_regie_gives_a_referrers_family_a_second_booklet_once(city: City, app: Flask) -> None:
    referrer, regie = build.referrer(city), build.regie(city)
    first = build.handed_out(city, referrer, reference="OC-1")
    path = f"/boekjes/{first.id}"
    client = signed_in(app, regie)
    sent = form(client, path, action=f"{path}/tweede")
    answers = [client.post(f"{path}/tweede", data=sent) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert "Gezin OC-1" in said(client, answers[0].headers["Location"].removesuffix("/meekijken"))
    with at_work(city) as uow:
        booklets = uow.session.scalars(select(Booklet).order_by(Booklet.ordinal)).all()
        assert [b.ordinal for b in booklets] == [1, 2]
        assert len({b.origin_id for b in booklets}) == len({b.family_id for b in booklets}) == 1
    assert "Tweede boekje" not in said(signed_in(app, referrer), path)


def test_three_places_with_room_are_a_call_away(city: City, app: Flask) -> None:
    referrer, provider = build.referrer(city), build.provider(city, locations=0)
    for name, room in (("Vol", Room.NO), ("A", Room.YES), ("B", Room.YES), ("C", Room.YES)):
        build.location(
            city,
            organisation_id=provider.organisation_id,
            name=f"Opvang {name}",
            room=room,
            room_said_at=MONDAY,
        )
    paper = build.handed_out(city, referrer)
    page = signed_in(app, referrer).get(f"/boekjes/{paper.id}/meekijken").get_data(as_text=True)
    assert page.count('href="tel:+3289000112"') == 3
    assert "Opvang Vol" not in page


def test_the_booklet_comes_as_a_pdf_that_nobody_keeps(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    answer = signed_in(app, referrer).get(f"/boekjes/{paper.id}/boekje.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Cache-Control"] == "no-store"
    inline = f'inline; filename="boekje-{paper.number}.pdf"'
    assert answer.headers["Content-Disposition"] == inline


def test_the_list_holds_the_own_organisations_booklets(city: City, app: Flask) -> None:
    ours, others = build.referrer(city), build.referrer(city)
    build.handed_out(city, ours, reference="OC-1", family={"name": "Familie Demo"})
    build.handed_out(city, others, reference="HK-1")
    text = said(signed_in(app, ours), "/boekjes")
    assert "OC-1" in text
    assert "Nog niet gebruikt" in text
    assert "HK-1" not in text
    assert "Familie Demo" not in text


def test_the_regie_sees_all_with_their_organisation(city: City, app: Flask) -> None:
    ours = build.referrer(city, organisation_name="OCMW Genk")
    build.handed_out(city, ours, reference="OC-1")
    text = said(signed_in(app, build.regie(city)), "/boekjes")
    assert "OC-1" in text
    assert "OCMW Genk" in text


def test_a_booklet_is_found_by_a_part_of_its_reference_or_by_its_number(
    city: City, app: Flask
) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer, reference="OC-2026-001")
    build.handed_out(city, referrer, reference="HK-2026-002")
    nadia = signed_in(app, referrer)
    spaced = f"{paper.number[:4].lower()}-{paper.number[4:]}"
    for search in ("2026-001", "oc-", spaced):
        text = words(nadia.get("/boekjes", query_string={"zoek": search}).get_data(as_text=True))
        assert "OC-2026-001" in text
        assert "HK-2026-002" not in text
    assert "Niets gevonden" in said(nadia, "/boekjes?zoek=nergens")


def test_a_cheque_in_the_hand_finds_its_booklet_and_its_code_is_in_no_address(
    city: City, app: Flask
) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    nadia = signed_in(app, referrer)
    spaced = " ".join(paper.typed_codes[4][i : i + 4] for i in (0, 4, 8)).lower()
    for typed in (paper.codes[0], spaced, f"http://genk.localhost/c#{paper.codes[9]}"):
        found = nadia.post("/boekjes/zoek", data=form(nadia, "/boekjes") | {"zoek": typed})
        assert found.location == f"/boekjes/{paper.id}"
    stranger = signed_in(app, build.referrer(city))
    wrong = ("7K3M9QW2XRT5", "0" * 16, f"http://x/c#{'0' * 16}")
    for client, typed in [(stranger, paper.codes[0]), *((nadia, each) for each in wrong)]:
        missed = client.post("/boekjes/zoek", data=form(client, "/boekjes") | {"zoek": typed})
        assert missed.status_code in {404, 422}
        assert "Location" not in missed.headers
        assert 'role="alert"' in missed.text


def test_any_other_search_has_an_address_of_its_own(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    build.handed_out(city, referrer, reference="OC-2026-001")
    build.handed_out(city, referrer, reference="HVKGS-2026-001")  # as long as a typed code
    nadia = signed_in(app, referrer)
    sent = form(nadia, "/boekjes") | {"zoek": "2026-001"}
    assert nadia.post("/boekjes/zoek", data=sent).location == "/boekjes?zoek=2026-001"
    alike = nadia.post("/boekjes/zoek", data=sent | {"zoek": "hvkgs-2026-001"})
    assert (alike.status_code, "HVKGS-2026-001" in alike.text) == (200, True)
    short = nadia.post("/boekjes/zoek", data=sent | {"zoek": "7K3M9QW2XRT"})  # one sign forgotten
    assert (short.status_code, "Niets gevonden" in short.text) == (200, True)
    unused = form(nadia, "/boekjes?ongebruikt=1") | {"zoek": "oc"}
    assert nadia.post("/boekjes/zoek", data=unused).location == "/boekjes?zoek=oc&ongebruikt=1"


def test_one_page_is_printed_anew_and_only_a_page_that_there_is(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    nadia, path = signed_in(app, referrer), f"/boekjes/{paper.id}/boekje.pdf"
    text = said(nadia, f"/boekjes/{paper.id}")
    for link in ("Alles", "Voorblad", "Cheques 1 tot 5", "Cheques 6 tot 10"):
        assert link in text
    for page, codes in (("1", []), ("2", paper.codes[:5]), ("3", paper.codes[5:])):
        answer = nadia.get(f"{path}?pagina={page}")
        assert f"boekje-{paper.number}-{page}.pdf" in answer.headers["Content-Disposition"]
        sheets = render(answer.data, dpi=150)
        assert len(sheets) == 1
        read = [one.rpartition("#")[2] for one in decoded_by_zxing(sheets[0])]
        assert read == sorted(codes)
    for page in ("0", "4", "2.0", "x", "²", ""):
        assert nadia.get(path, query_string={"pagina": page}).status_code == 404


def test_fifty_booklets_make_a_page(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    for n in range(51):
        build.handed_out(city, referrer, now=MONDAY - timedelta(days=n), reference=f"OC-{n:03}")
    nadia = signed_in(app, referrer)
    first, second = said(nadia, "/boekjes"), said(nadia, "/boekjes?pagina=2")
    assert "Boekje 1 tot 50 van 51" in first
    assert "OC-000" in first
    assert "OC-050" not in first
    assert "OC-050" in second
    assert "OC-000" not in second
    assert "Deze bladzijde is leeg" in said(nadia, "/boekjes?pagina=3")
    assert nadia.get("/boekjes?pagina=een").status_code == 200


def test_without_booklets_the_list_says_what_to_do(city: City, app: Flask) -> None:
    text = said(signed_in(app, build.referrer(city)), "/boekjes")
    assert "Geef je eerste gezin een boekje mee" in text


def test_a_file_shows_the_family_and_leaves_an_audit_row(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(
        city,
        referrer,
        reference="OC-1",
        family={"name": "Familie Demo", "phone": "0470 11 22 33", "language": "ti"},
        child={"first_name": "Elif"},
    )
    page = signed_in(app, referrer).get(f"/boekjes/{paper.id}").get_data(as_text=True)
    for fact in ("OC-1", "Familie Demo", 'href="tel:+32470112233"', "Tigrinya", "Elif"):
        assert fact in page
    assert _read(city) == [(referrer.actor.account_id, "booklet.show")]


def test_another_organisations_booklet_is_not_there(city: City, app: Flask) -> None:
    paper = build.handed_out(city, build.referrer(city))
    stranger = signed_in(app, build.referrer(city))
    token = form(stranger, "/meegeven")
    for path in ("", "/meekijken", "/boekje.pdf"):
        assert stranger.get(f"/boekjes/{paper.id}{path}").status_code == 404
    for deed in ("eerste-bezoek", "kwijt", "terugnemen"):
        answer = stranger.post(f"/boekjes/{paper.id}/{deed}", data=token | _visit(paper.id))
        assert answer.status_code == 404
    assert _read(city) == []


def test_the_history_says_where_and_when_and_forgets_what_was_undone(
    city: City, app: Flask
) -> None:
    referrer, provider = build.referrer(city), build.provider(city, name="Pimpampoen")
    paper = build.handed_out(city, referrer, now=MONDAY - timedelta(days=7))
    _use(city, provider, paper, 2)
    with at_work(city, provider.actor) as uow:
        redeemed = redeem_cheque(uow, code=paper.codes[2], idempotency_key="c", **SECOND_CHILD)
        annul_redemption(uow, redemption_id=redeemed.redemption.id)
    text = said(signed_in(app, referrer), f"/boekjes/{paper.id}")
    assert "8 cheques over" in text
    assert "Cheque 2 gebruikt bij" in text
    assert "Cheque 3" not in text
    assert text.index("Cheque 1") < text.index("maandag 31 augustus 2026")


def test_a_first_visit_is_noted_and_moved(city: City, app: Flask) -> None:
    referrer, place = build.referrer(city), build.provider(city).location_id
    paper = build.handed_out(city, referrer)
    nadia, path = signed_in(app, referrer), f"/boekjes/{paper.id}/eerste-bezoek"
    token = form(nadia, f"/boekjes/{paper.id}", action=path)
    for day in (THURSDAY, "2026-09-11"):
        answer = nadia.post(path, data=token | _visit(place, day))
        assert answer.status_code == 303
    text = said(nadia, answer.location)
    assert "Het eerste bezoek is genoteerd" in text
    assert "Vrijdag 11 september 2026 bij" in text
    assert "afgesproken op donderdag 10 september 2026" in text


def test_a_wrong_visit_is_told_beside_its_field(city: City, app: Flask) -> None:
    referrer, place = build.referrer(city), build.provider(city).location_id
    paper = build.handed_out(city, referrer)
    nadia, path = signed_in(app, referrer), f"/boekjes/{paper.id}/eerste-bezoek"
    token = form(nadia, f"/boekjes/{paper.id}", action=path)
    answer = nadia.post(path, data=token | _visit(place, "2026-09-01"))
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'href="#appointment.on"' in page
    assert 'value="2026-09-01"' in page
    assert nadia.post(path, data=token).status_code == 422


def test_a_day_that_is_past_is_said_of_the_day_not_of_the_place(city: City, app: Flask) -> None:
    referrer, place = build.referrer(city), build.provider(city).location_id
    paper = build.handed_out(city, referrer)
    nadia, path = signed_in(app, referrer), f"/boekjes/{paper.id}/eerste-bezoek"
    token = form(nadia, f"/boekjes/{paper.id}", action=path)
    page = nadia.post(path, data=token | _visit(place, "2001-01-01")).get_data(as_text=True)
    assert 'href="#appointment.on"' in page
    assert "Kies een opvang uit de lijst" not in page


def test_a_visit_without_a_place_or_a_day_asks_for_both(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    nadia, path = signed_in(app, referrer), f"/boekjes/{paper.id}/eerste-bezoek"
    token = form(nadia, f"/boekjes/{paper.id}", action=path)
    text = words(nadia.post(path, data=token).get_data(as_text=True))
    assert "Eerste bezoek, opvang: Kies een opvang." in text
    assert "Eerste bezoek, dag: Kies een dag." in text


def test_who_came_before_is_asked_for_no_first_visit(city: City, app: Flask) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    nadia, path = signed_in(app, referrer), f"/boekjes/{paper.id}/kwijt"
    assert "Noteer eerste bezoek" in said(nadia, f"/boekjes/{paper.id}/meekijken")
    _use(city, provider, paper, 4)
    along = nadia.post(path, data=form(nadia, f"/boekjes/{paper.id}", action=path)).location
    assert "Noteer eerste bezoek" not in said(nadia, along)
    assert "Noteer het bezoek" not in said(nadia, along.removesuffix("/meekijken"))


def test_a_booklet_of_earlier_is_taken_back_from_its_file_only(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer, now=MONDAY - timedelta(days=1))
    nadia = signed_in(app, referrer)
    assert "Neem het boekje terug" not in said(nadia, f"/boekjes/{paper.id}/meekijken")
    assert "Neem het boekje terug" in said(nadia, f"/boekjes/{paper.id}")


def test_a_booklet_that_is_over_is_not_shown_to_a_family_but_leads_on(
    city: City, app: Flask
) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    old = build.handed_out(city, referrer, now=MONDAY - timedelta(days=400))
    full = build.handed_out(city, referrer)
    _use(city, provider, full, 10)
    nadia, joris = signed_in(app, referrer), signed_in(app, build.regie(city))
    for paper, next_step in ((old, "of een tweede boekje geven"), (full, "een vaste plek")):
        assert nadia.get(f"/boekjes/{paper.id}/meekijken").status_code == 302
        text = said(nadia, f"/boekjes/{paper.id}")
        assert next_step in text
        for deed in ("Laat meekijken", "Druk opnieuw", "Boekje kwijt"):
            assert deed not in text
    assert "Verleng het dan, of geef een tweede boekje" in said(joris, f"/boekjes/{old.id}")


def test_without_any_place_the_visit_says_who_adds_one(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    text = said(signed_in(app, referrer), f"/boekjes/{paper.id}")
    assert "Nog geen enkele opvang neemt cheques aan" in text


def test_a_lost_booklet_gives_one_with_six_cheques_and_a_second_click_the_same(
    city: City, app: Flask
) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer)
    _use(city, provider, paper, 4)
    nadia, path = signed_in(app, referrer), f"/boekjes/{paper.id}/kwijt"
    token = form(nadia, f"/boekjes/{paper.id}", action=path)
    first, second = (nadia.post(path, data=token) for _ in range(2))
    assert first.location == second.location
    assert "6 gratis cheques" in said(nadia, first.location)
    new = first.location.removesuffix("/meekijken")
    assert "Dit boekje was kwijt" in said(nadia, f"/boekjes/{paper.id}")
    assert f'href="{new}"' in nadia.get(f"/boekjes/{paper.id}").get_data(as_text=True)
    assert f'href="/boekjes/{paper.id}"' in nadia.get(new).get_data(as_text=True)


def test_a_booklet_given_by_mistake_is_taken_back(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    nadia, path = signed_in(app, referrer), f"/boekjes/{paper.id}/terugnemen"
    token = form(nadia, f"/boekjes/{paper.id}/meekijken", action=path)
    for _ in range(2):
        answer = nadia.post(path, data=token)
        assert answer.status_code == 303
    assert "Dit boekje is teruggenomen" in said(nadia, answer.location)
    assert nadia.get(f"/boekjes/{paper.id}/meekijken").location == f"/boekjes/{paper.id}"
    assert nadia.get(f"/boekjes/{paper.id}/boekje.pdf").status_code == 409


def test_a_booklet_that_was_used_is_not_taken_back(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    nadia, path = signed_in(app, referrer), f"/boekjes/{paper.id}/terugnemen"
    token = form(nadia, f"/boekjes/{paper.id}", action=path)
    _use(city, build.provider(city), paper, 1)
    answer = nadia.post(path, data=token)
    assert answer.status_code == 409
    assert "Er is al een cheque gebruikt" in words(answer.get_data(as_text=True))
    assert path not in nadia.get(f"/boekjes/{paper.id}/meekijken").get_data(as_text=True)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"used_count": 1}, "In gebruik"),
        ({"used_count": 10}, "Alles gebruikt"),
        ({"valid_until": date(2026, 9, 6)}, "Tijd is om"),
        ({"state": "blocked_lost"}, "Kwijt, vervangen"),
        ({"state": "blocked_error"}, "Teruggenomen"),
    ],
)
def test_every_standing_has_its_word(
    city: City, app: Flask, change: dict[str, Any], word: str
) -> None:
    referrer = build.referrer(city)
    paper = build.handed_out(city, referrer)
    with at_work(city) as uow:
        booklet = uow.session.get_one(Booklet, paper.id)
        for name, value in change.items():
            setattr(booklet, name, value)
    nadia = signed_in(app, referrer)
    assert word in said(nadia, "/boekjes")
    assert word in said(nadia, f"/boekjes/{paper.id}")


def test_a_blank_booklet_lies_in_stock(city: City, app: Flask) -> None:
    regie = build.regie(city)
    paper = build.blank(city, regie)
    desk = signed_in(app, regie)
    assert "Nog geen boekjes" in said(desk, "/boekjes")  # stock has a list of its own
    assert "In voorraad" in said(desk, f"/boekjes?zoek={paper.number}")
    assert "Boekje uit voorraad" in said(desk, f"/boekjes/{paper.id}")


SECOND_CHILD: dict[str, Any] = {"same_day_reason": "secondChild"}


@pytest.fixture(autouse=True)
def _on_monday() -> Iterator[None]:
    """The pages read the clock: it is Monday 7 September 2026."""
    with time_machine.travel(MONDAY):
        yield


def _use(city: City, provider: Person, paper: Paper, times: int) -> None:
    for n in range(times):
        with at_work(city, provider.actor) as uow:
            redeem_cheque(uow, code=paper.codes[n], idempotency_key=f"k{n}", **SECOND_CHILD)


def _visit(place: object, day: str = THURSDAY) -> dict[str, str]:
    return {"appointment.locationId": str(place), "appointment.on": day, "appointment.company": ""}


def _read(city: City) -> list[tuple[object, str]]:
    with at_work(city) as uow:
        rows = uow.session.execute(
            select(AuditRow.account_id, AuditRow.what).join(
                Family, Family.id == AuditRow.subject_id
            )
        )
        return [(row[0], row[1]) for row in rows]
