"""How occasional care says no: each refusal with its code, its sentence, its next step."""

from kernel.constraints import refuse_by
from kernel.errors import Conflict, Invalid


class StandingMissing(Invalid):
    """Nobody wrote down what the location's licence says on the day that matters."""

    code = "standing-missing"
    sentence = (
        "We weten niet hoeveel vergunde plaatsen en welke trap deze opvang op die dag heeft. "
        "Vul dat hieronder in."
    )


class StepNotAllowed(Invalid):
    """The location has a step of subsidy with which the city buys no places."""

    code = "step-not-allowed"
    sentence = (
        "Op die dag heeft deze opvang trap 2 of 3. De stad koopt alleen plaatsen in trap 0 en 1. "
        "Klopt de trap niet? Pas ze hieronder aan."
    )


class TooFewLicensed(Invalid):
    """The licence is for fewer children than the places to buy."""

    code = "too-few-licensed"
    sentence = (
        "De vergunning van deze opvang is op die dag voor minder kinderen. Koop minder plaatsen, "
        "of pas de vergunde plaatsen hieronder aan."
    )


class CapReached(Conflict):
    """The city buys no more places at this location."""

    code = "cap-reached"
    sentence = (
        "Zoveel plaatsen kan de stad bij deze opvang niet kopen. Kijk bij Aankopen welke plaatsen "
        "er al zijn."
    )


class IllegalMove(Conflict):
    """A purchase cannot go from this state to that one."""

    code = "illegal-move"
    sentence = "Dat kan niet met deze aankoop zoals ze nu is."


class ChildrenStay(Conflict):
    """Children are still cared for on the places of a purchase that should end."""

    code = "children-stay"
    sentence = (
        "Er zijn na die dag nog kinderen op deze plaatsen. Verplaats ze, of noteer eerst hun "
        "laatste dag."
    )


class AmountExists(Conflict):
    """A later day amount was agreed already."""

    code = "amount-exists"
    sentence = "Voor later is er al een ander bedrag afgesproken. Kies een dag vanaf die dag."


class NoNewChildren(Conflict):
    """No new child comes on a place of a purchase that is not active."""

    code = "no-new-children"
    sentence = (
        "Op deze plaats komen geen nieuwe kinderen: de aankoop loopt niet of wordt afgebouwd. "
        "Kies een andere plaats."
    )


class LicenceChanged(Conflict):
    """The location's step or licence is no longer one with which the city buys places."""

    code = "licence-changed"
    sentence = (
        "De trap of de vergunning van deze opvang laat op die dag geen nieuwe kinderen toe. "
        "Open de aankoop: daar staat wat je kunt doen."
    )


class PlaceTaken(Conflict):
    """Another child is on this place on one of the days."""

    code = "place-taken"
    sentence = "Op deze plaats is er in die dagen al een ander kind. Kies een andere plaats."


class NoPlaceFree(Conflict):
    """Every bought place of the location has a child on that day."""

    code = "no-place-free"
    sentence = "Bij deze opvang is vanaf die dag geen plaats vrij. Kies een andere opvang of dag."


class OutsidePurchase(Invalid):
    """The day lies before or after the days on which the city buys this place."""

    code = "outside-purchase"
    sentence = "Op die dag koopt de stad deze plaats niet. Kies een andere dag of plaats."


class PlacedAlready(Conflict):
    """A child has one place at a time."""

    code = "placed-already"
    sentence = (
        "Dit kind heeft in die dagen al een plaats. Zoek het bij Kinderen, en kies ‘Verplaats’."
    )


class ClockQuestion(Invalid):
    """The child was on a bought place before: a person decides what that means for its limit."""

    code = "clock-question"
    sentence = (
        "Dit kind had al een plaats. Lopen de maanden van toen verder, of beginnen ze opnieuw? "
        "Kies hieronder."
    )


class NotRunning(Conflict):
    """The placement has ended: nothing moves it any more."""

    code = "not-running"
    sentence = "Deze plaatsing is al gestopt. Je hoeft niets meer te doen."


class NoUndo(Conflict):
    """An end is taken back on its own day only, and while the place is still free."""

    code = "no-undo"
    sentence = (
        "Terugnemen kan alleen op de dag zelf, zolang de plaats vrij is. "
        "Plaats het kind opnieuw als het toch blijft."
    )


refuse_by("overlap_bought_place", CapReached)
refuse_by("overlap_day_amount", AmountExists)
refuse_by("overlap_placement_place", PlaceTaken)
refuse_by("overlap_placement_child", PlacedAlready)
