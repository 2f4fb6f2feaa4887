"""Whom to call today: the call, one word of what came of it, and a way back."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from jobs.dispatch import dispatch_events
from kernel.access import Role
from kernel.audit import AuditRow
from kernel.cities import City
from kernel.tasks import Task, close_tasks_about, open_task
from tests import build
from tests.build import MONDAY, Paper, Person, at_work
from tests.web.people import form, forms_of, said, signed_in, words
from vouchers.drop_off import flag_drop_offs
from vouchers.models import Booklet

TODAY = "/vandaag"
FRIDAY = MONDAY + timedelta(days=4)


def test_a_card_says_why_and_the_first_deed_is_the_call(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    _to_call(city, referrer, phone="0470 11 22 33", language="ti")
    page = signed_in(app, referrer).get(TODAY).get_data(as_text=True)
    text = words(page)
    for said_of_it in ("Eén gezin.", "14 dagen sinds het boekje", "Gezin OC-1", "Taal: Tigrinya."):
        assert said_of_it in text
    assert page.index('href="tel:+32470112233"') < page.index('name="outcome"')


@pytest.mark.parametrize(
    ("day", "stub"),
    [
        (date(2026, 9, 8), "Morgen eerste bezoek"),
        (date(2026, 9, 7), "Vandaag eerste bezoek"),
        (date(2026, 9, 11), "Vrijdag eerste bezoek"),
        (date(2026, 9, 4), "Niet geweest?"),
    ],
)
def test_a_first_visit_is_on_the_stub(city: City, app: Flask, day: date, stub: str) -> None:
    referrer = build.referrer(city)
    _to_call(city, referrer, visit=day)
    assert stub in said(signed_in(app, referrer), TODAY)


def test_a_visit_that_is_still_to_come_stands_first(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    _to_call(city, referrer, reference="OC-WAITS")
    _to_call(city, referrer, reference="OC-MISSED", visit=date(2026, 9, 4))
    _to_call(city, referrer, reference="OC-TOMORROW", visit=date(2026, 9, 8))
    text = said(signed_in(app, referrer), TODAY)
    assert text.index("OC-TOMORROW") < min(text.index("OC-WAITS"), text.index("OC-MISSED"))


def test_one_word_closes_a_call_and_one_press_opens_it_again(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer)
    nadia = signed_in(app, referrer)
    after = _note(nadia, task, "does-not-want")
    assert "Genoteerd bij OC-1: wil niet" in said(nadia, after)
    assert "Niemand om te bellen vandaag" in said(nadia, TODAY)
    assert "OC-1 : wil niet" in said(nadia, TODAY)
    undo = f"{TODAY}/{task}/terug"
    assert nadia.post(undo, data=form(nadia, after, action=undo)).status_code == 303
    assert "Gezin OC-1" in said(nadia, TODAY)


def test_who_goes_waits_until_next_week_and_the_bar_says_so(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer)
    nadia = signed_in(app, referrer)
    text = said(nadia, _note(nadia, task, "will-go"))
    again = "Genoteerd bij OC-1: gaat binnenkort. Maandag 14 september staat dit gezin opnieuw"
    assert again in text
    assert "Straks opnieuw Maandag 14 september: OC-1 , gaat binnenkort" in text


def test_a_barrier_a_day_and_a_line_stand_on_the_card_when_it_comes_back(
    city: City, app: Flask
) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer)
    heard = {"barrier": "trust", "nextOn": "2026-09-10", "line": "Wil eerst samen gaan kijken"}
    _note(signed_in(app, referrer), task, "needs-help", **heard)
    colleague = build.person(city, Role.REFERRER, organisation_id=referrer.organisation_id)
    with time_machine.travel(MONDAY + timedelta(days=3)):
        text = said(signed_in(app, colleague), TODAY)
    assert "Hulp nodig : vertrouwen. Wil eerst samen gaan kijken" in text
    assert "maandag 7 september 2026, 09:00, Nadia" in text


def test_a_day_of_ones_own_goes_before_a_proposed_one(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer)
    days = {"nextOn": "2026-09-10", "otherDay": "2026-09-15"}
    assert "Dinsdag 15 september" in said(
        signed_in(app, referrer), _note(signed_in(app, referrer), task, "will-go", **days)
    )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"line": "Mama belt op 0470 12 34 56"}, "Dit lijkt op een telefoonnummer"),
        ({"line": "Nr 85.07.30-033.28"}, "Dit lijkt op een rijksregisternummer"),
        ({"line": "x" * 81}, "schrijf hoogstens 80 tekens"),
        ({"nextOn": "2026-09-12"}, "Dat is geen werkdag"),
        ({"otherDay": "2027-09-13"}, "binnen twee maanden"),
        ({"otherDay": "straks"}, "Kies een dag, of schrijf die zoals"),
        ({"barrier": "weather"}, "Kies een van de mogelijkheden"),
    ],
)
def test_what_is_wrong_is_told_in_the_card_and_nothing_is_lost(
    city: City, app: Flask, wrong: dict[str, str], told: str
) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer)
    nadia = signed_in(app, referrer)
    save = f"{TODAY}/{task}/afgerond"
    typed = {"outcome": "needs-help", "line": "Zoekt plaats", "barrier": "hours"} | wrong
    answer = nadia.post(save, data=form(nadia, TODAY, action=save) | typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert told in words(page)
    assert f'value="{typed["line"]}"' in page
    assert 'value="needs-help" checked' in page
    assert '<details class="more" open' in page
    assert _task(city, task).not_before is None


def test_the_second_of_two_reads_what_the_first_wrote_and_keeps_her_own(
    city: City, app: Flask
) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer)
    sara = build.person(
        city, Role.REFERRER, organisation_id=referrer.organisation_id, name="Sara Demo"
    )
    first, second = signed_in(app, referrer), signed_in(app, sara)
    save = f"{TODAY}/{task}/afgerond"
    typed = {"outcome": "needs-help", "line": "Zoekt plaats dichtbij"}
    late = form(second, TODAY, action=save)
    _note(first, task, "will-go", line="Gaat vrijdag")
    answer = second.post(save, data=late | typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    for told in ("Intussen is er al iets genoteerd", "Gaat vrijdag", "09:00, Nadia"):
        assert told in words(page)
    assert 'value="Zoekt plaats dichtbij"' in page
    again = forms_of(page)[save]
    assert second.post(save, data=again | typed).status_code == 303
    text = said(second, TODAY)
    assert "Straks opnieuw Donderdag: OC-1 , hulp nodig" in text


def test_a_form_sent_twice_is_one_call(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer)
    nadia = signed_in(app, referrer)
    save = f"{TODAY}/{task}/afgerond"
    sent = form(nadia, TODAY, action=save) | {"outcome": "not-reached"}
    assert [nadia.post(save, data=sent).status_code for _ in range(2)] == [303, 303]
    assert _task(city, task).tries == 1


def test_a_new_day_after_a_missed_visit_is_agreed_on_the_card(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer, visit=date(2026, 9, 4))
    place = build.provider(city).location_id
    nadia = signed_in(app, referrer)
    agree = f"{TODAY}/{task}/bezoek"
    token = form(nadia, TODAY, action=agree)
    sent = {"appointment.locationId": str(place), "appointment.on": "2026-09-04"}
    wrong = nadia.post(agree, data=token | sent)
    assert wrong.status_code == 422
    assert "Kies een dag vanaf vandaag" in words(wrong.get_data(as_text=True))
    after = nadia.post(agree, data=token | sent | {"appointment.on": "2026-09-10"})
    assert after.status_code == 303
    assert "Genoteerd bij OC-1: bezoek afgesproken" in said(nadia, after.location)
    undo = f"{TODAY}/{task}/terug"
    assert nadia.post(undo, data=form(nadia, after.location, action=undo)).status_code == 303
    assert "Niet geweest?" in said(nadia, TODAY)


@pytest.mark.parametrize(
    ("rule", "used", "told"),
    [
        ("silence", 3, "14 dagen geen cheque meer"),
        ("expiring", 8, "350 dagen te gaan"),
        ("used-up", 10, "het boekje is op"),
    ],
)
def test_each_reason_to_call_has_its_own_card(
    city: City, app: Flask, rule: str, used: int, told: str
) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer, rule=rule)
    provider = build.provider(city)
    booklet = _task(city, task).subject_id
    with at_work(city) as uow:
        codes = [c.code for c in uow.session.get_one(Booklet, booklet).cheques]
    for n in range(used):
        day = {"now": MONDAY - timedelta(days=14), "same_day_reason": "secondChild"}
        build.scanned(city, provider, codes[n], **(day if n else {"now": day["now"]}))  # type: ignore[arg-type]
    nadia = signed_in(app, referrer)
    assert told in said(nadia, TODAY)
    asks = "Komt het kind nog?" in said(nadia, TODAY)
    assert asks is (rule == "used-up")
    if asks:
        tell = f"/boekjes/{booklet}/verder"
        sent = form(nadia, TODAY, action=tell) | {"answer": "here"}
        assert nadia.post(tell, data=sent).location == "/vandaag"
        dispatch_events(city, MONDAY)
        assert "het kind gaat verder in de opvang" in said(nadia, TODAY)


@pytest.mark.parametrize(
    ("outcome", "where"), [("will-go", "#eerste-bezoek"), ("needs-help", "/meekijken")]
)
def test_a_word_that_asks_for_more_leads_there(
    city: City, app: Flask, outcome: str, where: str
) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer)
    nadia, booklet = signed_in(app, referrer), _task(city, task).subject_id
    page = nadia.get(_note(nadia, task, outcome)).get_data(as_text=True)
    assert f'href="/boekjes/{booklet}{where}"' in page


def test_who_was_not_reached_comes_back_and_after_three_times_no_more(
    city: City, app: Flask
) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer)
    wednesday = MONDAY + timedelta(days=2)
    for day, again in ((MONDAY, "Morgen"), (MONDAY + timedelta(days=1), "Morgen")):
        with time_machine.travel(day):
            nadia = signed_in(app, referrer)
            text = said(nadia, _note(nadia, task, "not-reached"))
            assert f"OC-1 niet bereikt. {again} staat dit gezin opnieuw in je lijst." in text
            assert "Niemand om te bellen vandaag" in text
            assert "Niemand om te bellen" in said(nadia, "/meegeven")
    with time_machine.travel(wednesday):
        nadia = signed_in(app, referrer)
        assert said(nadia, TODAY).count("Niet bereikt") == 3, "two calls, and the button"
        text = said(nadia, _note(nadia, task, "not-reached"))
        assert "Vandaag afgerond OC-1 : niet te bereiken" in text
        assert "het gezin komt niet meer terug in je lijst, de regie ziet het" in text


def test_on_friday_not_reached_comes_back_on_monday(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer)
    with time_machine.travel(FRIDAY):
        nadia = signed_in(app, referrer)
        assert "Maandag staat dit gezin opnieuw" in said(nadia, _note(nadia, task, "not-reached"))


def test_not_reached_can_be_taken_back(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer)
    nadia = signed_in(app, referrer)
    undo = f"{TODAY}/{task}/terug"
    token = form(nadia, _note(nadia, task, "not-reached"), action=undo)
    assert nadia.post(undo, data=token).status_code == 303
    text = said(nadia, TODAY)
    assert "Gezin OC-1" in text
    assert text.count("Niet bereikt") == 1, "the button"
    assert nadia.post(undo, data=token).status_code == 409


def test_a_newer_reason_takes_the_place_of_the_older_call(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    tuesday, wednesday = (MONDAY + timedelta(days=n) for n in (1, 2))
    build.handed_out(city, referrer, appointment=_visit_on(city, tuesday.date()))
    for day in (MONDAY, wednesday):
        with at_work(city, now=day) as uow:
            flag_drop_offs(uow)
        dispatch_events(city, day)
    with time_machine.travel(wednesday):
        text = said(signed_in(app, referrer), TODAY)
    assert "Eén gezin." in text
    assert "Niet geweest?" in text
    assert "bellen hoeft niet meer" not in text


def test_without_a_word_the_card_asks_for_one(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer)
    nadia = signed_in(app, referrer)
    save = f"{TODAY}/{task}/afgerond"
    token = form(nadia, TODAY, action=save)
    for sent, asked in (
        ({}, "Kies wat je hoorde."),
        ({"outcome": "party"}, "Kies een van de mogelijkheden."),
    ):
        answer = nadia.post(save, data=token | sent)
        assert answer.status_code == 422
        assert asked in words(answer.get_data(as_text=True))
    assert _task(city, task).first_shown_at is not None


def test_a_call_that_a_first_use_closed_meanwhile_needs_no_word(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer)
    nadia = signed_in(app, referrer)
    save = f"{TODAY}/{task}/afgerond"
    token = form(nadia, TODAY, action=save)
    _used(city, _task(city, task).subject_id)
    answer = nadia.post(save, data=token | {"outcome": "will-go"})
    assert answer.status_code == 409
    assert "al afgerond" in words(answer.get_data(as_text=True))


@pytest.mark.parametrize("consent", [True, False])
def test_good_news_is_told_with_the_familys_consent_only(
    city: City,
    app: Flask,
    consent: bool,  # noqa: FBT001
) -> None:
    referrer = build.referrer(city)
    _used(city, _task(city, _to_call(city, referrer, consent=consent)).subject_id)
    text = said(signed_in(app, referrer), TODAY)
    assert ("Eerste cheque gebruikt" in text) is consent
    assert ("bellen hoeft niet meer" in text) is not consent


def test_a_referrer_sees_the_own_organisations_calls_and_the_regie_all(
    city: City, app: Flask
) -> None:
    ours, others = build.referrer(city, organisation_name="OCMW Genk"), build.referrer(city)
    task = _to_call(city, ours)
    colleague = build.person(city, Role.REFERRER, organisation_id=ours.organisation_id)
    assert "Gezin OC-1" in said(signed_in(app, colleague), TODAY)
    stranger = signed_in(app, others)
    assert "OC-1" not in said(stranger, TODAY)
    for deed in ("afgerond", "terug"):
        token = form(stranger, "/meegeven") | {"outcome": "will-go"}
        assert stranger.post(f"{TODAY}/{task}/{deed}", data=token).status_code == 404
    desk = signed_in(app, build.regie(city))
    assert "OCMW Genk" in said(desk, TODAY)
    assert "Genoteerd bij OC-1" in said(desk, _note(desk, task, "needs-help"))


def test_opening_the_page_keeps_when_a_call_was_first_shown(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    task = _to_call(city, referrer)
    desk = signed_in(app, build.regie(city))
    assert "Nog niet bekeken" in said(desk, TODAY)
    assert _task(city, task).first_shown_at is None
    nadia = signed_in(app, referrer)
    said(nadia, TODAY)
    shown = _task(city, task).first_shown_at
    assert shown is not None
    said(nadia, TODAY)
    assert _task(city, task).first_shown_at == shown
    assert "Bekeken op maandag 7 september 2026 om 09:00" in said(desk, TODAY)


def test_each_family_on_the_page_leaves_an_audit_row(city: City, app: Flask) -> None:
    referrer = build.referrer(city)
    for reference in ("OC-1", "OC-2"):
        _to_call(city, referrer, reference=reference)
    said(signed_in(app, referrer), TODAY)
    with at_work(city) as uow:
        rows = uow.session.execute(select(AuditRow.account_id, AuditRow.what)).all()
    assert [tuple(row) for row in rows] == [(referrer.actor.account_id, "calls.show")] * 2


def test_nobody_to_call_leads_to_the_next_family(city: City, app: Flask) -> None:
    page = signed_in(app, build.referrer(city)).get(TODAY).get_data(as_text=True)
    assert "Niemand om te bellen vandaag" in page
    assert 'class="btn" href="/meegeven"' in page


@pytest.fixture(autouse=True)
def _on_monday() -> Iterator[None]:
    """The pages read the clock: it is Monday 7 September 2026."""
    with time_machine.travel(MONDAY):
        yield


def _to_call(
    city: City,
    by: Person,
    *,
    reference: str = "OC-1",
    visit: date | None = None,
    consent: bool = False,
    rule: str = "",
    **family: str,
) -> UUID:
    """Give the task to call a family that has had its booklet for a fortnight."""
    paper = build.handed_out(
        city,
        by,
        now=MONDAY - timedelta(days=14),
        reference=reference,
        family=family,
        good_news_consent=consent,
        appointment=_visit_on(city, visit) if visit else None,
    )
    _flag(city, by, paper, rule or ("no-first-use" if visit is None else "visit-near"))
    with at_work(city) as uow:
        return uow.session.scalars(select(Task.id).where(Task.subject_id == paper.id)).one()


def _visit_on(city: City, day: date) -> dict[str, object]:
    return {"location_id": build.provider(city).location_id, "day": day}


def _flag(city: City, by: Person, paper: Paper, rule: str) -> None:
    with at_work(city) as uow:
        open_task(
            uow,
            rule=rule,
            subject_id=paper.id,
            period="2026-08-24",  # also the day of the last use, where there is one
            organisation_id=by.organisation_id,
            account_id=by.actor.account_id,
            due_on=uow.today,
        )


def _used(city: City, booklet_id: UUID) -> None:
    """Let a first use close the call, as the reaction to a scan does."""
    with at_work(city, now=datetime.now(MONDAY.tzinfo)) as uow:
        uow.session.get_one(Booklet, booklet_id).used_count = 1
        close_tasks_about(uow, subject_id=booklet_id, outcome="first-use")


def _note(client: FlaskClient, task: UUID, outcome: str, **more: str) -> str:
    save = f"{TODAY}/{task}/afgerond"
    sent = form(client, TODAY, action=save) | {"outcome": outcome} | more
    answer = client.post(save, data=sent)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.location


def _task(city: City, task_id: UUID) -> Task:
    with at_work(city) as uow:
        task = uow.session.get_one(Task, task_id)
        uow.session.expunge(task)
        return task
