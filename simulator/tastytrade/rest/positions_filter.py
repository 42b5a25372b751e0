"""Which positions a client asked for: every filter of the venue's positions endpoint. Pure."""

import decimal
import re

import msgspec

from brokers.instruments.symbols import normalise
from simulator.asgi import Json, SimRequest
from simulator.exchange.accounts import SimHolding
from simulator.tastytrade.rest import query

INSTRUMENT_TYPES = (
    "Bond", "Cryptocurrency", "Currency Pair", "Equity", "Equity Offering", "Equity Option", "Event Contract",
    "Fixed Income Security", "Future", "Future Option", "Index", "Liquidity Pool", "Unknown", "Warrant",
)  # fmt: skip
"""What tastytrade's Swagger file lets `instrument-type` be."""
_FUTURE = re.compile(r"\.?/(?P<code>[A-Z0-9]{1,3}?)[FGHJKMNQUVXZ]\d{1,2}(?: .*)?")


class PositionsFilter(msgspec.Struct, frozen=True):
    """The filters of one request. An empty one lets everything through."""

    symbol: str = ""
    underlyings: frozenset[str] = frozenset()
    instrument_type: str | None = None
    product_code: str = ""
    partitions: frozenset[str] = frozenset()
    closed: bool = False
    net: bool = False
    marks: bool = False

    def takes(self, body: Json) -> bool:
        """Whether a position of that body was asked for. None here belongs to a partition of its account."""
        return (
            (not self.symbol or normalise(body["symbol"]) == self.symbol)
            and (not self.underlyings or body["underlying-symbol"] in self.underlyings)
            and self.instrument_type in (None, body["instrument-type"])
            and (not self.product_code or product_code(body["underlying-symbol"]) == self.product_code)
            and not self.partitions
        )


def read(request: SimRequest) -> PositionsFilter:
    """Read the filters of a request. Raises Refusal 400."""
    return PositionsFilter(
        symbol=normalise(request.first("symbol")),
        underlyings=frozenset(request.all("underlying-symbol")),
        instrument_type=query.choice(request, "instrument-type", INSTRUMENT_TYPES),
        product_code=request.first("underlying-product-code").removeprefix("/").upper(),
        partitions=frozenset(request.all("partition-keys")),
        closed=query.flag(request, "include-closed-positions") or False,
        net=query.flag(request, "net-positions") or False,
        marks=query.flag(request, "include-marks") or False,
    )


def product_code(symbol: str) -> str | None:
    """Return the product of a future or an option on one: `ES` of `/ESZ6`. None for anything else."""
    match = _FUTURE.fullmatch(symbol)
    return match["code"] if match else None


def net(holdings: list[SimHolding]) -> list[SimHolding]:
    """Put holdings of the same symbol together, at their average price; what cancels out stays, with nothing held."""
    merged: dict[str, SimHolding] = {}
    for holding in holdings:
        known = merged.get(holding.symbol)
        merged[holding.symbol] = holding if known is None else _sum(known, holding)
    return list(merged.values())


def _sum(one: SimHolding, other: SimHolding) -> SimHolding:
    quantity = one.quantity + other.quantity
    weights = abs(one.quantity), abs(other.quantity)
    total = sum(weights) or decimal.Decimal(1)
    average = (one.average * weights[0] + other.average * weights[1]) / total
    return msgspec.structs.replace(one, quantity=quantity, average=average, opened=min(one.opened, other.opened))
