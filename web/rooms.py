"""Which rooms of the site belong to the cheque programme, by the name of their blueprint."""

OF_VOUCHERS = frozenset(
    {"booklet", "calls", "cheque", "figures", "hand_out", "money", "scan", "today"}
)
