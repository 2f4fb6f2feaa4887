"""Which rooms of the site belong to one programme, by the name of their blueprint."""

from kernel.programmes import OCCASIONEEL, VOUCHERS

OF_PROGRAMME = {
    VOUCHERS: frozenset(
        {
            "booklet",
            "calls",
            "cheque",
            "continuing",
            "evaluating",
            "extending",
            "figures",
            "hand_out",
            "money",
            "overlooked",
            "reaching",
            "scan",
            "stock",
            "today",
        }
    ),
    OCCASIONEEL: frozenset({"children", "purchases"}),
}
