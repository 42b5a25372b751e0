"""TimeAndSale events: every print of the simulated market, as the trade report it is. Pure."""

import typing

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
