"""What happens to the demo's families: most are lost before the first cheque, or go on to the end.

The field saw the biggest drop-off between handing out and first use; families that use a few
cheques nearly all go on. The counts are a city's plan; the days are drawn with a seed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

from demo.calendar import WorkingDays


@dataclass(frozen=True, kw_only=True)
class Story:
    """One family: on which working days (by number) what happens to its booklet."""

    handed_out: int
    uses: tuple[int, ...] = ()
    visit: int | None = None
    lost_after: int | None = None
    withdrawn: bool = False
    call_waits: bool = False  # the last call about it is still to be made
    tried: int = 0  # how often it was called in vain since
    shown: bool = False  # by the demo's own referrer, at the demo's own provider


def stories(plan: dict[str, int], days: WorkingDays, rng: Random) -> list[Story]:
    """Give every family's story, from the plan's counts."""
    told = [
        *_never(plan["never"], days, rng),
        *_used(plan["few"], (1, 2), (60, 520), days, rng),
        *_lately(_used(plan["some"], (3, 7), (75, 530), days, rng), _fell_silent(days)),
        *_lately(
            _losing(_used(plan["most"], (8, 9), (90, 530), days, rng), plan["lost"]),
            _ending(8, days.last_busy),
        ),
        *_lately(
            _used(plan["all"], (10, 10), (97, 535), days, rng),
            _ending(10, days.last_busy - 2),
            _ending(10, days.ago(15), call_waits=True),
        ),
        *_going(plan["going"], days, rng),
        *_fresh(plan["fresh"], days),
        *_silent(plan["silent"], days),
        *_visits(days),
    ]
    return [*told, Story(handed_out=days.ago(40), withdrawn=True)]


def _never(count: int, days: WorkingDays, rng: Random) -> Iterator[Story]:
    """Nothing was used; a third had agreed on a first visit and did not go."""
    for n, ago in enumerate(_spread(count, 50, 535)):
        given = days.ago(ago)
        yield Story(handed_out=given, visit=given + rng.randint(3, 9) if n % 3 == 0 else None)


def _used(
    count: int, uses: tuple[int, int], ago: tuple[int, int], days: WorkingDays, rng: Random
) -> Iterator[Story]:
    """The first cheque within a month, then one or two a week; most had agreed on a visit."""
    for n, back in enumerate(_spread(count, *ago)):
        given = days.ago(back)
        at = given + rng.randint(2, 18)
        used = [at]
        for _ in range(rng.randint(*uses) - 1):
            at += rng.randint(1, 4)
            used.append(at)
        yield Story(handed_out=given, uses=tuple(used), visit=used[0] if n % 5 < 3 else None)  # noqa: PLR2004


def _losing(families: Iterator[Story], count: int) -> Iterator[Story]:
    """Some lose their booklet, before the first cheque or later, and use what was left."""
    for n, story in enumerate(families):
        lost_after = 3 * n if n < count else None
        visit = story.visit if lost_after != 0 else None
        yield Story(
            handed_out=story.handed_out, uses=story.uses, visit=visit, lost_after=lost_after
        )


def _lately(families: Iterable[Story], *known: Story) -> list[Story]:
    """Put stories that the demo's own people see today in the place of the longest ago."""
    return [*list(families)[: -len(known)], *known]


def _fell_silent(days: WorkingDays) -> Story:
    """Three cheques, and then none for thirty days that the place was open."""
    last = days.last_flagged - 31
    used = (last - 6, last - 3, last)
    return Story(handed_out=last - 12, uses=used, visit=used[0], call_waits=True, shown=True)


def _ending(count: int, last: int, *, call_waits: bool = False) -> Story:
    """Near the end of the booklet, or at it: does the child go on?"""
    used = tuple(last - 2 * back for back in range(count))[::-1]
    given = used[0] - 5
    return Story(handed_out=given, uses=used, visit=used[0], call_waits=call_waits, shown=True)


def _going(count: int, days: WorkingDays, rng: Random) -> Iterator[Story]:
    """In the middle of their booklet, and seen at the demo's own provider lately."""
    for n in range(count):
        last = days.last_busy - n // 3
        used = tuple(last - 2 * back for back in range(1 + rng.randint(1, 4)))[::-1]
        yield Story(handed_out=days.ago(27 + 3 * n), uses=used, visit=used[0], shown=n < 3)  # noqa: PLR2004


def _fresh(count: int, days: WorkingDays) -> Iterator[Story]:
    """Handed out a few days ago: nobody needs to call yet."""
    for n in range(count):
        yield Story(handed_out=days.ago(1 + 2 * n if n < 4 else 8), shown=n % 2 == 0)  # noqa: PLR2004


def _silent(count: int, days: WorkingDays) -> Iterator[Story]:
    """Two weeks of silence, and the call still to be made."""
    for n in range(count):
        given = days.ago(19 + 3 * n)
        yield Story(handed_out=given, call_waits=True, tried=2 * (n == 1), shown=n % 4 < 3)  # noqa: PLR2004


def _visits(days: WorkingDays) -> Iterator[Story]:
    """A first visit on the next working day, one that was missed, and one next week."""
    last = days.last_flagged
    yield Story(handed_out=last - 4, visit=last + 1, call_waits=True, shown=True)
    yield Story(handed_out=last - 7, visit=last - 1, call_waits=True, shown=True)
    yield Story(handed_out=last - 2, visit=last + 5, shown=True)


def _spread(count: int, nearest: int, farthest: int) -> list[int]:
    """Give how many days ago each booklet was handed out: evenly over the period."""
    step = (farthest - nearest) / max(count - 1, 1)
    return [round(nearest + n * step) for n in range(count)]
