"""A booklet is found again by what somebody holds in the hand: a cheque of it."""

from uuid import UUID

from kernel.access import Role, allowed
from kernel.unit_of_work import UnitOfWork
from vouchers import codes
from vouchers.errors import UnknownBooklet
from vouchers.recognising import recognised_booklet, signs_in


@allowed(Role.REFERRER, Role.REGIE)
def find_booklet(uow: UnitOfWork, *, text: str) -> UUID:
    """Give the id of the booklet with this number, or with a cheque that has this code.

    Takes what `recognised_booklet` takes, and refuses what it does. Another organisation's is not
    there, but for the regie.
    """
    booklet = recognised_booklet(uow, text)
    own = booklet.organisation_id == uow.actor.organisation_id
    if not (own or uow.actor.is_any(Role.REGIE)):
        raise UnknownBooklet
    return booklet.id


def may_be_code(text: str) -> bool:
    """Say whether somebody may have typed a cheque's code, perhaps with a sign wrong or forgotten.

    Such a text belongs in no address, no log and no list.
    """
    signs = signs_in(text)
    return "#" in text or (len(signs) >= codes.TYPED_CODE - 1 and codes.may_be(signs))


def is_whole_code(text: str) -> bool:
    """Say whether a text has as many signs as a cheque's code has."""
    return len(signs_in(text)) in {codes.TYPED_CODE, codes.CODE}
