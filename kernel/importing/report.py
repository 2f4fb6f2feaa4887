"""What an import did, or would do, told line by line in plain Dutch."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from kernel.importing.lines import ENCODINGS
from kernel.importing.planning import Plan
from kernel.importing.records import DELIMITERS
from kernel.importing.sorting import SortedRows

_MOST_TIES = 10


def file_report(path: Path, found: SortedRows) -> Iterator[str]:
    """Tell how a file was read, each line that is wrong, and how its rows add up."""
    yield (
        f"{path.name}: {ENCODINGS[found.encoding]}, gescheiden door {DELIMITERS[found.delimiter]}, "
        f"{_many(found.rows, 'rij', 'rijen')} onder de kop."
    )
    yield from (f"  {fault}" for fault in found.faults)
    yield f"Van de {_count(found.rows)} rijen:"
    yield f"  {_count(len(found.places))} tellen: één per opvangplaats"
    if found.older:
        yield f"  {_count(found.older)} gaan over een plaats waarvan een andere rij telt"
    for why, count in sorted(found.skipped.items()):
        yield f"  {_count(count)} overgeslagen: {why}"
    yield f"  {_count(len(found.faults))} fout{':' if found.faults else ''}"
    for short, count in reasons(found).most_common():
        yield f"    {_count(count)} {short}"
    if found.ties:
        yield (
            f"Bij {_many(len(found.ties), 'plaats', 'plaatsen')} zeggen meer rijen dat ze de "
            f"laatste zijn; daar telt de onderste: regel {_some_of(found.ties)}."
        )


def city_report(host: str, plan: Plan, *, dry_run: bool) -> Iterator[str]:
    """Tell what changed in a city, or would change."""
    done = "zou worden ingelezen" if dry_run else "ingelezen"
    yield (
        f"{host}: {done}: {_count(len(plan.created))} nieuw, "
        f"{_count(len(plan.changed))} gewijzigd, {_count(plan.unchanged)} gelijk gebleven; "
        f"{_many(len(plan.organisations), 'nieuwe organisator', 'nieuwe organisatoren')}."
    )
    if plan.moved:
        yield f"  Een andere organisator: regel {_some_of(plan.moved)}. Kijk dit na."
    if plan.created and not dry_run:
        yield "  Nieuwe plaatsen kunnen pas cheques scannen als de regie ze goedkeurt."


def reasons(found: SortedRows) -> Counter[str]:
    """Count the reasons; a line with two reasons counts under the first."""
    return Counter(fault.reasons[0].short for fault in found.faults)


def _some_of(lines: list[int]) -> str:
    shown = ", ".join(str(line) for line in lines[:_MOST_TIES])
    return f"{shown} …" if len(lines) > _MOST_TIES else shown


def _count(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _many(number: int, one: str, more: str) -> str:
    return f"{_count(number)} {one if number == 1 else more}"
