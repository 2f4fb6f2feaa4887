"""No letter is lost, whoever is killed; and a mail server that is ill holds up nothing but mail."""

import shutil
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import func, select

from jobs.clock import INSIDE_AT_ONCE, Clock
from jobs.dispatch import dispatch_inside, dispatch_outside
from kernel.cities import Cities, City
from kernel.events import Delivery
from kernel.letters import Letter
from kernel.mail import Post, SmtpPost
from tests import build
from tests.build import MONDAY, at_work, scanned
from tests.conftest import city_at
from tests.figures import Say, rounds
from tests.mailbox import PATIENCE, Mailbox, behaving, mailbox, nobody
from tests.races.dying import dies_at, dies_before
from tests.races.pairs import all_at_once

QUICK = 0.2  # seconds that a mail server may take here
FOR_EVER = 10 * PATIENCE
MARK = "UPDATE event_delivery SET attempts"
LATER = timedelta(minutes=2)  # when what a killed dispatcher had taken is free again


def test_a_dispatcher_killed_between_sending_and_marking_loses_no_letter(
    city: City, database_url: str, box: Mailbox, figure: Say
) -> None:
    """The mail server has it and the database does not know: it leaves again, under its own id."""
    nadia, post, killed = build.referrer(city), SmtpPost(box.url), 0
    for number in range(rounds(100)):
        now = MONDAY + number * LATER
        build.letter(city, nadia)
        dispatch_inside(city, now)
        killed += dies_at(database_url, MARK, partial(send, now=now, post=post))
        assert len(box.ids) == 2 * number + 1, "the server took it before the kill"
        assert undelivered(city) == 1
        send(city, now + LATER, post=post)
        assert undelivered(city) == 0
    assert killed == rounds(100)
    assert Counter(box.ids) == dict.fromkeys(expected(city), 2), "a double shares its Message-ID"
    figure("E2", f"{killed} kills between send and mark: 0 lost, doubles share their Message-ID")


def test_a_dispatcher_killed_at_any_statement_loses_no_letter(
    city: City, database_url: str, box: Mailbox, figure: Say
) -> None:
    nadia, post, killed = build.referrer(city), SmtpPost(box.url), 0
    for statement in count(1):
        for _ in range(2):
            build.letter(city, nadia)
        now = MONDAY + statement * LATER
        died = dies_before(database_url, statement, partial(send, now=now, post=post))
        send(city, now + LATER, post=post)
        if not died:
            break
        killed += 1
    assert killed > 10
    assert undelivered(city) == 0
    times = Counter(box.ids)
    assert set(times) == expected(city)
    assert max(times.values()) == 2
    figure("E2 any", f"killed before each of {killed} statements: {len(times)} letters, 0 lost")


def test_two_dispatchers_at_once_send_each_letter_once(
    city: City, other: City, box: Mailbox, figure: Say
) -> None:
    people, post = [build.referrer(city) for _ in range(10)], SmtpPost(box.url)
    for _ in range(rounds(50)):
        for person in people:
            build.letter(city, person)
        dispatch_inside(city, MONDAY)
        all_at_once([partial(send, where, post=post) for where in (city, other)])
        assert undelivered(city) == 0
    assert Counter(box.ids) == dict.fromkeys(expected(city), 1)
    figure("E2 two", f"{len(box.ids)} letters, two dispatchers at once: each left once")


Talk = Callable[[socket.socket, threading.Event], None]


def hanging(caller: socket.socket, over: threading.Event) -> None:
    over.wait(PATIENCE)


def babbling(caller: socket.socket, over: threading.Event) -> None:
    while not over.is_set():
        caller.sendall(b"220-and another thing\r\n" * 100)


def cutting(caller: socket.socket, over: threading.Event) -> None:
    with caller.makefile("rb") as heard:
        caller.sendall(b"220 here\r\n")
        while not next(heard).upper().startswith(b"DATA"):
            caller.sendall(b"250 fine\r\n")
        caller.sendall(b"354 go on\r\n")
        next(heard)


def answering(text: str) -> Talk:
    def talk(caller: socket.socket, over: threading.Event) -> None:
        with caller.makefile("rb") as heard:
            caller.sendall(b"220 here\r\n")
            while not next(heard).upper().startswith(b"RCPT"):
                caller.sendall(b"250 fine\r\n")
            caller.sendall(text.encode() + b"\r\n")
            next(heard)

    return talk


ILL: dict[str, Talk | None] = {
    "refuses": None,
    "hangs": hanging,
    "babbles": babbling,
    "breaks off": cutting,
    "says 451": answering("451 4.3.0 later"),
    "says 550": answering("550 5.7.1 we do not know you"),
}


@pytest.mark.parametrize("illness", ILL)
def test_letters_wait_for_a_mail_server_that_is_ill_and_all_leave_once_it_is_well(
    city: City, box: Mailbox, illness: str, figure: Say
) -> None:
    people = [build.referrer(city) for _ in range(6)]
    for person in people:
        build.letter(city, person)
    talk, moment = ILL[illness], MONDAY
    with behaving(talk or hanging) as url:
        post = SmtpPost(url if talk else nobody(), patience=QUICK)
        for _ in range(3):
            assert send(city, moment, post=post) == 0
            moment = next_try(city)
    assert undelivered(city) == len(people)
    assert send(city, moment, post=SmtpPost(box.url)) == len(people)
    assert Counter(box.ids) == dict.fromkeys(expected(city), 1)
    figure("E3 mail", f"refuses, hangs, babbles, breaks off, 451, 550: 0 of {len(people)} lost")


def test_while_a_mail_server_hangs_cheques_are_redeemed_and_events_brought(
    city: City, figure: Say
) -> None:
    referrer, provider = build.referrer(city), build.provider(city)
    paper = build.handed_out(city, referrer, good_news_consent=True)
    build.letter(city, referrer)
    dispatch_inside(city, MONDAY)
    called = threading.Event()

    def hang(caller: socket.socket, over: threading.Event) -> None:
        called.set()
        over.wait(PATIENCE)

    with behaving(hang) as url:
        sending = threading.Thread(
            target=send, args=(city,), kwargs={"post": SmtpPost(url, FOR_EVER)}
        )
        sending.start()
        assert called.wait(PATIENCE)
        for number, code in enumerate(paper.codes):
            scanned(city, provider, code, same_day_reason="secondChild" if number else None)
            assert dispatch_inside(city, MONDAY) >= 1
        assert sending.is_alive(), "the letter still hangs"
        assert undelivered(city) == 3, "that one, and the good news of a first and a last use"
    sending.join(PATIENCE)
    figure("E3 mail inside", "10 redeemed, all events brought, while one letter hangs")


def test_hanging_mail_of_every_city_stops_no_citys_clock(towns: list[City]) -> None:
    """More cities than the clock has threads for what is done inside."""
    asked = threading.Semaphore(0)

    def hang(caller: socket.socket, over: threading.Event) -> None:
        asked.release()
        over.wait(PATIENCE)

    with behaving(hang) as url:
        clock = Clock(
            Cities(replace(city, post=SmtpPost(url, patience=FOR_EVER)) for city in towns)
        )
        people = [build.referrer(city) for city in towns]
        for city, person in zip(towns, people, strict=True):
            build.letter(city, person)
        scheduler = clock.started()
        try:
            assert all(asked.acquire(timeout=PATIENCE) for _ in towns)
            for city, person in zip(towns, people, strict=True):
                build.letter(city, person)
            assert within(PATIENCE, lambda: all(undelivered(city) == 2 for city in towns))
        finally:
            ender = threading.Thread(target=clock.stop, args=(scheduler,))
            ender.start()
    ender.join(PATIENCE)
    assert not ender.is_alive(), "once the server let go, the clock stops at once"


@pytest.fixture
def towns(sqlite_template: Path, tmp_path: Path) -> Iterator[list[City]]:
    """More cities than the clock does inside work for at once."""
    made = []
    for number in range(INSIDE_AT_ONCE + 2):
        file = shutil.copy(sqlite_template, tmp_path / f"{number}.db")
        made.append(city_at(f"sqlite:///{file}", host=f"city{number}.localhost"))
    yield made
    for city in made:
        city.database.dispose()


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as it:
        yield it


@pytest.fixture
def other(database_url: str) -> Iterator[City]:
    """The same city as another process sees it."""
    same = city_at(database_url)
    yield same
    same.database.dispose()


def send(city: City, now: datetime = MONDAY, *, post: Post) -> int:
    """Bring everything that is due, as the clock does; gives how many letters left."""
    dispatch_inside(city, now)
    left = 0
    while undelivered(city, now):
        left += dispatch_outside(replace(city, post=post), now)
    return left


def undelivered(city: City, due: datetime | None = None) -> int:
    """Give how many deliveries are not done; of those that are due at a moment, where given."""
    when = () if due is None else (Delivery.next_try_at <= due,)
    with at_work(city) as uow:
        return (
            uow.session.scalar(select(func.count()).where(Delivery.done_at.is_(None), *when)) or 0
        )


def next_try(city: City) -> datetime:
    """Give the moment at which every letter may be tried again."""
    with at_work(city) as uow:
        latest = select(func.max(Delivery.next_try_at)).where(Delivery.done_at.is_(None))
        return uow.session.scalars(latest).one() + timedelta(seconds=1)


def expected(city: City) -> set[str]:
    """Give the Message-ID of every letter that was written."""
    with at_work(city) as uow:
        return {f"<{each}@{city.host}>" for each in uow.session.scalars(select(Letter.id))}


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    """Wait until something is so, for so long at most."""
    until, pause = time.monotonic() + seconds, threading.Event()
    while time.monotonic() < until:
        if is_so():
            return True
        pause.wait(0.02)
    return False
