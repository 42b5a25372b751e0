"""Faults of values: what is spoiled or missing. Those of a symbol are spoiled for everybody until they are cleared."""

from simulator.faults import unkind_bars
from simulator.faults.faults import Fault
from simulator.faults.unkind_bars import BARS_FAULT
from simulator.market.changes import NEWS_PENDING
from simulator.tastytrade.dxlink.events import NAN, PRINT, TICKERS
from simulator.tastytrade.faults.actions import Act, BadFault, act, event_of, stand, standing
from simulator.tastytrade.venue import SimTastytrade

_FRACTION = 0.5


def nan(venue: SimTastytrade, fault: Fault) -> int:
    """Spoil `field` (both prices) of a symbol's `event` with `text` (NaN) until cleared."""
    return _spoil(venue, fault, event_of(fault), fault.field, fault.text or NAN)


def fractional(venue: SimTastytrade, fault: Fault) -> int:
    """Let the trades of a symbol be of half a share until cleared."""
    return _spoil(venue, fault, "Trade", "size", _FRACTION)


def _spoil(venue: SimTastytrade, fault: Fault, kind: str, field: str, value: object) -> int:
    if not fault.symbol:
        raise BadFault(f"{fault.fault} needs a symbol")
    if kind not in TICKERS:
        raise BadFault(f"{fault.fault} spoils {', '.join(sorted(TICKERS))}, not {kind}")
    venue.feed.spoiled[kind, fault.symbol] = dict.fromkeys((field,) if field else ("bidPrice", "askPrice"), value)
    venue.touch(kind, fault.symbol)
    return 1


def missing(venue: SimTastytrade, fault: Fault) -> int:
    """Leave out a `field` of balances and positions (mode null: say null), or the last trade of a symbol."""
    if fault.symbol:
        if fault.seconds is not None or fault.times is not None:
            raise BadFault("missing of a symbol stands until it is cleared; seconds and times are for a field")
        venue.feed.hidden.add(("Trade", fault.symbol))
        venue.touch("Trade", fault.symbol)
        return 1
    if not fault.field:
        raise BadFault("missing needs a field (such as net-liquidating-value) or a symbol")
    return stand(venue, fault)


def halt(venue: SimTastytrade, fault: Fault) -> int:
    """Halt trading in a symbol (mode resume: let it trade again). The feed of halts tells it with its code, `text`."""
    if fault.symbol not in venue.market.tapes:
        raise BadFault("halt needs the symbol of an equity, fund or index")
    if fault.mode == "resume":
        venue.market.resume(fault.symbol)
    else:
        venue.market.halt(fault.symbol, venue.wall_ms(), fault.text or NEWS_PENDING)
    return 1


def correction(venue: SimTastytrade, fault: Fault) -> int:
    """Correct the last print of a symbol to the other side of its quote (mode cancel: take it back).

    Whoever streams TimeAndSale is told, under the print's own index; candles stay as they were traded.
    """
    told = venue.feed.event(PRINT, fault.symbol)
    if told is None:
        raise BadFault("correction needs a symbol that has traded since the venue started")
    if fault.mode == "cancel":
        return venue.tell_print(fault.symbol, told | {"type": "CANCEL"})
    side, price = ("BUY", told["askPrice"]) if told["aggressorSide"] == "SELL" else ("SELL", told["bidPrice"])
    corrected = told | {"type": "CORRECTION", "price": price, "aggressorSide": side}
    return venue.tell_print(fault.symbol, corrected)


ACTS: dict[str, Act] = {
    BARS_FAULT: standing(unkind_bars.DOES, modes=unkind_bars.MODES),
    "nan": act(nan, "symbol", "event", "field", "text"),
    "fractional": act(fractional, "symbol"),
    "missing": act(missing, "account", "symbol", "field", "seconds", modes=("", "absent", "null")),
    "correction": act(correction, "symbol", modes=("", "cancel")),
    "halt": act(halt, "symbol", "text", modes=("", "resume")),
}
