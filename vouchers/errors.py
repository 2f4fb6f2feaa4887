"""How the cheque programme says no: each refusal with its code, its sentence, its next step."""

from types import MappingProxyType
from typing import Any

from kernel.constraints import refuse_by
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany


class UnknownCode(NotFound):
    """No cheque has this code."""

    code = "unknown-code"
    sentence = (
        "Deze code kennen we niet. Scan de QR-code opnieuw of kijk de tekens na. "
        "Blijft dit zo? Bel het nummer op het boekje."
    )


class ProviderNotApproved(Forbidden):
    """This location may not redeem cheques (yet, or any more)."""

    code = "provider-not-approved"
    sentence = "Je opvang kan nog geen cheques inruilen. Bel de regie van je stad: zij zet dit aan."


class Blocked(Conflict):
    """The booklet was lost or made by mistake."""

    code = "blocked"
    sentence = (
        "Dit boekje is geblokkeerd: het gezin kreeg een ander. "
        "Vraag of ze het nieuwe boekje bij hebben, of bel de regie."
    )


class NotHandedOut(Conflict):
    """The booklet lies in stock: no family has it yet, as far as is known."""

    code = "not-handed-out"
    sentence = (
        "Dit boekje is nog niet aan een gezin gegeven. Bel de regie: zij kan dat nu rechtzetten."
    )


class Expired(Conflict):
    """The booklet's last day lies before the day of care."""

    code = "expired"
    sentence = "Dit boekje is niet meer geldig. Bel de regie: zij kan het gezin een nieuw geven."


class AlreadyUsed(Conflict):
    """The cheque was redeemed before."""

    code = "already-used"
    sentence = "Deze cheque is al ingeruild. Vraag het gezin om de volgende cheque uit het boekje."


class SameDayQuestion(Conflict):
    """A second cheque of one booklet on one day needs a reason."""

    code = "same-day-question"
    sentence = (
        "Van dit boekje is er vandaag al een cheque ingeruild. "
        "Is dit een tweede halve dag, of een tweede kind?"
    )


class IdempotencyMismatch(Invalid):
    """The same key came with another body."""

    code = "idempotency-mismatch"
    sentence = "Deze sleutel is al gebruikt voor iets anders. Begin opnieuw met een nieuwe sleutel."


class TooManyWrongCodes(TooMany):
    """More than ten unknown codes in a minute."""

    code = "too-many-wrong-codes"
    sentence = (
        "Er waren te veel onbekende codes na elkaar. Wacht een minuut. "
        "Werkt een cheque niet? Bel dan het nummer op het boekje."
    )


class LocationNeeded(Invalid):
    """The account has several locations: which one cared for the child?"""

    code = "location-needed"
    sentence = "Kies eerst in welke opvang je scant."


class WrongCareDate(Invalid):
    """The day of care lies in the future or too far back."""

    code = "wrong-care-date"
    sentence = "Deze dag kan niet: kies vandaag of een dag die nog niet te lang voorbij is."


class UndoTooLate(Conflict):
    """The day of scanning is over."""

    code = "undo-too-late"
    sentence = "Ongedaan maken kan alleen op de dag zelf. Bel de regie om dit te verbeteren."


class AlreadyAnnulled(Conflict):
    """The redemption was undone before."""

    code = "already-annulled"
    sentence = "Dit is al ongedaan gemaakt. De cheque is weer open."


class IllegalMove(Conflict):
    """A booklet cannot go from this state to that one."""

    code = "illegal-move"
    sentence = "Dat kan niet met dit boekje zoals het nu is."


class BookletsStay(IllegalMove):
    """Some of the booklets cannot go where they were meant to: then none of them goes.

    `fields` has a sentence for each of those, as a wrong field has.
    """

    sentence = "Er is niets veranderd: niet al deze boekjes kunnen dat. Kijk ze na."

    def __init__(self, *, fields: dict[str, list[str]], **about: Any) -> None:
        """Take a sentence for each booklet that stays, and facts for programs."""
        super().__init__(**about)
        self.fields = fields


class BatchNotReady(Conflict):
    """The booklets of a batch are still being made, or it was cancelled."""

    code = "batch-not-ready"
    sentence = "Deze reeks is nog niet klaar. Wacht even en probeer opnieuw."


class BatchReady(Conflict):
    """All booklets of the batch are there: it can no longer be cancelled."""

    code = "batch-ready"
    sentence = (
        "Deze reeks is al klaar en kan je niet meer annuleren. "
        "Heb je de boekjes niet nodig? Gooi ze dan weg, onderaan bij de reeks."
    )


class NothingToUndo(Conflict):
    """A delivery was undone already, or its day is over."""

    code = "nothing-to-undo"
    sentence = (
        "Deze levering kan je niet meer ongedaan maken. Open de voorraad van die persoon "
        "en kies daar welke boekjes teruggebracht zijn."
    )


class NothingAsked(Conflict):
    """What was asked of the desk is settled already."""

    code = "nothing-asked"
    sentence = "Deze vraag is al afgehandeld. Je hoeft niets meer te doen."


class FamilyHasBooklet(Conflict):
    """A family gets one booklet; a second one is the regie's to give."""

    code = "family-has-booklet"
    sentence = (
        "Dit gezin kreeg al een boekje. Is het kwijt? Open dat boekje en kies 'Boekje kwijt'. "
        "Een tweede boekje vraag je aan de regie."
    )


class UnknownBooklet(NotFound):
    """No booklet has this number, no cheque this code."""

    code = "unknown-booklet"
    fields = MappingProxyType({"booklet": ["Geen boekje heeft dit nummer. Kijk de tekens na."]})
    sentence = (
        "Dit boekje kennen we niet. Kijk de tekens na, of scan een cheque. "
        "Blijft dit zo? Bel de regie."
    )


class NotYourStock(Conflict):
    """The booklet lies at the desk, or belongs to the stock of another organisation."""

    code = "not-your-stock"
    fields = MappingProxyType({"booklet": ["Neem een boekje uit je eigen voorraad."]})
    sentence = (
        "Dit boekje hoort niet bij de voorraad van jouw organisatie. "
        "Bel de regie: zij kijkt na waar het hoort."
    )


class AlreadyHandedOut(Conflict):
    """A family has this booklet: it is nobody else's any more."""

    code = "already-handed-out"
    fields = MappingProxyType({"booklet": ["Al meegegeven. Typ het nummer van een ander boekje."]})
    sentence = "Dit boekje is al meegegeven. Neem een ander boekje, of bel de regie."


class StockBlocked(Blocked):
    """The blank booklet was lost, or thrown away: whoever finds it cannot give it."""

    fields = MappingProxyType({"booklet": ["Geblokkeerd. Typ het nummer van een ander boekje."]})
    sentence = (
        "Dit boekje is geblokkeerd en mag niet mee. Neem een ander, en breng dit naar de regie."
    )


class StockOutdated(Conflict):
    """The booklet lay in stock beyond the last day that is printed on it."""

    code = "stock-outdated"
    fields = MappingProxyType({"booklet": ["Te oud. Typ het nummer van een ander boekje."]})
    sentence = (
        "Dit boekje lag te lang in voorraad: de laatste dag op het papier is voorbij. "
        "Neem een ander, en breng dit terug naar de regie."
    )


class NothingToTakeBack(Conflict):
    """A booklet was not extended today, or a cheque was used in the days it gained."""

    code = "nothing-to-take-back"
    sentence = (
        "Deze verlenging kan je niet meer ongedaan maken: ze is niet van vandaag, "
        "of er is al een cheque gebruikt na de oude laatste dag."
    )


class CriteriaNotMet(Invalid):
    """The one tick that the family meets the city's criteria is missing."""

    code = "criteria-not-met"
    sentence = "Kruis aan dat het gezin voldoet aan de criteria. Twijfel je? Bel de regie."


class CeilingReached(Conflict):
    """The year's booklets are all given."""

    code = "ceiling-reached"
    sentence = "Alle boekjes van dit jaar zijn uitgedeeld. Vraag de regie of er nog een bij kan."


class NothingLeft(Conflict):
    """A booklet without open cheques needs no replacement."""

    code = "nothing-left"
    sentence = "Van dit boekje zijn alle cheques al gebruikt. Er valt niets te vervangen."


refuse_by(
    "uq_booklet_family_id_ordinal", FamilyHasBooklet, columns="booklet.family_id, booklet.ordinal"
)
refuse_by("ux_redemption_live", AlreadyUsed, columns="redemption.cheque_id")
# The same body would have waited for the first one's booklet, and found its answer.
refuse_by(
    "uq_redemption_account_id_idempotency_key",
    IdempotencyMismatch,
    columns="redemption.account_id, redemption.idempotency_key",
)
