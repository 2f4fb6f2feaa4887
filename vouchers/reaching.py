"""How to reach a family is written down later, when it gives its number after all."""

from uuid import UUID

from kernel.access import Role, allowed
from kernel.errors import Invalid
from kernel.people import Family
from kernel.unit_of_work import UnitOfWork
from vouchers.errors import IllegalMove
from vouchers.events import ContactNoted
from vouchers.replacing import own_booklet
from vouchers.writing_down import set_contact, warnings_about


@allowed(Role.REFERRER, Role.REGIE)
def note_contact(
    uow: UnitOfWork,
    *,
    booklet_id: UUID,
    phone: str | None = None,
    name: str | None = None,
    phone_key: str = "",
) -> tuple[str, ...]:
    """Write down a phone number, a name, or both; what is left empty stays as it was.

    Takes what `ContactRequest` loaded, and the installation's key for the hash of a phone number.
    Gives what the referrer should know: `known-elsewhere` when another organisation has the same
    number, never which. Refuses nothing to write down, another organisation's booklet, and one that
    no family has (any more).
    """
    booklet = own_booklet(uow, booklet_id)
    if not phone and not name:
        raise Invalid(fields={"family.phone": ["Vul een telefoonnummer of een naam in."]})
    family = uow.session.get(Family, booklet.family_id) if booklet.family_id else None
    if family is None or family.removed_at is not None:
        raise IllegalMove("Dit boekje is van geen gezin dat we nog kennen.")
    set_contact(family, {"phone": phone, "name": name}, phone_key=phone_key)
    uow.record(ContactNoted(family_id=family.id))
    return warnings_about(uow, family.id)
