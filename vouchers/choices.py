"""What a city chooses for its cheques, with what holds where it chose nothing."""

from kernel.rules import Rule

BOOKLET_SIZE = Rule("vouchers.booklet_size", 10)  # cheques in a booklet, 1 to 10
VALID_MONTHS = Rule("vouchers.valid_months", 12)  # from the day of handing out, last day included
STOCK_MONTHS = Rule("vouchers.stock_months", 24)  # how long a blank booklet may lie
CITY_CEILING: Rule[int | None] = Rule("vouchers.city_ceiling", None)  # booklets a year
ORGANISATION_CEILING: Rule[int | None] = Rule("vouchers.organisation_ceiling", None)
CRITERIA = Rule(
    "vouchers.criteria",
    "Het gezin leeft in een kwetsbare situatie en gebruikt nog geen kinderopvang.",
)
PROVIDER_BACK_DAYS = Rule("vouchers.provider_back_days", 14)  # how far back a care date may lie
DESK_BACK_DAYS = Rule("vouchers.desk_back_days", 90)
HAND_OUT_BACK_DAYS = Rule("vouchers.hand_out_back_days", 90)  # a hand-out told afterwards
EXTEND_MONTHS = Rule("vouchers.extend_months", 12)  # from today: the latest new last day
EXTEND_PAST_MONTHS = Rule("vouchers.extend_past_months", 6)  # how long after its end, still
NO_FIRST_USE_DAYS = Rule("vouchers.no_first_use_days", 14)  # silence before a referrer calls
SILENCE_DAYS = Rule("vouchers.silence_days", 30)  # open days of the last place without a cheque
EXPIRING_DAYS = Rule("vouchers.expiring_days", 30)  # before the last day, with cheques left
USED_UP_DAYS = Rule("vouchers.used_up_days", 14)  # after the last cheque, when nobody knows more
CALL_TRIES = Rule("vouchers.call_tries", 3)  # reminders of one call, then no more
WILL_GO_DAYS = Rule("vouchers.will_go_days", 7)  # until a family that is going is asked again
NEEDS_HELP_DAYS = Rule("vouchers.needs_help_days", 3)  # until help that was promised is asked after
NEVER_SHOWN_DAYS = Rule("vouchers.never_shown_days", 5)  # working days until the regie hears of it
NOT_CALLED_DAYS = Rule("vouchers.not_called_days", 7)  # days after it was shown, the same
PAYMENT_DAY: Rule[int | None] = Rule("vouchers.payment_day", None)  # of the month after
