"""A family's file is kept as long as one of the programmes needs it, and not a night longer."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, and_, exists, func, or_, update
from sqlalchemy.orm import Session

from kernel.keeping import Columns, Kept, Night, Term, Unit
from kernel.people import Child, Family
from kernel.unit_of_work import UnitOfWork

MARK = "verwijderd-"  # what a reference starts with once nobody can be found by it
_SIGNS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_NAMES = ("name", "phone", "phone_hash", "number_of_children")
_OF_CHILD = ("first_name", "birth_month")
OF_FAMILY = {"family": frozenset(_NAMES), "child": frozenset(_OF_CHILD)}


@dataclass(frozen=True, kw_only=True)
class Told:
    """A part of what is kept of a family, in plain words: a title, and labelled columns."""

    title: str
    rows: Callable[[UUID], Select[*tuple[Any, ...]]]


def _nothing(_session: Session, _ids: Sequence[UUID]) -> None:
    """Nothing more goes with the family's names."""


def _none(_session: Session, _id: UUID) -> Mapping[str, int]:
    """Nothing to count."""
    return {}


def _closes_nothing(_uow: UnitOfWork, _id: UUID) -> None:
    """Nothing is open."""


@dataclass(frozen=True, kw_only=True)
class FamilyFile:
    """What one programme holds of a family, and from when it needs the family's names no more.

    `ended` is the last day of the family's file, correlated on `Family`: far away while it runs,
    NULL where there is none. `holds` says that there is more to forget than the names, `forget`
    forgets it. `runs` says of a day what stands in the way of a removal on request; `close` ends
    what would go on, `goes` and `stays` count for the page that asks whether it is sure.
    """

    name: str
    what: str
    why: str
    after: str
    term: Term
    ended: ColumnElement[date | None]
    programme: str | None = None
    holds: ColumnElement[bool] | None = None
    forget: Callable[[Session, Sequence[UUID]], None] = _nothing
    runs: Callable[[date], ColumnElement[bool]] | None = None
    close: Callable[[UnitOfWork, UUID], None] = _closes_nothing
    goes: Callable[[Session, UUID], Mapping[str, int]] = _none
    stays: Callable[[Session, UUID], Mapping[str, int]] = _none
    told: Sequence[Told] = ()
    columns: Columns = field(default_factory=dict)


REGISTERED = FamilyFile(
    name="families",
    what="Gezin zonder boekje of opvang: naam, telefoon, aantal kinderen, voornaam, geboortemaand",
    why="om het gezin te bellen",
    after="na het inschrijven",
    term=Term(rule="keeping.family_months", count=6, unit=Unit.MONTHS, least=1, most=6),
    ended=func.date(Family.created_at, type_=Date),
)
REFERENCES = Term(rule="keeping.reference_months", count=60, unit=Unit.MONTHS, least=6, most=60)


def family_classes(files: Sequence[FamilyFile]) -> list[Kept]:
    """Give for each file its class of families, and the class of their references.

    A family belongs to the last of its files, and its names go when every file's term is over.
    """
    holds = or_(_has_names(), *(each.holds for each in files if each.holds is not None))
    return [
        *(
            _class_of(each, later=files[n + 1 :], files=files, holds=holds)
            for n, each in enumerate(files)
        ),
        _references(files),
    ]


def forget_families(session: Session, ids: Sequence[UUID], files: Sequence[FamilyFile]) -> int:
    """Forget everybody of these families; gives how many there were."""
    for each in files:
        each.forget(session, ids)
    nobody = dict.fromkeys(_NAMES)
    session.execute(
        update(Child).where(Child.family_id.in_(ids)).values(**dict.fromkeys(_OF_CHILD)), **_CORE
    )
    done = session.execute(update(Family).where(Family.id.in_(ids)).values(**nobody), **_CORE)
    return int(done.rowcount)  # type: ignore[attr-defined]


def forget_references(session: Session, ids: Sequence[UUID]) -> int:
    """Give each of these families a mark that tells nothing, in the place of its reference."""
    session.execute(update(Family), [{"id": each, "reference": new_mark()} for each in ids])
    return len(ids)


def new_mark() -> str:
    """Give a reference by which nobody is found."""
    return MARK + "".join(secrets.choice(_SIGNS) for _ in range(10))


_CORE: Any = {"execution_options": {"synchronize_session": False}}


def _has_names() -> ColumnElement[bool]:
    named = [getattr(Child, name).is_not(None) for name in _OF_CHILD]
    child = exists().where(Child.family_id == Family.id, or_(*named))
    return or_(*(getattr(Family, name).is_not(None) for name in _NAMES), child)


def _all_over(night: Night, files: Sequence[FamilyFile], term: Term | None = None) -> Any:
    return and_(
        *(or_(each.ended.is_(None), each.ended <= night.past(term or each.term)) for each in files)
    )


def _class_of(
    file: FamilyFile,
    *,
    later: Sequence[FamilyFile],
    files: Sequence[FamilyFile],
    holds: ColumnElement[bool],
) -> Kept:
    others = [each.ended.is_(None) for each in later]
    return Kept(
        name=file.name,
        what=file.what,
        why=file.why,
        after=file.after,
        term=file.term,
        programme=file.programme,
        key=Family.id,
        holds=and_(holds, file.ended.is_not(None), *others),
        due=lambda night: _all_over(night, files),
        ended=file.ended,
        forget=lambda session, ids: forget_families(session, ids, files),
        columns={**OF_FAMILY, **file.columns},
    )


def _references(files: Sequence[FamilyFile]) -> Kept:
    return Kept(
        name="references",
        what="Het kenmerk dat een organisatie een gezin gaf",
        why="om het gezin terug te vinden en dubbele boekjes te vermijden",
        after="na het einde van het laatste boekje of de laatste opvang",
        term=REFERENCES,
        key=Family.id,
        holds=~Family.reference.startswith(MARK),
        due=lambda night: _all_over(night, files, REFERENCES),
        ended=func.coalesce(*(each.ended for each in reversed(files)), type_=Date),
        forget=forget_references,
        columns={"family": frozenset({"reference"})},
    )
