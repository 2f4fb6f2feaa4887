"""The stock on screen: batches grow live, deliveries are all or nothing, each hand is known."""

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from jobs.schedule import JOBS
from kernel.cities import City
from kernel.events import RecordedEvent
from tests import build
from tests.build import MONDAY, Paper, Person, at_work
from tests.web.people import form, said, signed_in, words
from vouchers import codes
from vouchers.batching import make_some
from vouchers.events import BatchDownloaded
from vouchers.models import Booklet

MAKE = next(job for job in JOBS if job.name == "make-batches")
POLL = {"HX-Request": "true"}


def test_a_batch_is_asked_once_and_its_page_follows_the_clock(
    city: City, desk: FlaskClient
) -> None:
    sent = form(desk, "/voorraad", action="/voorraad/reeksen") | {"booklets": "12"}
    pages = [desk.post("/voorraad/reeksen", data=sent).headers["Location"] for _ in range(2)]
    assert pages[0] == pages[1]
    page = desk.get(pages[0]).get_data(as_text=True)
    assert "0 van 12 boekjes gemaakt" in words(page)
    assert "Kijk hoe ver het staat" in words(page), "without JavaScript there is a link"
    assert 'hx-trigger="every 1s"' in page
    first = desk.get(pages[0], headers=POLL)
    known = POLL | {"If-None-Match": first.headers["ETag"]}
    assert first.headers["ETag"].strip('"') in page
    assert desk.get(pages[0], headers=known).status_code == 304
    with at_work(city) as uow:
        make_some(uow)
    assert "5 van 12 boekjes gemaakt" in words(
        desk.get(pages[0], headers=known).get_data(as_text=True)
    )
    MAKE.run(city, MONDAY)
    done = desk.get(pages[0], headers=known)
    assert (done.status_code, done.headers["HX-Refresh"]) == (204, "true")
    ready = desk.get(pages[0]).get_data(as_text=True)
    assert "Pluklijst" in ready
    assert "hx-get" not in ready, "what is ready is asked for no more"


def test_the_list_of_batches_is_live_while_one_is_made_and_says_when_it_is_ready(
    city: City, desk: FlaskClient
) -> None:
    desk.post("/voorraad/reeksen", data=form(desk, "/voorraad", action="/voorraad/reeksen"))
    page = desk.get("/voorraad").get_data(as_text=True)
    assert 'role="status" id="reeks-zegt"' in page
    part = desk.get("/voorraad/reeksen", headers=POLL)
    text = part.get_data(as_text=True)
    assert "<html" not in text
    assert 'hx-swap-oob="innerHTML">Er wordt een reeks gemaakt.' in text
    known = POLL | {"If-None-Match": part.headers["ETag"]}
    assert desk.get("/voorraad/reeksen", headers=known).status_code == 304
    MAKE.run(city, MONDAY)
    part = desk.get("/voorraad/reeksen", headers=known)
    assert 'hx-swap-oob="innerHTML">De reeks is klaar.' in part.get_data(as_text=True)
    assert "hx-get" not in part.get_data(as_text=True)
    assert desk.get("/voorraad/reeksen").status_code == 302


@pytest.mark.parametrize("page", ["/voorraad", "/voorraad/reeksen/{batch}", "/voorraad/{one}"])
def test_pages_obey_the_strict_policy_and_hold_no_code(
    desk: FlaskClient, batch_id: UUID, pile: list[Paper], page: str
) -> None:
    html = desk.get(page.format(batch=batch_id, one=pile[0].id)).get_data(as_text=True)
    assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]* src=)", html)
    assert not any(code in html for one in pile for code in (*one.codes, *one.typed_codes))


def test_a_number_of_booklets_that_cannot_be_is_told_and_kept(desk: FlaskClient) -> None:
    sent = form(desk, "/voorraad", action="/voorraad/reeksen") | {"booklets": "99"}
    answer = desk.post("/voorraad/reeksen", data=sent)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Nieuwe reeks: Vul een getal in van 1 tot 50." in words(page)
    assert 'value="99"' in page


def test_a_batch_is_cancelled_while_it_is_made_and_not_afterwards(
    city: City, desk: FlaskClient, batch_id: UUID
) -> None:
    sent = form(desk, "/voorraad", action="/voorraad/reeksen")
    page = desk.post("/voorraad/reeksen", data=sent).headers["Location"]
    with at_work(city) as uow:
        make_some(uow)
    cancelled = desk.post(f"{page}/annuleren", data=form(desk, page, action=f"{page}/annuleren"))
    assert "De 5 boekjes die al gemaakt waren, werken niet." in said(
        desk, cancelled.headers["Location"]
    )
    late = desk.post(f"/voorraad/reeksen/{batch_id}/annuleren", data=sent)
    assert late.status_code == 409
    assert "al klaar en kan je niet meer annuleren" in words(late.get_data(as_text=True))


def test_the_paper_of_a_batch_is_downloaded_and_the_next_one_is_warned(
    city: City, desk: FlaskClient, batch_id: UUID
) -> None:
    page = f"/voorraad/reeksen/{batch_id}"
    assert "al gedownload" not in said(desk, page)
    pdf = desk.get(f"{page}/boekjes.pdf")
    assert (pdf.mimetype, pdf.headers["Cache-Control"]) == ("application/pdf", "no-store")
    assert pdf.data.startswith(b"%PDF")
    text = said(desk, page)
    assert "Deze reeks is al gedownload" in text
    assert "Nadia Demo, 07/09/2026 om 09:00" in text
    assert "Gedownload op 07/09/2026 door Nadia Demo" in said(desk, "/voorraad")
    with at_work(city) as uow:
        told = select(RecordedEvent.id).where(RecordedEvent.name == BatchDownloaded.name)
        assert len(uow.session.scalars(told).all()) == 1


def test_the_first_of_a_batch_are_delivered_once_and_undone(
    city: City, desk: FlaskClient, referrer: Person, batch_id: UUID, pile: list[Paper]
) -> None:
    sent = form(desk, "/voorraad", action="/voorraad/leveren") | {
        "accountId": str(referrer.actor.account_id),
        "batchId": str(batch_id),
        "count": "2",
    }
    pages = [desk.post("/voorraad/leveren", data=sent).headers["Location"] for _ in range(2)]
    assert pages[0] == pages[1]
    assert [state(city, one) for one in pile] == ["delivered"] * 2 + ["printed"] * 2
    text = said(desk, pages[0])
    assert "2 boekjes geleverd aan Nadia Demo, OCMW Genk." in text
    assert "2 boekjes op het bureau, 2 bij toeleiders. Bij één toeleider loopt het leeg." in text
    undo = next(iter(re.findall(r'action="(/voorraad/leveringen/[^"]+)"', desk.get(pages[0]).text)))
    for expected in (303, 409):
        assert desk.post(undo, data=sent).status_code == expected
    assert {state(city, one) for one in pile} == {"printed"}
    assert "weer op het bureau" in said(desk, "/voorraad?klaar=ongedaan")


def test_numbers_that_cannot_go_are_each_told_and_what_was_typed_stays(
    city: City, desk: FlaskClient, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    build.delivered(city, regie, build.referrer(city), pile[1].number)
    sent = form(desk, "/voorraad", action="/voorraad/leveren") | {
        "accountId": str(referrer.actor.account_id),
        "numbers": f"{pile[0].number}\n{pile[1].number}\n7K3M",
    }
    answer = desk.post("/voorraad/leveren", data=sent)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "7K3M: een nummer heeft 8 tekens." in words(page)
    assert f"{codes.grouped(pile[1].number)}: ligt bij Nadia Demo, " in words(page)
    assert f"{pile[0].number}\n{pile[1].number}\n7K3M</textarea>" in page
    assert state(city, pile[0]) == "printed"
    sent |= {"numbers": f"{pile[0].number}\n{pile[1].number}", "passOn": "true"}
    assert desk.post("/voorraad/leveren", data=sent).status_code == 303
    assert state(city, pile[0]) == state(city, pile[1]) == "delivered"


def test_nothing_chosen_is_told(desk: FlaskClient, referrer: Person, pile: list[Paper]) -> None:
    sent = form(desk, "/voorraad", action="/voorraad/leveren")
    assert "Kies een toeleider" in words(desk.post("/voorraad/leveren", data=sent).text)
    sent |= {"accountId": str(referrer.actor.account_id)}
    assert "Zeg welke boekjes" in words(desk.post("/voorraad/leveren", data=sent).text)


def test_a_number_leads_to_its_booklet_or_says_why_not(
    desk: FlaskClient, pile: list[Paper]
) -> None:
    found = desk.get("/voorraad", query_string={"zoek": f" {pile[0].number.lower()} "})
    assert found.headers["Location"].endswith(f"/voorraad/{pile[0].id}")
    assert "0000 000Z: er klopt een teken niet" in said(desk, "/voorraad?zoek=0000000Z")
    assert "kennen we niet in deze stad" in said(desk, f"/voorraad?zoek={codes.new_number()}")


def test_a_booklets_page_names_its_hands_and_blocks_it_with_a_reason(
    city: City, desk: FlaskClient, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    page = f"/voorraad/{pile[0].id}"
    build.delivered(city, regie, referrer, pile[0].number)
    text = said(desk, page)
    assert "Ligt bij Nadia Demo, OCMW Genk, sinds maandag 7 september 2026." in text
    assert "Geleverd aan Nadia Demo, OCMW Genk" in text
    sent = form(desk, page, action=f"{page}/kwijt")
    assert "Kies een reden" in words(desk.post(f"{page}/kwijt", data=sent).text)
    assert state(city, pile[0]) == "delivered"
    lost = desk.post(f"{page}/kwijt", data=sent | {"reason": "stolen"}).headers["Location"]
    assert ": gestolen maandag 7 september 2026, 09:00 , door Nadia Demo" in said(desk, lost)
    assert desk.post(f"{page}/weggooien", data=sent | {"reason": "damaged"}).status_code == 409


def test_booklets_are_taken_back_and_passed_on_from_a_persons_list(
    city: City, desk: FlaskClient, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    other = build.referrer(city, organisation_name="CKG De Hoek")
    build.delivered(city, regie, referrer, *(paper.number for paper in pile[:3]))
    page = f"/voorraad/bij/{referrer.actor.account_id}"
    sent: dict[str, object] = dict(form(desk, page, action=f"{page}/terug"))
    none = desk.post(f"{page}/terug", data=sent)
    assert "Kruis een of meer boekjes aan" in words(none.text)
    two = sent | {"booklet": [str(pile[0].id), str(pile[1].id)]}
    assert desk.post(f"{page}/terug", data=two).headers["Location"].endswith("klaar=terug")
    assert [state(city, one) for one in pile[:3]] == ["printed", "printed", "delivered"]
    again = desk.post(f"{page}/terug", data=two)
    assert again.status_code == 409
    assert f"{codes.grouped(pile[0].number)}: ligt op het bureau." in words(again.text)
    last = sent | {"booklet": [str(pile[2].id)]}
    assert "Kies een toeleider" in words(desk.post(f"{page}/door", data=last).text)
    last["accountId"] = str(other.actor.account_id)
    assert desk.post(f"{page}/door", data=last).status_code == 303
    assert "Hier ligt geen enkel boekje" in said(desk, page)
    assert "1 boekje" in said(desk, f"/voorraad/bij/{other.actor.account_id}")


def test_the_rest_of_a_batch_is_thrown_away_with_a_reason(
    city: City, desk: FlaskClient, batch_id: UUID, pile: list[Paper]
) -> None:
    page = f"/voorraad/reeksen/{batch_id}"
    sent = form(desk, page, action=f"{page}/weggooien")
    assert desk.post(f"{page}/weggooien", data=sent).status_code == 422
    assert desk.post(f"{page}/weggooien", data=sent | {"reason": "misprint"}).status_code == 303
    assert {state(city, one) for one in pile} == {"blocked_error"}
    assert "geen enkel boekje nog in voorraad" in said(desk, page)


def test_a_referrer_sees_its_drawer_and_the_way_to_hand_out(
    city: City, app: Flask, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    colleague = build.person(
        city, *referrer.actor.roles, organisation_id=referrer.organisation_id, name="Pieter Demo"
    )
    client = signed_in(app, referrer)
    assert "Je hebt geen boekjes op voorraad" in said(client, "/voorraad/mijn")
    build.delivered(city, regie, referrer, pile[0].number)
    build.delivered(city, regie, colleague, pile[1].number)
    page = client.get("/voorraad/mijn").get_data(as_text=True)
    assert "Je hebt nog één boekje" in words(page)
    assert "Pieter Demo" in words(page)
    assert f'href="/meegeven?boekje={pile[0].number}"' in page
    assert "Bijna te oud" not in words(page)
    path = f"/voorraad/mijn/{pile[0].id}/kwijt"
    sent = form(client, "/voorraad/mijn", action=path)
    assert "Kies een reden" in words(client.post(path, data=sent).text)
    assert client.post(path, data=sent | {"reason": "not-found"}).status_code == 303
    assert state(city, pile[0]) == "blocked_lost"


def test_a_booklet_that_must_go_out_within_sixty_days_is_marked(
    city: City, app: Flask, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    build.delivered(city, regie, referrer, pile[0].number)
    with at_work(city) as uow:
        booklet = uow.session.get_one(Booklet, pile[0].id)
        booklet.outer_limit = MONDAY.date().replace(month=11, day=6)
    assert "Bijna te oud" in said(signed_in(app, referrer), "/voorraad/mijn")
    assert "Bijna te oud" in said(signed_in(app, regie), "/voorraad")


def test_a_referrer_asks_for_booklets_and_the_desk_delivers_them(
    city: City, app: Flask, regie: Person, referrer: Person, pile: list[Paper]
) -> None:
    client, desk = signed_in(app, referrer), signed_in(app, regie)
    sent = form(client, "/voorraad/mijn", action="/voorraad/mijn/vraag") | {"booklets": "3"}
    assert client.post("/voorraad/mijn/vraag", data=sent).status_code == 303
    assert "Je vroeg 3 boekjes op maandag 7 september 2026" in said(client, "/voorraad/mijn")
    page = desk.get("/voorraad").get_data(as_text=True)
    assert "vraagt 3 boekjes sinds maandag 7 september 2026" in words(page)
    chosen = desk.get(f"/voorraad?voor={referrer.actor.account_id}").get_data(as_text=True)
    assert f'<option value="{referrer.actor.account_id}" selected>' in chosen
    build.delivered(city, regie, referrer, *(paper.number for paper in pile[:3]))
    assert "vraag om boekjes" not in said(desk, "/voorraad")
    assert "Je vroeg" not in said(client, "/voorraad/mijn")


def test_an_empty_stock_says_what_to_do(app: Flask, regie: Person) -> None:
    text = said(signed_in(app, regie), "/voorraad")
    assert "Maak een eerste reeks" in text
    assert "Nog bij niemand" in text
    assert "Er is nog geen toeleider met een account" in text


def state(city: City, paper: Paper) -> str:
    with at_work(city) as uow:
        return uow.session.get_one(Booklet, paper.id).state


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def regie(city: City) -> Person:
    return build.regie(city)


@pytest.fixture
def referrer(city: City) -> Person:
    return build.referrer(city, organisation_name="OCMW Genk")


@pytest.fixture
def desk(app: Flask, regie: Person) -> FlaskClient:
    return signed_in(app, regie)


@pytest.fixture
def batch_id(city: City, regie: Person) -> UUID:
    return build.batch(city, regie, 4)


@pytest.fixture
def pile(city: City, batch_id: UUID) -> list[Paper]:
    """A batch of four blank booklets at the desk, as they lie on top of each other."""
    return build.lying(city, batch_id)
