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
NO_FIRST_USE_DAYS = Rule("vouchers.no_first_use_days", 14)  # silence before a referrer calls
CALL_TRIES = Rule("vouchers.call_tries", 3)  # calls to a family that does not answer, then no more
