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
            "figures",
            "hand_out",
            "money",
            "scan",
            "stock",
            "today",
        }
    ),
    OCCASIONEEL: frozenset({"children", "purchases"}),
}
