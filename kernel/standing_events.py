"""What happens to a place's licence."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class StandingNoted(Event):
    """The city wrote down what a place's licence says from a day on."""

    name: ClassVar[str] = "kernel.standing_noted"
    subject: ClassVar[str] = "location_id"
    location_id: UUID
    licensed_places: int
    step: str
    since: date
