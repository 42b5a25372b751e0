"""The bars of a chart that were last known, for while the venue cannot be asked: those that the desk keeps.

Nothing here is for the event loop.
"""

import decimal

from accounts.links import order
from brokers.contract.events import Bar, Interval
from market.history.kept_bar import KeptBar
from market.history.reader import newest_bars
from streaming.wire.frames import dumps


def kept_bars(person: int, symbol: str, interval: Interval, limit: int) -> list[Bar]:
    """Return the newest kept bars, `limit` at most, the oldest first. None of intervals of which none are kept."""
    links = {str(link.id) for link in order.links_of(person)}
    return [_bar(bar) for bar in newest_bars(person, symbol, interval, limit, links)]


def kept_page(person: int, symbol: str, interval: Interval, limit: int) -> str:
    """Return the same as JSON, in the form of an answer of the venue (history.py), marked `kept`."""
    candles = kept_bars(person, symbol, interval, limit)
    return dumps({"symbol": symbol, "interval": interval, "more": False, "kept": True, "candles": candles})


def _bar(bar: KeptBar) -> Bar:
    return Bar(
        time=bar.time, open=_number(bar.open), high=_number(bar.high), low=_number(bar.low), close=_number(bar.close),
        volume=_number(bar.volume), vwap=_number(bar.vwap), trades=None,
    )  # fmt: skip


def _number(value: decimal.Decimal | None) -> float | None:
    return None if value is None else float(value)
