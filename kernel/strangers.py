"""An unknown address gets the same answer as a known one, and as long a time goes by."""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from sqlalchemy import select

from kernel.accounts import Account
from kernel.unit_of_work import UnitOfWork


class _ThrownAway(Exception):
    """What was written for nobody."""


def do_alike(uow: UnitOfWork, known: UUID | None, deed: Callable[[UUID], object]) -> None:
    """Do something for a known account; for none do as much, and throw it away.

    So whoever asks learns nothing from the answer nor from how long it took.
    """
    somebody = uow.session.scalar(select(Account.id).limit(1))
    chosen = known or somebody
    if chosen is None:
        return  # a city without any account has nothing to hide
    with suppress(_ThrownAway), uow.session.begin_nested():
        deed(chosen)
        uow.session.flush()
        if known is None:
            raise _ThrownAway
