"""Profile events: what hardly changes of an instrument, and whether it is halted. Pure."""

import datetime
import typing

from simulator.market import calendar, corporate_actions
from simulator.market.tape import Tape

Values = dict[str, typing.Any]
_NAN = "NaN"
_NOTHING: Values = {
    "shortSaleRestriction": "UNDEFINED",
    "tradingStatus": "UNDEFINED",
    "haltStartTime": 0,
    "haltEndTime": 0,
    "exDividendDayId": 0,
    "statusReason": _NAN,
    "high52WeekPrice": _NAN,
    "low52WeekPrice": _NAN,
    "beta": _NAN,
    "shares": _NAN,
    "highLimitPrice": _NAN,
    "lowLimitPrice": _NAN,
    "earningsPerShare": _NAN,
    "exDividendAmount": _NAN,
    "dividendFrequency": _NAN,
    "freeFloat": _NAN,
}


def option_profile(symbol: str) -> Values:
    """Describe an option: the venue knows no more of it than its name."""
    return {"description": symbol, **_NOTHING}


def profile(tape: Tape, day: datetime.date) -> Values:
    """Describe everything else on a day."""
    listing, halted_at = tape.listing, tape.halted_at
    low, high = listing.year_range
    values = {
        "description": listing.name,
        **_NOTHING,
        "shortSaleRestriction": "INACTIVE",
        "tradingStatus": "ACTIVE" if halted_at is None else "HALTED",
        "haltStartTime": halted_at or 0,
        "statusReason": _NAN if halted_at is None else "News pending",
        "high52WeekPrice": high,
        "low52WeekPrice": low,
        "beta": listing.beta,
    }
    if listing.has_options:
        values["shares"] = float(round(listing.volume * 1e8))
    eps, dividends = corporate_actions.annual_eps(listing), corporate_actions.dividends(listing, day)
    if eps is not None:
        values["earningsPerShare"] = eps
    if dividends:
        values["exDividendDayId"] = calendar.day_id(dividends[-2].ex_day)
        values["exDividendAmount"] = corporate_actions.dividend_amount(listing)
        values["dividendFrequency"] = float(corporate_actions.A_YEAR)
    return values
