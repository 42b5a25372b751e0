"""How dxFeed names candles, `AAPL{=5m,tho=true}`, and the one form of each name that its servers answer with. Pure.

Between the braces stand attributes. The period has no key: a number, which may be left out when it is 1, and a unit.
`a=s` counts from the session's begin (`a=m`, from midnight, is usual), `price` is `last` (usual), `bid`, `ask` or
`mark`, `tho=true` leaves out what trades outside regular hours. In the normalised form what is usual is left out and
attributes are in the order of their keys.
"""

import re
import typing

import msgspec

from simulator.market.bars import Period, period
from simulator.market.charts import Price

_SHAPE = re.compile(r"(?P<base>[^{}]+)\{(?P<attributes>[^{}]*)\}")
_PERIOD = re.compile(r"(?P<number>\d{0,6})(?P<unit>[a-z]+)")
_ACCEPTED = {"a": ("m", "s"), "price": ("last", "bid", "ask", "mark"), "tho": ("false", "true")}
"""Attributes by key, the usual value first."""


class CandleSymbol(msgspec.Struct, frozen=True):
    """Which candles are meant. `base` is the instrument's streamer symbol."""

    base: str
    period: Period
    price: Price = "last"
    regular: bool = False

    @property
    def normalised(self) -> str:
        """The name dxFeed answers with."""
        number = "" if self.period.number == 1 else str(self.period.number)
        attributes = [f"={number}{self.period.unit}"]
        if self.period.by_session:
            attributes.append("a=s")
        if self.price != "last":
            attributes.append(f"price={self.price}")
        if self.regular:
            attributes.append("tho=true")
        return f"{self.base}{{{','.join(attributes)}}}"


def parse_candle(symbol: str) -> CandleSymbol | None:
    """Read the name of candles. None when it is not one, or asks for what is not aggregated here (ticks, volume)."""
    match = _SHAPE.fullmatch(symbol)
    if match is None:
        return None
    attributes = dict(part.split("=", 1) for part in match["attributes"].split(",") if "=" in part)
    asked = _PERIOD.fullmatch(attributes.pop("", ""))
    if asked is None or any(value not in _ACCEPTED.get(key, ()) for key, value in attributes.items()):
        return None
    by_session = attributes.get("a") == "s"
    length = period(asked["unit"], int(asked["number"] or 1), by_session=by_session)
    if length is None:
        return None
    price = typing.cast(Price, attributes.get("price", "last"))
    return CandleSymbol(match["base"], length, price, attributes.get("tho") == "true")
