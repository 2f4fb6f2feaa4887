"""The demo's families: invented, and recognisable as such."""

from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

from demo.settling import Spot, Town
from demo.stories import Story
from kernel.access import Actor
from kernel.calendar import add_months
from vouchers.models import Booklet

_LANGUAGES = ("nl", "ar", "tr", "ar", "fr", "en", "so", "ti", "uk", "fa-AF", "bg", "pl", "ro", "nl")
_PARENTS = ("Amina", "Elif", "Olena", "Hodan", "Selam", "Maria", "Fatima", "Zahra", "Ivanka")
_CHILDREN = ("Lina", "Noah", "Yusuf", "Mila", "Adam", "Emma", "Sara", "Amir")


@dataclass(kw_only=True)
class Household:
    """A family with its story, who gave it the booklet, where it goes, and what it holds."""

    story: Story
    given: dict[str, Any]
    child: dict[str, Any] | None
    referrer: Actor
    spot: Spot
    other_spot: Spot
    booklet_id: UUID | None = None
    codes: list[str] = field(default_factory=list)
    call_planned: bool = False

    def hold(self, booklet: Booklet) -> None:
        """Take a booklet in hand: the last cheque lies on top."""
        self.booklet_id = booklet.id
        self.codes = [cheque.code for cheque in reversed(booklet.cheques)]


def household(story: Story, town: Town, today: date, rng: Random) -> Household:
    """Give a story its family: somebody hands it a booklet, and it goes somewhere near."""
    district_id = rng.choice(town.districts)
    chosen = [_near(spot, district_id) for spot in town.spots]
    actors, weights = zip(*town.referrers, strict=True)
    referrer = rng.choices(actors, weights)[0]
    spot, other = rng.choices(town.spots, chosen, k=2)
    if story.shown:
        referrer, spot, other = actors[0], town.spots[0], town.spots[0]
    elif story.call_waits:
        referrer = actors[-1]
    given: dict[str, Any] = {"language": rng.choice(_LANGUAGES), "district": district_id}
    if rng.random() < 0.25:  # noqa: PLR2004 — most families give no name
        given["name"] = f"{rng.choice(_PARENTS)} Demo"
    if rng.random() < 0.8 or story.call_waits:  # noqa: PLR2004
        given["phone"] = f"089 00 {rng.randint(50, 99)} {rng.randint(10, 99)}"
    child = None
    if rng.random() < 0.4:  # noqa: PLR2004
        born = add_months(today.replace(day=1), -rng.randint(20, 30))
        child = {"first_name": rng.choice(_CHILDREN), "birth_month": born}
    return Household(
        story=story, given=given, child=child, referrer=referrer, spot=spot, other_spot=other
    )


def _near(spot: Spot, district_id: object) -> int:
    """Families mostly go to a place in their own district."""
    return spot.weight * (6 if spot.district_id == district_id else 1)
