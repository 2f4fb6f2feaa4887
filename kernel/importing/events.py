"""What happens when places come in."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class LocationsImported(Event):
    """A file of places was taken in: how many were new, changed, or as they were."""

    name: ClassVar[str] = "kernel.locations_imported"
    subject: ClassVar[str] = "import_id"
    import_id: UUID
    created: int
    changed: int
    unchanged: int
    organisations: int
