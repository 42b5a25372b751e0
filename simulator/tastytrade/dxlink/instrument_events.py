"""TimeAndSale events: every print of the simulated market, as the trade report it is. Pure."""

import datetime
import typing

from simulator.market import calendar, corporate_actions
from simulator.market.option_surface import OptionState
from simulator.market.tape import NO_EXCHANGE, Tape

Values = dict[str, typing.Any]
_SEQUENCES = 0x3FFFFF


def print_values(symbol: str, subject: Tape | OptionState, *, is_extended: bool) -> Values:
    """Return every field of the print `subject` has just made; `symbol` is its streamer symbol."""
    price, at, sequence = subject.last or 0.0, subject.last_at, subject.trades & _SEQUENCES
    side = "SELL" if price <= subject.bid else "BUY" if price >= subject.ask else "UNDEFINED"
    return {
        "eventSymbol": symbol,
        "eventTime": 0,
        "eventFlags": 0,
        "index": at // 1000 << 32 | at % 1000 << 22 | sequence,
        "time": at,
        "timeNanoPart": 0,
        "sequence": sequence,
        "exchangeCode": "C" if isinstance(subject, OptionState) else subject.last_exchange,
        "price": price,
        "size": "NaN" if subject.last_size is None else subject.last_size,
        "bidPrice": subject.bid,
        "askPrice": subject.ask,
        "tradeThroughExempt": NO_EXCHANGE,
        "aggressorSide": side,
        "spreadLeg": False,
        "extendedTradingHours": is_extended,
        "validTick": True,
        "type": "NEW",
        "buyer": None,
        "seller": None,
        "exchangeSaleConditions": "T" if is_extended else "",
    }


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
