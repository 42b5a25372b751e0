"""The ring the hub's ten markets stand around. Pure.

Lengths are in the units of its drawing, angles in degrees clockwise from twelve. static/js/radial/ring.js draws alike.
"""

import decimal
import math
import typing

from market.radial.markets import SYMBOLS

FULL = 5.0
"""The change in percent at which a bar fills its half of the ring, and its colour is full."""
RADIUS, HALF = 100.0, 30.0
"""The circle of no change, and how far the ring reaches from it to either side."""
SHADES = 5
LABELS = (142.0, 152.0)
"""How far labels are from the middle, sideways and upwards. They begin there, and go outwards."""


class Bar(typing.NamedTuple):
    """An arc along the ring: its middle line, its width, and which of the shades it has (0: none)."""

    radius: float
    width: float
    shade: int


class Wedge(typing.NamedTuple):
    """One market's part of the ring. `turn` is that of its middle; its label is at `x` and `y`, on the `side`."""

    symbol: str
    turn: float
    x: float
    y: float
    side: typing.Literal["left", "right"]


def _wedge(place: int, symbol: str) -> Wedge:
    turn = 360 / len(SYMBOLS) * (place + 0.5)
    across, up = LABELS
    x, y = across * math.sin(math.radians(turn)), -up * math.cos(math.radians(turn))
    return Wedge(symbol, turn, round(x, 1), round(y, 1), "right" if x > 0 else "left")


WEDGES = tuple(_wedge(place, symbol) for place, symbol in enumerate(SYMBOLS))


def bar(percentage: decimal.Decimal | float | None) -> Bar:
    """Return the bar of a change in percent: outward is up. The root makes small moves of a quiet day visible."""
    if not percentage:
        return Bar(RADIUS, 0.0, 0)
    share = math.sqrt(min(abs(float(percentage)), FULL) / FULL)
    width = round(HALF * share, 1)
    side = width / 2 if percentage > 0 else -width / 2
    return Bar(round(RADIUS + side, 2), width, math.ceil(share * SHADES))
